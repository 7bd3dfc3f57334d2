# shellcheck shell=bash
# The part of quickstart that shows Debian's babeld, unmodified: sourced by it
# when it has built. Two islands of two mesh nodes each; the gateways run
# vplamad, and babeld uses its device vpl0 as it would use any network card.
. "$src/tests/netns/mesh.sh"
mesh_can babeld ping || exit 1

echo "== two islands, a with a1 behind it and b with b1, joined by vplamad"
topo_init quickstart || exit 1
mesh_island a 1 192.0.2.1/24 && mesh_island b 2 192.0.2.2/24 &&
	topo_peer a b && topo_peer b a || exit 1
for n in a b; do
	topo_vplamad $n "$MESH_DEVICE" || exit 1
	echo "   vplamad of gateway $n listens on $(topo_addr $n):7469"
done

echo "== each of the four nodes starts $(babeld -V 2>&1)"
began=$(topo_ms)
for n in a a1 b b1; do
	mesh_start $n babeld || exit 1
done
learned() {
	mesh_knows a1 b && mesh_knows a1 b1 && mesh_knows b1 a && mesh_knows b1 a1
}
if ! topo_wait_for 30 learned; then
	echo "quickstart: FAILED: no routes after 30 s; what babeld said:" >&2
	cat "$TOPO_DIR"/*.babeld.log >&2
	exit 1
fi
took=$((($(topo_ms) - began) / 1000))
echo "   after $took s node a1 has learned:"
echo
mesh_routes a1 | sed 's/ *$//; s/^/   /'
echo
echo "== a1 pings b1, through both gateways and the tunnel"
mesh_ping seen a1 b1 10
mesh_pinged
for n in a1 b1; do
	echo "   $n is $(mesh_addr $n) and $(mesh_addr6 $n)"
done
for f in 4 6; do
	echo "   IPv$f: sent/answered $(mesh_ping_got seen $f)," \
		"$(mesh_ping_ms seen $f) ms"
done
echo
echo "== vplamctl show, at gateway a"
topo_ctl a show || exit 1
echo
for f in 4 6; do
	if [ "$(mesh_ping_got seen $f)" != 10/10 ]; then
		echo "FAILED: not every ping over IPv$f was answered." >&2
		exit 1
	fi
done
echo "Seen: babeld, as Debian ships it, learned the way to the other island in" \
	"$took s, and 20 of 20 pings from end to end were answered."
exit 0
