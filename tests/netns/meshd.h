/* The parts of meshd: its state, its links, and what it does with packets. */
#ifndef VPLAM_TESTS_NETNS_MESHD_H
#define VPLAM_TESTS_NETNS_MESHD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/heap.h"
#include "tests/netns/ledger.h"
#include "tests/tool.h"
#include "wire/mesh.h"

#define NEIGHBOURS_MAX 16
#define JOBS_MAX 64
#define PEERS_MAX 256
#define TO_VPLAMAD NEIGHBOURS_MAX

enum outcome { SENT, FULL, GONE };

/* A command under way or done: ids first to first + done - 1 were sent. */
struct job {
	bool flood;
	uint64_t first, count, done;
	double rate; /* a second */
	size_t size;
	struct mono start;
};

struct peer {
	uint32_t id;
	char name[MESH_TEXT_MAX + 1];
};

struct meshd {
	const char *name, *socket, *folder, *out;
	const char *neighbour[NEIGHBOURS_MAX];
	size_t neighbours;
	bool keyed, handback, replay;
	uint64_t hop_us;

	int vplamad; /* descriptor, or -1 */
	bool ready;  /* HELLO went both ways */
	struct mono reconnect;
	int mesh;
	struct peer peer[PEERS_MAX];
	size_t peers;

	struct heap items;
	struct job job[JOBS_MAX];
	size_t jobs;
	uint64_t next_id;
	struct ledger ledger;
	struct {
		uint64_t handed;  /* records given to vplamad */
		uint64_t unsent;  /* not given: not connected, or full */
		uint64_t flooded; /* datagrams given to neighbours */
		uint64_t failed;  /* not given */
		uint64_t bad;	  /* got and not understood */
	} n;
	struct tool_input input;
	bool quit;
	uint8_t in[MESH_RECORD_MAX + 1], body[MESH_BODY_MAX],
	    rec[MESH_RECORD_MAX];
};

/* Starts a line of events; the caller ends it. */
void event(const char *what);

/* link.c: the sockets. Both return at once. */
void mesh_open(struct meshd *md);
void mesh_close(struct meshd *md);
void mesh_read(struct meshd *md);
enum outcome mesh_try(
    struct meshd *md, size_t to, const uint8_t *p, size_t len);
void vplamad_open(struct meshd *md);
void vplamad_read(struct meshd *md);
enum outcome vplamad_try(struct meshd *md, const uint8_t *p, size_t len);

/*
 * meshpass.c: what becomes of a packet. from is a neighbour, TO_VPLAMAD, or any
 * other number for somebody who is not known.
 */
void on_packet(struct meshd *md, const uint8_t *p, size_t len, size_t from);
void send_items(struct meshd *md, struct mono now);
void items_drop(struct meshd *md);
bool job_start(
    struct meshd *md, bool flood, double count, double rate, size_t size);

/* Does what is due; returns when there is more to do. */
struct mono job_run(struct meshd *md, struct job *j, struct mono now);

#endif
