#!/bin/bash
# What tests/show/batman runs in its guest: batman-adv in two namespaces, its
# only hard interface the TAP of vplamad.
. "$TOP_SRCDIR/tests/show/lib.sh"
. "$TOP_SRCDIR/tests/netns/topo.sh"
topo_init batman || exit 1

SPEED=50     # Mbit/s, what vplamad says of the device
DEVICE="device \"vpl0\" { kind = \"tap\" mtu = 1400 link-speed = $SPEED }"
PINGS=10
declare -A address=([a]=10.99.0.1 [b]=10.99.0.2)

batctl_of() { # NODE WORD...
	local node=$1
	shift
	topo_run "$node" batctl meshif bat0 "$@"
}

# neighbours NODE: a line for each.
neighbours() {
	batctl_of "$1" neighbors -H 2>/dev/null | grep vpl0
}

has_neighbours() {
	[ -n "$(neighbours a)" ] && [ -n "$(neighbours b)" ]
}

# with ALGORITHM
with() {
	local n began took got
	for n in a b; do
		topo_run "$n" batctl meshif bat0 interface -M create \
			routing_algo "$1" &&
			topo_run "$n" ip link set vpl0 master bat0 &&
			topo_run "$n" ip addr add "${address[$n]}/24" dev bat0 &&
			topo_run "$n" ip link set bat0 up || exit 1
	done
	began=$(topo_ms)
	topo_wait_for 40 has_neighbours
	took=$(($(topo_ms) - began))
	echo "neighbours of a:"
	neighbours a
	must "$1: is what runs" "$(batctl_of a mesh_json | grep -c "\"$1\"")" -eq 1
	must "$1: neighbours of a" "$(neighbours a | wc -l)" -eq 1
	must "$1: neighbours of b" "$(neighbours b | wc -l)" -eq 1
	show_figure "$1: neighbours seen after" "$took" ms
	# The first one waits until batman-adv trusts the way.
	topo_wait_for 60 topo_run a ping -q -c 1 -W 1 "${address[b]}" ||
		echo "$1: no way to b"
	got=$(topo_run a ping -q -c $PINGS -i 0.2 -W 5 -M do -s 1472 \
		"${address[b]}")
	show_figure "$1: ping of 1472 bytes, mean" \
		"$(sed -n 's/^rtt .* = [^/]*\/\([^/]*\)\/.*/\1/p' <<<"$got")" ms
	must "$1: pings of 1472 bytes, unfragmented, answered" "$(sed -n \
		's/.* transmitted, \([0-9]*\) received.*/\1/p' <<<"$got")" -eq \
		$PINGS
	if [ "$1" = BATMAN_V ]; then
		must "$1: throughput of the neighbour, Mbit/s" "$(neighbours a |
			sed -n 's/.*( *\([0-9]*\)\.[0-9]*).*/\1/p')" -eq $SPEED
	fi
	for n in a b; do
		topo_run "$n" ip link del bat0
	done
}

topo_node a 192.0.2.1/24 && topo_node b 192.0.2.2/24 &&
	topo_peer a b && topo_peer b a || exit 1
for n in a b; do
	topo_vplamad $n "$DEVICE" || exit 1
done
echo "kernel $(uname -r), batman-adv $(cat /sys/module/batman_adv/version)"
with BATMAN_IV
with BATMAN_V
topo_end_all
must "complaints of the sanitizers" "$(topo_complaints)" -eq 0
show_end batman "batman-adv IV and V over the TAP: neighbours, and pings of\
 1472 bytes without loss"
