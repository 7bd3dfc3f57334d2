# shellcheck shell=bash
# Network namespaces for tests: an "Internet" with nodes, NATs and bad lines.
#
#	. tests/netns/topo.sh
#	topo_init once || exit 77
#	topo_node a 192.0.2.1/24
#	topo_run a ip addr
#
# Everything lives in namespaces, files and processes that topo_init's trap
# removes; nothing else is touched. Sourced by bash scripts only, which may
# run several at a time: the process id is part of every name.
#
# Variables for the caller: TOPO_DIR (files, removed at the end), TOPO_PID (of
# the last topo_bg), TOPO_KEEP=1 in the environment keeps TOPO_DIR.

: "${TOP_BUILDDIR:=.}"

# topo_can: true where namespaces can be made; else says why not.
topo_can() {
	if [ "$(id -u)" != 0 ]; then
		echo "skipped: needs root to make network namespaces"
		return 1
	fi
	local tool
	for tool in ip nft sysctl; do
		if ! command -v $tool >/dev/null; then
			echo "skipped: needs $tool"
			return 1
		fi
	done
	if ! ip netns add "vt$$-can" 2>/dev/null; then
		echo "skipped: this machine refuses network namespaces"
		return 1
	fi
	ip netns del "vt$$-can"
}

# topo_init NAME: NAME is for people, in the name of the folder.
topo_init() {
	topo_can || return 1
	TOPO_PREFIX=vt$$
	TOPO_SHELL=$BASHPID
	TOPO_DIR=$(mktemp -d "${TMPDIR:-/tmp}/vpl-$1.XXXXXX") || return 1
	TOPO_NS=()
	TOPO_PIDS=()
	TOPO_PID=
	TOPO_PORTS=0
	declare -gA TOPO_ADDR=() TOPO_ADDR6=() TOPO_PORT=() TOPO_OF=()
	declare -gA TOPO_VPLAMAD=()
	trap topo_cleanup EXIT
	trap 'exit 1' INT TERM HUP
}

topo_cleanup() {
	local rc=$? ns
	trap - EXIT
	topo_end_all
	for ns in "${TOPO_NS[@]}"; do
		ip netns del "$ns" 2>/dev/null || :
	done
	if [ "${TOPO_KEEP:-0}" = 1 ]; then
		echo "kept: $TOPO_DIR" >&2
	else
		rm -rf "$TOPO_DIR"
	fi
	exit "$rc"
}

# Ends what topo_bg started and still runs, gently first.
topo_end_all() {
	local pid i
	topo_signal TERM
	topo_signal CONT # one that was stopped ends, too
	for ((i = 0; i < 30; i++)); do
		topo_any_alive || break
		sleep 0.1
	done
	topo_signal KILL
	for pid in "${TOPO_PIDS[@]}"; do
		wait "$pid" 2>/dev/null || :
	done
	TOPO_PIDS=()
}

# A pid is ours as long as its process is our child: numbers are used again.
topo_ours() {
	[ "$(sed -n "s/^PPid:[^0-9]*//p" "/proc/$1/status" 2>/dev/null)" = \
		"$TOPO_SHELL" ]
}

topo_signal() {
	local pid
	for pid in "${TOPO_PIDS[@]}"; do
		topo_ours "$pid" && kill "-$1" "$pid" 2>/dev/null
	done
	return 0
}

topo_any_alive() {
	local pid
	for pid in "${TOPO_PIDS[@]}"; do
		topo_ours "$pid" && return 0
	done
	return 1
}

topo_ns_add() {
	ip netns add "$TOPO_PREFIX-$1" || return 1
	TOPO_NS+=("$TOPO_PREFIX-$1")
	topo_run "$1" ip link set lo up
}

# topo_hub: the namespace "inet", a bridge that joins all nodes.
topo_hub() {
	topo_ns_add inet || return 1
	topo_run inet ip link add hub type bridge
	topo_run inet ip link set hub up
}

# topo_plug NAME BOX BRIDGE: NAME's eth0 becomes a port of BRIDGE in BOX.
topo_plug() {
	TOPO_PORTS=$((TOPO_PORTS + 1))
	TOPO_PORT[$1]=p$TOPO_PORTS
	TOPO_OF[$1]=$2
	ip link add eth0 netns "$TOPO_PREFIX-$1" type veth \
		peer name "p$TOPO_PORTS" netns "$TOPO_PREFIX-$2" &&
		topo_run "$2" ip link set "p$TOPO_PORTS" master "$3" up &&
		topo_run "$1" ip link set eth0 up
}

