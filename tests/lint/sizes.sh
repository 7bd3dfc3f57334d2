#!/bin/sh
# Keeps functions and files readable: a function has at most 60 lines between
# its braces, a .c file 800, a header 200. Tables do not count.
set -u
cd "${TOP_SRCDIR:-.}" || exit 99

# One exception a line, with its reason behind it: "file" or "file:function".
exceptions=''

dirs=
for d in src ntkd-shim entryserver tests; do
	[ ! -d "$d" ] || dirs="$dirs $d"
done
# shellcheck disable=SC2086
files=$(find $dirs -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "no sources below $PWD"; exit 99; }

# The house format puts the braces of a function, and of nothing else that
# stands at the margin, on lines of their own.
# shellcheck disable=SC2086
EXCEPTIONS=$exceptions awk '
function over(what, is, limit) {
	if (is <= limit || (what in except))
		return
	printf "%s: %d lines, at most %d\n", what, is, limit
	bad = 1
}
function file_done() {
	if (file != "")
		over(file, lines, file ~ /\.h$/ ? 200 : 800)
}
BEGIN {
	n = split(ENVIRON["EXCEPTIONS"], line, "\n")
	for (i = 1; i <= n; i++)
		if (split(line[i], word, " ") > 0)
			except[word[1]] = 1
}
FNR == 1 {
	file_done()
	file = FILENAME
	start = 0
}
{ lines = FNR }
/^[A-Za-z_].*\(/ {
	name = $0
	sub(/\(.*/, "", name)
	sub(/.*[ *]/, "", name)
}
/^\{/ { start = FNR }
/^\}/ {
	if (start > 0)
		over(file ":" name, FNR - start - 1, 60)
	start = 0
}
END {
	file_done()
	exit bad
}' $files
