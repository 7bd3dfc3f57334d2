#!/bin/bash
# Two vplamad on the loopback, without root: start, tunnel, reload, refusals,
# stop. Each step says what a person at the terminal would see.
set -u

# shellcheck source=tests/unit/vplamad.sh
. "$(dirname "$0")/vplamad.sh"

nodes a b c
conf a "$port" "$(peer b "endpoint = { \"127.0.0.1:$((port + 1))\" }")"
conf b "$((port + 1))" "$(peer a "")"

# Options and checks.
out=$("$bin/vplamad" --check-config --print -c "$dir/a/vplamad.conf" 2>&1)
[ $? = 0 ] || fail "--check-config of a good file"
want "rekey-after = 120" "$out" "--print shows the defaults"
echo "colour = blue" >"$dir/c/vplamad.conf"
out=$("$bin/vplamad" --check-config -c "$dir/c/vplamad.conf" 2>&1)
[ $? = 78 ] || fail "--check-config of a bad file exits 78"
want "$dir/c/vplamad.conf:1: no such option 'colour'" "$out" \
	"--check-config names file and line"
"$bin/vplamad" --nonsense >/dev/null 2>&1
[ $? = 2 ] || fail "an unknown option exits 2"
"$bin/vplamad" extra >/dev/null 2>&1
[ $? = 2 ] || fail "an argument exits 2"
out=$("$bin/vplamad" --version)
want "vplamad " "$out" "--version"

# A tunnel.
printf 'peer c {\npublic-key = "%s"\nendpoint = "no-such.invalid:1"\n}\n' \
	"$(cat "$dir/c/pub")" >"$dir/b/peers.d/c.conf"
echo "peer idle { public-key = \"iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=\" }" \
	>"$dir/b/peers.d/idle.conf"
start b
start a
within 3000 listens a || fail "the control socket of a appears"
within 3000 shows a || fail "a has a vrnode within 3 s: $(ctl a show)"
within 3000 shows b || fail "b has a vrnode within 3 s: $(ctl b show)"
want "peer b: state=vrnode" "$(cat "$dir/a/log")" "the state is logged"
want "cipher: chacha20-poly1305 by lib" "$(cat "$dir/a/log")" \
	"the choice of ciphers is logged"
budget=$(sed -n 's/.*handshakes: a_second=//p' "$dir/a/log")
[ "${budget:-0}" -ge 30 ] || fail "the budget for handshakes: '$budget'"
[ "$(grep -c "cipher: .* preferred=yes$" "$dir/a/log")" = 1 ] ||
	fail "one suite is preferred: $(grep cipher: "$dir/a/log")"
want "$dir/a/vplamad.conf:6, option mesh-socket" "$(ctl a explain b)" \
	"explain names the line of an option of the daemon"
out=$(ctl b explain c)
want "$dir/b/peers.d/c.conf:3, option endpoint" "$out" \
	"explain names the line of an option of the peer"
want "$dir/b/peers.d/idle.conf:1, option endpoint" "$(ctl b explain idle)" \
	"explain names the block where the option is to be added"

# A second daemon on the same sockets.
out=$("$bin/vplamad" -c "$dir/a/vplamad.conf" 2>&1)
[ $? = 1 ] || fail "a second daemon exits 1"
want "another daemon listens there" "$out" "a second daemon is told why"
shows a || fail "the first daemon goes on"

# Without standard descriptors none of ours gets their numbers.
conf c "$((port + 2))"
"$bin/vplamad" -c "$dir/c/vplamad.conf" <&- >&- 2>&- &
pid[c]=$!
within 3000 listens c || fail "it starts without standard descriptors"
for i in 0 1 2; do
	want /dev/null "$(readlink "/proc/${pid[c]}/fd/$i")" "descriptor $i"
done
ctl c stop >/dev/null
wait "${pid[c]}" || fail "without standard descriptors: exit $?"
unset "pid[c]"

# A bad configuration changes nothing.
cp "$dir/a/vplamad.conf" "$dir/a/good"
echo "mtu = 1" >>"$dir/a/vplamad.conf"
kill -HUP "${pid[a]}"
within 2000 logged a "$dir/a/vplamad.conf:9: mtu: \"1\" is out of range" ||
	fail "SIGHUP with a bad configuration says where: $(cat "$dir/a/log")"
out=$(ctl a reload) && fail "vplamctl reload of a bad configuration succeeds"
want "vplamad.conf:9: mtu" "$out" "vplamctl reload shows the error"
shows a || fail "the tunnel stands after a refused reload"

# A good one touches what changed, and names what takes a restart.
sessions=$(grep -c "state=vrnode" "$dir/a/log")
sed -e "s/^listen = .*/listen = { \"127.0.0.1:$((port + 3))\" }/" \
	-e "2s/^/\n/" \
	"$dir/a/good" >"$dir/a/vplamad.conf"
peer c "endpoint = { \"127.0.0.1:$((port + 2))\" }" >"$dir/a/peers.d/c.conf"
ctl a peers add extra "iojj3XQJ8ZX9UtstPLpdcspnCb8dlBIb83SIAbQPb1w=" \
	>/dev/null || fail "peers add"
ctl a reload >/dev/null || fail "a good reload"
want "listen: has changed; it takes a restart" "$(cat "$dir/a/log")" \
	"what takes a restart is named"
want "$dir/a/vplamad.conf:7, option mesh-socket" "$(ctl a explain b)" \
	"explain follows a line that moved"
out=$(ctl a show)
want "peer: c" "$out" "a reload adds a peer"
want "peer: extra" "$out" "a peer by control command survives it"
conf c "$((port + 2))" "$(peer a "")"
start c
within 5000 logged a "peer c: state=vrnode" || fail "the new peer comes up"
rm "$dir/a/peers.d/c.conf"
ctl a reload >/dev/null || fail "a reload that takes a peer away"
case $(ctl a show) in
*"peer: c"*) fail "a reload removes a peer" ;;
esac
within 2000 logged c "peer a: state=vnode" || fail "the removed peer is told"
[ "$(grep -c "peer b: state=vrnode" "$dir/a/log")" = "$sessions" ] ||
	fail "reloads left the other tunnel alone"

# The end.
begin=$(date +%s%3N)
kill "${pid[a]}"
wait "${pid[a]}"
rc=$?
took=$(($(date +%s%3N) - begin))
[ "$rc" = 0 ] || fail "SIGTERM: exit $rc"
[ "$took" -lt 2000 ] || fail "SIGTERM: took $took ms"
[ ! -e "$dir/a/control.sock" ] && [ ! -e "$dir/a/mesh.sock" ] ||
	fail "the sockets are removed"
within 1000 logged b "peer a: state=vnode" || fail "b heard the goodbye"
ctl b stop >/dev/null || fail "vplamctl stop"
wait "${pid[b]}" || fail "stop: exit $?"
kill "${pid[c]}"
wait "${pid[c]}" || fail "c: exit $?"
unset 'pid[a]' 'pid[b]' 'pid[c]'
[ -s "$dir/a/stamp" ] || fail "the stamp reserve is written"

done_with a b c
