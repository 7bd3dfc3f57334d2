#!/bin/sh
# What people can set, send or type is described: options in the manuals, control
# commands in control.md, message and frame types in protocol.md, records in
# mesh-socket.md. Manual pages are sound where mandoc can say so.
set -u
cd "${TOP_SRCDIR:-.}" || exit 99
rc=0

complain() {
	echo "$1"
	rc=1
}

# names FILE SED-SCRIPT: what a source lists, or the check itself is broken.
names() {
	found=$(sed -nE "$2" "$1")
	[ -n "$found" ] || complain "$1: nothing found; has its form changed?"
}

# Options: the second argument of OPTION(), DEVICE_OPTION() and PEER_OPTION().
names src/vplamad/options.def \
    's/^(PEER_|DEVICE_)?OPTION\([a-z0-9_]+, "([a-z0-9-]+)".*/\2/p'
for name in $found; do
	grep -qx "\.It Cm $name" doc/vplamad.conf.5 ||
	    complain "doc/vplamad.conf.5: option $name is missing"
done

# Those of the entry server: the first member of a row of its table.
names entryserver/options.c 's/^[[:space:]]*\{ "([a-z-]+)", parse_.*/\1/p'
for name in $found; do
	grep -qx "\.It Cm $name" doc/vplama-entryd.8 ||
	    complain "doc/vplama-entryd.8: option $name is missing"
done

# Commands: the first member of a row of the table.
names src/ctl/cmd.c 's/^[[:space:]]*\{ "([a-z.]+)", CTL_.*/\1/p'
for name in $found; do
	grep -qE "^### ${name} \(" doc/control.md ||
	    complain "doc/control.md: command $name is missing"
done

# numbers FILE ENUM WORD: each "NAME = number" of an enum has a row in that
# table of protocol.md which has WORD as its second heading.
numbers() {
	table=$(awk -v head="^[|] type [|] $3 [|]" \
	    '$0 ~ head { on = 1 } !/^[|]/ { on = 0 } on' doc/protocol.md)
	names "$1" "/^enum $2 \{/,/^\};/s/^[[:space:]]*([A-Z_]+) = ([0-9]+),?.*/\1=\2/p"
	for pair in $found; do
		printf '%s\n' "$table" | grep -q "^| ${pair#*=} |" ||
		    complain "doc/protocol.md: no row for ${pair%=*}, type ${pair#*=}"
	done
}

numbers src/wire/msg.h msg_type message
numbers src/wire/frame.h frame_type frame

names src/wire/mesh.c 's/^[[:space:]]*\[MESH_[A-Z_]+\] = \{? ?"([A-Z_]+)".*/\1/p'
for name in $found; do
	grep -qE "\\b$name\\b" doc/mesh-socket.md ||
	    complain "doc/mesh-socket.md: record $name is missing"
done

# What documents point to is there.
for doc in README.md ARCHITECTURE.md HACKING.md doc/*.md; do
	links=$(sed -nE 's/.*\]\(([a-zA-Z0-9._\/-]+)\).*/\1/p' "$doc")
	for to in $links; do
		[ -e "$(dirname "$doc")/$to" ] ||
		    complain "$doc: points to $to, which is not there"
	done
done

# Each decision is installed.
for page in doc/decisions/*.md; do
	grep -qE "^	$page( \\\\)?$" doc/local.mk ||
	    complain "doc/local.mk: $page is missing"
done

if ! command -v mandoc >/dev/null; then
	[ $rc = 0 ] || exit 1
	echo "skipped: no mandoc here to check the manual pages"
	exit 77
fi
for page in doc/*.[1-8]; do
	mandoc -T lint -W error "$page" || complain "$page: see above"
done
exit $rc
