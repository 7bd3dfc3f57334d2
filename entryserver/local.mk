# The entry server: what publishes the peers that last, and what serves it.

# The page; its style, script and map are files of their own.
noinst_LIBRARIES += entryserver/libpage.a
entryserver_libpage_a_SOURCES = \
	entryserver/model.c entryserver/model.h \
	entryserver/page.c entryserver/page.h \
	entryserver/page_html.c entryserver/page_html.h \
	entryserver/page_join.c \
	entryserver/page_map.c \
	entryserver/page_parts.h \
	entryserver/page_table.c
nodist_entryserver_libpage_a_SOURCES = entryserver/page_data.c

page_data = entryserver/page.css entryserver/page.js entryserver/land.txt
EXTRA_DIST += $(page_data) scripts/page2c.awk
BUILT_SOURCES += entryserver/page_data.c
CLEANFILES += entryserver/page_data.c
entryserver/page_data.c: $(page_data) scripts/page2c.awk entryserver/local.mk
	$(AM_V_GEN)$(MKDIR_P) entryserver && \
	(cd $(srcdir) && $(AWK) -f scripts/page2c.awk \
	    -v css="$$(sha256sum <entryserver/page.css | cut -c 1-64)" \
	    -v js="$$(sha256sum <entryserver/page.js | cut -c 1-64)" \
	    $(page_data)) > $@.new && mv $@.new $@

# All but main(), for the unit tests.
noinst_LIBRARIES += entryserver/libentryd.a
entryserver_libentryd_a_SOURCES = \
	entryserver/census.c entryserver/census.h \
	entryserver/choose.c entryserver/choose.h \
	entryserver/conn.c entryserver/conn.h \
	entryserver/files.h \
	entryserver/guests.c entryserver/guests.h \
	entryserver/http.c entryserver/http.h \
	entryserver/jail.c entryserver/jail.h \
	entryserver/lists.c entryserver/lists.h \
	entryserver/options.c entryserver/options.h \
	entryserver/publish.c entryserver/publish.h \
	entryserver/release.c entryserver/release.h \
	entryserver/reply.c entryserver/reply.h \
	entryserver/round.c entryserver/round.h \
	entryserver/site.c entryserver/site.h \
	entryserver/mind.c entryserver/mind.h \
	entryserver/web.c entryserver/web.h

sbin_PROGRAMS += entryserver/vplama-entryd
entryserver_vplama_entryd_SOURCES = entryserver/main.c
entryserver_vplama_entryd_CPPFLAGS = $(AM_CPPFLAGS) \
	-DVPLAMA_VERSION='"$(PACKAGE_VERSION)"'
ENTRYD_LDADD = entryserver/libentryd.a entryserver/libpage.a \
	src/store/libstore.a src/book/libbook.a src/wire/libwire.a \
	src/crypto/libcrypto.a src/crypto/libkx.a src/base/libbase.a \
	$(SODIUM_LIBS) $(EVENT_LIBS) $(JSON_LIBS) $(CONFUSE_LIBS) \
	$(SQLITE_LIBS) $(QRENCODE_LIBS)
entryserver_vplama_entryd_LDADD = $(ENTRYD_LDADD)

# The unit and a configuration to copy; its users are in vplama.sysusers.
EXTRA_DIST += entryserver/vplama-entryd.service.in
CLEANFILES += entryserver/vplama-entryd.service
entryserver/vplama-entryd.service: entryserver/vplama-entryd.service.in Makefile
	$(AM_V_GEN)$(MKDIR_P) entryserver && \
	sed 's|@sbindir[@]|$(sbindir)|g' \
	    $(srcdir)/entryserver/vplama-entryd.service.in > $@.new && \
	mv $@.new $@
systemdsystemunit_DATA += entryserver/vplama-entryd.service
dist_examples_DATA += doc/examples/entryd.conf
dist_man_MANS += doc/vplama-entryd.8
