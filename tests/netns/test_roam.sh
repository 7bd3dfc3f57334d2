#!/usr/bin/env bash
# Two real daemons, one of them behind a NAT that forgets its binding: traffic
# both ways within 1 s, no new handshake, nothing told as dead.
set -u
: "${TOP_SRCDIR:=.}" "${TOP_BUILDDIR:=.}"
. "$TOP_SRCDIR/tests/netns/topo.sh"
. "$TOP_SRCDIR/tests/show/lib.sh"

topo_init roam || exit 77
topo_node b 192.0.2.2/24 && topo_node line 192.0.2.3/24 &&
	topo_nat box 192.0.2.9/24 a || exit 1
# The relay stands for a second NAT, one whose binding can be changed.
topo_bg line relay "$TOP_BUILDDIR/tests/relay/relay" \
	192.0.2.3:7469 192.0.2.2:7469
topo_peer a b 192.0.2.3:7469 && topo_peer b a - || exit 1
for node in b a; do
	topo_vplamad "$node" && topo_meshd "$node" || exit 1
done
for node in a b; do
	topo_wait_for 10 topo_events_are "$node" up 1 || exit 1
done

handshakes() {
	echo $(($(topo_counter a handshakes) + $(topo_counter b handshakes)))
}

first=$(handshakes)
must "a knows of its NAT" \
	"$(topo_ctl a --json show | grep -c '"behind_nat":true')" -eq 1
for node in a b; do
	topo_tell "$node.mesh" "send 60 10"
done
sleep 2
rebound=$(topo_ms)
topo_tell relay rebind
sleep 5
topo_report a b || exit 1

for way in "a b" "b a"; do
	read -r from to <<<"$way"
	at=$(topo_got "$to" "f[\"origin\"] == \"$from\" && f[\"at\"] > $rebound" at)
	must "$from to $to again within, in ms" $((${at:-99999999999999} - rebound)) -le 1000
	must "$from to $to: packets of 60" \
		"$(topo_got "$to" "f[\"origin\"] == \"$from\"")" -ge 50
done
must "b followed, once" "$(topo_counter b roam_switch)" -eq 1
must "new handshakes" $(($(handshakes) - first)) -eq 0
must "mesh daemons told of a death" \
	$(($(topo_events a down | wc -l) + $(topo_events b down | wc -l))) -eq 0
show_end roam "a NAT that bound anew was followed without a handshake"
