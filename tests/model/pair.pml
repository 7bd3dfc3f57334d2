/*
 * The pairwise protocol of the negotiation: N daemons in a row or a ring of
 * links, places in which two claims overlap when they are equal, policy "auto",
 * rule "seed". README.md says what is left out and what the switches do.
 */
#ifndef N
#define N 2 /* daemons */
#endif
#ifndef A
#define A 4 /* places, 1 to A, at most 6 */
#endif
#if N == 2
#define L 1 /* links */
#elif defined(RING)
#define L N
#else
#define L (N - 1)
#endif
#ifndef DEATHS
#define DEATHS 0 /* of tunnels, in all */
#endif
#ifndef RESTARTS
#define RESTARTS 0 /* of daemons, in all */
#endif
#ifndef OUTSIDE
#define OUTSIDE 0 /* changes of place that nobody here asked for, in all */
#endif
#ifndef FAILS
#define FAILS 0 /* of mesh daemons at moving, in all */
#endif
#ifndef BUDGET
#define BUDGET 2 /* moves of one daemon */
#endif
#define ROUNDS 2 /* proposals in one go */

/*
 * A link has two sides; side s belongs to OWN(s), s ^ 1 is its other end. A
 * daemon has at most two: sib is the other one of the side in hand, or itself.
 */
#define S (2 * L)
#define OWN(s) (((s) / 2 + ((s) & 1)) % N)
#define PEER(s) OWN((s) ^ 1)
#define SIB(s) sib
#define HAS_SIB(s) (N > 2 && sib != (s))

/* Messages; a, b, k are what they carry. */
#define HELLO 1	  /* place, epoch and who dialled, known */
#define MOVED 2	  /* the same, to whom we have moved for */
#define VERDICT 3 /* kind, epoch that it is about, known (what is taken) */
#define PROPOSE 4 /* place, epoch */
#define ACCEPT 5  /* place */
#define REJECT 6  /* -, -, known */
#define BUSY 7
#define REFUSE 8
#define ABORT 9

#define COMPATIBLE 0
#define REHOOK_I 1
#define REHOOK_R 2
#define HOLD 3
#define DEFER 4
#define PARTIAL 5

/* States of a side. */
#define DOWN 0
#define HELLO_WAIT 1
#define VERDICT_WAIT 2
#define LOSE_ASK 3
#define MOVING 4
#define WIN_WAIT 5
#define RESERVED 6
#define BACKOFF 7
#define UP 8
#define PART 9
#define HELD 10

#define EV_NONE 0
#define EV_UP 1
#define EV_DOWN 2

byte addr[N];  /* of the daemon's gnode */
byte epoch[N]; /* +1 at each change */
byte moves[N];
byte gone[N]; /* mask: places that it has left */
byte mv[N];   /* where its mesh daemon is taking it, or 0 */
bit stable[N];

byte st[S];
byte paddr[S]; /* the other's place, 0: not known */
byte pep[S];
byte proute[S], pkept[S]; /* what it says of the third daemon's place */
bit rt[S];	   /* a route to paddr is there */
byte acc[S];	   /* RESERVED: what we have granted */
byte keep[S];	   /* a grant that outlives its state */
byte want[S];	   /* LOSE_ASK, MOVING: what we have proposed */
byte round[S];
bit dial[S], ini[S]; /* we opened it; we are I */
bit istab[S];	     /* R: I is stable and was known before */
byte ev[S];	     /* what the tunnel has yet to tell us */
bit alive[L];

byte deaths = DEATHS, restarts = RESTARTS, outside = OUTSIDE, fails = FAILS;

chan q[S] = [12] of { byte, byte, byte, byte }; /* towards side s */

/* Scratch: nothing in them outlives one step. */
hidden byte idx, sib, next, found, anew, knows;

#define LOSING(s) (st[s] == LOSE_ASK || st[s] == MOVING)
#define WINNING(s) (st[s] == WIN_WAIT || st[s] == RESERVED)
#define ROUTED(s) (st[s] == UP || st[s] == PART)
#define FINAL(s) (ROUTED(s) || st[s] == HELD)

