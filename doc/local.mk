# Documents; other manual pages are listed where their code is.
dist_doc_DATA = README.md NEWS LICENSE doc/control.md doc/entry-list.md doc/mesh-daemons.md \
	doc/mesh-socket.md doc/negotiation.md doc/peers.md doc/performance.md doc/ports.md \
	doc/protocol.md
EXTRA_DIST += ARCHITECTURE.md HACKING.md
# For mesh daemons beside vplamad; the tests run with them.
dist_examples_DATA += doc/examples/babeld.conf doc/examples/bird.conf
# The documents point to them. All that are there are packed; those of the list,
# which tests/lint/docs.sh compares, are installed.
EXTRA_DIST += doc/decisions
decisionsdir = $(docdir)/decisions
decisions_DATA = \
	doc/decisions/0001-keyed-ntk-frame.md \
	doc/decisions/0002-crossing.md \
	doc/decisions/0003-packet-64k.md \
	doc/decisions/0004-keys-wiped-at-reject.md \
	doc/decisions/0005-no-libbsd.md \
	doc/decisions/0006-rekey-jitter.md \
	doc/decisions/0007-receiver-bucket.md \
	doc/decisions/0008-attempts-until-proven.md \
	doc/decisions/0009-duplicate-cache.md \
	doc/decisions/0010-small-departures.md \
	doc/decisions/0011-two-libraries.md \
	doc/decisions/0012-no-device-unasked.md \
	doc/decisions/0013-path-mtu.md \
	doc/decisions/0014-third-cipher-library.md \
	doc/decisions/0015-mesh-socket-apart.md \
	doc/decisions/0016-negotiation.md \
	doc/decisions/0017-store-extra.md \
	doc/decisions/0018-routes.md \
	doc/decisions/0019-ntkd-by-an-ambassador.md \
	doc/decisions/0020-what-ntkd-is-told.md \
	doc/decisions/0021-trust-and-exchange.md \
	doc/decisions/0022-store-copies.md \
	doc/decisions/0023-entry-lists.md \
	doc/decisions/0024-entry-sources.md \
	doc/decisions/0025-page.md \
	doc/decisions/0026-address-book.md \
	doc/decisions/0027-tunnels-and-mesh-apart.md \
	doc/decisions/0028-our-own-line.md \
	doc/decisions/0030-memory.md \
	doc/decisions/0033-cookies-in-turns.md
