#!/usr/bin/env bash
# The daemon's routes before and behind it: what an earlier life left under its
# number goes at the start, and nothing is there at the end.
set -u

if [ "$(id -u)" != 0 ] || ! [ -c /dev/net/tun ] || ! unshare -n true 2>/dev/null; then
	echo "skipped: needs root, network namespaces and /dev/net/tun"
	exit 77
fi
if [ "${1-}" != inside ]; then
	exec unshare -n "$0" inside
fi
# shellcheck source=tests/unit/vplamad.sh
. "${TOP_SRCDIR:-.}/tests/unit/vplamad.sh"

ours() {
	ip route show table 7469 proto 119
	ip -6 route show table 7469 proto 119
}

ours_gone() {
	[ -z "$(ours)" ]
}

# As a killed daemon leaves them; its interface is persistent.
leave_some() {
	local i
	for i in 1 2 3; do
		ip route add 10.$i.0.0/16 dev vplr table 7469 proto 119 \
			metric 1024 || fail "leave a route"
		ip -6 route add fd0$i::/48 dev vplr table 7469 proto 119 ||
			fail "leave a route"
	done
	ip route add 10.7.0.0/16 dev vplr table 7469 proto 120
	ip route add 10.8.0.0/16 dev vplr proto 119
}

ip link set lo up
nodes a
conf a "$port" "install-routes = yes" "route-table = 7469" \
	"route-protocol = 119" \
	"device vplr { kind = tun persistent = yes }"
start a
within 3000 listens a || fail "a starts: $(cat "$dir/a/log")"
leave_some
kill -9 "${pid[a]}"
wait "${pid[a]}" 2>/dev/null
[ "$(ours | wc -l)" = 6 ] || fail "a killed daemon leaves its routes: $(ours)"
start a
within 3000 listens a || fail "a starts again: $(cat "$dir/a/log")"
ours_gone || fail "they are gone after the next start: $(ours)"
want "10.7.0.0/16" "$(ip route show table 7469)" "another number's stay"
want "10.8.0.0/16" "$(ip route)" "and those of another table"
ip route add 10.9.0.0/16 dev vplr table 7469 proto 119
kill "${pid[a]}"
wait "${pid[a]}" || fail "a: exit $?"
unset 'pid[a]'
ours_gone || fail "nothing is left behind at the end: $(ours)"
want "vplr" "$(ip -br link)" "though the interface stays"

# Without leave to set routes it says so.
conf a "$port" "install-routes = yes" "device vplt { }"
out=$("$bin/vplamad" -c "$dir/a/vplamad.conf" 2>&1)
[ $? = 78 ] || fail "no device for routes: exit 78"
want ":8: install-routes: there is no device for them" "$out" "it is named"
done_with a