/* The lock: what the other link does decides what this one may become. */
#ifdef NO_ROLE
#define MAY_LOSE(s) true
#define MAY_WIN(s) true
#else
#define MAY_LOSE(s) (!(HAS_SIB(s) && (LOSING(SIB(s)) || WINNING(SIB(s)))))
#define MAY_WIN(s) (!(HAS_SIB(s) && LOSING(SIB(s))))
#endif
#ifdef NO_VETO
#define VETO(d) false
#else
#define VETO(d) stable[d]
#endif

/* Of the third daemon: where our other link leads, what it has granted. */
#define KNOWN(s) knows
#define NAMES(k, p) ((k) / 8 == (p) || (k) % 8 == (p))

/* Takes side s in hand; o is the other one of its daemon, or itself. */
inline look(s, o)
{
	sib = o;
	knows = 0;
#if N > 2
	if
	:: sib != s && rt[sib] -> knows = 8 * paddr[sib]
	:: else
	fi;
#ifndef NO_RESERVE
	if
	:: sib != s && acc[sib] != 0 -> knows = knows + acc[sib]
	:: sib != s && acc[sib] == 0 -> knows = knows + keep[sib]
	:: else
	fi
#endif
#endif
}

/* Would a route of s overlap our own place or another route? */
#ifdef NO_OVERLAP_CHECK
#define BLOCKED(s) false
#else
#define BLOCKED(s)                                                         \
	(paddr[s] == addr[OWN(s)] || paddr[s] == 0 ||                      \
	    (HAS_SIB(s) && rt[SIB(s)] && paddr[SIB(s)] == paddr[s]))
#endif

/* A tunnel that is dead swallows what is sent. */
inline say(s, type, a, b, k)
{
	if
	:: alive[(s) / 2] && ev[(s) ^ 1] != EV_DOWN ->
		assert(nfull(q[(s) ^ 1]));
		q[(s) ^ 1]!type, a, b, k
	:: else
	fi
}

#define DESC(s) addr[OWN(s)], epoch[OWN(s)] * 2 + dial[s], KNOWN(s)

/* First come stays: what was in the way of the other link may be gone. */
inline reroute(s)
{
	rt[s] = ROUTED(s) && (rt[s] || !BLOCKED(s));
	if
	:: HAS_SIB(s) && ROUTED(sib) && !rt[sib] ->
		rt[sib] = paddr[sib] != addr[OWN(sib)] &&
		    !(rt[s] && paddr[s] == paddr[sib])
	:: else
	fi
}

/* Side s leaves its state, and what that state held goes with it. */
inline enter(s, to)
{
	if
	:: st[s] == MOVING && to != MOVING && mv[OWN(s)] != 0 ->
		if /* the mesh daemon is told to stop; it may be too late */
		:: mv[OWN(s)] = 0
		:: skip
		fi
	:: else
	fi;
	st[s] = to;
	acc[s] = (to == RESERVED -> acc[s] : 0);
	want[s] = (LOSING(s) -> want[s] : 0);
	round[s] = (LOSING(s) -> round[s] : 0)
}

#define TAKEN(s, k, p)                                                     \
	((p) > A || (p) == addr[OWN(s)] || (p) == paddr[s] ||              \
	    (gone[OWN(s)] & (1 << (p))) != 0 || NAMES(KNOWN(s), p) ||      \
	    NAMES(k, p))

/* We are to move: any place that nobody whom we heard of has. */
inline propose(s, k)
{
	if
	:: !TAKEN(s, k, 1) -> next = 1
	:: !TAKEN(s, k, 2) -> next = 2
	:: !TAKEN(s, k, 3) -> next = 3
	:: !TAKEN(s, k, 4) -> next = 4
	:: !TAKEN(s, k, 5) -> next = 5
	:: !TAKEN(s, k, 6) -> next = 6
	:: else -> next = 0
	fi;
	if
	:: next == 0 ->
		enter(s, HELD);
		say(s, REFUSE, 0, 0, 0)
	:: else ->
		enter(s, LOSE_ASK);
		want[s] = next;
		say(s, PROPOSE, want[s], epoch[OWN(s)], 0)
	fi
}

