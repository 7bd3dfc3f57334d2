noinst_LIBRARIES += src/wire/libwire.a
src_wire_libwire_a_SOURCES = \
	src/wire/beacon.c \
	src/wire/be.h \
	src/wire/csum.c src/wire/csum.h \
	src/wire/ctlmsg.c src/wire/ctlmsg.h \
	src/wire/entry.c src/wire/entry.h \
	src/wire/entry_write.c \
	src/wire/eth.c src/wire/eth.h \
	src/wire/frame.c src/wire/frame.h \
	src/wire/gso.c src/wire/gso.h \
	src/wire/gso_cut.c \
	src/wire/gso_join.c \
	src/wire/ip.c src/wire/ip.h \
	src/wire/l4.c src/wire/l4.h \
	src/wire/mesh.c src/wire/mesh.h \
	src/wire/mesh_body.c src/wire/mesh_body.h \
	src/wire/msg.c src/wire/msg.h \
	src/wire/mss.c \
	src/wire/negmsg.c src/wire/negmsg.h \
	src/wire/netdesc.c src/wire/netdesc.h \
	src/wire/netdesc_check.c \
	src/wire/qr.h \
	src/wire/record.c src/wire/record.h \
	src/wire/toobig.c \
	src/wire/uri.c src/wire/uri.h
if HAVE_QRENCODE
src_wire_libwire_a_SOURCES += src/wire/qr.c
else
src_wire_libwire_a_SOURCES += src/wire/qr_none.c
endif
