#!/bin/sh
# Installs what building and testing need and the machine lacks (Debian 12).
set -eu

packages="autoconf automake pkg-config gcc make clang clang-format
	libclang-rt-14-dev llvm libsodium-dev libssl-dev libevent-dev libjson-c-dev
	libconfuse-dev libmnl-dev libsqlite3-dev libcurl4-gnutls-dev
	libqrencode-dev minisign zlib1g-dev libcmocka-dev nftables
	iproute2 procps curl mandoc babeld bird2 iputils-ping ethtool socat
	spin valgrind linux-perf"
[ "$(uname -m)" != x86_64 ] || packages="$packages libipsec-mb-dev"
# Any that does will do: program:package.
for p in chromium:chromium node:nodejs npm:npm java:default-jre-headless; do
	command -v "${p%:*}" >/dev/null || packages="$packages ${p#*:}"
done
# Of these the ones that Debian starts when they are installed: package:service.
services="babeld:babeld bird2:bird"

if ! command -v dpkg-query >/dev/null; then
	echo "install-deps: this is not Debian; needed are: $packages" >&2
	exit 1
fi
missing=
for p in $packages; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$p" 2>/dev/null || :)
	[ "$state" = installed ] || missing="$missing $p"
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "install-deps: missing, and only root can install:$missing" >&2
	exit 1
fi
echo "installing:$missing"
export DEBIAN_FRONTEND=noninteractive

# Nobody asked for a running babeld or bird: neither now, nor after a reboot.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ]; then
	trap 'rm -f "$policy"' EXIT
	trap 'exit 1' INT TERM HUP
	printf '#!/bin/sh\nexit 101\n' >$policy
	chmod 755 $policy
fi
# shellcheck disable=SC2086  # a list of packages
install() {
	apt-get install -qq -y --no-install-recommends $missing >/dev/null
}
# The lists of a fresh machine are empty or old.
install 2>/dev/null || { apt-get update -qq && install; }
for service in $services; do
	case "$missing " in
	*" ${service%:*} "*)
		update-rc.d "${service#*:}" disable >/dev/null 2>&1 || :
		;;
	esac
done
