#!/bin/sh
# Holds the folders in their layers: which may include which, and which system
# interfaces stay out of the core. The table is that of ARCHITECTURE.md.
set -u
cd "${TOP_SRCDIR:-.}" || exit 99
rc=0

may() {
	case $1 in
	base) echo base ;;
	crypto | wire | priv | store) echo "$1 base" ;;
	neg) echo neg wire base ;;
	book) echo book wire base ;;
	core) echo core neg book crypto wire base ;;
	io) echo io core priv wire base ;;
	ctl) echo ctl core neg book wire base ;;
	vplamctl) echo vplamctl crypto wire base ;;
	ntkd-shim) echo ntkd-shim wire base ;;
	entryserver) echo entryserver crypto store book wire base ;;
	vplamad) echo vplamad io ctl core neg book store priv crypto wire base ;;
	*) echo "$1" ;;
	esac
}

complain() {
	echo "$1: $2"
	rc=1
}

# $1: what stands between the quotes, else between < and >
includes() {
	sed -n "s/^[ 	]*#[ 	]*include[ 	]*$1.*/\\1/p" "$2"
}

folder_of() {
	case $1 in
	src/*) set -- "${1#src/}" ;;
	esac
	echo "${1%%/*}"
}

system_header() { # file folder header
	case $3 in
	event2/* | event.h)
		case $2 in
		io | entryserver) ;;
		*) complain "$1" "only src/io and entryserver include $3" ;;
		esac ;;
	curl/*)
		[ "$2" = io ] || complain "$1" "only src/io includes $3" ;;
	qrencode.h)
		[ "$2" = wire ] || complain "$1" "only src/wire includes $3" ;;
	sodium.h | sodium/*)
		case $2 in
		base | crypto) ;;
		*) complain "$1" "only src/crypto and src/base include $3" ;;
		esac ;;
	openssl/* | intel-ipsec-mb.h)
		[ "$2" = crypto ] ||
			complain "$1" "only src/crypto includes $3" ;;
	libmnl/*)
		case $2 in
		priv | ntkd-shim) ;;
		*) complain "$1" "only src/priv and ntkd-shim include $3" ;;
		esac ;;
	sqlite3.h)
		[ "$2" = store ] || complain "$1" "only src/store includes $3" ;;
	esac
	case $2 in
	core | neg | book) ;;
	*) return 0 ;;
	esac
	case $3 in
	sys/socket.h | netinet/* | net/* | arpa/* | time.h | sys/time.h | \
	    unistd.h | fcntl.h | sys/stat.h | poll.h | sys/epoll.h | \
	    pthread.h | signal.h)
		complain "$1" "$2 has no I/O and no clock: not $3" ;;
	esac
}

dirs=
for d in src ntkd-shim entryserver; do
	[ ! -d "$d" ] || dirs="$dirs $d"
done
# shellcheck disable=SC2086
files=$(find $dirs -name '*.[ch]' | sort)
[ -n "$files" ] || { echo "no sources below $PWD"; exit 99; }

for f in $files; do
	folder=$(folder_of "$f")
	allowed=" $(may "$folder") "
	for inc in $(includes '"\([^"]*\)"' "$f"); do
		case $allowed in
		*" ${inc%%/*} "*) ;;
		*) [ "$inc" = config.h ] || # of configure
			complain "$f" "$folder may not include $inc" ;;
		esac
	done
	for inc in $(includes '<\([^>]*\)>' "$f"); do
		system_header "$f" "$folder" "$inc"
	done
	case $folder in
	core | neg | book)
		if includes '"\(base\/clock.h\)"' "$f" | grep .; then
			complain "$f" "$folder takes the time from its turn"
		fi ;;
	esac
	if [ "$f" != src/base/clock.c ] &&
	    grep -nwE 'clock_gettime|gettimeofday|time\(NULL\)' "$f"; then
		complain "$f" "only base/clock reads a clock"
	fi
done
exit $rc