/* next: what the verdict leads to on this side. */
#define LOSE 20
inline verdict_said(s, k)
{
	if
	:: next == LOSE && (VETO(OWN(s)) || moves[OWN(s)] >= BUDGET) ->
		enter(s, HELD);
		say(s, REFUSE, 0, 0, 0)
	:: next == LOSE && !(VETO(OWN(s)) || moves[OWN(s)] >= BUDGET) &&
	   !MAY_LOSE(s) ->
		enter(s, BACKOFF);
		say(s, BUSY, 0, 0, 0)
	:: next == LOSE && !(VETO(OWN(s)) || moves[OWN(s)] >= BUDGET) &&
	   MAY_LOSE(s) ->
		enter(s, BACKOFF);
		propose(s, k)
	:: next == WIN_WAIT && !MAY_WIN(s) ->
		enter(s, BACKOFF);
		say(s, BUSY, 0, 0, 0)
	:: next != LOSE && !(next == WIN_WAIT && !MAY_WIN(s)) -> enter(s, next)
	fi
}

/* What R finds; both sides' words are there. */
#define OVERLAPS(s) (paddr[s] == addr[OWN(s)])
#define NEWCOMER(s) NAMES(KNOWN(s), paddr[s])
#define REVERSE(s) (proute[s] == addr[OWN(s)] || pkept[s] == addr[OWN(s)])
#define FOUND(s)                                                           \
	(OVERLAPS(s)                                                       \
		-> (!MAY_WIN(s)                                            \
			-> DEFER                                           \
			: (!istab[s] -> REHOOK_I                           \
				: (stable[OWN(s)] -> HOLD : REHOOK_R)))    \
		: (NEWCOMER(s)                                             \
			-> (istab[s] -> PARTIAL                            \
				: (MAY_WIN(s) -> REHOOK_I : DEFER))        \
			: (REVERSE(s) -> PARTIAL : COMPATIBLE)))
#define LEADS(k, loses, wins)                                              \
	(k == COMPATIBLE -> UP                                             \
		: (k == PARTIAL -> PART                                    \
			: (k == HOLD -> HELD                               \
				: (k == DEFER -> BACKOFF                   \
					: (k == loses -> LOSE : wins)))))

/* All of it anew, with the descriptors that are there. */
inline begin(s)
{
	if
	:: st[s] == MOVING -> skip /* the end of it is looked at */
	:: st[s] != MOVING && paddr[s] == 0 -> enter(s, HELLO_WAIT)
	:: st[s] != MOVING && paddr[s] != 0 && ini[s] -> enter(s, VERDICT_WAIT)
	:: st[s] != MOVING && paddr[s] != 0 && !ini[s] ->
		found = FOUND(s);
		say(s, VERDICT, found, pep[s], KNOWN(s));
		next = LEADS(found, REHOOK_R, WIN_WAIT);
		verdict_said(s, (proute[s] * 8 + pkept[s]))
	fi
}

/* A descriptor: place a, b = epoch and who dialled, known k. */
inline on_hello(s, a, b, k)
{
	anew = (paddr[s] == 0 || pep[s] != b / 2);
	rt[s] = rt[s] && paddr[s] == a;
#ifdef NO_CROSSING
	ini[s] = (paddr[s] == 0 -> dial[s] : ini[s]);
#else
	/* Who has not dialled is R; if both have, the smaller is I. */
	ini[s] = (paddr[s] == 0 -> dial[s] && !((b & 1) && PEER(s) < OWN(s))
				: ini[s]);
#endif
	paddr[s] = a;
	pep[s] = b / 2;
	proute[s] = (k) / 8;
	pkept[s] = (k) % 8;
	keep[s] = (anew -> 0 : keep[s]);
	if
	:: anew || (FINAL(s) && !ini[s]) || (!FINAL(s) && st[s] != RESERVED) ->
		begin(s)
	:: else
	fi
}

