# shellcheck shell=bash
# What babel and bird have in common, after lib.sh, topo.sh and mesh.sh: cases
# run at the same time, each with namespaces and peers of its own.

ISLANDS_ADDRESSES=0
ISLANDS_WORST=0     # ms until the last route was there
ISLANDS_FORGOT=0    # ms from a lost carrier until a gateway's routes had gone
ISLANDS_BEHIND=0    # and those of the node behind it
ISLANDS_PINGS=$(show_form 10 50)

# island GATEWAY N: on the next free address.
island() {
	ISLANDS_ADDRESSES=$((ISLANDS_ADDRESSES + 1))
	mesh_island "$1" "$2" "192.0.2.$ISLANDS_ADDRESSES/24" || exit 1
}

# joined A B: peers.
joined() {
	topo_peer "$1" "$2" && topo_peer "$2" "$1" || exit 1
}

# routed DAEMON GATEWAY...: at the gateways and the nodes behind them.
routed() {
	local daemon=$1 gateway
	shift
	for gateway; do
		mesh_start "$gateway" "$daemon" &&
			mesh_start "${gateway}1" "$daemon" || exit 1
	done
}

# must_learn CASE A B SINCE: A1 has the routes to B1, B1 those to A1.
must_learn() {
	local from=$2 to=$3 at last=0 way
	for way in "${from}1 ${to}1" "${to}1 ${from}1"; do
		# shellcheck disable=SC2086  # two names
		topo_wait_for 20 mesh_knows $way || echo "$1: no routes: $way"
		# shellcheck disable=SC2086
		for at in $(mesh_learned_at $way "$4"); do
			[ "$at" -le "$last" ] || last=$at
		done
		# shellcheck disable=SC2086
		mesh_knows $way >/dev/null || last=$(($4 + 60000))
	done
	last=$((last - $4))
	[ "$last" -le "$ISLANDS_WORST" ] || ISLANDS_WORST=$last
	must "$1: routes both ways within 15 s, in ms" "$last" -le 15000
}

# must_reach CASE LABEL: no ping was lost, IPv4 and IPv6.
must_reach() {
	local family
	for family in 4 6; do
		must "$1: pings over IPv$family sent and answered" \
			"$(mesh_ping_got "$2" $family)" = \
			"$ISLANDS_PINGS/$ISLANDS_PINGS"
	done
}

# must_forget CASE NODE OTHER CARRIER: NODE's routes to OTHER are gone and went
# soon after CARRIER: at the gateway within 1 s; behind it, where the gateway's
# mesh daemon has to say so, within 3 s.
must_forget() {
	local at last=0 n=0 allowed=1
	topo_wait_for 5 mesh_lost "$2" "$3"
	for at in $(mesh_forgot_at "$2" "$3" $(($4 - 1000))); do
		n=$((n + 1))
		[ "$at" -le "$last" ] || last=$at
	done
	[ "$n" = 2 ] && mesh_lost "$2" "$3" || last=$(($4 + 60000))
	last=$((last - $4))
	if mesh_is_gateway "$2"; then
		[ "$last" -le "$ISLANDS_FORGOT" ] || ISLANDS_FORGOT=$last
	else
		allowed=3
		[ "$last" -le "$ISLANDS_BEHIND" ] || ISLANDS_BEHIND=$last
	fi
	must "$1: $2 forgets $3 within $allowed s, in ms" "$last" -le \
		$((allowed * 1000))
}

# must_part CASE A B: A drops its peer B; both carriers fall, and the routes of
# all four nodes.
must_part() {
	local since carrier side other
	since=$(topo_ms)
	topo_ctl "$2" peers del "$3" >/dev/null || echo "$1: peers del failed"
	for side in "$2" "$3"; do
		topo_wait_for 5 mesh_carrier_is_off "$side"
		must "$1: carrier of $side down, ms after peers del" \
			$(($(topo_ms) - since)) -le 1000
	done
	for side in "$2 $3" "$3 $2"; do
		read -r side other <<<"$side"
		topo_wait_for 5 mesh_has_no_carrier "$side"
		carrier=$(mesh_carrier_off_at "$side" "$since")
		must "$1: $side hears of its carrier" -n "$carrier"
		[ -n "$carrier" ] || continue
		must_forget "$1" "$side" "${other}1" "$carrier"
		must_forget "$1" "${side}1" "${other}1" "$carrier"
	done
}
