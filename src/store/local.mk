# What survives a restart. The files of sql/ are the migrations, in their order.
noinst_LIBRARIES += src/store/libstore.a
src_store_libstore_a_SOURCES = \
	src/store/copy.c src/store/copy.h \
	src/store/db.c src/store/db.h \
	src/store/negdb.c src/store/negdb.h \
	src/store/peerdb.c src/store/peerdb.h \
	src/store/reader.c src/store/reader.h \
	src/store/rec.c src/store/rec.h \
	src/store/recdb.c src/store/recdb.h \
	src/store/row.c src/store/row.h \
	src/store/schema.c src/store/schema.h \
	src/store/store.c src/store/store.h \
	src/store/writer.c src/store/writer.h
nodist_src_store_libstore_a_SOURCES = src/store/migrations.c

store_sql = sql/0001_negotiation.sql sql/0002_peers.sql
EXTRA_DIST += $(store_sql) scripts/sql2c.awk
BUILT_SOURCES += src/store/migrations.c
CLEANFILES += src/store/migrations.c
src/store/migrations.c: $(store_sql) scripts/sql2c.awk src/store/local.mk
	$(AM_V_GEN)$(MKDIR_P) src/store && \
	(cd $(srcdir) && $(AWK) -f scripts/sql2c.awk $(store_sql)) \
	    > $@.new && mv $@.new $@