inline on_verdict(s, a, b, k)
{
	if
	:: b == epoch[OWN(s)] && ini[s] &&
	   (st[s] == VERDICT_WAIT || st[s] == BACKOFF || FINAL(s)) ->
		/* Nobody honest is punished: there is such an overlap. */
		assert(a != REHOOK_I || OVERLAPS(s) ||
		    NAMES(k, addr[OWN(s)]));
		next = LEADS(a, REHOOK_I, WIN_WAIT);
		verdict_said(s, k)
	:: else /* about what we were, or late */
	fi
}

inline on_propose(s, a, b)
{
	if
	:: (st[s] == WIN_WAIT || st[s] == RESERVED || st[s] == BACKOFF ||
	       st[s] == PART || st[s] == HELD) && MAY_WIN(s) ->
		assert(b == pep[s]); /* nor for this */
		if
		:: NAMES(KNOWN(s), a) || a == addr[OWN(s)] ->
			say(s, REJECT, 0, 0, KNOWN(s))
		:: else ->
			enter(s, RESERVED);
			acc[s] = a;
			keep[s] = 0;
			say(s, ACCEPT, a, 0, 0)
		fi
	:: else -> say(s, BUSY, 0, 0, 0)
	fi
}

inline handle(s, type, a, b, k)
{
	if
	:: type == HELLO || type == MOVED -> on_hello(s, a, b, k)
	:: type == VERDICT -> on_verdict(s, a, b, k)
	:: type == PROPOSE -> on_propose(s, a, b)
	:: type == ACCEPT && st[s] == LOSE_ASK && want[s] == a ->
		st[s] = MOVING;
		moves[OWN(s)]++;
		mv[OWN(s)] = a
	:: type == REJECT && st[s] == LOSE_ASK && round[s] + 1 < ROUNDS ->
		round[s]++;
		propose(s, k)
	:: type == REJECT && st[s] == LOSE_ASK && round[s] + 1 >= ROUNDS ->
		enter(s, BACKOFF)
	:: type == BUSY && (st[s] == WIN_WAIT || st[s] == LOSE_ASK) ->
		enter(s, BACKOFF)
	:: type == REFUSE && (WINNING(s) || st[s] == LOSE_ASK) ->
		enter(s, HELD)
	:: type == ABORT && WINNING(s) ->
		/* The move may still come to pass. */
		keep[s] = (acc[s] != 0 -> acc[s] : keep[s]);
		enter(s, BACKOFF)
	:: else /* late, and what follows repairs it */
	fi;
	reroute(s)
}

/* The daemon is at p now: this side of it is told, and judged anew. */
inline replaced(s, d, p)
{
	rt[s] = rt[s] && paddr[s] != p;
	if
	:: st[s] == DOWN
#ifdef NO_HELLO_ALL
	:: st[s] != DOWN && !LOSING(s)
	:: LOSING(s) ->
#else
	:: else ->
#endif
		if
		:: st[s] == MOVING && mv[d] == p -> say(s, MOVED, DESC(s))
		:: else ->
			if
			:: LOSING(s) -> say(s, ABORT, 0, 0, 0)
			:: else
			fi;
			say(s, HELLO, DESC(s))
		fi;
		st[s] = (LOSING(s) -> HELLO_WAIT : st[s]);
		want[s] = 0;
		begin(s)
	fi
}

inline own_place(d, p, sa, sb)
{
	gone[d] = gone[d] | (1 << addr[d]);
	addr[d] = p;
	epoch[d]++;
	/* The loser's side first: it frees the role for the other one. */
	idx = (LOSING(sb) -> sb : sa);
	look(idx, (sa + sb - idx));
	replaced(idx, d, p);
	if
	:: sa != sb ->
		idx = (idx == sa -> sb : sa);
		look(idx, (sa + sb - idx));
		replaced(idx, d, p)
	:: else
	fi;
	mv[d] = 0;
	reroute(idx)
}

