# shellcheck shell=bash
# The lab of tests/show/modes, after lib.sh and topo.sh.
#
# A cell is three peers CELL-a, CELL-b and CELL-c, which are number 1, 2 and 3,
# with the device vpl0, each a peer of the others. Number N has 10.77.N.1 and
# fd77:0:0:N::1 there, with more below; see cell_nets. What its device gets is
# counted by nft before anything else sees it. Each port has a node p-KIND with
# s for a peer, which has no other peers.

NODES=(- a b c)
CELLS_LINES=0   # addresses used up on the Internet
CELLS_PINGS=()  # processes
declare -A SEEN # by cell_seen: packets by CELL-node.counter

A_MAC=02:00:00:00:01:01
B_MAC=02:00:00:00:02:01
C_MAC=02:00:00:00:03:01
V_MAC=02:5a:00:00:00:01 # of b in VLAN 10, of c in VLAN 20

# addrs N [NET]: IPv4 and IPv6, of the main network or another.
addrs() {
	echo "10.${2:-77}.$1.1 fd${2:-77}:0:0:$1::1"
}

# others NODE: the addresses of the other two.
others() {
	local n
	for n in 1 2 3; do
		[ "${NODES[$n]}" = "$1" ] || addrs $n
	done
}

# cell_nets N: what is its own: where it lives, VLANs, and one that nobody uses;
# the same of MAC addresses.
cell_nets() {
	local net list=
	for net in 77 78 79 80; do
		list+="\"10.$net.$1.0/24\", \"fd$net:0:0:$1::/64\", "
	done
	echo "prefix = {$list\"02:00:00:00:0$1:00/40\", \"02:00:00:00:1$1:00/40\"}"
}

# lab_node NAME: on the next free address, quiet by itself.
lab_node() {
	CELLS_LINES=$((CELLS_LINES + 1))
	topo_node "$1" "192.0.2.$CELLS_LINES/24" || return 1
	topo_run "$1" sysctl -qw net.ipv6.conf.default.accept_dad=0 \
		net.ipv6.conf.default.router_solicitations=0
}

# lab_peer NODE OTHER LINE: as topo_peer, with LINE in the block.
lab_peer() {
	topo_peer "$1" "$2" && topo_peer_line "$@"
}

# cell_up CELL: named KIND-MODE.
cell_up() {
	local cell=$1 n to
	for n in 1 2 3; do
		lab_node "$cell-${NODES[$n]}" || return 1
	done
	for n in 1 2 3; do
		for to in 1 2 3; do
			[ $n = $to ] || lab_peer "$cell-${NODES[$n]}" \
				"$cell-${NODES[$to]}" "$(cell_nets $to)" ||
				return 1
		done
		topo_vplamad "$cell-${NODES[$n]}" "$(cell_nets $n)" \
			"device \"vpl0\" { kind = \"${cell%-*}\"" \
			"mode = \"${cell#*-}\" mac = \"02:00:00:00:0$n:01\"" \
			"address = {\"10.77.$n.1/16\", \"fd77:0:0:$n::1/48\"} }" ||
			return 1
		cell_count "$cell-${NODES[$n]}" $n || return 1
	done
}

# cell_live CELL: a has tunnels to both others.
cell_live() {
	[ "$(topo_ctl "$1-a" --json show | grep -c '"state":"vrnode"')" = 2 ]
}

# cell_count NODE N: counters for pings to 1, 2, 3, to nobody (9) and to all, for
# answers to itself, and for what rawpkt sends, all of it and that in VLANs.
cell_count() {
	local n rules="
		ip daddr 10.77.$2.1 icmp type echo-reply counter name re4
		ip6 daddr fd77:0:0:$2::1 icmpv6 type echo-reply counter name re6"
	for n in 1 2 3 9; do
		rules+="
		ip daddr 10.77.$n.1 icmp type echo-request counter name to$n
		ip6 daddr fd77:0:0:$n::1 icmpv6 type echo-request counter name to$n"
	done
	topo_run "$1" nft -f - <<-EOF
		table netdev seen {
			counter to1 { }
			counter to2 { }
			counter to3 { }
			counter to9 { }
			counter toall { }
			counter re4 { }
			counter re6 { }
			counter raw { }
			counter vlan10 { }
			counter vlan20 { }
			chain in {
				type filter hook ingress device "vpl0" priority 0
				$rules
				ip daddr 10.77.255.255 counter name toall
				ip6 daddr ff02::1 icmpv6 type echo-request counter name toall
				meta l4proto 253 counter name raw
				vlan id 10 meta l4proto 253 counter name vlan10
				vlan id 20 meta l4proto 253 counter name vlan20
			}
		}
	EOF
}