# topo_node NAME ADDR/LEN [ADDR6/LEN]: a machine with an Internet line.
topo_node() {
	case " ${TOPO_NS[*]} " in
	*" $TOPO_PREFIX-inet "*) ;;
	*) topo_hub || return 1 ;;
	esac
	topo_ns_add "$1" && topo_plug "$1" inet hub || return 1
	topo_run "$1" ip addr add "$2" dev eth0
	TOPO_ADDR[$1]=${2%/*}
	if [ -n "${3:-}" ]; then
		topo_run "$1" ip -6 addr add "$3" dev eth0 nodad
		TOPO_ADDR6[$1]=${3%/*}
	fi
}

# topo_cable A B DEV: a cable between two namespaces, DEV at both ends.
topo_cable() {
	ip link add "$3" netns "$TOPO_PREFIX-$1" type veth \
		peer name "$3" netns "$TOPO_PREFIX-$2" &&
		topo_run "$1" ip link set "$3" up &&
		topo_run "$2" ip link set "$3" up
}

# topo_nat NAME ADDR/LEN INSIDE...: NAME stands at ADDR on the Internet and
# hides the new nodes INSIDE, 10.0.0.2 and on, behind it.
topo_nat() {
	local nat=$1 inside n=1
	topo_node "$1" "$2" || return 1
	shift 2
	topo_run "$nat" sysctl -qw net.ipv4.ip_forward=1
	topo_run "$nat" ip link add lan type bridge
	topo_run "$nat" ip link set lan up
	topo_run "$nat" ip addr add 10.0.0.1/24 dev lan
	topo_run "$nat" nft -f - <<-EOF || return 1
		table ip topo {
			chain post {
				type nat hook postrouting priority 100
				oifname "eth0" masquerade
			}
			chain transit {
				type filter hook forward priority 0
				iifname "eth0" ct state new drop
			}
		}
	EOF
	for inside; do
		n=$((n + 1))
		topo_ns_add "$inside" &&
			topo_plug "$inside" "$nat" lan || return 1
		topo_run "$inside" ip addr add "10.0.0.$n/24" dev eth0
		topo_run "$inside" ip route add default via 10.0.0.1
		TOPO_ADDR[$inside]=10.0.0.$n
	done
}

# topo_gnodes N M: N gnodes of M vnodes, g1v1 to gNvM, from 192.0.2.1 and
# 2001:db8::1 on in that order.
topo_gnodes() {
	local g v n=0
	for ((g = 1; g <= $1; g++)); do
		for ((v = 1; v <= $2; v++)); do
			n=$((n + 1))
			topo_node "g${g}v$v" "192.0.2.$n/24" \
				"$(printf '2001:db8::%x/64' $n)" || return 1
		done
	done
}

topo_addr() {
	echo "${TOPO_ADDR[$1]}"
}

topo_addr6() {
	echo "${TOPO_ADDR6[$1]}"
}

# topo_run NODE CMD...: in the foreground.
topo_run() {
	local ns=$TOPO_PREFIX-$1
	shift
	ip netns exec "$ns" "$@"
}

# topo_bg NODE LOG CMD...: in the background, its output in TOPO_DIR/LOG.log;
# what topo_tell LOG writes is its standard input, which does not end.
topo_bg() {
	local ns=$TOPO_PREFIX-$1 log=$TOPO_DIR/$2
	shift 2
	[ -p "$log.in" ] || mkfifo "$log.in"
	ip netns exec "$ns" "$@" <>"$log.in" >>"$log.log" 2>&1 &
	TOPO_PID=$!
	TOPO_PIDS+=("$TOPO_PID")
}

# topo_tell LOG LINE: to the standard input of what topo_bg started.
topo_tell() {
	echo "$2" >"$TOPO_DIR/$1.in"
}

# topo_kill PID [SIGNAL]: and waits until it has gone.
topo_kill() {
	local pid left=()
	for pid in "${TOPO_PIDS[@]}"; do
		[ "$pid" = "$1" ] || left+=("$pid")
	done
	[ "${#left[@]}" -lt "${#TOPO_PIDS[@]}" ] || return 1 # not ours
	TOPO_PIDS=("${left[@]}")
	topo_ours "$1" && kill "-${2:-TERM}" "$1" 2>/dev/null
	wait "$1" 2>/dev/null || :
}

# topo_wait PID...: until these have ended by themselves.
topo_wait() {
	local pid left=()
	wait "$@" || :
	for pid in "${TOPO_PIDS[@]}"; do
		[[ " $* " == *" $pid "* ]] || left+=("$pid")
	done
	TOPO_PIDS=("${left[@]}")
}

# topo_wait_for SECONDS CMD...: polls; false when CMD never came true.
topo_wait_for() {
	local end=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/[.,]/}" -lt "$end" ] || return 1
		sleep 0.05
	done
}

# Milliseconds since 1970, as meshd writes them.
topo_ms() {
	echo $((${EPOCHREALTIME/[.,]/} / 1000))
}

# topo_sleep_until MS: of that clock.
topo_sleep_until() {
	local left=$(($1 - $(topo_ms)))
	[ "$left" -le 0 ] ||
		sleep "$(printf '%d.%03d' $((left / 1000)) $((left % 1000)))"
}

# topo_line NODE DIRECTION RULE: RULE for what NODE gets (in) or sends (out).
# Both are rules for arriving frames, at the one end of the line and at the
# other: a rule for leaving ones would return errors to NODE's own programs.
topo_line() {
	local box=$1 dev=eth0
	if [ "$2" = out ]; then
		box=${TOPO_OF[$1]} dev=${TOPO_PORT[$1]}
	fi
	topo_run "$box" nft -f - <<-EOF
		table netdev topo-$dev {
		}
		delete table netdev topo-$dev
		table netdev topo-$dev {
			chain in {
				type filter hook ingress device "$dev" priority 0
				$3
			}
		}
	EOF
}

# topo_loss NODE PERCENT: of what it gets, and of what it sends; 0 ends it.
topo_loss() {
	local ppm rule
	ppm=$(awk -v p="$2" 'BEGIN { printf "%d", p * 10000 }')
	rule="meta protocol { ip, ip6 } numgen random mod 1000000 < $ppm drop"
	[ "$ppm" -gt 0 ] || rule=
	topo_line "$1" in "$rule" && topo_line "$1" out "$rule"
}

# topo_block NODE on|off: a line that is dead and does not say so.
topo_block() {
	local rule=
	[ "$2" = off ] || rule="meta protocol { ip, ip6 } drop"
	topo_line "$1" in "$rule" && topo_line "$1" out "$rule"
}

# --- vplamad -----------------------------------------------------------------

topo_conf_dir() {
	echo "$TOPO_DIR/$1.d"
}

# topo_key NODE: makes its key, once; prints the public one.
topo_key() {
	local dir
	dir=$(topo_conf_dir "$1")
	if [ ! -s "$dir/id.key" ]; then
		mkdir -p "$dir/peers.d" "$dir/state"
		(umask 077 && "$TOP_BUILDDIR/vplamctl" genkey >"$dir/id.key") ||
			return 1
	fi
	"$TOP_BUILDDIR/vplamctl" pubkey <"$dir/id.key"
}

# topo_conf NODE [LINE...]: writes its configuration; LINEs come last.
topo_conf() {
	local dir listen line
	dir=$(topo_conf_dir "$1")
	topo_key "$1" >/dev/null || return 1
	listen="\"${TOPO_ADDR[$1]}:7469\""
	[ -z "${TOPO_ADDR6[$1]:-}" ] ||
		listen="$listen, \"[${TOPO_ADDR6[$1]}]:7469\""
	shift
	cat >"$dir/vplamad.conf" <<-EOF || return 1
		network = "lab"
		listen = {$listen}
		private-key-file = "$dir/id.key"
		state-dir = "$dir/state"
		mesh-socket = "$dir/mesh.sock"
		control-socket = "$dir/control.sock"
	EOF
	for line; do
		printf '%s\n' "$line"
	done >>"$dir/vplamad.conf"
}

# topo_peer NODE OTHER [ENDPOINT...]: OTHER becomes a peer of NODE. ENDPOINTs
# are those of OTHER's address unless given; "-" means that NODE knows none.
topo_peer() {
	local dir key endpoint list=
	dir=$(topo_conf_dir "$1")
	topo_key "$1" >/dev/null && key=$(topo_key "$2") || return 1
	local other=$2
	shift 2
	[ $# -gt 0 ] || set -- "${TOPO_ADDR[$other]}:7469"
	for endpoint; do
		[ "$endpoint" = - ] || list="${list:+$list, }\"$endpoint\""
	done
	{
		echo "peer $other {"
		echo "	public-key = \"$key\""
		[ -z "$list" ] || echo "	endpoint = {$list}"
		echo "}"
	} >"$dir/peers.d/$other.conf"
}

# topo_peer_line NODE OTHER LINE: into the block that topo_peer made.
topo_peer_line() {
	sed -i "\$i\\	$3" "$(topo_conf_dir "$1")/peers.d/$2.conf"
}

# topo_vplamad NODE [LINE...]: starts it (LINEs go to its configuration) and
# waits until it answers. Its pid is in TOPO_PID and TOPO_VPLAMAD[NODE], its
# log in NODE.log.
topo_vplamad() {
	local node=$1
	topo_conf "$@" || return 1
	topo_vplamad_again "$node"
}

# topo_vplamad_again NODE: starts it with the configuration it has.
topo_vplamad_again() {
	topo_bg "$1" "$1" "$TOP_BUILDDIR/vplamad" -f \
		-c "$(topo_conf_dir "$1")/vplamad.conf"
	TOPO_VPLAMAD[$1]=$TOPO_PID
	if ! topo_wait_for 10 topo_ctl "$1" show; then
		echo "vplamad of $1 does not answer; its log ends:" >&2
		tail -n 5 "$TOPO_DIR/$1.log" >&2
		return 1
	fi
}

# topo_ctl NODE VERB...: vplamctl on NODE's control socket.
topo_ctl() {
	local node=$1
	shift
	"$TOP_BUILDDIR/vplamctl" -s "$(topo_conf_dir "$node")/control.sock" "$@"
}

# topo_carrier NODE DEV...: all of these have a carrier.
topo_carrier() {
	local node=$1 dev
	shift
	for dev; do
		[ "$(topo_run "$node" cat "/sys/class/net/$dev/carrier")" = 1 ] ||
			return 1
	done
}

# topo_meshd NODE [OPTION...]: the stand-in mesh daemon on NODE's mesh socket,
# its report in TOPO_DIR/NODE.got; events in NODE.mesh.log, commands by
# topo_tell NODE.mesh. Neighbours are found by name in TOPO_DIR/mesh.
topo_meshd() {
	local node=$1
	shift
	mkdir -p "$TOPO_DIR/mesh"
	topo_bg "$node" "$node.mesh" "$TOP_BUILDDIR/tests/netns/meshd" \
		-s "$(topo_conf_dir "$node")/mesh.sock" -n "$node" \
		-g "$TOPO_DIR/mesh" -o "$TOPO_DIR/$node.got" "$@"
}

# topo_pair A B N [LINE...]: two new nodes at 192.0.2.2N and 192.0.2.2N+1, each
# the other's peer, with a mesh daemon; waits until both know of each other.
# LINEs go to both configurations.
topo_pair() {
	local a=$1 b=$2 n=$3 node
	shift 3
	topo_node "$a" "192.0.2.$((2 * n))/24" &&
		topo_node "$b" "192.0.2.$((2 * n + 1))/24" &&
		topo_peer "$a" "$b" && topo_peer "$b" "$a" || return 1
	for node in "$a" "$b"; do
		topo_vplamad "$node" "$@" && topo_meshd "$node" || return 1
	done
	for node in "$a" "$b"; do
		topo_wait_for 10 topo_events_are "$node" up 1 || return 1
	done
}

# --- what was seen -----------------------------------------------------------

# topo_counter NODE NAME: of its vplamad.
topo_counter() {
	topo_ctl "$1" --json counters |
		sed -n "s/^ *\"$2\":\([0-9]*\),*\$/\1/p"
}

# topo_events NODE WHAT: when NODE's mesh daemon saw it, a line each.
topo_events() {
	sed -n "s/^event $2 at=\([0-9]*\).*/\1/p" "$TOPO_DIR/$1.mesh.log"
}

