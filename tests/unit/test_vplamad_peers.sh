#!/bin/bash
# A program says who may have a tunnel; who was met is known after a kill -9.
set -u

# shellcheck source=tests/unit/vplamad.sh
. "$(dirname "$0")/vplamad.sh"

nodes a b c d
cat >"$dir/hook" <<EOF
#!/bin/sh
set -- \$VPLAMA_ADDRESS \$VPLAMA_KEY
echo "\$@" >>$dir/asked
exit \$(cat $dir/word-\${1##*:})
EOF
chmod +x "$dir/hook"
conf a "$port" 'trust = hook' "trust-hook = \"$dir/hook\"" 'store-interval = 1'
n=0
for v in b c d; do
	n=$((n + 1))
	conf $v $((port + n)) \
		"$(peer a "endpoint = { \"127.0.0.1:$port\" }")"
done
echo 1 >"$dir/word-$((port + 1))"  # b: refused
echo 10 >"$dir/word-$((port + 2))" # c: a stranger
echo 0 >"$dir/word-$((port + 3))"  # d: a member
start a
within 3000 listens a || fail "the control socket of a appears"
"$bin/vplamctl" -s "$dir/a/control.sock" monitor --json >"$dir/events" 2>&1 &
pid[monitor]=$!
start b
start c
start d

# has CLASS: a shows a peer of that class that has a tunnel.
has() {
	ctl a show | grep -q "origin: admitted, $1"
}
within 8000 has stranger || fail "c is let in as a stranger: $(ctl a show)"
within 8000 has member || fail "d is let in as a member: $(ctl a show)"
[ "$(cut -d' ' -f1 "$dir/asked" | sort -u | wc -l)" = 3 ] ||
	fail "the hook was asked about three: $(cat "$dir/asked")"
[ "$(wc -l <"$dir/asked")" = 3 ] || fail "once each: $(cat "$dir/asked")"
[ "$(ctl a show | grep -c "origin: admitted")" = 2 ] ||
	fail "b is not let in: $(ctl a show)"
shows b && fail "b has no tunnel"
d=$(ctl a show | grep -B2 "origin: admitted, member" |
	sed -n 's/.*public key: //p')
[ "$d" = "$(cat "$dir/d/pub")" ] || fail "the member is d, not $d"
key=$(sed -n "s/^127.0.0.1:$((port + 3)) //p" "$dir/asked")
ctl d --json show | grep -qF "\"handshake_key\":\"$key\"" ||
	fail "what the hook got, $key, is not what d shows of itself"
out=$(ctl a explain "$(cat "$dir/c/pub")")
want "stranger" "$out" "explain tells of a stranger"
want "open-transit" "$out" "and what would change that"
want "$dir/a/vplamad.conf" "$out" "and where"
want "class=member key=$d" "$(cat "$dir/a/log")" "the member is logged"
grep -qF "$(cat "$dir/c/pub")" "$dir/a/log" && fail "the stranger is not"

# A URI by hand: its names are looked up beside the loop.
other=$("$bin/vplamctl" genkey | "$bin/vplamctl" pubkey)
uri=vpla://$(echo "$other" | tr '+/' '-_' | tr -d =)
want "of another network" \
	"$(ctl a entry add "$uri@192.0.2.9:7469?network=other")" \
	"a URI of another network is refused"
want "address book" "$(ctl a entry add "$uri@localhost:7469?ep=192.0.2.9:7469")" \
	"one of ours is taken"
in_book() {
	"$bin/tests/show/spread_book" "$dir/a/control.sock" list |
		grep -qF "$1"
}
within 8000 in_book "$other user false" ||
	fail "the vnode of the URI is in the book"

# What was told to be safe survives a crash.
stored() {
	grep '"event":"stored"' "$dir/events" | grep -qF "\"$d\""
}
within 5000 stored || fail "a monitor hears that d is stored: $(cat "$dir/events")"
kill -9 "${pid[a]}"
wait "${pid[a]}" 2>/dev/null
start a
within 3000 listens a || fail "a is back after kill -9"
in_book "$d itself true" || fail "d is known after kill -9"
grep -q "make no sense" "$dir/a/log" && fail "what was stored makes sense"

# What a reload takes over, and what takes a restart.
conf a "$port" 'trust = open' 'store-interval = 1' 'max-peers = 3' \
	'name = "tower"' 'advertise = { "192.0.2.7:7469" }'
ctl a reload >/dev/null || fail "a reload"
want "trust: has changed; it takes a restart" "$(cat "$dir/a/log")" \
	"trust takes a restart"
ctl a --json show | grep -q '"max_peers":3' || fail "max-peers does not"

# Another network's vnodes are none of ours.
kill "${pid[a]}"
wait "${pid[a]}" || fail "a: exit $?"
sed -i 's/^network = .*/network = "another"/' "$dir/a/vplamad.conf"
start a
within 3000 listens a || fail "a is back in another network"
want "of another network" "$(cat "$dir/a/log")" "which is told"
known=$("$bin/tests/show/spread_book" "$dir/a/control.sock" list)
[ -z "$known" ] || fail "nobody is known there: $known"
for v in a b c d; do
	kill "${pid[$v]}"
	wait "${pid[$v]}" || fail "$v: exit $?"
done
sed -i 's/^network = .*/network = "test"/' "$dir/a/vplamad.conf"
start a
within 3000 listens a || fail "a is back in its network"
known=$("$bin/tests/show/spread_book" "$dir/a/control.sock" list)
[ -z "$known" ] || fail "what was forgotten stays forgotten: $known"
kill "${pid[a]}"
wait "${pid[a]}" || fail "a: exit $?"
kill "${pid[monitor]}" 2>/dev/null
for v in a b c d monitor; do
	unset "pid[$v]"
done
done_with a b c d
