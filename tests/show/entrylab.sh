# shellcheck shell=bash
# The lab of tests/show/join and of "scripts/quickstart entry", after topo.sh: a
# net that has lasted, with an entry server, on a made Internet.
#
#	e 192.0.2.1    vplamad and vplama-entryd
#	h 192.0.2.2    "hillside", which wants to be listed
#	w 192.0.2.3    "old-water-tower", which does as well
#
# Their devices are vpl0 with 10.77.0.1, .2 and .3. They let anybody in and
# through. A new island comes to a machine of its own by entrylab_island.

ENTRYLAB_URL=http://192.0.2.1/

# entrylab_vnode NODE NUMBER [LINE...]
entrylab_vnode() {
	local node=$1 number=$2
	shift 2
	topo_vplamad "$node" 'trust = open' 'open-transit = yes' \
		'store-interval = 1' \
		"device \"vpl0\" { address = \"10.77.0.$number/24\" }" "$@"
}

# entrylab_live NODE COUNT: has so many tunnels, or more.
entrylab_live() {
	[ "$(topo_ctl "$1" --json show |
		grep -o '"state":"vrnode"' | wc -l)" -ge "$2" ]
}

# entrylab_proven NODE COUNT: has met so many where they say they are.
entrylab_proven() {
	[ "$(topo_ctl "$1" --json entry list |
		grep -o '"proven":"' | wc -l)" -ge "$2" ]
}

entrylab_net() {
	topo_node e 192.0.2.1/24 && topo_node h 192.0.2.2/24 &&
		topo_node w 192.0.2.3/24 &&
		topo_peer e h && topo_peer e w || return 1
	entrylab_vnode h 2 'advertise = "192.0.2.2:7469"' 'public = yes' \
		'name = "hillside"' 'community = "Freie Netze Thüringen"' \
		'country = "DE"' 'place = "51.0 11.0"' &&
		entrylab_vnode w 3 'advertise = "192.0.2.3:7469"' \
			'public = yes' 'name = "old-water-tower"' \
			'country = "AT"' 'place = "47.1 15.4"' &&
		entrylab_vnode e 1 && topo_wait_for 20 entrylab_proven e 2
}

# entrylab_days N: so many pass for what e remembers.
entrylab_days() {
	topo_kill "${TOPO_VPLAMAD[e]}"
	"$TOP_BUILDDIR/tests/show/stock" age \
		"$(topo_conf_dir e)/state/store.db" "$1" &&
		topo_vplamad_again e && topo_wait_for 20 entrylab_live e 2
}

# entrylab_get NODE PATH: what e's web server sends for it.
entrylab_get() {
	# shellcheck disable=SC2016  # for the other bash
	topo_run "$1" bash -c 'exec 3<>/dev/tcp/192.0.2.1/80 &&
		printf "GET %s HTTP/1.0\r\nHost: 192.0.2.1\r\n\r\n" "$0" >&3 &&
		sed "1,/^\r*\$/d" <&3' "$2" 2>/dev/null
}

entrylab_served() {
	entrylab_get e /entry.json | grep -q hillside
}

# entrylab_publish: starts the entry server.
entrylab_publish() {
	local dir=$TOPO_DIR/entryd state
	state=$(topo_conf_dir e)/state
	mkdir -p "$dir" && chmod 755 "$TOPO_DIR" "$dir" "$(topo_conf_dir e)" \
		"$state" || return 1
	chgrp "$(id -g daemon)" "$state/store.db" || return 1
	"$TOP_BUILDDIR/entryserver/vplama-entryd" genkey "$dir/list.key" \
		>"$dir/line" || return 1
	cat >"$dir/entryd.conf" <<-EOF
		base-url = "$ENTRYLAB_URL"
		title = "Lab Mesh: ways in"
		publisher = "the lab"
		contact = "noc@lab.example"
		store = "$state/store.db"
		out = "$dir/out"
		list-key = "$dir/list.key"
		listen = {"192.0.2.1:80"}
		user = daemon
		web-user = nobody
	EOF
	topo_bg e entryd "$TOP_BUILDDIR/entryserver/vplama-entryd" \
		-c "$dir/entryd.conf"
	topo_wait_for 10 entrylab_served || {
		tail -n 5 "$TOPO_DIR/entryd.log" >&2
		return 1
	}
}

# entrylab_plain: what a browser makes of the characters of HTML.
entrylab_plain() {
	sed "s/&#39;/'/g; s/&quot;/\"/g; s/&lt;/</g; s/&gt;/>/g; s/&amp;/\\&/g"
}

# entrylab_line NODE: the line to paste, as NODE's browser shows it.
entrylab_line() {
	entrylab_get "$1" / | sed -n \
		's/.*<code[^>]*>\(vplamctl join .*\)<\/code>.*/\1/p' |
		entrylab_plain
}

# entrylab_island NODE ADDR/LEN: a machine that knows nobody and nothing.
entrylab_island() {
	topo_node "$1" "$2" && mkdir -p "$(topo_conf_dir "$1")/state"
}

# entrylab_join NODE TEXT...: what somebody types there, and no more; but for
# where things are, as all nodes share the folders of one machine.
entrylab_join() {
	local node=$1 dir
	shift
	dir=$(topo_conf_dir "$node")
	topo_run "$node" "$TOP_BUILDDIR/vplamctl" -s "$dir/control.sock" \
		--config "$dir/vplamad.conf" --key-file "$dir/id.key" \
		join "$@" &&
		cat >>"$dir/vplamad.conf" <<-EOF
			state-dir = "$dir/state"
			mesh-socket = "$dir/mesh.sock"
			control-socket = "$dir/control.sock"
		EOF
}

# entrylab_address NODE NUMBER: its own choice, as on any network card.
entrylab_address() {
	topo_run "$1" ip addr add "10.77.0.$2/24" dev vpl0
}