# topo_events_are NODE WHAT N: as many or more.
topo_events_are() {
	[ "$(grep -c "^event $2 " "$TOPO_DIR/$1.mesh.log")" -ge "$3" ]
}

# topo_report NODE...: has their mesh daemons write their reports.
topo_report() {
	local node
	local -A had
	for node; do
		had[$node]=$(topo_events "$node" stats | wc -l)
		topo_tell "$node.mesh" stats
	done
	for node; do
		topo_wait_for 20 topo_events_are "$node" stats \
			$((${had[$node]} + 1)) || return 1
	done
}

# topo_complaints: lines of the sanitizers in all logs; those about leaks come
# when a program has ended.
topo_complaints() {
	cat "$TOPO_DIR"/*.log |
		grep -cE ': runtime error: |ERROR: [A-Za-z]*Sanitizer'
}

# topo_got NODE CONDITION [WHAT]: how many packets of NODE's last report
# satisfy CONDITION, in awk, where f["key"] is the value of a key; or, with
# WHAT, the least of that value among them (nothing if there is none).
topo_got() {
	awk -v what="${3:-}" '$1 == "got" {
		for (i = 2; i <= NF; i++) {
			at = index($i, "=")
			v = substr($i, at + 1)
			f[substr($i, 1, at - 1)] = v ~ /^[0-9]+$/ ? v + 0 : v
		}
		if (!('"$2"'))
			next
		if (n++ == 0 || f[what] < least)
			least = f[what]
	} END {
		if (what == "")
			printf "%d\n", n
		else if (n > 0)
			printf "%.0f\n", least
	}' "$TOPO_DIR/$1.got"
}
