# The daemon: all but main() in a library, so that tests can link it.
noinst_LIBRARIES += src/vplamad/libvplamad.a
src_vplamad_libvplamad_a_SOURCES = \
	src/vplamad/cfgblock.h \
	src/vplamad/bookrow.c src/vplamad/bookrow.h \
	src/vplamad/cfgdevice.c src/vplamad/cfgdevice.h \
	src/vplamad/cfgguard.c src/vplamad/cfgguard.h \
	src/vplamad/cfgiface.c \
	src/vplamad/cfgneg.c \
	src/vplamad/cfgpeer.c \
	src/vplamad/cfgprefix.c \
	src/vplamad/cfgtrust.c \
	src/vplamad/cfgtwins.c src/vplamad/cfgtwins.h \
	src/vplamad/config.c src/vplamad/config.h \
	src/vplamad/device.c src/vplamad/device.h \
	src/vplamad/devhint.c \
	src/vplamad/entry.c src/vplamad/entry.h src/vplamad/entry_in.h \
	src/vplamad/entry_state.c src/vplamad/entry_tell.c \
	src/vplamad/entrycheck.c src/vplamad/entrycheck.h \
	src/vplamad/event.c \
	src/vplamad/host.c \
	src/vplamad/keep.c src/vplamad/keep.h \
	src/vplamad/memory.c src/vplamad/memory.h \
	src/vplamad/node.c src/vplamad/node.h \
	src/vplamad/notify.c src/vplamad/notify.h \
	src/vplamad/peers.c src/vplamad/peers.h \
	src/vplamad/place.c src/vplamad/place.h \
	src/vplamad/optnet.c src/vplamad/optnet.h \
	src/vplamad/option.c src/vplamad/option.h \
	src/vplamad/optself.c src/vplamad/optself.h \
	src/vplamad/options.def \
	src/vplamad/rehooker.c src/vplamad/rehooker.h \
	src/vplamad/reload.c src/vplamad/reload.h \
	src/vplamad/routes.c src/vplamad/routes.h \
	src/vplamad/runner.c src/vplamad/runner.h \
	src/vplamad/stamp.c src/vplamad/stamp.h \
	src/vplamad/told.c src/vplamad/told.h \
	src/vplamad/trusthook.c src/vplamad/trusthook.h \
	src/vplamad/whois.c src/vplamad/whois.h \
	src/vplamad/vplamad.c src/vplamad/vplamad.h
src_vplamad_libvplamad_a_CPPFLAGS = $(vplamad_cppflags)

sbin_PROGRAMS += vplamad
vplamad_SOURCES = src/vplamad/main.c
vplamad_CPPFLAGS = $(vplamad_cppflags)
vplamad_LDADD = src/vplamad/libvplamad.a src/ctl/libctl.a \
	src/io/libio.a src/core/libcore.a src/neg/libneg.a src/book/libbook.a src/priv/libpriv.a \
	src/store/libstore.a src/wire/libwire.a src/crypto/libcrypto.a \
	src/crypto/libkx.a src/base/libbase.a $(SODIUM_LIBS) \
	$(CIPHER_LIBS) $(EVENT_LIBS) $(JSON_LIBS) $(CONFUSE_LIBS) \
	$(MNL_LIBS) $(SQLITE_LIBS)
vplamad_cppflags = $(AM_CPPFLAGS) -DVPLAMA_VERSION='"$(PACKAGE_VERSION)"'

# What runs it: the unit, its user, its folders, a configuration to copy.
EXTRA_DIST += src/vplamad/vplama.service.in src/vplamad/vplama.sysusers \
	src/vplamad/vplama.tmpfiles
CLEANFILES += src/vplamad/vplama.service
src/vplamad/vplama.service: src/vplamad/vplama.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) src/vplamad && \
	sed 's|@sbindir[@]|$(sbindir)|g' \
	    $(srcdir)/src/vplamad/vplama.service.in > $@.new && \
	mv $@.new $@

sysusersdir = $(prefix)/lib/sysusers.d
tmpfilesdir = $(prefix)/lib/tmpfiles.d
examplesdir = $(docdir)/examples
dist_examples_DATA = doc/examples/vplamad.conf
systemdsystemunit_DATA = src/vplamad/vplama.service

# Installed under another name than in the source.
install-data-local:
	$(MKDIR_P) '$(DESTDIR)$(sysusersdir)' '$(DESTDIR)$(tmpfilesdir)'
	$(INSTALL_DATA) $(srcdir)/src/vplamad/vplama.sysusers \
	    '$(DESTDIR)$(sysusersdir)/vplama.conf'
	$(INSTALL_DATA) $(srcdir)/src/vplamad/vplama.tmpfiles \
	    '$(DESTDIR)$(tmpfilesdir)/vplama.conf'
uninstall-local:
	rm -f '$(DESTDIR)$(sysusersdir)/vplama.conf' \
	    '$(DESTDIR)$(tmpfilesdir)/vplama.conf'

dist_man_MANS += doc/vplamad.8 doc/vplamad.conf.5
