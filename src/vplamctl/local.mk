# All but main(), for the unit tests.
noinst_LIBRARIES += src/vplamctl/libvplamctl.a
src_vplamctl_libvplamctl_a_SOURCES = \
	src/vplamctl/ask.c src/vplamctl/ask.h \
	src/vplamctl/cli.h \
	src/vplamctl/cli_connect.c \
	src/vplamctl/cli_ctl.c \
	src/vplamctl/cli_entry.c \
	src/vplamctl/cli_join.c \
	src/vplamctl/cli_key.c \
	src/vplamctl/cli_revoke.c \
	src/vplamctl/cli_verify.c \
	src/vplamctl/client.c src/vplamctl/client.h \
	src/vplamctl/get.c \
	src/vplamctl/human.c src/vplamctl/human.h \
	src/vplamctl/invite.c src/vplamctl/invite.h \
	src/vplamctl/join.h \
	src/vplamctl/jointext.c src/vplamctl/jointext.h \
	src/vplamctl/out.h \
	src/vplamctl/out_dump.c \
	src/vplamctl/out_entry.c src/vplamctl/out_entry.h \
	src/vplamctl/out_json.c \
	src/vplamctl/out_neg.c src/vplamctl/out_neg.h \
	src/vplamctl/out_text.c \
	src/vplamctl/pen.c src/vplamctl/pen.h \
	src/vplamctl/conffile.c src/vplamctl/conffile.h

bin_PROGRAMS += vplamctl
vplamctl_SOURCES = src/vplamctl/main.c
vplamctl_LDADD = \
	src/vplamctl/libvplamctl.a \
	src/crypto/libcrypto.a src/crypto/libkx.a \
	src/wire/libwire.a src/base/libbase.a \
	$(SODIUM_LIBS) $(JSON_LIBS) $(QRENCODE_LIBS)

bashcompletiondir = $(datadir)/bash-completion/completions
bashcompletion_DATA = src/vplamctl/completion/vplamctl
CLEANFILES += src/vplamctl/completion/vplamctl
EXTRA_DIST += src/vplamctl/vplamctl.bash-completion

# The name that bash looks for is also that of the program.
src/vplamctl/completion/vplamctl: src/vplamctl/vplamctl.bash-completion
	$(AM_V_GEN)$(MKDIR_P) src/vplamctl/completion && \
		cp $(srcdir)/src/vplamctl/vplamctl.bash-completion $@

dist_man_MANS += doc/vplamctl.1
