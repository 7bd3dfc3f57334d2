#!/bin/bash
# Devices of two vplamad on the loopback: kinds that need no privilege, and, where
# a network namespace can be made, interfaces.
set -u

# shellcheck source=tests/unit/vplamad.sh
. "$(dirname "$0")/vplamad.sh"

# count NODE WHAT: a number of its first device.
count() {
	ctl "$1" show --json | sed -n "s/^ *\"$2\":\([0-9]*\),*$/\1/p" | head -1
}

reaches() {
	[ "$(count "$1" "$2")" -ge "$3" ]
}

# frame PORT: a broadcast from 02:00:00:00:00:07 to a UDP device.
frame() {
	printf '\377\377\377\377\377\377\002\0\0\0\0\007\210\265%046d' 1 \
		>"/dev/udp/127.0.0.1/$1"
}

nodes a b
udp=$((port + 5))

# From a device through the tunnel to a device.
conf a "$port" "prefix = { \"10.1.0.0/16\" }" \
	"device d { kind = udp local = \"127.0.0.1:$udp\" }" \
	"$(peer b "endpoint = { \"127.0.0.1:$((port + 1))\" }
		prefix = { \"10.2.0.0/16\" }")"
conf b "$((port + 1))" "$(peer a "")" "device far { kind = udp remote = \"127.0.0.1:$((udp + 2))\" }"
start b
start a
within 3000 shows a || fail "a has a vrnode within 3 s: $(ctl a show)"
within 3000 shows b || fail "b has a vrnode within 3 s: $(ctl b show)"
within 1000 logged a "device d: carrier=up" || fail "a says carrier=up"
want "kind: udp, mode switch, mtu 1400" "$(ctl a show)" "show has the device"
want "carrier: up" "$(ctl a show)" "show has its carrier"
want '"mtu":1418' "$(ctl a show --json | tr -d ' \n')" \
	"the largest body is what the device needs"
want "live: The tunnel is up" "$(ctl a explain b)" \
	"with a device it works without a mesh daemon"
frame "$udp"
within 2000 reaches a rx_packets 1 || fail "a took the frame: $(ctl a show)"
within 2000 reaches b tx_packets 1 || fail "b handed it over: $(ctl b show)"
want "02:00:00:00:00:07     0  far       a " "$(ctl b macs)" \
	"b has learned behind whom the address is"
want "02:00:00:00:00:07     0  d         local " "$(ctl a macs)" \
	"a has it behind its own device"
want "10.1.0.0/16           local" "$(ctl a routes)" "routes: our own"
want "10.2.0.0/16           b" "$(ctl a routes)" "routes: the peer's"

# A reload takes prefixes over, also when they change hands, and no device.
line=$(grep -n "^device" "$dir/a/vplamad.conf" | cut -d: -f1)
sed -i -e 's/10\.1\.0\.0/10.3.0.0/;s/10\.2\.0\.0/10.1.0.0/' \
	-e 's/10\.3\.0\.0/10.2.0.0/' \
	-e "${line}s/}/mac-limit = 7 }\ndevice more { kind = dummy }/" \
	"$dir/a/vplamad.conf"
ctl a reload >/dev/null || fail "reload: $(cat "$dir/a/log")"
want "10.1.0.0/16           b" "$(ctl a routes)" "a prefix went to the peer"
want "10.2.0.0/16           local" "$(ctl a routes)" "and one came back"
want ":$line: device \"d\": mac-limit: has changed; it takes a restart" \
	"$(cat "$dir/a/log")" "a changed option takes a restart"
want ":$((line + 1)): device \"more\": is new; it takes a restart" \
	"$(cat "$dir/a/log")" "a new device takes a restart"
sed -i -e '/^device/d' "$dir/a/vplamad.conf"
ctl a reload >/dev/null || fail "reload: $(cat "$dir/a/log")"
want "device \"d\": is gone; it takes a restart" "$(cat "$dir/a/log")" \
	"a device that is gone takes a restart"
want "device: d" "$(ctl a show)" "the device goes on"

# Who takes no Ethernet is nobody to a device that carries it.
nodes e f
conf e "$((port + 3))" "device e { kind = udp remote = \"127.0.0.1:$udp\" }" \
	"$(peer f "endpoint = { \"127.0.0.1:$((port + 4))\" }")"
conf f "$((port + 4))" "$(peer e "")" "device none { kind = dummy }" \
	"device ip { kind = udp carries = ip remote = \"127.0.0.1:$udp\" }"
start f
start e
within 3000 shows e || fail "e has a vrnode within 3 s: $(ctl e show)"
within 3000 logged f "device ip: carrier=up" || fail "f says carrier=up"
want "carrier: down, it reaches no live peer" "$(ctl e show)" \
	"no carrier for a peer that takes no Ethernet"
kill "${pid[e]}" "${pid[f]}"
wait "${pid[e]}" "${pid[f]}"
unset "pid[e]" "pid[f]"

# A device that cannot be opened.
nodes c
conf c "$((port + 2))" "device taken { kind = udp local = \"127.0.0.1:$udp\" }"
out=$("$bin/vplamad" -c "$dir/c/vplamad.conf" 2>&1)
[ $? = 1 ] || fail "a device that cannot be opened: exit 1"
want "$dir/c/vplamad.conf:8: device \"taken\": kind udp cannot be opened:" \
	"$out" "its block is named"
want "another program has its local" "$out" "and what to do"
conf c "$((port + 2))" "device s { kind = stdio }"
out=$("$bin/vplamad" -c "$dir/c/vplamad.conf" </dev/null 2>&1)
[ $? = 1 ] || fail "stdio without pipes: exit 1"
want "must be pipes or sockets, no terminal" "$out" "stdio has a hint"
conf c "$((port + 2))" \
	"device u { kind = unix-stream local = \"$dir/none/sock\" }"
out=$("$bin/vplamad" -c "$dir/c/vplamad.conf" 2>&1)
want "the folder of its local is not there" "$out" "so has a missing folder"
conf c "$((port + 2))" \
	"device u { kind = unix-stream local = \"$dir/c/vplamad.conf\" }"
out=$("$bin/vplamad" -c "$dir/c/vplamad.conf" 2>&1)
want "its local is a file that is no socket" "$out" "and what is no socket"
out=$(setpriv --inh-caps=-all --bounding-set=-all true 2>&1) &&
	[ "$(id -u)" = 0 ] && {
	conf c "$((port + 2))" "device vplT { }"
	out=$(setpriv --inh-caps=-all --bounding-set=-all "$bin/vplamad" \
		-c "$dir/c/vplamad.conf" 2>&1)
	[ $? = 1 ] || fail "an interface without privilege: exit 1"
	want "it needs CAP_NET_ADMIN" "$out" "the privilege is named"
}

# Something that is good but not wise is told, and no hindrance.
conf c "$((port + 2))" \
	"device t { kind = tun address = { \"10.2.0.1/16\" } }" \
	"$(peer a "prefix = { \"10.2.0.0/16\" }")"
out=$("$bin/vplamad" --check-config -c "$dir/c/vplamad.conf" 2>&1) ||
	fail "a warning is no error: $out"
want ":8: address: 10.2.0.1/16 lies in 10.2.0.0/16 of peer \"a\"" "$out" \
	"--check-config warns"

# The carrier falls with the last peer.
kill "${pid[b]}"
wait "${pid[b]}" || fail "b: exit $?"
within 2000 logged a "device d: carrier=down" || fail "a says carrier=down"
want "carrier: down, it reaches no live peer" "$(ctl a show)" "show says so"
kill "${pid[a]}"
wait "${pid[a]}" || fail "a: exit $?"
unset 'pid[a]' 'pid[b]'

# Interfaces, one for all and one for each peer, in a namespace of their own.
cat >"$dir/ifaces" <<'END'
ip link set lo up
"$bin/vplamad" -c "$dir/b/vplamad.conf" 2>"$dir/b/log" &
b=$!
"$bin/vplamad" -c "$dir/a/vplamad.conf" 2>"$dir/a/log" &
a=$!
i=0
until ip link show vplA up 2>/dev/null | grep -q LOWER_UP || [ $i = 60 ]; do
	sleep 0.05
	i=$((i + 1))
done
ip -br address
ip -br link
ip link del vplA
"$bin/vplamctl" -s "$dir/a/control.sock" show | sed "s/^/gone: /"
i=0
until ip link show vplA up 2>/dev/null | grep -q LOWER_UP || [ $i = 60 ]; do
	sleep 0.05
	i=$((i + 1))
done
"$bin/vplamctl" -s "$dir/a/control.sock" show | sed "s/^/back: /"
ip -br address show vplA | sed "s/^/back: /"
unshare -n sleep 20 &
other=$!
i=0
until [ "$(readlink /proc/$other/ns/net)" != "$(readlink /proc/self/ns/net)" ] ||
	[ $i = 40 ]; do
	sleep 0.05
	i=$((i + 1))
done
ip link set vplB netns $other
nsenter -t $other -n sh -c "ip link set vplB up
	ip address add 10.9.0.2/24 dev vplB
	ping -c 2 -i 0.2 -W 2 10.9.0.1" | sed "s/^/back: /"
(umask 077 && "$bin/vplamctl" genkey >"$dir/a/psk")
sed -i "s,^peer \"b\" { ,&pair-psk-file = \"$dir/a/psk\" ," "$dir/a/vplamad.conf"
"$bin/vplamctl" -s "$dir/a/control.sock" reload | sed "s/^/psk: /"
ip -br link | sed "s/^/psk: /"
ip tuntap add pp-other mode tap
cat "$dir/a/more" >>"$dir/a/vplamad.conf"
"$bin/vplamctl" -s "$dir/a/control.sock" reload 2>&1 | sed "s/^/refused: /"
ip link del pp-other
"$bin/vplamctl" -s "$dir/a/control.sock" peers del b
i=0
until ip -br link show vplA | grep -q NO-CARRIER || [ $i = 40 ]; do
	sleep 0.05
	i=$((i + 1))
done
ip -br link | sed 's/^/then: /'
kill "$a" "$b"
wait "$a" && wait "$b"
echo "exit $?"
kill "$other"
ip -br link | sed 's/^/last: /'
END
nodes other
if [ "$(id -u)" = 0 ] && [ -c /dev/net/tun ] && unshare -n true 2>/dev/null; then
	conf a "$port" \
		"device vplA { address = { \"10.9.0.1/24\" } persistent = yes }" \
		"device pp { kind = tun-per-peer persistent = yes }" \
		"$(peer b "endpoint = { \"127.0.0.1:$((port + 1))\" }
			prefix = { \"10.2.0.0/16\" }")"
	peer other "" >"$dir/a/more"
	conf b "$((port + 1))" "$(peer a "")" "device vplB { mtu = 1280 }"
	export bin dir
	out=$(unshare -n sh "$dir/ifaces" 2>&1)
	want "10.9.0.1/24" "$(grep ^vplA <<<"$out")" "the interface has its address"
	want "fe80::" "$(grep ^vplA <<<"$out")" "and a link-local one"
	want " 02:" "$(grep ^vplA <<<"$out")" "and a MAC address of its range"
	want LOWER_UP "$(grep ^vplA <<<"$out")" "its carrier is up"
	want LOWER_UP "$(grep ^pp-b <<<"$out")" "so is that of the peer's own"
	logged a 'device "pp-b": is in mode hub' ||
		fail "the prefix of a peer is not passed over: $(cat "$dir/a/log")"
	want "carrier: gone, it was taken away" "$(grep ^gone: <<<"$out")" \
		"an interface that was deleted is told to be gone"
	want " UP " "$(grep "^back: vplA" <<<"$out")" "it comes back, with carrier"
	want "10.9.0.1/24" "$(grep "^back: vplA" <<<"$out")" "and with its address"
	grep -q "^back:   carrier: gone" <<<"$out" && fail "it is still gone: $out"
	want "bytes from 10.9.0.1" "$out" "and it carries packets"
	want "psk: the configuration was read again" "$out" "a pair key comes"
	want "psk: pp-b" "$out" "with another pair key the interface has its name"
	want "refused: vplamctl: the new configuration is in force but for these" \
		"$out" "a peer without its interface is refused"
	want "peer \"other\": is refused: a device for it" "$out" "and named"
	want NO-CARRIER "$(grep '^then: vplA' <<<"$out")" \
		"without peers it has no carrier"
	grep -q '^then: pp-b' <<<"$out" &&
		fail "the interface of a peer goes with it, persistent or not: $out"
	want "exit 0" "$out" "both end well"
	want vplA "$(grep ^last: <<<"$out")" "the persistent one stays"
	grep -q '^last: vplB' <<<"$out" &&
		fail "the other one goes: $out"
else
	echo "no interfaces here: not root, or no namespaces"
fi
done_with a b
