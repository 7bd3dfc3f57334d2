#!/bin/sh
# The simulated negotiation in small: nothing is violated, with and without
# stable networks and cores, and the naive rule moves more where it is crowded.
set -eu
sim=$TOP_BUILDDIR/tests/sim/vplama-sim

field() { printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
must() {
	test "$2" "$3" "$4" && return
	echo "FAILED: $1: $2 $3 $4"
	exit 1
}

plain=$($sim negotiate -g 40 -p 64 -n 5)
again=$($sim negotiate -g 40 -p 64 -n 5)
echo "$plain"
must "no violation" "$(field violations "$plain")" -eq 0
must "all links up" "$(field not_up "$plain")" -eq 0
must "somebody moves" "$(field moves "$plain")" -gt 0
must "parts are lost, tunnels die" "$(field deaths "$plain")" -gt 0
must "same seeds, same digest" \
	"$(field digest "$plain")" = "$(field digest "$again")"

stable=$($sim negotiate -g 40 -p 20 -s 20 -n 5)
echo "$stable"
must "stable networks stay" "$(field stable_moved "$stable")" -eq 0

cores=$($sim negotiate -C -g 20 -p 20)
echo "$cores"
must "cores move" "$(field moves "$cores")" -gt 0

ours=$($sim negotiate -g 15 -p 16 -k 14 -n 3 -c -l 0)
naive=$($sim negotiate -g 15 -p 16 -k 14 -n 3 -N)
echo "$naive"
must "the naive rule moves more" \
	"$(field moves "$naive")" -gt "$(field moves "$ours")"

if $sim negotiate -p 1 2>/dev/null || $sim negotiate -z 2>/dev/null; then
	echo "FAILED: bad options are taken"
	exit 1
fi
echo ok
