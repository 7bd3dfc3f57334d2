#!/bin/sh
# Installs what building and testing need and the machine lacks (Debian 12).
set -eu

packages="autoconf automake pkg-config gcc make clang clang-format
	libclang-rt-14-dev libsodium-dev libssl-dev libevent-dev libjson-c-dev
	libconfuse-dev libmnl-dev libcmocka-dev nftables iproute2 procps mandoc"

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
# shellcheck disable=SC2086  # a list of packages
install() {
	apt-get install -qq -y --no-install-recommends $missing >/dev/null
}
# The lists of a fresh machine are empty or old.
install 2>/dev/null || { apt-get update -qq && install; }
