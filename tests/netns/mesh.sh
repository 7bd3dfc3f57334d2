# shellcheck shell=bash
# Mesh islands for tests, each routed by an unmodified mesh daemon; comes after
# topo.sh.
#
#	mesh_island a 1 192.0.2.1/24
#	topo_vplamad a "$MESH_DEVICE"
#	mesh_start a babeld && mesh_start a1 babeld
#	topo_wait_for 15 mesh_knows a1 b1
#
# Island N is a gateway, which has the Internet line and the tunnel device
# vpl0, and one node behind it, named like the gateway with a 1 after it; a
# cable "mesh0" between them stands for the radio. What is announced are the
# addresses on lo: 10.99.N.1 and fd99:N::1 at the gateway, .2 and ::2 behind.

declare -A MESH_ISLAND=() MESH_HOST=()
MESH_PINGS=()
MESH_EXAMPLES=$(dirname "${BASH_SOURCE[0]}")/../../doc/examples

# For topo_vplamad: the device that mesh daemons use, and the same with an IPv4
# address N in the tunnel network, which bird before 2.13 needs.
MESH_DEVICE='device "vpl0" { kind = "tap" mtu = 1400 }'
mesh_device4() {
	echo "device \"vpl0\" { kind = \"tap\" mtu = 1400" \
		"address = {\"10.98.0.$1/24\"} }"
}

# mesh_can PROGRAM...: true where they and TAP devices are there; else says why
# not.
mesh_can() {
	local program
	for program; do
		if ! command -v "$program" >/dev/null; then
			echo "skipped: needs $program"
			return 1
		fi
	done
	if ! { : <>/dev/net/tun; } 2>/dev/null; then
		echo "skipped: this machine has no TAP devices"
		return 1
	fi
}

# mesh_island GATEWAY N ADDR/LEN: ADDR is the gateway's on the Internet.
mesh_island() {
	topo_node "$1" "$3" && topo_ns_add "${1}1" &&
		topo_cable "$1" "${1}1" mesh0 || return 1
	MESH_ISLAND[$1]=$2 MESH_HOST[$1]=1
	MESH_ISLAND[${1}1]=$2 MESH_HOST[${1}1]=2
	local node
	for node in "$1" "${1}1"; do
		topo_run "$node" sysctl -qw net.ipv4.ip_forward=1 \
			net.ipv6.conf.all.forwarding=1
		topo_run "$node" ip addr add "$(mesh_addr "$node")/32" dev lo
		topo_run "$node" ip addr add "$(mesh_addr6 "$node")/128" dev lo
		# What happens to links and routes, and when.
		topo_bg "$node" "$node.seen" ip -ts -o monitor link route
	done
}

mesh_addr() {
	echo "10.99.${MESH_ISLAND[$1]}.${MESH_HOST[$1]}"
}

mesh_addr6() {
	echo "fd99:${MESH_ISLAND[$1]}::${MESH_HOST[$1]}"
}

# --- the daemons -------------------------------------------------------------

# mesh_start NODE babeld|bird [LINE...]: as Debian ships it; a gateway uses
# vpl0, too, as our examples say. LINEs go to babeld's configuration and, if
# they name vpl0, stand for the example.
mesh_start() {
	local node=$1 daemon=$2 dir=$TOPO_DIR/$1.mesh
	shift 2
	mkdir -p "$dir"
	"mesh_${daemon}_conf" "$node" "$@" >"$dir/$daemon.conf"
	case $daemon in
	babeld)
		topo_bg "$node" "$node.babeld" babeld -c "$dir/babeld.conf"
		;;
	bird)
		topo_run "$node" ip addr add dev mesh0 \
			"10.97.${MESH_ISLAND[$node]}.${MESH_HOST[$node]}/24"
		topo_bg "$node" "$node.bird" bird -f -c "$dir/bird.conf" \
			-s "$dir/bird.sock" -P "$dir/bird.pid"
		;;
	esac
}

mesh_is_gateway() {
	[ "${MESH_HOST[$1]}" = 1 ]
}

