#!/bin/sh
# vplama-sim verdict: the cases that are written down, and lines that are none.
set -eu
sim=$TOP_BUILDDIR/tests/sim/vplama-sim
data=$TOP_SRCDIR/tests/data
failed=0

# ask LINE...: the answer in $said, the exit status in $status.
ask() {
	status=0
	said=$(printf '%s\n' "$@" | $sim verdict) || status=$?
}

# expect WHAT STATUS PATTERN
expect() {
	# shellcheck disable=SC2254 # it is a pattern
	case "$status $said" in
	"$2 "$3) return ;;
	esac
	printf 'FAILED: %s: expected %s %s\nsaid %s %s\n' "$1" "$2" "$3" \
	    "$status" "$said"
	failed=1
}

# bad FIELD LINE: the line is refused for this field.
bad() {
	ask "$2"
	expect "$2" 1 '{"line":1,"error":"'"$(printf %s "$1" |
	    sed 's/[][]/\\&/g')"': expected *"}'
}

# pair RESPONDER [REST-OF-INITIATOR]: a collision of 10.79/16.
pair() {
	printf '{"initiator":{"netid":"b","claims":["10.79.0.0/16"]%s},"responder":{%s}}' \
	    "${2:-}" "$1"
}
same='"netid":"a","claims":["10.79.0.0/16"]'

# --- what is judged ------------------------------------------------------------

said=$($sim verdict "$data/verdicts.jsonl" | sed 's/"why":"[^"]*",//')
if [ "$said" != "$(cat "$data/verdicts.expected")" ]; then
	echo "$said" | diff "$data/verdicts.expected" - || :
	failed=1
fi

# chosen CLAIM LINE: who moves would move there.
chosen() {
	ask "$2"
	expect "$2" 0 '*,"chosen":"'"$1"'"}'
}

row='"levels":[8,8,8],"claims":["10.79.0.0/16"]'
chosen "level 1: 1.10" \
    '{"initiator":{"netid":"b",'"$row"'},"responder":{"netid":"a",'"$row"'}}'
all=$(seq -s , 0 255 | sed 's/[0-9]*/{"netid":"c","claim":"10.&.0.0\/16"}/g')
all=$(echo "$all" | sed 's/{"netid":"c","claim":"10.0.0.0.16"},//')
chosen FULL "$(pair "$same" ",\"known\":[$all]")"
chosen "10.7.0.0/16" "$(pair "$same" ",\"known\":[$(echo "$all" |
    sed 's/,{"netid":"c","claim":"10.7.0.0.16"}//')]")"
# what is kept for the mover is free for it, for others it is not
kept='{"netid":"X","claim":"10.1.0.0/16","reserved":true}'
chosen "10.1.0.0/16" "$(pair "$same,\"known\":[$kept]" | sed s/X/b/)"
chosen "10.2.0.0/16" "$(pair "$same,\"known\":[$kept]" | sed s/X/c/)"
# a third party's other claims are taken, what is kept for it is not
third='{"netid":"c","claim":"10.79.0.0/16"},{"netid":"c","claim":"10.1.0.0/16"'
chosen "10.2.0.0/16" '{"initiator":{"netid":"b","claims":["10.80.0.0/16"],"known":['"$third"'}]},"responder":{'"$same"'}}'
chosen "10.1.0.0/16" '{"initiator":{"netid":"b","claims":["10.80.0.0/16"],"known":['"$third"',"reserved":true}]},"responder":{'"$same"'}}'

# plain prefixes: in several claims where the levels want it; both families
plain='"class":"plain","claims":["10.8.0.0/15","fd00:0:1::/48"]'
ask '{"initiator":{"netid":"b",'"$plain"'},"responder":{"netid":"a","class":"plain","claims":["fd00:0:1:2::/64"]}}'
expect "plain prefixes" 0 '*"REHOOK","level":12,"who":"I",*"chosen":"fd00::/48"}'
chosen "10.0.0.0/16" '{"initiator":{"netid":"b",'"$plain"'},"responder":{"netid":"a","class":"plain","claims":["10.9.1.0/24"]}}'

# the id comes back, whatever it is
ask "$(pair "$same" | sed 's/^{/{"id":{"a":[1,"x"]},/')"
expect "id" 0 '{"id":{"a":\[1,"x"\]},"result":"REHOOK",*'

