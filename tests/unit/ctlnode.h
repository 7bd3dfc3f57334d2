/* Nodes for the tests of ctl: real cores in one process, with a host. */
#ifndef VPLAM_TESTS_UNIT_CTLNODE_H
#define VPLAM_TESTS_UNIT_CTLNODE_H

#include "ctl/ctl.h"

#define QUEUE 512
#define STEP_US (50 * MONO_MS) /* of live_on() */
#define PEER_ENDPOINT_B "192.0.2.2:7469"

struct datagram {
	struct addr to;
	size_t len;
	uint8_t p[2048];
};

/* A node: a core of its own, what it sent, and what its host did. */
struct node {
	struct core core;
	struct ctl_host host;
	struct ctl ctl;
	struct arena mem;
	struct turn t;
	struct addr addr; /* 192.0.2.number:7469 */
	struct datagram *queue[QUEUE];
	unsigned n_queue;

	const char *names; /* JSON that peer_names() gives, or NULL */
	bool in_file;	   /* peers have a file and a line */
	bool stopped, reload_fails;
	bool reload_refuses;
	char added[256]; /* endpoints of the last peer added, each with ";" */
};

/* What a group of tests with nodes sets up first, as cmocka wants it. */
int ctlnode_start(void **state);

void node_init(struct node *n, uint8_t number, uint8_t suites);
void node_fini(struct node *n);
void node_clear(struct node *n); /* loses what was sent */
struct peer *add_peer(struct node *n, const char *name, const uint8_t *ed_pk);

/* Nodes 1 and 2; a has peer "b", and b, if it knows a, peer "a". */
void pair_init(struct node *a, struct node *b, bool b_knows_a);
void dial(struct node *a, const struct node *b);
void mesh_hello(struct node *n); /* a mesh daemon connects */

/* Hands over what was sent; keep (NULL: all) may lose some. */
void deliver(
    struct node *from, struct node *to, bool (*keep)(const uint8_t *p));

/* Time passes, for one, or for both while their datagrams travel. */
void pass(struct node *n, uint64_t us);
void live_on(struct node *a, struct node *b, unsigned seconds,
    bool (*keep_to_a)(const uint8_t *p));

/* The whole reply; and the result of a command that has to work. */
struct json_object *ask(
    struct node *n, enum ctl_role role, const char *line, size_t len);
struct json_object *result(struct node *n, const char *line);

/* A member that has to be there. */
struct json_object *get(struct json_object *o, const char *name);
const char *get_text(struct json_object *o, const char *name);

#endif
