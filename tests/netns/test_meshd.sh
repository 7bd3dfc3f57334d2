#!/usr/bin/env bash
# The stand-in mesh daemon alone: a line of three floods as it should, through
# the hop in the middle, and reports what it saw. No root, no vplamad.
set -u
: "${TOP_BUILDDIR:=.}"
dir=$(mktemp -d "${TMPDIR:-/tmp}/meshd.XXXXXX")
pids=()
failed=0

cleanup() {
	trap - EXIT
	for p in "${pids[@]}"; do
		kill "$p" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

must() {
	local what=$1
	shift
	if [ "$@" ]; then
		echo "ok: $what"
	else
		echo "FAILED: $what: $*"
		failed=1
	fi
}

# start NAME NEIGHBOURS OPTION...
start() {
	local name=$1 neighbours=$2
	shift 2
	mkfifo "$dir/$name.in"
	"$TOP_BUILDDIR/tests/netns/meshd" -s "$dir/none.sock" -n "$name" \
		-g "$dir" -N "$neighbours" -o "$dir/$name.got" "$@" \
		<>"$dir/$name.in" >"$dir/$name.log" 2>"$dir/$name.err" &
	pids+=($!)
}

tell() {
	echo "$2" >"$dir/$1.in"
}

# report NAME: asks for a new report and waits for it
report() {
	local n i
	n=$(grep -c '^event stats' "$dir/$1.log")
	tell "$1" stats
	for ((i = 0; i < 100; i++)); do
		[ "$(grep -c '^event stats' "$dir/$1.log")" = "$n" ] || return 0
		sleep 0.05
	done
	echo "no report from $1"
	exit 1
}

# got NAME CONDITION: how many packets of NAME's report satisfy it in awk,
# where $f["key"] is the value of a key
got() {
	awk '$1 == "got" {
		for (i = 2; i <= NF; i++) {
			split($i, kv, "=")
			f[kv[1]] = kv[2]
		}
		if ('"$2"') n++
	} END { print n + 0 }' "$dir/$1.got"
}

start a b
start b a,c -d 40
start c b,nobody
sleep 0.2
tell a 'send 50 1000'
tell c 'send 1 1 9000'
tell b 'nonsense'
sleep 1
for n in a b c; do
	report $n
done
must "b and c got all 50 packets of a, once" \
	"$(got b 'f["origin"] == "a" && f["mesh"] == 1')$(
		got c 'f["origin"] == "a" && f["mesh"] == 1')" = 5050
must "a got the large one of c across b" \
	"$(got a 'f["origin"] == "c" && f["mesh"] == 1')" = 1
must "nobody was sent what it sent itself" \
	"$(got a 'f["origin"] == "a"')$(got c 'f["origin"] == "c"')" = 00
must "each hop added its name" \
	"$(got b 'f["hops"] == 1')$(got c 'f["hops"] == 2')" = 5150
must "b held them for its delay" \
	"$(got c 'f["at"] - f["born"] >= 40')" = 50
must "what was sent is in the report" \
	"$(grep -c '^sent origin=a first=1 last=50$' "$dir/a.got")" = 1
must "nothing reached a vplamad that is not there" \
	"$(grep -c '^total .* handed=0 unsent=51 .* bad=0 waiting=0' \
		"$dir/a.got")" = 1
must "a neighbour that is not there is counted" \
	"$(grep -c '^total .* failed=51 ' "$dir/c.got")" = 1
must "an unknown command is refused" \
	"$(grep -c 'not understood: nonsense' "$dir/b.err")" = 1
tell a quit
wait "${pids[0]}"
must "it ends when told, without an error" $? = 0
must "and leaves no socket" ! -e "$dir/a.sock"
exit $failed
