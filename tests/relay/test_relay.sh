#!/bin/sh
# The relay against its own promises, on loopback: what it says it did to the
# datagrams is what the receiver saw.
set -eu
bin=${TOP_BUILDDIR:-.}/tests/relay
dir=$(mktemp -d "${TMPDIR:-/tmp}/relay.XXXXXX")
pids=
failed=0
# Ports of our own: other tests may run on this machine at the same time.
port=$((20000 + $$ % 10000))

cleanup() {
	trap - EXIT
	for p in $pids; do
		kill "$p" 2>/dev/null || :
	done
	wait
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

# must DESCRIPTION EXPRESSION-OF-test...
must() {
	what=$1
	shift
	if test "$@"; then
		echo "ok: $what"
	else
		echo "FAILED: $what: $*"
		failed=1
	fi
}

# of KEY FILE: the value of KEY in the last line of FILE
of() {
	tail -n 1 "$2" | tr ' ' '\n' | sed -n "s/^$1=//p"
}

# wait_line FILE PATTERN [COUNT]: until FILE has COUNT lines with PATTERN
wait_line() {
	i=0
	until [ -e "$1" ] && [ "$(grep -c "$2" "$1")" -ge "${3:-1}" ]; do
		i=$((i + 1))
		[ $i -lt 100 ] || { echo "no $2 in $1"; exit 1; }
		sleep 0.05
	done
}

# start_relay NAME FROM TO OPTIONS...: commands go to $dir/NAME.in
start_relay() {
	name=$1 from=$2 to=$3
	shift 3
	mkfifo "$dir/$name.in"
	"$bin/relay" "$@" "$from" "$to" <>"$dir/$name.in" \
		>"$dir/$name.out" 2>"$dir/$name.err" &
	pids="$pids $!"
	wait_line "$dir/$name.out" ready
}

# start_sink NAME ADDRESS OPTIONS...: its pid is in $sink
start_sink() {
	name=$1 at=$2
	shift 2
	"$bin/udpblast" -l "$at" "$@" >"$dir/$name.out" &
	sink=$!
	pids="$pids $sink"
	wait_line "$dir/$name.out" ready
}

end_sink() {
	kill "$sink" 2>/dev/null || :
	wait "$sink" || :
}

# stats NAME N: the N-th answer of a relay to "stats"
stats() {
	echo stats >"$dir/$1.in"
	wait_line "$dir/$1.out" clients= "$2"
}

blast() {
	"$bin/udpblast" "$@" >"$dir/blast.out"
}

v4() { echo "127.0.0.1:$((port + $1))"; }
v6() { echo "[::1]:$((port + $1))"; }

# Loss: near what was asked, and told exactly.
start_sink sink "$(v4 1)" -w 60000
start_relay relay "$(v4 0)" "$(v4 1)" -S 7 -c 'loss 0.1'
blast -n 2000 -r 8000 -w 100 "$(v4 0)"
stats relay 1
lost=$(of fwd_lost "$dir/relay.out")
must "10 % loss loses 150 to 250 of 2000 ($lost)" \
	"$lost" -ge 150 -a "$lost" -le 250

# The weather changes: every datagram twice, and every datagram counted.
printf 'loss 0\ndup 1\n' >"$dir/relay.in"
stats relay 2
blast -n 500 -r 8000 -w 100 "$(v4 0)"
stats relay 3
must "dup 1 doubles all 500" "$(of fwd_dup "$dir/relay.out")" = 500
printf 'dup 0\nblackhole on\n' >"$dir/relay.in"
stats relay 4
blast -n 300 -r 8000 -w 100 "$(v4 0)"
stats relay 5
must "a black hole takes all 300" \
	"$(of fwd_blackholed "$dir/relay.out")" = 300
printf 'blackhole off\ncorrupt 1\n' >"$dir/relay.in"
stats relay 6
blast -n 400 -r 8000 -w 100 "$(v4 0)"
echo 'nonsense 1' >"$dir/relay.in"
stats relay 7
must "corrupt 1 changes all 400" \
	"$(of fwd_corrupted "$dir/relay.out")" = 400
must "an unknown command is refused" \
	"$(grep -c 'not understood: nonsense 1' "$dir/relay.err")" = 1
end_sink
must "what was not lost arrived" \
	"$(of received "$dir/sink.out")" = $((2000 - lost + 1000 + 400))
must "changed datagrams are seen as such" "$(of bad "$dir/sink.out")" = 400

# Same seed, same decisions, whatever else the settings are; another seed,
# other ones. One sender's first 1000 datagrams decide: the set that arrives.
for s in 3 3 4; do
	n=$((${n:-0} + 1))
	start_sink "d$n" "$(v4 $((10 + n)))" -w 60000
	start_relay "s$n" "$(v4 $((20 + n)))" "$(v4 $((10 + n)))" \
		-S "$s" -c 'loss 0.5' -c "delay ${n}ms"
	blast -n 1000 -r 8000 -w 100 "$(v4 $((20 + n)))"
	end_sink
done
must "same seed, same fate" \
	"$(of digest "$dir/d1.out")" = "$(of digest "$dir/d2.out")"
must "another seed, another fate" \
	"$(of digest "$dir/d1.out")" != "$(of digest "$dir/d3.out")"

# There and back over IPv6, with a new source port in between; reordered.
start_sink echo "$(v6 31)" -e -w 60000
start_relay nat "$(v6 30)" "$(v6 31)" -c 'reorder 0.2 5ms'
blast -n 100 -r 8000 -w 100 "$(v6 30)"
must "all 100 came back" "$(of unique "$dir/blast.out")" = 100
echo rebind >"$dir/nat.in"
stats nat 1
must "some were reordered" "$(of fwd_reordered "$dir/nat.out")" -gt 5
"$bin/udpblast" -n 300 -r 500 -w 100 "$(v6 30)" >"$dir/again.out" &
again=$!
sleep 0.2
echo rebind >"$dir/nat.in"
wait $again
must "after a rebind the way back is found again" \
	"$(of unique "$dir/again.out")" -ge 270
end_sink
# Two clients and one rebind between, one in the middle of the second.
must "the server saw a new port for each client and rebind" \
	"$(of sources "$dir/echo.out")" = 3
must "the server saw them out of order" "$(of late "$dir/echo.out")" -gt 5

# 800 kbit/s take 100 datagrams of 200 bytes in 0.2 s, and queue so much.
start_sink slow "$(v4 41)" -w 60000
start_relay rate "$(v4 40)" "$(v4 41)" -c 'rate 800kbit'
blast -n 400 -r 40000 -s 200 -w 600 "$(v4 40)"
stats rate 1
kept=$(of fwd_forwarded "$dir/rate.out")
must "a full line keeps 0.2 s of datagrams ($kept)" \
	"$kept" -ge 95 -a "$kept" -le 200
must "and says what it dropped" \
	"$(of fwd_overrun "$dir/rate.out")" = $((400 - kept))
end_sink

echo quit >"$dir/rate.in"
wait_line "$dir/rate.out" clients= 2
must "it reports once more when told to quit" \
	"$(of fwd_forwarded "$dir/rate.out")" = "$kept"
exit $failed
