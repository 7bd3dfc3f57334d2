#!/bin/bash
# run.sh ARGUMENT...: bench.py of the tunnel benchmark with these arguments and
# with vplamad among its contestants. 77 and why, where that cannot be.
#
# The harness lies beside the sources, not in them: VPLAMA_BENCH names its
# folder. TOP_BUILDDIR is where vplamad was built. What the harness unpacks to
# compare with is kept in BENCH_CACHE.
set -u
src=$(cd "$(dirname "$0")/../.." && pwd)
harness=${VPLAMA_BENCH:-$src/../shared/bench}
build=$(cd "${TOP_BUILDDIR:-.}" && pwd) || exit 1
: "${BENCH_CACHE:=${XDG_CACHE_HOME:-$HOME/.cache}/tunnel-bench}"

missing() {
	echo "skipped: $1"
	exit 77
}

for file in bench.py lib.sh; do
	[ -r "$harness/$file" ] ||
		missing "no $file in $harness; VPLAMA_BENCH names another folder"
done
command -v python3 >/dev/null || missing "bench.py needs python3"
[ "$(id -u)" = 0 ] || missing "needs root, to make network namespaces"
[ -c /dev/net/tun ] || missing "needs /dev/net/tun"
for program in vplamad vplamctl; do
	[ -x "$build/$program" ] || missing "no $program in $build: run make"
done

export BENCH_DRIVERS=$src/tests/bench${BENCH_DRIVERS:+:$BENCH_DRIVERS}
export VPLAMAD=$build/vplamad VPLAMCTL=$build/vplamctl
exec python3 "$harness/bench.py" --cache "$BENCH_CACHE" "$@"
