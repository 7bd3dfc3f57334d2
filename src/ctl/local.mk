noinst_LIBRARIES += src/ctl/libctl.a
src_ctl_libctl_a_SOURCES = \
	src/ctl/book.c src/ctl/book.h \
	src/ctl/call.h \
	src/ctl/cmd.c \
	src/ctl/cmd_daemon.c \
	src/ctl/cmd_entry.c \
	src/ctl/cmd_explain.c \
	src/ctl/cmd_fwd.c \
	src/ctl/cmd_identity.c \
	src/ctl/cmd_mtu.c \
	src/ctl/cmd_peer.c \
	src/ctl/cmd_rehook.c \
	src/ctl/cmd_show.c \
	src/ctl/ctl.h \
	src/ctl/event.c \
	src/ctl/json.c src/ctl/json.h \
	src/ctl/neg.c src/ctl/neg.h
