#!/usr/bin/env bash
# Tunnels and the mesh that they make are kept apart. A route to a peer's own
# address through our own device does not make the tunnel swallow itself while
# somebody floods it; with mark or bind-device the tunnel does not even notice.
# An endpoint inside a prefix of the mesh is not dialled, and a peer that claims
# a prefix over another's endpoint gets no route to it.
set -u
: "${TOP_SRCDIR:=.}" "${TOP_BUILDDIR:=.}"
. "$TOP_SRCDIR/tests/netns/topo.sh"
. "$TOP_SRCDIR/tests/show/lib.sh"

GROWTH=70000 # bytes that a flood of 100 pings may make the tunnel carry
nodes=0      # addresses used up on the Internet

# pair NAME [LINE...]: NAME and NAME-b with a tunnel, NAME has 10.77.1.1 and the
# LINEs, NAME-b 10.77.2.1. EXTRA: a line for its peer block.
pair() {
	local a=$1 b=$1-b
	shift
	topo_node "$a" "192.0.2.$((nodes + 1))/24" "2001:db8::$((nodes + 1))/64" &&
		topo_node "$b" "192.0.2.$((nodes + 2))/24" \
			"2001:db8::$((nodes + 2))/64" || exit 1
	nodes=$((nodes + 2))
	topo_peer "$a" "$b" "${ENDPOINT:-${TOPO_ADDR[$b]}:7469}" &&
		topo_peer "$b" "$a" - &&
		topo_peer_line "$a" "$b" "${EXTRA:-prefix = {\"10.77.2.0/24\"\}}" &&
		topo_peer_line "$b" "$a" 'prefix = {"10.77.1.0/24"}' || exit 1
	topo_vplamad "$a" "$@" \
		'device vpl0 { kind = tun mode = router address = "10.77.1.1/16" }' &&
		topo_vplamad "$b" \
			'device vpl0 { kind = tun mode = router address = "10.77.2.1/16" }' ||
		exit 1
}

is_live() {
	topo_ctl "$1" --json show | grep -q '"state":"vrnode"'
}

live() {
	topo_wait_for 10 is_live "$1" && topo_wait_for 5 topo_carrier "$1" vpl0 || {
		echo "$1 has no tunnel"
		exit 1
	}
}

# sent NODE: bytes that its tunnels carried.
sent() {
	topo_ctl "$1" --json show | sed -n 's/.*"tx_bytes":\([0-9]*\).*/\1/p'
}

# flood NODE: 100 pings at once; prints how many were answered.
flood() {
	topo_run "$1" ping -q -f -W 1 -c 100 10.77.2.1 |
		sed -n 's/.* \([0-9]*\) received.*/\1/p'
}

rule_of() {
	topo_ctl "$1" --json explain "$2" | tr -d " \n" |
		sed -n 's/.*"rule":{"id":"\([a-z-]*\)".*/\1/p'
}

count_of() {
	must "$1: $2" "$(topo_counter "$1" "$2")" "${@:3}"
}

topo_init loop || exit 77

# --- a route to the endpoint through our own device ----------------------------

# All goes through the peer, so also what the tunnel sends.
ALL='prefix = {"10.77.2.0/24", "0.0.0.0/0", "::/0"}'

# looped NAME FAMILY: the tunnel's own way leads into it.
looped() {
	local before
	live "$1"
	must "$1: pings answered before, of 100" "$(flood "$1")" -ge 99
	if [ "$2" = 6 ]; then
		topo_run "$1" ip -6 route add "${TOPO_ADDR6[$1-b]}" dev vpl0
	else
		topo_run "$1" ip route add "${TOPO_ADDR[$1-b]}" dev vpl0
	fi || exit 1
	before=$(sent "$1")
	answered=$(flood "$1")
	growth=$(($(sent "$1") - before))
	show_figure "$1: growth of the tunnel" $growth bytes
	must "$1: growth in bytes" $growth -lt $GROWTH
}