inline link_down(s)
{
	ev[s] = EV_NONE;
#ifdef KEEP_ON_DOWN
	st[s] = DOWN;
#else
	rt[s] = 0;
	enter(s, DOWN);
#endif
	paddr[s] = 0;
	pep[s] = 0;
	proute[s] = 0;
	pkept[s] = 0;
	ini[s] = 0;
	reroute(s)
}

/*
 * Whoever waits for an answer gives up one day, and a back-off ends. In a
 * proof of safety that may be at any moment. In one of termination it is only
 * when nothing else can happen, and back-offs last: they are drawn at random
 * and grow, so that one day each of them is alone.
 */
#define WAITS(s)                                                           \
	(st[s] == VERDICT_WAIT || LOSING(s) || WINNING(s) || keep[s] != 0)
#define EMPTY(s) (len(q[s]) == 0 && ev[s] == EV_NONE)
#if L == 1
#define EACH(what) (what(0) && what(1))
#define LIVE alive[0]
#elif L == 2
#define EACH(what) (what(0) && what(1) && what(2) && what(3))
#define LIVE (alive[0] && alive[1])
#else
#define EACH(what)                                                         \
	(what(0) && what(1) && what(2) && what(3) && what(4) && what(5))
#define LIVE (alive[0] && alive[1] && alive[2])
#endif
#if N == 2
#define AT_HOME (mv[0] == 0 && mv[1] == 0)
#else
#define AT_HOME (mv[0] == 0 && mv[1] == 0 && mv[2] == 0)
#endif
#define NOT_WAITS(s) (!WAITS(s))
#ifdef NO_RETRY
#define NOT_BACK(s) true /* nothing will ever end one */
#else
#define NOT_BACK(s) (st[s] != BACKOFF)
#endif
#define STILL (EACH(EMPTY) && LIVE && AT_HOME)

#define ROOM(s) (len(q[s]) + len(q[(s) ^ 1]) < 2)
#ifdef TERMINATION
#define MAY_GIVE_UP(s) STILL
#else
#define MAY_GIVE_UP(s) ROOM(s)
#endif
#if defined(TERMINATION) && !defined(LOCKSTEP)
#define MAY_WAKE(s) (STILL && EACH(NOT_WAITS))
#else
#define MAY_WAKE(s) ROOM(s)
#endif

inline give_up(s)
{
	keep[s] = 0;
	if
	:: st[s] == MOVING -> say(s, ABORT, 0, 0, 0)
	:: else
	fi;
	if
	:: st[s] == VERDICT_WAIT || LOSING(s) || WINNING(s) ->
		enter(s, BACKOFF)
	:: else
	fi
}

/* What must hold after every step; numbers are those of the specification. */
inline check_side(s, o)
{
	/* 2: never both losers of one link, never two roles. */
	assert(!(LOSING(s) && LOSING((s) ^ 1)));
	assert(!(o != s && LOSING(s) && (LOSING(o) || WINNING(o))));
	/* 6: routes overlap nothing. */
	assert(!rt[s] || paddr[s] != addr[OWN(s)]);
	assert(!(o != s && rt[s] && rt[o] && paddr[s] == paddr[o]));
	/* 11: a dead tunnel leaves nothing. */
	assert(st[s] != DOWN || (!rt[s] && acc[s] == 0));
	assert(acc[s] == 0 || st[s] == RESERVED);
	/* 5: what is granted to one is granted to no other. */
	assert(!(o != s && acc[s] != 0 &&
	    (acc[s] == acc[o] || acc[s] == keep[o])))
}

