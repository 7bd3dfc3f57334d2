# shellcheck shell=bash
# ntkd beside vplamad in the lab of topo.sh: each NODE's ntkd lives in a
# namespace NODE-mesh of its own, where ntkd-shim joins it.
#
#	. tests/netns/ntkd.sh
#	ntkd_island a 10.79.228.22 32
#
# NTKD=/path/to/ntkd in the environment names a real one to be used, with
# NTKD_ARGS, "-D -R -a" unless set. Each has its files to itself
# (ntkd_alone.sh).

NTKD_DIVISOR=10 # the scripted ntkd lives so much faster

# ntkd_bare NODE: the namespace alone.
ntkd_bare() {
	topo_ns_add "$1-mesh" && mkdir -p "$(topo_conf_dir "$1")"
}

# ntkd_shim NODE ARG...: runs ntkd-shim there. Its pid is in NTKD_SHIM[NODE],
# its log in NODE.shim.log.
declare -gA NTKD_SHIM=()
ntkd_shim() {
	local node=$1 dir had
	shift
	dir=$(topo_conf_dir "$node")
	had=$(ntkd_ready "$node")
	topo_bg "$node-mesh" "$node.shim" "$TOP_BUILDDIR/ntkd-shim/ntkd-shim" \
		run -s "$dir/mesh.sock" -d "$dir/ntkd.sock" "$@"
	NTKD_SHIM[$node]=$TOPO_PID
	topo_wait_for 5 ntkd_ready_more "$node" "$had"
}

# ntkd_ready NODE: how many times its shim has been set up.
ntkd_ready() {
	grep -c "is ntkd's interface" "$TOPO_DIR/$1.shim.log" 2>/dev/null || :
}

ntkd_ready_more() {
	[ "$(ntkd_ready "$1")" -gt "${2:-0}" ]
}

ntkd_has_vp0() {
	topo_run "$1-mesh" ip link show dev vp0 up | grep -q vp0
}

# ntkd_standin NODE: a vplamad that does what ntkd_tell NODE LINE says; what it
# says is in NODE.stand.log.
ntkd_standin() {
	local dir
	dir=$(topo_conf_dir "$1")
	topo_bg "$1-mesh" "$1.stand" "$TOP_BUILDDIR/tests/netns/standin" \
		"$dir/mesh.sock" "$dir/ntkd.sock"
	topo_wait_for 5 test -S "$dir/ntkd.sock"
}

ntkd_tell() {
	topo_tell "$1.stand" "$2"
}

# ntkd_said NODE PATTERN: has the stand-in said a line like that?
ntkd_said() {
	grep -qE "^$2" "$TOPO_DIR/$1.stand.log"
}

# ntkd_logged NODE PATTERN: has the shim?
ntkd_logged() {
	grep -qE "$2" "$TOPO_DIR/$1.shim.log"
}

# ntkd_command ADDRESS WIRE [OPTION...]: what the shim is to run as ntkd. The
# scripted one founds its network there; a real one where it likes.
ntkd_command() {
	local address=$1 wire=$2
	shift 2
	if [ -n "${NTKD:-}" ]; then
		echo "$TOP_SRCDIR/tests/netns/ntkd_alone.sh $NTKD" \
			"${NTKD_ARGS:--D -R -a}"
	else
		echo "$TOP_BUILDDIR/tests/netns/fake_ntkd" -w "$wire" \
			-t "$NTKD_DIVISOR" -a "$address" "$@"
	fi
}

# ntkd_island NODE ADDRESS WIRE [SHIM-OPTION...]: the shim, and ntkd as its
# child, beside the vplamad of NODE.
ntkd_island() {
	local node=$1 address=$2 wire=$3
	shift 3
	# shellcheck disable=SC2046
	ntkd_shim "$node" "$@" -- $(ntkd_command "$address" "$wire")
}

# ntkd_device NODE: the line of vplamad's configuration for its data.
ntkd_device() {
	echo "device \"ntkd\" { kind = unix-seqpacket carries = ip" \
		"local = \"$(topo_conf_dir "$1")/ntkd.sock\" }"
}

# ntkd_pid NODE: of the ntkd that its shim runs.
ntkd_pid() {
	sed -n 's/.* started (\([0-9]*\))$/\1/p' "$TOPO_DIR/$1.shim.log" |
		tail -n 1
}

# ntkd_settled NODE: it has an address, and not one for the time of its hook,
# nor one in that gnode.
ntkd_settled() {
	case $(ntkd_address "$1") in
	"" | 10.0.*) return 1 ;;
	esac
}

# ntkd_address NODE: of its ntkd, that is the one on vp0.
ntkd_address() {
	topo_run "$1-mesh" ip -4 -o addr show dev vp0 |
		sed -n 's/.* inet \([0-9.]*\).*/\1/p' | tail -n 1
}

# ntkd_gnode NODE: the /16 that it is in.
ntkd_gnode() {
	ntkd_address "$1" | sed 's/^\([0-9]*\.[0-9]*\)\..*/\1.0.0\/16/'
}

# ntkd_knows NODE PREFIX: does ntkd's host route it by way of vp0?
ntkd_knows() {
	topo_run "$1-mesh" ip route show "$2" proto 15 |
		grep -q "via .* dev vp0"
}
