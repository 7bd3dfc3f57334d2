#!/bin/sh
# The checks of this folder find what they look for: each is given a tree with
# one fault and has to refuse it, and one without.
set -u
here=$(cd "${TOP_SRCDIR:-.}/tests/lint" && pwd) || exit 99
top=$(cd "$here/../.." && pwd) || exit 99
tree=$(mktemp -d) || exit 99
trap 'rm -rf "$tree"' EXIT
rc=0

fresh() {
	rm -rf "$tree/src" "$tree/tests"
	mkdir -p "$tree/src/core" "$tree/src/io" "$tree/tests"
	cp -f "$top/.clang-format" "$tree/"
	printf 'int\none(void)\n{\n\treturn 1;\n}\n' >"$tree/src/core/a.c"
}

# $1: check, $2: wanted exit code, $3: what was planted
want() {
	TOP_SRCDIR=$tree "$here/$1" >"$tree/out" 2>&1
	is=$?
	[ $is -eq 77 ] && return
	[ $is -eq "$2" ] && return
	echo "$1 gave $is for $3:"
	cat "$tree/out"
	rc=1
}

plant() { # check, text of a file, its path
	fresh
	printf '%b' "$2" >>"$tree/$3"
	want "$1" 1 "$2 in $3"
}

fresh
for check in layers.sh sizes.sh format.sh words.sh; do
	want $check 0 "a tree without a fault"
done

plant layers.sh '#include "io/udp.h"\n' src/core/a.c
plant layers.sh '#include "vplamad/vplamad.h"\n' src/io/b.c
plant layers.sh '#include <time.h>\n' src/core/a.c
plant layers.sh '# include <sys/socket.h>\n' src/core/a.h
plant layers.sh '#include <event2/event.h>\n' src/core/a.c
plant layers.sh '#include <sodium.h>\n' src/io/b.c
plant layers.sh '#include <openssl/evp.h>\n' src/core/b.c
plant layers.sh '#include <intel-ipsec-mb.h>\n' src/core/b.c
plant layers.sh '#include <libmnl/libmnl.h>\n' src/io/b.c
plant layers.sh '#include <sqlite3.h>\n' src/io/b.c
plant layers.sh 'int x = clock_gettime(0, 0);\n' src/core/a.c
plant layers.sh 'int x = clock_gettime(0, 0);\n' src/io/b.c
plant layers.sh '#include "base/clock.h"\n' src/core/a.c
plant format.sh 'int  x;\n' src/core/a.c
plant words.sh '/* FIX''ME */\n' src/core/a.c
plant words.sh '# TO''DO\n' tests/x.sh

lines() { # number, text
	awk -v n="$1" -v text="$2" 'BEGIN { while (n-- > 0) print text }'
}

for n in 60 61; do
	fresh
	{ printf 'int\ntwo(void)\n{\n'; lines $n '	return 2;'; echo '}'; } \
	    >"$tree/src/io/b.c"
	want sizes.sh $((n > 60)) "a function of $n lines"
done
for n in 800 801; do
	fresh
	lines $n 'int x;' >"$tree/tests/b.c"
	want sizes.sh $((n > 800)) "a file of $n lines"
done
for n in 200 201; do
	fresh
	lines $n 'int x;' >"$tree/src/io/b.h"
	want sizes.sh $((n > 200)) "a header of $n lines"
done
fresh
{ echo 'int t[] = {'; lines 300 '	1,'; echo '};'; } >"$tree/src/io/b.c"
want sizes.sh 0 "a table of 300 lines"
exit $rc
