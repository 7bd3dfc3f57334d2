# shellcheck shell=bash disable=SC2034  # LOSSY_KBPS is for the caller
# One bad line, after tests/netns/topo.sh: node a reaches node b through the
# relay on node line, which loses 1 % of the datagrams and holds each for
# 20 ms. A tunnel over it is made anew for each measurement.

LOSSY_FLOWS=8 # with one, chance would decide
LOSSY_MTU=1400

lossy_begin() {
	topo_node a 192.0.2.1/24 && topo_node b 192.0.2.2/24 &&
		topo_node line 192.0.2.3/24
}

# lossy_relay SEED
lossy_relay() {
	topo_bg line relay "$TOP_BUILDDIR/tests/relay/relay" -S "$1" \
		-c 'loss 0.01' -c 'delay 20ms' 192.0.2.3:7469 192.0.2.2:7469
}

# lossy_device NODE DEV NUMBER: its address and MTU, once it is there.
lossy_device() {
	topo_wait_for 10 topo_run "$1" ip link show dev "$2" &&
		topo_run "$1" ip addr add "10.98.0.$3/24" dev "$2" &&
		topo_run "$1" ip link set "$2" mtu $LOSSY_MTU up
}

# lossy_vplamad: a dials, b knows a by its key only.
lossy_vplamad() {
	local node other n=0
	topo_peer a b 192.0.2.3:7469 && topo_peer b a - || return 1
	for node in a b; do
		n=$((n + 1))
		other=b
		[ $node = a ] || other=a
		topo_peer_line $node $other \
			"prefix = {\"10.98.0.$((3 - n))/32\"}" || return 1
		topo_vplamad $node "device \"vpl$n\" {" "	kind = \"tun\"" \
			"	mtu = $LOSSY_MTU" "}" &&
			lossy_device $node "vpl$n" $n || return 1
	done
}

# lossy_wireguard_go PROGRAM: names of its devices are those of sockets, too,
# which all namespaces share.
lossy_wireguard_go() {
	local node n=0 dev
	for node in a b; do
		(umask 077 && wg genkey >"$TOPO_DIR/wg.$node") || return 1
	done
	for node in a b; do
		n=$((n + 1))
		dev=vt$$w$n
		topo_bg $node wg.$node env LOG_LEVEL=error "$1" -f "$dev"
		topo_wait_for 10 test -S "/var/run/wireguard/$dev.sock" &&
			lossy_wg $node $n |
			topo_run $node wg setconf "$dev" /dev/stdin &&
			lossy_device $node "$dev" $n || return 1
	done
}

# lossy_wg NODE NUMBER: its settings.
lossy_wg() {
	local other=b
	[ "$1" = a ] || other=a
	cat <<-EOF
		[Interface]
		PrivateKey = $(cat "$TOPO_DIR/wg.$1")
		ListenPort = 7469
		[Peer]
		PublicKey = $(wg pubkey <"$TOPO_DIR/wg.$other")
		AllowedIPs = 10.98.0.$((3 - $2))/32
	EOF
	[ "$1" = b ] || echo "Endpoint = 192.0.2.3:7469"
}

# lossy_rate SEED SECONDS TUNNEL...: kbit/s that TCP gets through it, in
# LOSSY_KBPS; 0 if nothing. TUNNEL is one of the functions above, with its
# arguments.
lossy_rate() {
	local seed=$1 seconds=$2
	shift 2
	LOSSY_KBPS=0
	lossy_relay "$seed"
	if "$@" && topo_wait_for 10 topo_run a ping -c 1 -W 1 10.98.0.2; then
		topo_bg b iperf3 iperf3 -s -1
		topo_wait_for 10 lossy_listens
		LOSSY_KBPS=$(topo_run a iperf3 -c 10.98.0.2 -C cubic -J \
			-P $LOSSY_FLOWS -t "$seconds" | lossy_received)
	fi
	topo_end_all
}

lossy_listens() {
	topo_run b ss -Hltn 'sport = :5201' | grep -q .
}

# The sum over all flows, of what iperf3 says as JSON.
lossy_received() {
	awk '/"sum_received":/ { sum = 1 }
	    sum && /"bits_per_second":/ {
		kbps = $2 / 1000
		sum = 0
	    }
	    END { printf "%d\n", kbps }'
}

# lossy_median N...
lossy_median() {
	printf '%s\n' "$@" | sort -n | sed -n "$((($# + 1) / 2))p"
}
