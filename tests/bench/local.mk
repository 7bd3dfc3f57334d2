# vplamad among other tunnels: "make bench", as root, some minutes. The harness
# is no part of the sources: VPLAMA_BENCH names its folder. BENCH_WITH is whom
# to compare, and options of bench.py: make bench BENCH_WITH='fastd vplamad
# --rounds 1'. The table is bench.out/pair.md.
EXTRA_DIST += tests/bench/vplamad.sh tests/bench/lossy.sh
dist_noinst_SCRIPTS += tests/bench/run.sh
BENCH_WITH = plain fastd wireguard-go tinc openvpn vplamad

bench: vplamad$(EXEEXT) vplamctl$(EXEEXT)
	TOP_BUILDDIR=. $(srcdir)/tests/bench/run.sh pair $(BENCH_WITH) \
		--out bench.out
phony += bench
CLEANFILES += bench.out/pair.json bench.out/pair.md
