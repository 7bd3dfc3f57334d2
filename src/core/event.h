/* What the core reports while it works: see struct core_io. */
#ifndef VPLAM_CORE_EVENT_H
#define VPLAM_CORE_EVENT_H

struct core;
struct peer;

/* What happened, for the log, `vplamctl monitor` and the name resolver. */
enum core_event {
	EV_PEER_STATE,	  /* peer->state changed */
	EV_PEER_ENDPOINT, /* peer->path changed */
	EV_PEER_RTT,	  /* peer->rtt_us changed */
	EV_PEER_SESSION,  /* a handshake was completed */
	EV_PEER_DIAL,	  /* an initiation is about to be sent */
	EV_PEER_SILENT,	  /* live, and not heard for so long that it is asked */
	EV_PEER_RECURSION, /* a device gave what went to it as datagrams */
	EV_PEER_INSIDE,	   /* an endpoint of it is in the mesh: not used */
	EV_PEER_UNROUTED,  /* what it asks for covers an endpoint: no route */
	EV_PEER_CLASS,	   /* what it may do, or that its key is known now */
	EV_PEER_REVOKED,   /* its key is; it is not dialled any more */
	EV_PEER_GONE,	   /* taken out by the core, which had made it */
	EV_MESH_UP,	   /* a mesh daemon said HELLO; peer is NULL */
	EV_MESH_DOWN,	   /* it is gone; peer is NULL */
	EV_NEG_STATE,	   /* a link of the negotiation is in a new state */
	EV_NEG_DEMAND,	   /* a peer wants us to move; or what became of it */
	EV_NEG_MOVED,	   /* our own place has changed; peer is NULL */
	EV_NEG_STABLE,	   /* we are stable, or no more; peer is NULL */
};

/* To core_io.event, but nothing of peers on trial. */
void peer_event(struct core *c, enum core_event ev, const struct peer *p);

#endif