# --- what is not ---------------------------------------------------------------

bad line 'x'
bad line '[]'
bad line 'null'
bad line '{"initiator":'
bad line "$(pair "$same") {}"
bad initiator '{}'
bad responder '{"initiator":{"netid":"b","claims":["10.79.0.0/16"]}}'
bad rule "$(pair "$same" | sed 's/^{/{"rule":"age",/')"
bad known_before "$(pair "$same" | sed 's/^{/{"known_before":1,/')"
for netid in '' 0 g 11111111111111111 0x1; do
	bad responder.netid "$(pair '"netid":"'"$netid"'"')"
done
bad responder.netid "$(pair '"netid":7')"
bad responder.netid "$(pair '"claims":["10.79.0.0/16"]')"
bad responder.stabel "$(pair "$same,\"stabel\":true")"
bad responder.stable "$(pair "$same,\"stable\":\"yes\"")"
bad responder.rehooking "$(pair "$same,\"rehooking\":null")"
for nodes in 0 -1 4294967296 99999999999999999999 1.5 '"1"' null; do
	bad responder.nodes "$(pair "$same,\"nodes\":$nodes")"
done
for age in -1 4294967296; do
	bad responder.age "$(pair "$same,\"age\":$age")"
done
for class in '"11"' 10 null; do
	bad responder.class "$(pair "$same,\"class\":$class")"
done
for levels in '[]' '[8,8,8,17]' '[0,8,8,8]' '"4x8"' '[8]' \
    '[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]'; do
	bad responder.levels "$(pair "$same,\"levels\":$levels")"
done
bad responder.levels "$(pair "$same,\"class\":\"plain\",\"levels\":[8,8]")"
bad responder.claims "$(pair '"netid":"a"')"
bad responder.claims "$(pair '"netid":"a","claims":[]')"
bad responder.claims "$(pair '"netid":"a","claims":"10.79.0.0/16"')"
for claim in '"10.79.0.1/16"' '"10.79.0.0/33"' '"fec0::/24"' '"x"' 1 \
    '"02:00:00:00:00:00/48"' '"10.0.0.0/9"'; do
	bad 'responder.claims[0]' "$(pair '"netid":"a","claims":['"$claim"']')"
done
# paths that no gnode may have
for claim in 10.0.0.0/16 10.0.0.0/8 11.1.0.0/16 \
    '10.79.0.0/16","10.79.3.0/24'; do
	bad responder.claims "$(pair '"netid":"a","claims":["'"$claim"'"]')"
	bad initiator.claims "$(pair "$same" |
	    sed "s|10.79.0.0/16|$claim|")"
done
bad responder.known "$(pair "$same,\"known\":{}")"
bad responder.known "$(pair "$same,\"known\":[{\"netid\":\"c\",\"claim\":\"10.0.0.0/16\"}]")"
bad 'responder.known[0].netid' "$(pair "$same,\"known\":[1]")"
bad 'responder.known[0].claim' "$(pair "$same,\"known\":[{\"netid\":\"c\"}]")"
bad 'responder.known[0].stable' \
    "$(pair "$same,\"known\":[{\"netid\":\"c\",\"claim\":\"10.1.0.0/16\",\"stable\":0}]")"
bad 'responder.known[0].flags' \
    "$(pair "$same,\"known\":[{\"netid\":\"c\",\"claim\":\"10.1.0.0/16\",\"flags\":0}]")"

# a bad line is one, those around it are judged, empty ones do not count
ask "$(pair "$same" | sed 's/^{/{"id":1,/')" "" "x" \
    "$(pair "$same" | sed 's/^{/{"id":2,/')"
expect "lines around a bad one" 1 '{"id":1,"result":"REHOOK",*
{"line":3,"error":"line: expected a JSON object"}
{"id":2,"result":"REHOOK",*}'
status=0
said=$($sim verdict </dev/null) || status=$?
expect "nothing" 0 ""
status=0
said=$($sim verdict a b 2>&1) || status=$?
expect "two files" 2 'usage: vplama-sim verdict \[FILE\]'
status=0
said=$($sim verdict /nonexistent/file 2>&1) || status=$?
expect "no such file" 1 '*/nonexistent/file*'

[ $failed = 0 ] && echo ok
exit $failed
