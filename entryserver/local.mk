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
