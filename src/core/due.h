/* What a peer waits for: one deadline for each purpose. */
#ifndef VPLAM_CORE_DUE_H
#define VPLAM_CORE_DUE_H

/* One per purpose; MONO_NEVER when off. Only core/timers.c sets them. */
enum timer {
	TM_DIAL,      /* next initiation */
	TM_RACE,      /* the same to the next address */
	TM_CONFIRM,   /* first packet of a session again, until answered */
	TM_REKEY,     /* current session wants a successor */
	TM_REJECT,    /* current session is too old to use */
	TM_KEEPALIVE, /* data came and we said nothing since */
	TM_PERSIST,   /* NAT binding wants to be kept */
	TM_SILENCE,   /* nothing heard: ask */
	TM_PROBE,     /* ask again, or give up */
	TM_PATH,      /* end of a path check */
	TM_FRAG,      /* oldest unfinished whole */
	TM_MTU,	      /* next step in finding the path's MTU */
	TM_TRIAL,     /* has it proven itself by now? */
	TM_TELL,      /* next of what is told to it */
	TM_LINE,      /* our line has changed: is it reached? */
	TIMERS
};

#endif
