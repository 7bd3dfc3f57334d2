#!/bin/sh
# build.sh DIR [CONFIGURE-ARGUMENT...]: builds in DIR, from nothing if need be.
# A DIR that was configured otherwise is configured anew.
set -eu

if [ $# -lt 1 ]; then
	echo "usage: build.sh DIR [configure argument...]" >&2
	exit 2
fi
src=$(cd "$(dirname "$0")/.." && pwd)
dir=$1
shift

"$src/scripts/install-deps.sh"
if [ ! -x "$src/configure" ] ||
    [ -n "$(find "$src/configure.ac" -newer "$src/configure")" ]; then
	log=$(mktemp)
	"$src/autogen.sh" >"$log" 2>&1 || { cat "$log" >&2; exit 1; }
	rm -f "$log"
fi
mkdir -p "$dir"
cd "$dir"
if [ ! -e Makefile ] || [ "$(cat .configured 2>/dev/null)" != "$*" ]; then
	[ ! -e Makefile ] || make -s clean >/dev/null
	"$src/configure" -q "$@"
	echo "$*" >.configured
fi
# "check" without tests makes their programs.
jobs=$(nproc)
if ! { make -s -j "$jobs" all && make -s -j "$jobs" check TESTS=; } >build.log 2>&1; then
	tail -n 30 build.log >&2
	echo "build.sh: failed; all of it is in $PWD/build.log" >&2
	exit 1
fi
