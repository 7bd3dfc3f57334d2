noinst_LIBRARIES += src/core/libcore.a
src_core_libcore_a_SOURCES = \
	src/core/answer.c src/core/answer.h \
	src/core/attempt.h \
	src/core/config.h \
	src/core/cookie.c src/core/cookie.h \
	src/core/core.c src/core/core.h \
	src/core/dial.c src/core/dial.h \
	src/core/due.h \
	src/core/dupcache.c src/core/dupcache.h \
	src/core/event.h \
	src/core/ex.h \
	src/core/exchange.c src/core/exchange.h \
	src/core/fanout.c src/core/fanout.h \
	src/core/fdb.c src/core/fdb.h \
	src/core/frag.c src/core/frag.h \
	src/core/fwd.c src/core/fwd.h src/core/fwd_in.c src/core/fwd_out.c \
	src/core/frames.c src/core/frames.h \
	src/core/guard.c src/core/guard.h \
	src/core/handshake.c src/core/handshake.h \
	src/core/line.c src/core/line.h \
	src/core/ident.c src/core/ident.h \
	src/core/look.c src/core/look.h \
	src/core/mesh.c src/core/mesh.h \
	src/core/peer.c src/core/peer.h \
	src/core/negotiate.c src/core/negotiate.h \
	src/core/own.c \
	src/core/pmtu.c src/core/pmtu.h \
	src/core/ratelimit.c src/core/ratelimit.h \
	src/core/recursion.c src/core/recursion.h \
	src/core/peer_send.c src/core/peer_send.h \
	src/core/peertab.c src/core/peertab.h \
	src/core/replay.c src/core/replay.h \
	src/core/revoked.c \
	src/core/roam.c src/core/roam.h \
	src/core/room.c src/core/room.h \
	src/core/route.c src/core/route.h \
	src/core/session.c src/core/session.h \
	src/core/target.c src/core/target.h \
	src/core/tell.c src/core/tell.h \
	src/core/timers.c src/core/timers.h \
	src/core/trial.c src/core/trial.h \
	src/core/trust.c src/core/trust.h
