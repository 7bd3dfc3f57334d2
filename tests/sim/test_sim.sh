#!/bin/sh
# The simulator in small: nothing lost without loss, nothing handed over twice
# or altered, no false death, and the same seed gives the same run.
set -eu
sim=$TOP_BUILDDIR/tests/sim/vplama-sim

field() { printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
must() {
	test "$2" "$3" "$4" && return
	echo "FAILED: $1: $2 $3 $4"
	exit 1
}

clean=$($sim -g 20 -t 4 -H 0.2 -l 0 -i 10 -S 7)
echo "$clean"
must "all copies arrive without loss (the last may be on its way)" \
	"$(field lost "$clean")" -le 80
must "nothing altered" "$(field wrong "$clean")" -eq 0
must "nothing twice" "$(field twice "$clean")" -eq 0
must "packets flow" "$(field delivered "$clean")" -gt 4000
must "no death" "$(field deaths "$clean")" -eq 0
must "tunnels rekey" "$(field rekeys "$clean")" -ge 300

bad=$($sim -g 20 -t 4 -H 0.2 -l 0.3 -i 10 -S 7)
again=$($sim -g 20 -t 4 -H 0.2 -l 0.3 -i 10 -S 7)
other=$($sim -g 20 -t 4 -H 0.2 -l 0.3 -i 10 -S 8)
echo "$bad"
must "no false death at 30 % loss" "$(field deaths "$bad")" -eq 0
must "nothing twice" "$(field twice "$bad")" -eq 0
must "same seed, same digest" \
	"$(field digest "$bad")" = "$(field digest "$again")"
must "other seed, other digest" \
	"$(field digest "$bad")" != "$(field digest "$other")"
echo ok
