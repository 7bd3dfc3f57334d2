#!/bin/bash
# What documents show as configuration is good: each block of a device alone,
# and the ten lines of the README. ports.md has a block of each kind.
set -u

# shellcheck source=tests/unit/vplamad.sh
. "$(dirname "$0")/vplamad.sh"
top=${TOP_SRCDIR:-.}

# check WHAT LINE...: a configuration with these lines is good.
check() {
	local what=$1 out
	shift
	conf a "$port" "$@"
	out=$("$bin/vplamad" --check-config -c "$dir/a/vplamad.conf" 2>&1) &&
		return
	fail "$what: $out"
	printf '%s\n' "$@"
}

# blocks FILE: its device blocks, each ended by a NUL.
blocks() {
	awk '/^ *device "[^"]*" \{( *#.*)?$/ { on = 1 }
		on { print }
		on && /^ *\}$/ { printf "%c", 0; on = 0 }' "$1"
}

nodes a
for doc in README.md doc/mesh-daemons.md doc/ports.md doc/vplamad.conf.5; do
	n=0
	while IFS= read -r -d '' block; do
		n=$((n + 1))
		check "$doc, device block $n" "$block"
	done < <(blocks "$top/$doc")
	[ "$n" -gt 0 ] || fail "$doc shows no device block"
	echo "$doc: $n device blocks"
done

# The daemon itself knows the kinds.
conf a "$port" "device x { kind = none }"
kinds=$("$bin/vplamad" --check-config -c "$dir/a/vplamad.conf" 2>&1 |
	sed -n 's/.*"none" is not known; expected \(.*\) or /\1 /p' | tr -d ,)
[ "$(wc -w <<<"$kinds")" -gt 1 ] || fail "the kinds of devices: $kinds"
for kind in $kinds; do
	blocks "$top/doc/ports.md" | tr '\0' '\n' |
		grep -q "^ *	kind = $kind\$" ||
		fail "doc/ports.md: no block of kind $kind"
done

# The README's file, but for what a node of this test has of its own.
readme=$(awk '/^`\/etc\/vplama\/vplamad.conf`:$/ { on = 1; next }
	on && /^[^ ]/ { exit }
	on && !/^    network = /' "$top/README.md")
[ -n "$readme" ] || fail "README.md shows no configuration"
check "README.md" "$readme"
done_with
