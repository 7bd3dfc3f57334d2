#!/usr/bin/env bash
# The topology helper against its own promises.
set -u
: "${TOP_SRCDIR:=.}" "${TOP_BUILDDIR:=.}"
. "$TOP_SRCDIR/tests/netns/topo.sh"
blast=$TOP_BUILDDIR/tests/relay/udpblast
failed=0

must() {
	local what=$1
	shift
	if "$@"; then
		echo "ok: $what"
	else
		echo "FAILED: $what: $*"
		failed=1
	fi
}

of() {
	tr ' ' '\n' <"$2" | sed -n "s/^$1=//p"
}

# blast FROM TO COUNT: datagrams there and back; the counts in $out.
blast() {
	topo_run "$1" "$blast" -n "$3" -r 5000 -w 150 "$2" >"$out"
}

# All that is checked while the namespaces are there.
inside() {
	local out got
	topo_init topo || return 77
	out=$TOPO_DIR/out
	echo "$TOPO_PREFIX $TOPO_DIR" >"$1"

	topo_gnodes 2 1
	topo_nat box 192.0.2.9/24 hidden
	must "addresses are told" [ "$(topo_addr g2v1)" = 192.0.2.2 ]
	must "IPv6 ones too" [ "$(topo_addr6 g2v1)" = 2001:db8::2 ]
	topo_bg g2v1 echo4 "$blast" -l 192.0.2.2:7000 -e -w 60000
	echo "$TOPO_PID" >>"$1"
	topo_bg g2v1 echo6 "$blast" -l '[2001:db8::2]:7000' -e -w 60000
	topo_bg hidden echoh "$blast" -l 10.0.0.2:7000 -e -w 60000
	must "something comes back" topo_wait_for 5 topo_run g1v1 \
		sh -c "$blast -n 1 -w 20 192.0.2.2:7000 | grep -q unique=1"

	blast g1v1 192.0.2.2:7000 200
	must "IPv4 across the hub" [ "$(of unique "$out")" = 200 ]
	blast g1v1 '[2001:db8::2]:7000' 200
	must "IPv6 across the hub" [ "$(of unique "$out")" = 200 ]
	blast hidden 192.0.2.2:7000 200
	must "out of the NAT and back" [ "$(of unique "$out")" = 200 ]
	topo_run g1v1 ip route add 10.0.0.0/24 via 192.0.2.9
	blast g1v1 10.0.0.2:7000 20
	must "nobody comes in through the NAT" [ "$(of unique "$out")" = 0 ]

	topo_loss g1v1 30
	blast g1v1 192.0.2.2:7000 1000
	got=$(of unique "$out")
	must "30 % lost each way leaves about 490 of 1000 ($got)" \
		[ $((got > 420 && got < 560)) = 1 ]
	topo_loss g1v1 0
	topo_block g1v1 on
	blast g1v1 192.0.2.2:7000 100
	must "a blocked line is silent, and sending no error" \
		[ "$(of sent "$out") $(of unique "$out")" = "100 0" ]
	topo_block g1v1 off
	blast g1v1 192.0.2.2:7000 100
	must "and comes back" [ "$(of unique "$out")" = 100 ]

	topo_bg g1v1 cat cat
	topo_tell cat 'hello there'
	must "a command reaches a background program" \
		topo_wait_for 2 grep -qx 'hello there' "$TOPO_DIR/cat.log"
	topo_kill "$TOPO_PID"
	must "topo_kill has ended it" eval '! kill -0 $TOPO_PID 2>/dev/null'
	must "topo_kill leaves others alone" eval '! topo_kill $$'
	must "topo_wait_for gives up" eval '! topo_wait_for 1 false'
	return $failed
}

notes=$(mktemp)
trap 'rm -f "$notes"' EXIT
# A shell of its own, whose end is what cleans up.
(
	inside "$notes"
	exit $?
)
rc=$?
[ $rc != 77 ] || exit 77
[ $rc = 0 ] || failed=1
{
	read -r prefix dir
	read -r pid
} <"$notes"
must "no namespace is left" eval "! ip netns list | grep -q '^$prefix-'"
must "no file is left" [ ! -e "$dir" ]
must "no process is left" eval "! kill -0 $pid 2>/dev/null"
exit $failed
