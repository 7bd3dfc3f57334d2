noinst_LIBRARIES += src/base/libbase.a
src_base_libbase_a_SOURCES = \
	src/base/addr.c src/base/addr.h \
	src/base/base64.c src/base/base64.h \
	src/base/cfgtext.c src/base/cfgtext.h \
	src/base/clock.c src/base/clock.h \
	src/base/container.h \
	src/base/counters.c src/base/counters.def src/base/counters.h \
	src/base/fdutil.c src/base/fdutil.h \
	src/base/heap.c src/base/heap.h \
	src/base/htab.c src/base/htab.h \
	src/base/ifname.h \
	src/base/log.c src/base/log.h \
	src/base/mono.h \
	src/base/pool.c src/base/pool.h \
	src/base/prefix.c src/base/prefix.h \
	src/base/rd.c src/base/rd.h \
	src/base/run.c src/base/run.h \
	src/base/text.c src/base/text.h \
	src/base/wr.c src/base/wr.h \
	src/base/xmem.c src/base/xmem.h
