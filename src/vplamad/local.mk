# The daemon: all but main() in a library, so that tests can link it.
noinst_LIBRARIES += src/vplamad/libvplamad.a
src_vplamad_libvplamad_a_SOURCES = \
	src/vplamad/cfgpeer.c \
	src/vplamad/cfgtext.c src/vplamad/cfgtext.h \
	src/vplamad/config.c src/vplamad/config.h \
	src/vplamad/option.c src/vplamad/option.h \
	src/vplamad/options.def
