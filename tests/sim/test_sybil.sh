#!/bin/sh
# The simulated Sybils in small: the book keeps an honest tunnel, a bag does
# not, and the same seed gives the same run.
set -eu
sim=$TOP_BUILDDIR/tests/sim/vplama-sim

field() { printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"; }
must() {
	test "$2" "$3" "$4" && return
	echo "FAILED: $1: $2 $3 $4"
	exit 1
}

ours=$($sim sybil -n 2 -m 40 | tail -n 1)
again=$($sim sybil -n 2 -m 40 | tail -n 1)
other=$($sim sybil -n 2 -m 40 -S 9 | tail -n 1)
naive=$($sim sybil -N -n 40 | tail -n 1)
echo "$ours"
echo "$naive"
must "an honest tunnel all the time" "$(field always "$ours")" -eq 2
must "some of them" "$(field honest_least "$ours")" -ge 4
must "not all are honest" "$(field honest_least "$ours")" -lt 16
must "without the book it fails" "$(field always "$naive")" -lt 40
must "same seed, same run" "$ours" = "$again"
must "other seed, other run" "$ours" != "$other"
if $sim sybil -m 1 2>/dev/null || $sim sybil -z 2>/dev/null; then
	echo "FAILED: bad options are taken"
	exit 1
fi
echo ok
