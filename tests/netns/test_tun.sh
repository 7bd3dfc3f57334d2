#!/bin/sh
# TUN and TAP devices, routes into them, the mesh probe: each program in
# namespaces of its own.
set -u
: "${TOP_BUILDDIR:=.}"

for tool in ip ethtool sysctl; do
	if ! command -v $tool >/dev/null; then
		echo "skipped: needs $tool"
		exit 77
	fi
done
rc=0
for prog in tundev tunport kroutes linkup meshline; do
	if [ ! -x "$TOP_BUILDDIR/tests/netns/$prog" ]; then
		echo "skipped: $prog needs cmocka to be built"
		exit 77
	fi
	"$TOP_BUILDDIR/tests/netns/$prog" || rc=$?
done
exit $rc
