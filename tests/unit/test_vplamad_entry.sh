#!/bin/bash
# Lists of vnodes as a daemon takes them, without root: who signed the first is
# held to, also after a restart and until the configuration names another; a
# serial never goes back; with three sources two have to name a vnode.
set -u

# shellcheck source=tests/unit/vplamad.sh
. "$(dirname "$0")/vplamad.sh"

nodes a b c
lists=$bin/tests/show/bad_lists
mkdir "$dir/x" "$dir/y" "$dir/z"
vnode() { # NODE: as a list names it
	echo "$(cat "$dir/$1/pub")@192.0.2.7:7469"
}
# source of the list in folder NAME, with its key behind it
keyed() {
	echo "file:$dir/$1/list#$(cat "$dir/$1/key")"
}
# edition NAME SERIAL VNODE...
edition() {
	local to=$dir/$1
	shift
	"$lists" make "$to" "$@" >"$to/key" || exit 1
}
# entries SOURCE...: the configuration of a
entries() {
	local text='' s
	for s; do
		text="$text${text:+, }\"$s\""
	done
	text=${text:+"entry = {$text}"}
	conf a "$port" "trust = open" "$text"
	sed -i 's/^network = .*/network = "lab"/' "$dir/a/vplamad.conf"
}
members() { # NAME: of each source
	ctl a --json entry sources | sed 's/[,{]/\n/g' |
		sed -n "s/^ *\"$1\": *\"\{0,1\}\([^\"]*[^\" }]\)\"\{0,1\}.*/\1/p"
}
# shellcheck disable=SC2317 # within calls it
settled() {
	! members state | grep -qE 'under-way|not-wanted-yet'
}
# fetched WHAT: all of them, now
fetched() {
	ctl a entry fetch >/dev/null
	within 5000 settled || fail "$1: still under way"
}
again() {
	kill "${pid[a]}" && wait "${pid[a]}"
	start a
	within 5000 listens a || fail "a does not start again"
}
# shellcheck disable=SC2317
counted() { # TEXT: so many of each were told to the book
	[ "$(members counted | paste -s -d ' ')" = "$1" ]
}
states() {
	members state | paste -s -d ' '
}

edition x 100 "$(vnode b)" "$(vnode c)"
first=$(cat "$dir/x/key")
entries "file:$dir/x/list" # without a key
start a
within 5000 listens a || fail "a does not start"
fetched "first list"
want good "$(states)" "the first list is taken"
logged a "signed by $first, which is held to" || fail "nobody is told of the key"
want 2 "$(members counted)" "its vnodes are told to the book"
ctl a entry list | grep -q 192.0.2.7 || fail "the book has not heard of them"

edition x 99
fetched "older list"
want failed "$(states)" "a list that goes back is refused"
logged a "goes back: its serial is 99, that of the last was 100" ||
	fail "nobody is told why"
again
fetched "older list after a restart"
want failed "$(states)" "it is refused after a restart, too"
logged a "goes back" || fail "another reason after a restart"
edition x 100 "$(vnode b)"
fetched "same serial"
want good "$(states)" "the same serial is not back"

rm "$dir/x/list.key"
edition x 200 "$(vnode b)" # by another key
fetched "other signer"
want failed "$(states)" "another signer is refused"
again
fetched "other signer after a restart"
want "by another key" "$(ctl a entry sources)" "after a restart, too"
want "$first" "$(members signer)" "whose signature is wanted is shown"
entries # the source goes and comes: nothing is forgotten
ctl a reload >/dev/null || fail "reload without entry"
entries "file:$dir/x/list"
ctl a reload >/dev/null || fail "reload with entry"
fetched "other signer after the source was gone"
want failed "$(states)" "nothing is forgotten with the source"
entries "$(keyed x)"
ctl a reload >/dev/null || fail "reload with a key"
fetched "other signer, configured"
want good "$(states)" "the key of the configuration goes before"

# Three sources: what one alone names does not count.
edition y 1 "$(vnode b)" "$(vnode c)"
edition z 1
entries "$(keyed x)" "$(keyed y)" "$(keyed z)"
ctl a reload >/dev/null || fail "reload with three"
fetched "three lists"
want "good good good" "$(states)" "three good lists"
within 2000 counted "1 1 0" ||
	fail "of three lists counted: $(members counted | paste -s -d ' ')"
# two of one signer have one voice
cp "$dir/y/list.key" "$dir/z/list.key"
edition z 2 "$(vnode c)"
entries "$(keyed x)" "$(keyed y)" "$(keyed z)"
ctl a reload >/dev/null || fail "reload with an echo"
fetched "an echo"
want "good good good" "$(states)" "three lists of two signers"
within 2000 counted "1 1 0" ||
	fail "with an echo counted: $(members counted | paste -s -d ' ')"
want "silent" "$(ctl a entry audit)" "entry audit says what answered"

kill "${pid[a]}"
wait "${pid[a]}" || fail "a ends with $?"
unset 'pid[a]'
done_with a
