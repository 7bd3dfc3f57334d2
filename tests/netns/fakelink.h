/*
 * What the scripted ntkd does to the machine: addresses and routes of its
 * interface, sockets on port 269, and packets over a connection, each with a
 * time limit.
 */
#ifndef VPLAM_TESTS_FAKELINK_H
#define VPLAM_TESTS_FAKELINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ntkd-shim/ntk.h"

#define FAKE_PORT 269
#define FAKE_TEXT 16 /* bytes that an address as text fits */

struct fakelink {
	const char *dev;
	enum ntk_wire wire;
	int radar; /* datagrams to port 269 */
	int shout; /* broadcasts, from another port */
	int listener;
};

/* A connection, and what of the next packet has come. */
struct fakeconn {
	int fd; /* -1: none */
	uint32_t peer;
	size_t len;
	uint8_t buf[NTK_PACKET_MAX];
};

const char *fake_text(uint32_t ip, char buf[static FAKE_TEXT]);
uint32_t fake_ip(const char *text); /* ends the program when it is none */

/* Runs ip(8); what fails is only logged. */
void fake_ip_cmd(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

void fakelink_open(struct fakelink *l, const char *dev, enum ntk_wire wire);

/* As ntkd does: down, all flushed, the address with the class's mask, up. */
void fakelink_address(const struct fakelink *l, uint32_t ip);

/* A packet without body, or with one. Returns its length. */
size_t fake_packet(const struct fakelink *l, uint8_t op, uint8_t flags,
    uint32_t id, const uint8_t *body, size_t len, uint8_t *out, size_t max);

bool fakelink_shout(const struct fakelink *l, const uint8_t *p, size_t len);
bool fakelink_say(
    const struct fakelink *l, uint32_t to, const uint8_t *p, size_t len);

/* Connects from our address and reads the greeting; false: it failed. */
bool fakeconn_open(struct fakeconn *c, const struct fakelink *l, uint32_t from,
    uint32_t to, int ms);
void fakeconn_close(struct fakeconn *c);
bool fakeconn_send(const struct fakeconn *c, const uint8_t *p, size_t len);

/* The next packet within ms, borrowed until the next call; NULL: none came. */
const uint8_t *fakeconn_next(
    struct fakeconn *c, const struct fakelink *l, int ms, size_t *ret_len);

/* False: the connection has ended. Without waiting. */
bool fakeconn_poll(struct fakeconn *c, const struct fakelink *l,
    const uint8_t **ret, size_t *ret_len);

#endif