# cell_seen CELL: adds to SEEN what was counted since the last time.
cell_seen() {
	local node name packets
	for node in a b c; do
		while read -r name packets; do
			SEEN[$1-$node.$name]=$((${SEEN[$1-$node.$name]:-0} + packets))
		done < <(topo_run "$1-$node" nft reset counters netdev |
			awk '$1 == "counter" { name = $2 }
				$1 == "packets" { print name, $2 }')
	done
}

# cell_anew CELL: begins with nothing again.
cell_anew() {
	local key
	cell_seen "$1"
	for key in "${!SEEN[@]}"; do
		[[ $key != $1-* ]] || SEEN[$key]=0
	done
}

# seen_sum CELL NODES COUNTERS: of SEEN.
seen_sum() {
	local node name sum=0
	for node in $2; do
		for name in $3; do
			sum=$((sum + ${SEEN[$1-$node.$name]:-0}))
		done
	done
	echo $sum
}

# cell_wait CELL NODES COUNTERS SUM: until it is seen, 5 s at most; ping itself
# does not wait for answers that are late.
cell_wait() {
	topo_wait_for 5 seen_is "$@"
}

seen_is() {
	cell_seen "$1"
	[ "$(seen_sum "$1" "$2" "$3")" -ge "$4" ]
}

# neighbour NODE N: NODE knows the MAC of N without having to ask.
neighbour() {
	local addr
	[[ $1 == tap-* ]] || return 0
	for addr in $(addrs "$2"); do
		topo_run "$1" ip neigh replace "$addr" dev vpl0 nud permanent \
			lladdr "02:00:00:00:0$2:01" || return 1
	done
}

# --- pings -------------------------------------------------------------------

# ping_all NODE LABEL OPTIONS ADDRESS...: at the same time, in the background.
ping_all() {
	local node=$1 label=$2 options=$3 to
	shift 3
	for to; do
		# shellcheck disable=SC2086  # options
		topo_bg "$node" "$node.$label" ping -q -n $options "$to"
		CELLS_PINGS+=("$TOPO_PID")
	done
}

# Waits for all pings.
pinged() {
	topo_wait "${CELLS_PINGS[@]}"
	CELLS_PINGS=()
}

# --- packets of our own ------------------------------------------------------

# flood NODE AT COUNT COUNTER [-v VLAN] FROM,TO...: sets SENT, and COUNT as AT
# counted it by then. FROM and TO are of one kind, MAC addresses for frames.
flood() {
	local node=$1 at=$2 count=$3 counter=$4 way how=()
	shift 4
	while [ "$1" = -v ]; do
		how+=("$1" "$2")
		shift 2
	done
	for way; do
		how+=(-w "$way")
	done
	read -r _ SENT _ COUNT < <(topo_run "$node" \
		"$TOP_BUILDDIR/tests/show/rawpkt" flood -i vpl0 -n "$count" \
		-s "$(topo_conf_dir "$at")/control.sock" -c "$counter" \
		"${how[@]}")
}

# vlan CELL b|c there|back: N packets between a and V_MAC in its VLAN.
vlan() {
	local cell=$1 id=10 n=2 a v
	[ "$2" = b ] || id=20 n=3
	read -ra a <<<"$(addrs 1 $((77 + id / 10)))"
	read -ra v <<<"$(addrs $n $((77 + id / 10)))"
	if [ "$3" = there ]; then
		flood "$cell-a" "$cell-$2" "$N" fwd_in -v $id \
			"$A_MAC,$V_MAC" "${a[0]},${v[0]}" "${a[1]},${v[1]}"
	else
		flood "$cell-$2" "$cell-a" "$N" fwd_in -v $id \
			"$V_MAC,$A_MAC" "${v[0]},${a[0]}" "${v[1]},${a[1]}"
	fi
}

SPOOFED=0 COUNTED=0 DELIVERED=0 # at whom mode or address protects
AT_THIRD=0                      # of a hub

# flood_b CELL COUNT COUNTER IPV4 IPV6 MAC: from there to b itself; sets GOT and
# THIRD, what the devices of b and c got. In mode hub c gets all that a sends.
flood_b() {
	local cell=$1 ways=("$4,10.77.2.1" "$5,fd77:0:0:2::1")
	[ "${cell%-*}" = tun ] || ways+=("$6,$B_MAC")
	cell_anew "$cell"
	flood "$cell-a" "$cell-b" "$2" "$3" "${ways[@]}"
	[ "${cell#*-}" != hub ] || cell_wait "$cell" c raw "$2"
	cell_seen "$cell"
	GOT=${SEEN[$cell-b.raw]}
	THIRD=${SEEN[$cell-c.raw]}
}

# must_third CELL WHAT COUNT: c got that if it is a hub's, else none.
must_third() {
	local want=0
	[ "${1#*-}" != hub ] || want=$3
	must "$1: $2: at c" "$THIRD" -eq "$want"
}

# honest CELL: a's own addresses; the same in everything else.
honest() {
	flood_b "$1" 1000 fwd_in 10.77.1.1 fd77:0:0:1::1 $A_MAC
	must "$1: sent by who they say" "$GOT of ${SENT:-none}" = "1000 of 1000"
	must_third "$1" "sent by who they say" 1000
}

# spoof CELL WHAT COUNTER IPV4 IPV6 [MAC]
spoof() {
	flood_b "$1" "$SPOOFS" "$3" "$4" "$5" "${6:-$A_MAC}"
	must "$1: $2: delivered, counted, sent" \
		"$GOT, ${COUNT:-none}, ${SENT:-none}" = "0, $SPOOFS, $SPOOFS"
	must_third "$1" "$2" "$SPOOFS"
	SPOOFED=$((SPOOFED + SENT))
	COUNTED=$((COUNTED + COUNT))
	DELIVERED=$((DELIVERED + GOT))
	if [ "${1#*-}" = hub ]; then
		AT_THIRD=$((AT_THIRD + THIRD))
	else
		DELIVERED=$((DELIVERED + THIRD))
	fi
}

# --- ports -------------------------------------------------------------------

# Those with /ip carry IP packets beside the frames of the other.
PORTS=(tap tun tun-per-peer stdio fd udp udp/ip tcp tcp/ip unix-stream
	unix-stream/ip unix-dgram unix-dgram/ip unix-seqpacket unix-seqpacket/ip)
ECHOED=0

# port_place KIND CARRIES our|their: local or remote of the port.
port_place() {
	local n=0
	[ "$2" = ethernet ] || n=1
	[ "$3" = our ] || n=$((n + 2))
	case $1 in
	udp | tcp) echo "127.0.0.1:$((7001 + n))" ;;
	unix-*) echo "$(topo_conf_dir "p-$1")/port$n" ;;
	esac
}

