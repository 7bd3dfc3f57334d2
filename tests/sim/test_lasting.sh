#!/bin/sh
# The three-day rule in virtual time: whatever clocks and restarts do, the same
# two of three are not established, and one is.
set -eu
sim=$TOP_BUILDDIR/tests/sim/vplama-sim

said=$($sim lasting)
echo "$said"
test "$(echo "$said" | grep -c ' result=ok$')" -eq 7
test "$(echo "$said" | grep -c ' long_established=yes ')" -eq 7
if $sim lasting -x 2>/dev/null; then
	echo "FAILED: bad options are taken"
	exit 1
fi
echo ok
