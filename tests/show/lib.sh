# shellcheck shell=bash
# Common part of the commands in tests/show: each builds what it needs, prints
# its figures, and ends with the one line that sums them up.
#
#	. "$(dirname "$0")/lib.sh"
#	show_begin "$@"
#	must "nothing lost" "$lost" -eq 0
#	show_end rekey "30 rekeys, 0 of 6000 packets lost"
#
# show_begin sets SHOW_FORM (short or full), TOP_SRCDIR and TOP_BUILDDIR.
# VPLAMA_BUILD names a finished build to use; else ./build is brought up to
# date.

SHOW_FAILED=0
SHOW_HELD=0

show_usage() {
	echo "usage: $0 [--short|--full]" >&2
	exit 2
}

show_begin() {
	SHOW_FORM=full
	local arg
	for arg; do
		case $arg in
		--short) SHOW_FORM=short ;;
		--full) SHOW_FORM=full ;;
		*) show_usage ;;
		esac
	done
	TOP_SRCDIR=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
	if [ -n "${VPLAMA_BUILD:-}" ]; then
		TOP_BUILDDIR=$(cd "$VPLAMA_BUILD" && pwd) || exit 1
	else
		TOP_BUILDDIR=$TOP_SRCDIR/build
		"$TOP_SRCDIR/scripts/build.sh" "$TOP_BUILDDIR" || exit 1
	fi
	export TOP_SRCDIR TOP_BUILDDIR
}

# show_form SHORT FULL: the value for this form.
show_form() {
	if [ "$SHOW_FORM" = short ]; then
		echo "$1"
	else
		echo "$2"
	fi
}

# show_sanitized PROGRAM: is the build one with the address sanitizer?
show_sanitized() {
	nm -D "$TOP_BUILDDIR/$1" 2>/dev/null | grep -q __asan_init
}

# show_clocks: for LD_PRELOAD, so that the clocks of a program can be set; where
# there is a sanitizer, its library has to be before any other.
show_clocks() {
	ldd "$TOP_BUILDDIR/vplamad" | awk '/libasan/ { printf "%s:", $3 }'
	echo "$TOP_BUILDDIR/tests/show/wallclock.so"
}

# show_skip REASON: ends with 77, which counts as skipped.
show_skip() {
	echo "skipped: $1"
	exit 77
}

# show_figure NAME VALUE [UNIT]
show_figure() {
	printf '%-44s %12s %s\n' "$1" "$2" "${3:-}"
}

# show_field NAME LINE: the value in a line of NAME=VALUE.
show_field() {
	printf '%s\n' "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# show_memory KEY PID: VmRSS, VmHWM or VmData of a process, in KiB.
show_memory() {
	sed -n "s/^$1:[^0-9]*\([0-9]*\) kB/\1/p" "/proc/$2/status"
}

# must DESCRIPTION TEST-EXPRESSION...: what test(1) would take. Expects that
# it holds; prints the values either way.
must() {
	local what=$1
	shift
	if [ "$@" ]; then
		echo "ok      $what ($*)"
		SHOW_HELD=$((SHOW_HELD + 1))
	else
		echo "FAILED  $what ($*)"
		SHOW_FAILED=$((SHOW_FAILED + 1))
	fi
}

# show_end NAME SENTENCE: the last line, and the exit status: 0 only when
# something was asserted and all of it held.
show_end() {
	if [ "$SHOW_FAILED" -gt 0 ] || [ "$SHOW_HELD" = 0 ]; then
		echo "$1: FAILED: $SHOW_FAILED of" \
			"$((SHOW_FAILED + SHOW_HELD)) do not hold: $2"
		exit 1
	fi
	echo "$1: $2"
	exit 0
}