# port_block KIND CARRIES: the device.
port_block() {
	echo "device \"$2\" { kind = \"$1\" mode = \"hub\" mtu = 3000"
	[ "$1" != dummy ] || echo "carries = \"ip\"" # not told of Ethernet
	case $1 in
	udp | tcp | unix-*)
		echo "carries = \"$2\""
		echo "local = \"$(port_place "$@" our)\""
		;;
	esac
	case $1 in
	udp | unix-dgram) echo "remote = \"$(port_place "$@" their)\"" ;;
	esac
	echo "}"
}

# port_mirror KIND CARRIES: starts what is at the other end of the port.
port_mirror() {
	local node=p-$1 how=("$1")
	case $1 in
	tap | tun) how=(device "$2") ;;
	tun-per-peer)
		how=(device "$(topo_run "$node" ip -o link |
			sed -n 's/.* \(ethernet-[^:]*\):.*/\1/p')")
		;;
	udp | unix-dgram)
		how+=("$(port_place "$@" their)" "$(port_place "$@" our)")
		;;
	*) how+=("$(port_place "$@" our)") ;;
	esac
	topo_bg "$node" "$node.$2" "$TOP_BUILDDIR/tests/show/rawpkt" mirror \
		"${how[@]}"
}

# port_up KIND: the daemon, and the mirror that it needs first or last.
port_up() {
	local kind=$1 node=p-$1 block=()
	block=("$(port_block "$kind" ethernet)")
	[[ " ${PORTS[*]} " != *" $kind/ip "* ]] ||
		block+=("$(port_block "$kind" ip)")
	case $kind in
	stdio | fd)
		topo_conf "$node" "${block[@]}" || return 1
		topo_bg "$node" "$node" "$TOP_BUILDDIR/tests/show/rawpkt" \
			mirror "$kind" "$TOP_BUILDDIR/vplamad" -f \
			-c "$(topo_conf_dir "$node")/vplamad.conf"
		topo_wait_for 10 topo_ctl "$node" show
		return
		;;
	esac
	topo_vplamad "$node" "${block[@]}" || return 1
	[ "$kind" != dummy ] || return 0
	port_mirror "$kind" ethernet
	[ ${#block[@]} = 1 ] || port_mirror "$kind" ip
}

# port_number KIND: of its addresses.
port_number() {
	local kind n=1
	for kind in dummy "${PORTS[@]%/*}"; do
		[ "$kind" != "$1" ] || break
		n=$((n + 1))
	done
	echo $n
}

ports_up() {
	local kind n
	lab_node s || return 1
	for kind in dummy "${PORTS[@]}"; do
		[[ $kind != */ip ]] || continue
		n=$(port_number "$kind")
		lab_node "p-$kind" && topo_peer "p-$kind" s &&
			lab_peer s "p-$kind" "prefix = {\"10.90.0.$n\", \
\"fd90::$n\", \"$(printf '02:00:00:00:00:%02d' "$n")\"}" &&
			port_up "$kind" || return 1
	done
	topo_vplamad s 'mtu = 1400' \
		'device "vpl0" { kind = "tap" mode = "router" mtu = 3000 }' \
		'device "vpl1" { kind = "tun" mode = "router" mtu = 1280 }'
}

# port_to KIND: options of rawpkt for packets that go there, from there, so that
# they may come back as they are.
port_to() {
	local kind=${1%/ip} n
	n=$(port_number "$kind")
	case $1 in
	tun | tun-per-peer | dummy | */ip)
		echo "-i vpl1 -l 1200 -w 10.90.0.$n,10.90.0.$n" \
			"-w fd90::$n,fd90::$n"
		;;
	*)
		n=$(printf '02:00:00:00:00:%02d' "$n")
		echo "-i vpl0 -l 3000 -w $n,$n"
		;;
	esac
}

