#!/bin/bash
# vplama-entryd as a program: what it says of its configuration, what its two
# processes do when one of them dies, and that none of the three is left over.
. "${TOP_SRCDIR:?}/tests/show/lib.sh"
dir=$(mktemp -d)
entryd=$TOP_BUILDDIR/entryserver/vplama-entryd
parent=
trap 'kill "$parent" 2>/dev/null; wait; rm -rf "$dir"' EXIT
trap 'exit 1' INT TERM
chmod 755 "$dir"
umask 022

port=
for ((i = 0; i < 50 && ${#port} == 0; i++)); do
	port=$((20000 + RANDOM % 20000))
	! (: >"/dev/tcp/127.0.0.1/$port") 2>/dev/null || port=
done

config() { # LINE...
	cat <<-EOF
		base-url = "http://127.0.0.1:$port"
		store = "$dir/store.db"
		out = "$dir/out"
		list-key = "$dir/key"
		listen = {"127.0.0.1:$port"}
		interval = 10
		user = daemon
		web-user = nobody
	EOF
	printf '%s\n' "$@"
}

wait_for() { # COMMAND...: 8 s at most
	local i
	for ((i = 0; i < 160; i++)); do
		"$@" >/dev/null 2>&1 && return
		sleep 0.05
	done
	echo "never: $*"
	cat "$dir/log"
	return 1
}

status() { # PATH: of the answer
	local line
	exec 3<>"/dev/tcp/127.0.0.1/$port" || return 1
	printf 'GET %s HTTP/1.0\r\n\r\n' "$1" >&3
	read -r _ line _ <&3
	exec 3>&-
	echo "$line"
}
healthy() { [ "$(status /healthz)" = 200 ]; }
children() { cat "/proc/$parent/task/$parent/children"; }
gone() { ! kill -0 "$1" 2>/dev/null; }

# --- what it is told -----------------------------------------------------------

config >"$dir/conf"
"$entryd" -c "$dir/conf" --check 2>"$dir/said"
must "no key: status" $? -eq 78
must "no key: says how to make one" -n "$(grep genkey "$dir/said")"
"$entryd" genkey "$dir/key" >"$dir/line"
must "a key is made" $? -eq 0
must "for its owner alone" "$(stat -c %a "$dir/key")" = 600
must "its public line is printed" "$(tail -n 1 "$dir/key.pub")" = \
	"$(cat "$dir/line")"
"$entryd" genkey "$dir/key" 2>/dev/null
must "not over one that is there" $? -eq 1
must "which is the same" "$(tail -n 1 "$dir/key.pub")" = "$(cat "$dir/line")"
"$entryd" -c "$dir/conf" --check
must "check" $? -eq 0
config '# nothing' 'fresh = 5' >"$dir/bad"
"$entryd" -c "$dir/bad" --check 2>"$dir/said"
must "bad: status" $? -eq 78
must "bad: file, line, what was expected" -n "$(grep \
	"^$dir/bad:10: fresh: \"5\" is too small; expected a number from 60" \
	"$dir/said")"
"$entryd" --nonsense 2>/dev/null
must "bad argument" $? -eq 2
"$entryd" -c "$dir/conf" --export "$dir/files" 2>"$dir/said"
must "export without a store" $? -eq 1
must "makes nothing" ! -e "$dir/files"
"$TOP_BUILDDIR/tests/show/entry_store" "$dir/store.db" made 5
chmod 644 "$dir/store.db"
"$entryd" -c "$dir/conf" --export "$dir/files" 2>"$dir/said"
must "export" $? -eq 0
must "all files" "$(cd "$dir/files" && echo *)" = "entry.json \
entry.json.minisig entry.txt healthz index.html metrics zone.txt"

if [ "$(id -u)" = 0 ]; then
	config | sed "s/daemon/nobody/" >"$dir/same"
	"$entryd" -c "$dir/same" 2>"$dir/said"
	must "one user for both: status" $? -eq 78
	must "one user for both: says so" -n \
		"$(grep "user and web-user: .*expected two" "$dir/said")"
	mkdir "$dir/else"
	ln -s else "$dir/out"
	"$entryd" -c "$dir/conf" 2>"$dir/said"
	must "a link in place of the folder: status" $? -eq 1
	must "what it leads to stays root's" "$(stat -c %u "$dir/else")" = 0
	rm "$dir/out"
fi

# --- what it does ----------------------------------------------------------------

serial() { readlink "$dir/out/current" | sed 's/v\.//'; }
"$entryd" -c "$dir/conf" >"$dir/log" 2>&1 &
parent=$!
wait_for healthy
must "publishes and serves" $? -eq 0
must "two processes" "$(children | wc -w)" -eq 2
must "under no lower number" "$(serial)" -ge \
	"$(sed -n 's/.*"serial":\([0-9]*\).*/\1/p' "$dir/files/entry.json")"
was=$(serial)
read -r first second <<<"$(children)"
kill -9 "$first" "$second"
again() { [ "$(children | wc -w)" = 2 ] && healthy; }
wait_for again
must "both are back" $? -eq 0
later() { [ "$(serial)" -gt "$was" ]; }
wait_for later
must "the number has grown" "$(serial)" -gt "$was"

rm -rf "$dir/files"
read -r first second <<<"$(children)"
kill "$parent"
wait "$parent"
must "ends when told to" $? -eq 0
must "and both with it" -n "$(gone "$first" && gone "$second" && echo yes)"

"$entryd" -c "$dir/conf" >>"$dir/log" 2>&1 &
parent=$!
wait_for again
read -r first second <<<"$(children)"
kill -9 "$parent"
wait "$parent" 2>/dev/null
wait_for gone "$first" && wait_for gone "$second"
must "killed, it leaves nobody behind" $? -eq 0

config "listen = {\"192.0.2.250:$port\"}" | sed '5d' >"$dir/conf"
"$entryd" -c "$dir/conf" >>"$dir/log" 2>&1 &
parent=$!
wait "$parent"
must "nowhere to listen: ends by itself" $? -eq 1
parent=

show_end entryd "restarts what dies, and leaves nobody behind"
