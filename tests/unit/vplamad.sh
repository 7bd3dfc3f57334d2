# What the tests of the daemon share; sourced. Nodes live in folders of $dir,
# each with a key, a configuration, two sockets and a log.
# shellcheck shell=bash disable=SC2034
bin=${TOP_BUILDDIR:-.}
dir=$(mktemp -d /tmp/vplama-daemon.XXXXXX) || exit 1
declare -A pid
failed=0

finish() {
	local p
	for p in "${pid[@]}"; do
		kill -9 "$p" 2>/dev/null
	done
	rm -rf "$dir"
}
trap finish EXIT

fail() {
	echo "FAIL: $*"
	failed=1
}

# want TEXT IN WHAT: IN contains TEXT.
want() {
	case $2 in
	*"$1"*) echo "ok: $3" ;;
	*) fail "$3: no \"$1\" in: $2" ;;
	esac
}

# within MS COMMAND...: true before MS milliseconds have passed.
within() {
	local end=$(($(date +%s%3N) + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "$(date +%s%3N)" -lt "$end" ] || return 1
		sleep 0.05
	done
}

ctl() {
	local node=$1
	shift
	"$bin/vplamctl" -s "$dir/$node/control.sock" "$@" 2>&1
}

# conf NODE PORT [LINE...]
conf() {
	local d=$dir/$1 port=$2
	shift 2
	{
		echo "# made by a test"
		echo "network = \"test\""
		echo "private-key-file = \"$d/id.key\""
		echo "state-dir = \"$d\""
		echo "listen = { \"127.0.0.1:$port\" }"
		echo "mesh-socket = \"$d/mesh.sock\""
		echo "control-socket = \"$d/control.sock\""
		printf '%s\n' "$@"
	} >"$d/vplamad.conf"
}

peer() {
	echo "peer \"$1\" { public-key = \"$(cat "$dir/$1/pub")\" $2 }"
}

start() {
	"$bin/vplamad" -c "$dir/$1/vplamad.conf" >"$dir/$1/log" 2>&1 &
	pid[$1]=$!
}

shows() {
	ctl "$1" show | grep -q "state: vrnode"
}

listens() {
	[ -S "$dir/$1/control.sock" ] && ctl "$1" show
}

logged() {
	grep -qF "$2" "$dir/$1/log"
}

# A port that no other test is likely to use at this moment.
port=$((20000 + $$ % 20000))

# nodes NAME...: makes their folders and keys.
nodes() {
	local n
	for n in "$@"; do
		mkdir -p "$dir/$n/peers.d"
		(umask 077 && "$bin/vplamctl" genkey >"$dir/$n/id.key") ||
			exit 1
		"$bin/vplamctl" pubkey <"$dir/$n/id.key" >"$dir/$n/pub" ||
			exit 1
	done
}

# done_with NAME...: the exit code, and the logs where something failed.
done_with() {
	local n
	for n in "$@"; do
		if grep -qE "Sanitizer|runtime error" "$dir/$n/log"; then
			fail "sanitizer report of $n"
		fi
	done
	if [ "$failed" != 0 ]; then
		for n in "$@"; do
			sed "s/^/$n: /" "$dir/$n/log"
		done
	fi
	exit "$failed"
}
