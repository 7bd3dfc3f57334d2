noinst_LIBRARIES += src/wire/libwire.a
src_wire_libwire_a_SOURCES = \
	src/wire/ctlmsg.c src/wire/ctlmsg.h \
	src/wire/frame.c src/wire/frame.h \
	src/wire/mesh.c src/wire/mesh.h \
	src/wire/msg.c src/wire/msg.h
