#!/bin/sh
# The sources are as clang-format leaves them; `make format` makes them so.
set -u
cd "${TOP_SRCDIR:-.}" || exit 99

fmt=${CLANG_FORMAT:-clang-format}
if ! version=$($fmt --version 2>/dev/null); then
	echo "skipped: no $fmt here"
	exit 77
fi
case $version in
*"version 14."*) ;;
*)
	echo "skipped: versions differ in taste and .clang-format is" \
	    "written for 14; this is $version"
	exit 77
	;;
esac

dirs=
for d in src ntkd-shim entryserver tests; do
	[ ! -d "$d" ] || dirs="$dirs $d"
done
# shellcheck disable=SC2086
find $dirs -name '*.[ch]' -print | sort |
    xargs "$fmt" --style=file --dry-run -Werror || exit 1

# It breaks a line of a comment that is too long, and leaves " *word" behind.
# shellcheck disable=SC2086
if grep -rnE '^	* \*[[:alnum:]]' --include='*.[ch]' $dirs; then
	echo "a comment that was broken; expected lines of at most 80 columns"
	exit 1
fi