/* 7, 8: when nothing is left to happen all is settled, at both ends alike. */
#ifdef CONVERGES
#define GOOD(s) (st[s] == UP || st[s] == PART)
#else
#define GOOD(s) FINAL(s)
#endif
#define NEXT(s) (((s) & 1) -> ((s) + 1) % S : ((s) + S - 1) % S)
#define SHADED(s)                                                          \
	(OWN(NEXT(s)) == OWN(s) && rt[NEXT(s)] && paddr[NEXT(s)] == paddr[s])
#define RIGHT(s)                                                           \
	(GOOD(s) && st[s] == st[(s) ^ 1] && paddr[s] == addr[PEER(s)] &&   \
	    (st[s] != UP || paddr[s] != addr[OWN(s)]) &&                   \
	    (!ROUTED(s) || rt[s] || paddr[s] == addr[OWN(s)] || SHADED(s)))

inline check(s, o)
{
	check_side(s, o);
	check_side(o, s);
	if
	:: STILL && EACH(NOT_WAITS) && EACH(NOT_BACK) ->
		idx = 0;
		do
		:: idx < S -> assert(RIGHT(idx)); idx++
		:: else -> break
		od
	:: else
	fi
}

#define COMES(s) (len(q[s]) > 0 && st[s] != DOWN && ev[s] == EV_NONE)

proctype daemon(byte d; byte s0; byte s1)
{
	byte s, type, a, b, k;
end:
	do
	:: atomic {
		COMES(s0) || COMES(s1) ->
		if
		:: COMES(s0) -> s = s0
		:: s1 != s0 && COMES(s1) -> s = s1
		fi;
		look(s, (s0 + s1 - s));
		q[s]?type, a, b, k;
		handle(s, type, a, b, k);
		check(s0, s1);
		s = 0; type = 0; a = 0; b = 0; k = 0
	   }
	:: atomic {
		ev[s0] != EV_NONE || ev[s1] != EV_NONE ->
		s = (ev[s0] != EV_NONE -> s0 : s1);
		look(s, (s0 + s1 - s));
		if
		:: ev[s] == EV_UP ->
			ev[s] = EV_NONE;
			st[s] = HELLO_WAIT;
			say(s, HELLO, DESC(s))
		:: else -> link_down(s)
		fi;
		check(s0, s1);
		s = 0
	   }
	:: atomic {
		mv[d] != 0 ->
		if
		:: true ->
			assert(!stable[d]); /* 3 */
			a = mv[d];
			own_place(d, a, s0, s1)
		:: fails > 0 ->
			fails--;
			mv[d] = 0;
			s = (st[s0] == MOVING -> s0 : s1);
			look(s, (s0 + s1 - s));
			if
			:: st[s] == MOVING ->
				say(s, ABORT, 0, 0, 0);
				enter(s, BACKOFF);
				reroute(s)
			:: else
			fi
		fi;
		check(s0, s1);
		s = 0; a = 0
	   }
	:: atomic {
		(WAITS(s0) && MAY_GIVE_UP(s0)) ||
		    (WAITS(s1) && MAY_GIVE_UP(s1)) ->
		if
		:: WAITS(s0) && MAY_GIVE_UP(s0) -> s = s0
		:: s1 != s0 && WAITS(s1) && MAY_GIVE_UP(s1) -> s = s1
		fi;
		look(s, (s0 + s1 - s));
		give_up(s);
		reroute(s);
		check(s0, s1);
		s = 0
	   }
#ifndef NO_RETRY
	:: atomic {
		(st[s0] == BACKOFF && MAY_WAKE(s0)) ||
		    (st[s1] == BACKOFF && MAY_WAKE(s1)) ->
		if
		:: st[s0] == BACKOFF && MAY_WAKE(s0) -> s = s0
		:: s1 != s0 && st[s1] == BACKOFF && MAY_WAKE(s1) -> s = s1
		fi;
		look(s, (s0 + s1 - s));
		if
		:: ini[s] -> say(s, HELLO, DESC(s))
		:: else
		fi;
		begin(s);
		reroute(s);
		check(s0, s1);
		s = 0
	   }
#endif
	od
}