ports_live() {
	[ "$(topo_ctl s --json show | grep -c '"state":"vrnode"')" -ge \
		"$(ls "$(topo_conf_dir s)/peers.d" | wc -l)" ]
}

# Packets of many sizes to each port and back.
ports_echo() {
	local kind sent said
	topo_wait_for 20 ports_live || echo "not all have a tunnel"
	for kind in "${PORTS[@]}"; do
		# shellcheck disable=SC2046  # many options
		said=$(topo_run s "$TOP_BUILDDIR/tests/show/rawpkt" probe \
			-n "$ECHOS" $(port_to "$kind"))
		must "port $kind" "$said" = \
			"sent $ECHOS same $ECHOS changed 0 more 0"
		[ "$said" != "sent $ECHOS same $ECHOS changed 0 more 0" ] ||
			ECHOED=$((ECHOED + 1))
	done
	# shellcheck disable=SC2046
	said=$(topo_run s "$TOP_BUILDDIR/tests/show/rawpkt" flood -n "$ECHOS" \
		-s "$(topo_conf_dir p-dummy)/control.sock" -c port_drop \
		$(port_to dummy))
	must "port dummy: swallows and counts" "$said" = \
		"sent $ECHOS counted $ECHOS"
	sent=$(topo_counter p-dummy fwd_out)
	must "port dummy: gives back" "$sent" -eq 0
}
