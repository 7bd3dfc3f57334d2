#!/bin/bash
# A peer by its address alone: asked for its key, which is then held to.
set -u

# shellcheck source=tests/unit/vplamad.sh
. "$(dirname "$0")/vplamad.sh"

nodes a b c
at=127.0.0.1:$((port + 1))
conf a "$port" 'trust = open'
conf b $((port + 1)) 'trust = open'
conf c $((port + 1)) 'trust = open' 'answer-identity = yes'
start a
start b
within 3000 listens a || fail "the control socket of a appears"
within 3000 listens b || fail "the control socket of b appears"

# Nothing without --tofu, and nothing that is no address.
out=$(ctl a connect "$at") && fail "a key is needed, without --tofu"
want "public key is needed" "$out" "it says that a key is needed"
for bad in "" : :7 "x y:7" "$at/" "u@$at" "$at?x=y" "127.0.0.1:70000" "[::1:7"; do
	out=$(ctl a connect --tofu "$bad") && fail "\"$bad\" is taken"
	want "no address" "$out" "\"$bad\" is no address"
done
ctl a counters | grep -w ident_sent &&
	fail "nothing was asked: $(ctl a counters)"

# Nobody answers by default, nor where there is nobody.
ctl a connect --tofu "127.0.0.1:1" >"$dir/nobody" &
nobody=$!
out=$(ctl a connect --tofu "$at") && fail "b does not answer"
want "$at: nobody answered" "$out" "it says that nobody answered"
wait $nobody && fail "nobody answers"
want "nobody answered" "$(cat "$dir/nobody")" "nor elsewhere"
out=$(ctl a connect --tofu nowhere.invalid:1) && fail "a name of nobody"
want "does not resolve" "$out" "a name that does not resolve is told"
[ -z "$(ls "$dir/a/peers.d")" ] || fail "no file: $(ls "$dir/a/peers.d")"

# A reload lets b answer; its key becomes a peer's.
echo 'answer-identity = yes' >>"$dir/b/vplamad.conf"
ctl b reload >/dev/null || fail "b reads its configuration again"
out=$(ctl a connect --tofu "localhost:$((port + 1))") || fail "connect: $out"
want "shows the key $(cat "$dir/b/pub")" "$out" "the key is printed"
want "nobody vouches" "$out" "and that it is to be compared"
want "wrote $dir/a/peers.d/" "$out" "a file was written"
grep -qF "\"$(cat "$dir/b/pub")\"" "$dir"/a/peers.d/*.conf ||
	fail "it has the key: $(cat "$dir"/a/peers.d/*)"
grep -qF "\"localhost:$((port + 1))\"" "$dir"/a/peers.d/*.conf ||
	fail "it has the place: $(cat "$dir"/a/peers.d/*)"
within 8000 shows a || fail "the tunnel is up: $(ctl a show)"
out=$(ctl a connect --tofu "localhost:$((port + 1))") || fail "again: $out"
want "has this peer already" "$out" "once more changes nothing"
[ "$(ls "$dir/a/peers.d" | wc -l)" = 1 ] || fail "one file"

# Somebody else is there now.
kill "${pid[b]}"
wait "${pid[b]}"
start c
within 3000 listens c || fail "the control socket of c appears"
out=$(ctl a connect --tofu "localhost:$((port + 1))") && fail "another key"
want "another key" "$out" "a key that changed is refused"
[ "$(ls "$dir/a/peers.d" | wc -l)" = 1 ] || fail "one file"
grep -qF "$(cat "$dir/b/pub")" "$dir"/a/peers.d/*.conf ||
	fail "which holds to the first key"

# c asks itself; in JSON it is an object with what was done.
out=$(ctl c connect --tofu "$at") && fail "c is its own peer"
want "this node itself" "$out" "we are no peer of ours"
out=$(ctl a --json connect --tofu "$at") || fail "JSON: $out"
want "\"$(cat "$dir/c/pub")\"" "$out" "the key is in the JSON"
done_with a b c
