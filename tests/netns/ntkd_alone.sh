#!/bin/sh
# Becomes a real ntkd that shares no file with another one: it has a mount
# namespace of its own, and an empty folder each where it was built to keep its
# pid and its maps.
#
#	ntkd_alone.sh NTKD [ARGUMENT...]
set -e
if [ "$1" != --inside ]; then
	exec unshare -m "$0" --inside "$@"
fi
shift
for file in ntkd.pid ntk_internal_map; do
	path=$(grep -aoE "/[[:alnum:]_./-]+/$file" "$1" | head -n 1)
	if [ -n "$path" ]; then
		mkdir -p "${path%/*}"
		mount -t tmpfs ntkd "${path%/*}"
	fi
done
exec "$@"
