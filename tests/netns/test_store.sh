#!/bin/sh
# What is remembered on a disk that is full or read-only.
storedisk=${TOP_BUILDDIR:-.}/tests/netns/storedisk
[ -x "$storedisk" ] || {
	echo "skipped: built without cmocka"
	exit 77
}
exec "$storedisk"