/* What was under way is lost; each end hears of the death in its own time. */
inline cut(l)
{
	alive[l] = 0;
	idx = 2 * (l);
	do
	:: idx < 2 * (l) + 2 ->
		do
		:: len(q[idx]) > 0 -> q[idx]?_, _, _, _
		:: else -> break
		od;
		ev[idx] = (st[idx] == DOWN -> EV_NONE : EV_DOWN);
		idx++
	:: else -> break
	od
}

/* Killed and started: its grants were saved, the rest is forgotten. */
inline restart(d)
{
	next = 0;
	do
	:: next < S && OWN(next) == (d) ->
		keep[next] = (acc[next] != 0 -> acc[next] : keep[next]);
		if
		:: alive[next / 2] -> cut(next / 2)
		:: else
		fi;
		ev[next] = EV_NONE;
		st[next] = DOWN;
		rt[next] = 0; acc[next] = 0; want[next] = 0; round[next] = 0;
		paddr[next] = 0; pep[next] = 0; proute[next] = 0; pkept[next] = 0;
		ini[next] = 0;
		next++
	:: next < S && OWN(next) != (d) -> next++
	:: else -> break
	od
}

#define DEAD(l)                                                            \
	(!alive[l] && st[2 * (l)] == DOWN && st[2 * (l) + 1] == DOWN &&    \
	    ev[2 * (l)] == EV_NONE && ev[2 * (l) + 1] == EV_NONE)

/* Tunnels come and go, daemons restart, gnodes change by themselves. */
proctype world()
{
	byte l, p;
end:
	do
	:: atomic {
		if
		:: DEAD(0) -> l = 0
#if L > 1
		:: DEAD(1) -> l = 1
#endif
#if L > 2
		:: DEAD(2) -> l = 2
#endif
		fi;
		alive[l] = 1;
		if
		:: dial[2 * l] = 1; dial[2 * l + 1] = 0
		:: dial[2 * l] = 0; dial[2 * l + 1] = 1
		:: dial[2 * l] = 1; dial[2 * l + 1] = 1 /* both at once */
		fi;
		ev[2 * l] = EV_UP;
		ev[2 * l + 1] = EV_UP;
		l = 0
	   }
	:: atomic {
		if
		:: deaths > 0 && alive[0] -> l = 0
#if L > 1
		:: deaths > 0 && alive[1] -> l = 1
#endif
#if L > 2
		:: deaths > 0 && alive[2] -> l = 2
#endif
		fi;
		deaths--;
		cut(l);
		l = 0
	   }
	:: atomic {
		restarts > 0 ->
		restarts--;
		if
		:: p = 0
		:: p = 1
#if N > 2
		:: p = 2
#endif
		fi;
		restart(p);
		p = 0
	   }
#if N == 2
	:: atomic {
		outside > 0 ->
		outside--;
		if
		:: l = 0
		:: l = 1
		fi;
		p = (addr[l] == 1 -> 2 : 1);
		own_place(l, p, l, l);
		l = 0; p = 0
	   }
#endif
	od
}

init
{
	atomic {
		idx = 0;
		do
		:: idx < N ->
			if
			:: addr[idx] = 1
#ifndef ALIKE
			:: addr[idx] = 2
#endif
			fi;
#ifdef STABLE
			if
			:: stable[idx] = 0
			:: stable[idx] = 1
			fi;
#endif
			epoch[idx] = 1;
			idx++
		:: else -> break
		od;
#ifdef STABLE
		idx = 0;
		do
		:: idx < S ->
			if
			:: stable[PEER(idx)] -> istab[idx] = 1
			:: true
			fi;
			idx++
		:: else -> break
		od;
#endif
#if N == 2
		run daemon(0, 0, 0);
		run daemon(1, 1, 1);
#elif L == 2
		run daemon(0, 0, 0);
		run daemon(1, 1, 2);
		run daemon(2, 3, 3);
#else
		run daemon(0, 0, 5);
		run daemon(1, 1, 2);
		run daemon(2, 3, 4);
#endif
		run world()
	}
}
