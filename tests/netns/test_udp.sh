#!/usr/bin/env bash
# Trains of datagrams over real lines: one that can do everything, one with a
# small MTU, one without checksum offload, one whose routers tell stories.
set -u
: "${TOP_SRCDIR:=.}" "${TOP_BUILDDIR:=.}"
. "$TOP_SRCDIR/tests/netns/topo.sh"

topo_init udp || exit 77
for tool in ethtool nstat; do
	command -v $tool >/dev/null || {
		echo "skipped: needs $tool"
		exit 77
	}
done
topo_node a 192.0.2.1/24 2001:db8::1/64 &&
	topo_node b 192.0.2.2/24 2001:db8::2/64 || exit 1
failed=0
# What is sent before a knows b's link address would be lost.
for to in 192.0.2.2 2001:db8::2; do
	topo_wait_for 10 topo_run a ping -q -c 1 -W 1 $to || exit 1
done

# line WHAT FROM TO TRAIN...: sends them; what came of it is in $out.
line() {
	what=$1
	local from=$2 to=$3
	shift 3
	out=" $("$TOP_BUILDDIR/tests/netns/udpline" "$TOPO_PREFIX-a" \
		"$TOPO_PREFIX-b" "$from" "$to" "$@") "
}

# is NAME=VALUE...: all of them are in $out; NAME= means that none is there.
is() {
	local want
	for want; do
		case $want in
		*=) [[ $out != *" $want"* ]] ;;
		*) [[ $out == *" $want "* ]] ;;
		esac && continue
		echo "FAILED: $what: $want, but:$out"
		failed=1
		return
	done
	echo "ok: $what"
}

# Packets that a had to send in fragments.
fragments() {
	topo_run a nstat -asz IpFragCreates Ip6FragCreates |
		awk '/FragCreates/ { n += $2 } END { print n + 0 }'
}

# Packets that left by a's line, where a train that is not cut is one.
left() {
	topo_run a cat /sys/class/net/eth0/statistics/tx_packets
}

# family FROM TO HEADERS: all lines with that kind of address.
family() {
	local from=$1 to=$2 max=$((1280 - $3))
	line "a full train to $2" "$from" "$to" 44x1400 1x700 64x1000 3x80
	is got1400=44 got700=1 got1000=64 got80=3 bad=0 udp_tx=112 \
		udp_tx_big=0 udp_tx_drop=0 udp_gso_off=0

	local before
	before=$(left)
	line "trains as long as they can be to $2" "$from" "$to" 64x1424 64x1440
	# 4, and what else the kernel has to say
	[ $(($(left) - before)) -gt 16 ] || out+="whole=yes "
	is got1424=64 got1440=64 bad=0 whole=yes

	topo_run a ip link set eth0 mtu 1280
	line "MTU 1280 to $2" "$from" "$to" 20x1400 20x1200
	is got1400= got1200=20 bad=0 udp_tx=20 udp_tx_big=20 udp_tx_drop=0 \
		too_big=1 udp_gso_off=0
	line "the short end of a long train to $2" "$from" "$to" 20x1400 1x900
	is got1400= got900=1 bad=0 udp_tx_big=20 udp_tx_drop=0
	line "as long as it fits to $2" "$from" "$to" \
		30x$((max + 1)) 30x$max
	is got$((max + 1))= got$max=30 bad=0 udp_tx_big=30 udp_tx_drop=0
	topo_run a ip link set eth0 mtu 1500

	topo_run a ethtool -K eth0 tx off >/dev/null
	line "no checksum offload to $2" "$from" "$to" 44x1400 1x700 40x100
	is got1400=44 got700=1 got100=40 bad=0 udp_tx=85 udp_tx_big=0 \
		udp_tx_drop=0
	topo_run a ethtool -K eth0 tx on >/dev/null

	topo_run a ip route add "$to" dev eth0 mtu 1280
	line "a route that claims 1280 to $2" "$from" "$to" 20x1400 1x1400
	is got1400=21 bad=0 udp_tx=21 udp_tx_big=0
	topo_run a ip route del "$to" dev eth0
}

family 192.0.2.1 192.0.2.2 28
family 2001:db8::1 2001:db8::2 48
what="nothing went in fragments" out=" fragments=$(fragments) "
is fragments=0
exit $failed
