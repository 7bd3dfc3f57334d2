# shellcheck shell=bash
# The part of quickstart that shows how a new island finds its way in: sourced
# by it when it has built. A net that has lasted publishes itself on a web page;
# somebody copies one line from there.
. "$src/tests/show/entrylab.sh"
if ! command -v ping >/dev/null; then
	echo "quickstart: needs ping" >&2
	exit 1
fi

echo "== a net of three vnodes: hillside, old-water-tower, and one that watches"
topo_init quickstart || exit 1
entrylab_net || exit 1
topo_ctl e show | grep -E '^peer|state:|endpoint:' | sed 's/^/   /'

echo
echo "== five days pass: here the watcher's store is made to say so"
entrylab_days 5 || exit 1
topo_ctl e entry list | sed 's/^/   /'

echo
echo "== beside the watcher vplama-entryd publishes who lasted three days"
entrylab_publish || exit 1
echo "   $ENTRYLAB_URL, a page for people; entry.json for programs, signed"
echo "   entry.txt:"
entrylab_get e /entry.txt | sed -n 's/^vpla/      &/p'

echo
echo "== on a new island somebody looks at the page, and copies the line there"
entrylab_island n 192.0.2.9/24 || exit 1
line=$(entrylab_line n)
if [ -z "$line" ]; then
	echo "quickstart: FAILED: there is no line on the page" >&2
	exit 1
fi
echo
echo "   # $line"
eval "words=(${line#vplamctl join })"
entrylab_join n "${words[@]}" | sed 's/^/   /'

echo
echo "== vplamad starts there: it gets the list, checks who signed it, and dials"
began=$(topo_ms)
topo_vplamad_again n || exit 1
if ! topo_wait_for 30 entrylab_live n 1; then
	echo "quickstart: FAILED: no tunnel after 30 s; what vplamad said:" >&2
	cat "$TOPO_DIR/n.log" >&2
	exit 1
fi
took=$(($(topo_ms) - began))
topo_ctl n entry sources | grep -E '^list|state:|signer:|vnodes:' |
	sed 's/^/   /'
topo_ctl n show | grep -E '^peer|state:|endpoint:|round trip' | sed 's/^/   /'

echo
echo "== the new island takes the address 10.77.0.9 on vpl0, and pings hillside"
entrylab_address n 9
topo_run n ping -i 0.2 -c 5 -w 10 10.77.0.2 >"$TOPO_DIR/ping"
sed -n '/from/p' "$TOPO_DIR/ping" | sed 's/^/   /'
echo
answered=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$TOPO_DIR/ping")
if [ "${answered:-0}" != 5 ]; then
	echo "FAILED: ${answered:-0} of 5 pings were answered." >&2
	exit 1
fi
echo "Seen: with one line from a web page a new island had a tunnel after" \
	"$took ms, and 5 of 5 pings through it were answered."
exit 0
