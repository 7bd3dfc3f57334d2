# shellcheck shell=bash disable=SC2034  # the harness reads DRV_*
# vplamad as a contestant: the harness sources this after functions of its own
# (under, over, ifn, dir, nodes, bg, ifup) and runs one of those below. All
# nodes are peers of each other. VPLAMAD and VPLAMCTL name the programs.
: "${VPLAMAD:=vplamad}" "${VPLAMCTL:=vplamctl}"
DRV_CRYPTO='AES-256-GCM or ChaCha20-Poly1305, the faster here'
DRV_MESH=1

drv_version() { "$VPLAMAD" --version | head -n 1; }

# conf NODE: its configuration; everybody's public key is there already.
conf() {
	local d j
	d=$(dir "$1")
	cat <<-E
		network = "bench"
		listen = {"$(under "$1"):$B_PORT"}
		private-key-file = "$d/id.key"
		state-dir = "$d/state"
		mesh-socket = "$d/mesh.sock"
		control-socket = "$d/control.sock"
		log-level = "warn"
		device "$(ifn "$1")" {
			kind = "tun"
			mtu = $B_MTU
		}
	E
	for j in $(nodes); do
		[ "$j" != "$1" ] || continue
		cat <<-E
			peer "$(name "$j")" {
				public-key = "$(cat "$(dir "$j")/public")"
				endpoint = {"$(under "$j"):$B_PORT"}
				prefix = {"$(over "$j")/32"}
			}
		E
	done
}

drv_prepare() {
	local i d
	for i in $(nodes); do
		d=$(dir "$i")
		mkdir -p "$d/state" "$d/peers.d"
		(umask 077 && "$VPLAMCTL" genkey >"$d/id.key") &&
			"$VPLAMCTL" pubkey <"$d/id.key" >"$d/public" || return 1
	done
	for i in $(nodes); do
		conf "$i" >"$(dir "$i")/vplamad.conf" || return 1
	done
}

drv_start() {
	bg "$1" "$VPLAMAD" -f -c "$(dir "$1")/vplamad.conf"
	ifup "$1" || {
		tail -n 2 "$(dir "$1")/log" >&2 # why
		return 1
	}
}