mesh_babeld_conf() { # NODE [LINE...]
	local node=$1
	shift
	cat <<-EOF
		random-id true
		state-file $TOPO_DIR/$node.mesh/babel-state
		pid-file $TOPO_DIR/$node.mesh/babeld.pid
		local-port 33123
		interface mesh0 type wired hello-interval 2
	EOF
	! mesh_is_gateway "$node" || [[ "$*" == *"interface vpl0"* ]] ||
		cat "$MESH_EXAMPLES/babeld.conf"
	[ $# = 0 ] || printf '%s\n' "$@"
	cat <<-EOF
		redistribute local ip 10.99.0.0/16
		redistribute local ip fd99::/16
		redistribute local deny
	EOF
}

mesh_bird_conf() { # NODE
	cat <<-EOF
		router id $(mesh_addr "$1");
		protocol device { }
		protocol direct { ipv4; ipv6; interface "lo"; }
		protocol kernel { ipv4 { export where source = RTS_BABEL; }; }
		protocol kernel { ipv6 { export where source = RTS_BABEL; }; }
	EOF
	sed 's/interface "vpl0"/interface "vpl0", "mesh0"/' \
		"$MESH_EXAMPLES/bird.conf"
}

# --- what the kernel has -----------------------------------------------------

mesh_link_local() { # NODE DEV
	topo_run "$1" ip -6 -o addr show dev "$2" scope link |
		sed -n 's/.* inet6 \([^/]*\)\/.*/\1/p'
}

# mesh_route NODE OTHER [-6]: NODE's route to OTHER, nothing if there is none.
mesh_route() {
	local to
	to=$(mesh_addr "$2")
	[ -z "${3:-}" ] || to=$(mesh_addr6 "$2")
	topo_run "$1" ip ${3:+"$3"} route show "$to" | grep '^[0-9a-f].* via '
}

# mesh_via NODE OTHER [-6]: device and next hop.
mesh_via() {
	mesh_route "$@" |
		sed -n 's/.* via \(inet6 \)\{0,1\}\([^ ]*\) dev \([^ ]*\).*/\3 \2/p'
}

# mesh_via_is NODE OTHER GATEWAY: its end of the tunnel is the next hop, that
# of IPv4, too (babeld, no IPv4 address on the device).
mesh_via_is() {
	local hop
	hop="vpl0 $(mesh_link_local "$3" vpl0)"
	[ "$(mesh_via "$1" "$2")" = "$hop" ] &&
		[ "$(mesh_via "$1" "$2" -6)" = "$hop" ]
}

# mesh_knows NODE OTHER: routes to both addresses.
mesh_knows() {
	mesh_route "$1" "$2" && mesh_route "$1" "$2" -6
}

mesh_lost() { # NODE OTHER
	! mesh_route "$1" "$2" && ! mesh_route "$1" "$2" -6
}

# mesh_routes NODE: what its mesh daemon has put there.
mesh_routes() {
	{
		topo_run "$1" ip route show
		topo_run "$1" ip -6 route show
	} | grep 'proto \(babel\|bird\)'
}

# mesh_at NODE PATTERN SINCE: when after SINCE, in ms, NODE's kernel first told
# of something that matches.
mesh_at() {
	local when at
	sed -n "/^\[[^]]*\] $2/s/^\[\([^]]*\)\].*/\1/p" "$TOPO_DIR/$1.seen.log" |
		while read -r when; do
			at=$(date -d "$when" +%s%3N)
			if [ "$at" -ge "$3" ]; then
				echo "$at"
				break
			fi
		done
}

mesh_learned_at() { # NODE OTHER SINCE: IPv4, IPv6
	mesh_at "$1" "$(mesh_addr "$2") .*via " "$3"
	mesh_at "$1" "$(mesh_addr6 "$2") .*via " "$3"
}

# bird puts "unreachable" in the place of what was lost.
mesh_forgot_at() { # NODE OTHER SINCE: IPv4, IPv6
	local gone='\(Deleted\|unreachable\)'
	mesh_at "$1" "$gone $(mesh_addr "$2") " "$3"
	mesh_at "$1" "$gone $(mesh_addr6 "$2") " "$3"
}

# The kernel tells of carriers once a second, of all interfaces together; this is
# how it is.
mesh_carrier_is_off() { # NODE
	[ "$(topo_run "$1" cat /sys/class/net/vpl0/carrier)" = 0 ]
}

mesh_has_no_carrier() {
	topo_run "$1" ip link show vpl0 | grep -q NO-CARRIER
}

mesh_carrier_off_at() { # NODE SINCE
	mesh_at "$1" "[0-9]*: vpl0: <NO-CARRIER" "$2"
}

# --- what babeld says --------------------------------------------------------

# mesh_neighbours NODE: a line for each on vpl0: link-local address, RTT in ms
# and cost.
mesh_neighbours() {
	# shellcheck disable=SC2016  # for the inner shell
	topo_run "$1" timeout 3 bash -c 'exec 3<>/dev/tcp/::1/33123 &&
		printf "dump\nquit\n" >&3 && cat <&3' |
		awk '/^add neighbour .* if vpl0 / {
			for (i = 4; i < NF; i += 2)
				f[$i] = $(i + 1)
			print f["address"], f["rtt"], f["cost"]
		}'
}

# mesh_rtt NODE GATEWAY: what babeld measured, whole ms.
mesh_rtt() {
	mesh_neighbours "$1" | awk -v at="$(mesh_link_local "$2" vpl0)" \
		'$1 == at { printf "%d\n", $2 }'
}

# --- pings -------------------------------------------------------------------

# mesh_ping LABEL NODE OTHER COUNT [PING-OPTION...]: in the background, by both
# families, from NODE's own address.
mesh_ping() {
	local label=$1 node=$2 other=$3 count=$4
	shift 4
	topo_bg "$node" "$label.ping4" ping -q -c "$count" -i 0.2 -W 2 "$@" \
		-I "$(mesh_addr "$node")" "$(mesh_addr "$other")"
	MESH_PINGS+=("$TOPO_PID")
	topo_bg "$node" "$label.ping6" ping -q -c "$count" -i 0.2 -W 2 "$@" \
		-I "$(mesh_addr6 "$node")" "$(mesh_addr6 "$other")"
	MESH_PINGS+=("$TOPO_PID")
}

# Waits for all pings.
mesh_pinged() {
	wait "${MESH_PINGS[@]}"
	MESH_PINGS=()
}

# mesh_ping_got LABEL 4|6: packets sent and received, "10/10".
mesh_ping_got() {
	sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1\/\2/p' \
		"$TOPO_DIR/$1.ping$2.log"
}

# mesh_ping_ms LABEL 4|6: mean.
mesh_ping_ms() {
	sed -n 's/^rtt .* = [^/]*\/\([^/]*\)\/.*/\1/p' "$TOPO_DIR/$1.ping$2.log"
}
