# What each promise looks like when it is kept, one command each; and what
# they need to build.
EXTRA_DIST += tests/show/lib.sh tests/show/cells.sh tests/show/islands.sh \
	tests/show/entrylab.sh tests/show/page_look.mjs
dist_noinst_SCRIPTS += \
	tests/show/ambassador \
	tests/show/amplify \
	tests/show/babel \
	tests/show/bad-input \
	tests/show/bad-lists \
	tests/show/batman \
	tests/show/bench \
	tests/show/bird \
	tests/show/dead-peer \
	tests/show/entry-page \
	tests/show/entry-load \
	tests/show/flood \
	tests/show/fuzz \
	tests/show/hostile \
	tests/show/invariants \
	tests/show/join \
	tests/show/loss \
	tests/show/malformed \
	tests/show/model \
	tests/show/modes \
	tests/show/mtu \
	tests/show/negotiate \
	tests/show/nomem \
	tests/show/once \
	tests/show/profile \
	tests/show/quickstart \
	tests/show/recover \
	tests/show/rekey \
	tests/show/replay \
	tests/show/runs \
	tests/show/sim-day \
	tests/show/spread \
	tests/show/store-faults \
	tests/show/store-kill \
	tests/show/swarm \
	tests/show/stuck \
	tests/show/sybil \
	tests/show/three-days \
	tests/show/vectors \
	tests/show/verdicts
dist_noinst_SCRIPTS += scripts/build.sh scripts/check scripts/install-deps.sh \
	scripts/quickstart
EXTRA_DIST += scripts/quickstart-babel.sh scripts/quickstart-entry.sh