for family in 4 6; do
	name=lost$family
	[ $family = 4 ] || ENDPOINT="[2001:db8::$((nodes + 2))]:7469"
	EXTRA=$ALL pair $name
	unset ENDPOINT
	looped $name $family
	must "$name: pings answered, of 100" "$answered" -eq 0
	count_of $name fwd_recursion -ge 1
	must "$name: lines of the log" \
		"$(grep -c 'leads into a device' "$TOPO_DIR/$name.log")" -eq 1
	[ "$(rule_of $name $name-b)" = recursion ]
	must "$name: explain knows" $? -eq 0
	topo_run $name ip -$family route flush dev vpl0 proto boot
	must "$name: pings answered without the route, of 100" \
		"$(flood $name)" -ge 99
done

EXTRA=$ALL pair bound 'bind-device = "eth0"'
looped bound 4
must "bound: pings answered, of 100" "$answered" -ge 99
count_of bound fwd_recursion -eq 0

EXTRA=$ALL pair marked 'mark = 7469'
topo_run marked ip route add 192.0.2.0/24 dev eth0 table 7469
topo_run marked ip rule add fwmark 7469 lookup 7469
looped marked 4
must "marked: pings answered, of 100" "$answered" -ge 99
count_of marked fwd_recursion -eq 0

# All through the peer, the peer itself not: no endpoint is lost to that.
EXTRA=$ALL pair exit 'bind-device = "eth0"'
live exit
topo_run exit ip route add default dev vpl0
must "exit: pings answered, of 100" "$(flood exit)" -ge 99

# --- endpoints inside the mesh ---------------------------------------------------

EXTRA='prefix = {"10.77.2.0/24", "192.0.2.0/24"}' pair inside
must "inside: warnings of --check-config" \
	"$("$TOP_BUILDDIR/vplamad" --check-config \
		-c "$(topo_conf_dir inside)/vplamad.conf" 2>&1 |
		grep -c 'endpoint: .* lies in prefix 192.0.2.0/24')" -eq 1
topo_wait_for 5 grep -q 'which the mesh has' "$TOPO_DIR/inside.log"
must "inside: told" $? -eq 0
count_of inside guard_endpoint -ge 1
count_of inside init_sent -eq 0
[ "$(rule_of inside inside-b)" = endpoint-in-mesh ]
must "inside: explain knows" $? -eq 0

EXTRA='prefix = {"10.77.2.0/24", "192.0.2.0/24"}' \
	pair apart 'bind-device = "eth0"'
live apart
must "apart: pings answered, of 100" "$(flood apart)" -ge 99

# --- a claim over somebody else's endpoint --------------------------------------

pair kept 'install-routes = yes' 'claim = {"10.77.1.0/24"}'
live kept
topo_node liar 192.0.2.200/24 && topo_peer kept liar - &&
	topo_peer liar kept && topo_ctl kept reload &&
	topo_vplamad liar 'bind-device = "eth0"' \
		'claim = {"192.0.2.0/24", "10.99.0.0/16"}' || exit 1
routed() {
	topo_run kept ip route show dev vpl0 | grep -q "$1"
}
topo_wait_for 15 routed 10.99.0.0/16
must "kept: what harms nobody is routed" $? -eq 0
! routed 192.0.2.0/24
must "kept: what covers an endpoint is not" $? -eq 0
count_of kept guard_route -ge 1
[ "$(rule_of kept liar)" = route-covers-endpoint ]
must "kept: explain knows" $? -eq 0
must "kept: pings answered, of 100" "$(flood kept)" -ge 99

# --- an interface that is not there ---------------------------------------------

topo_kill "${TOPO_VPLAMAD[kept]}"
topo_conf kept 'bind-device = "eth7"'
topo_run kept "$TOP_BUILDDIR/vplamad" -f -c "$(topo_conf_dir kept)/vplamad.conf" \
	>"$TOPO_DIR/none.log" 2>&1
must "no such interface: exit status" $? -ne 0
must "no such interface: named" \
	"$(grep -c 'bind-device: there is no interface eth7' \
		"$TOPO_DIR/none.log")" -eq 1
show_end loop "no tunnel swallows itself, none goes through the mesh"
