/*
 * The pairwise protocol of the negotiation: N daemons on a row or in a ring of
 * links, an address space of A places in which two claims overlap when they are
 * equal, policy "auto", rule "seed". What is left out and how the switches
 * work: README.md.
 */
#ifndef N
#define N 2 /* daemons */
#endif
#ifndef A
#define A 4 /* places, 1 to A, at most 7 */
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
#define OUTSIDE 0 /* address changes that nobody here asked for, in all */
#endif
#ifndef FAILS
#define FAILS 0 /* of mesh daemons at moving */
#endif
#ifndef BUDGET
#define BUDGET 2 /* moves of one daemon */
#endif
#define ROUNDS 2 /* proposals in one go */

/* A link has two sides; side s belongs to OWN(s), s ^ 1 is its other one. */
#define S (2 * L)
#define OWN(s) (((s) / 2 + ((s) & 1)) % N)
#define PEER(s) OWN((s) ^ 1)

/* Messages; a, b, k are what they carry. */
#define HELLO 1	  /* place, epoch and who dialled, known */
#define MOVED 2	  /* the same, to whom we have moved for */
#define VERDICT 3 /* kind, epoch that it is about, known (the taken paths) */
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

#define IDLE 0
#define LOSER 1
#define WINNER 2

#define EV_NONE 0
#define EV_UP 1
#define EV_DOWN 2

byte addr[N];  /* of the daemon's gnode */
byte epoch[N]; /* +1 at each change */
byte role[N];
byte moves[N];
byte gone[N]; /* mask: places that it has left */
byte mv[N];   /* where its mesh daemon is taking it, or 0 */
bit stable[N];

byte st[S];
byte paddr[S]; /* the other's place, 0: unknown */
byte pep[S];
int pk[S];    /* what the other knows */
bit rt[S];    /* a route to paddr is there */
byte acc[S];  /* RESERVED: what we have granted */
byte keep[S]; /* a grant of an earlier life */
byte want[S]; /* LOSE_ASK, MOVING: what we have proposed */
byte round[S];
bit dial[S], ini[S]; /* we opened it; we are I */
bit istab[S];	     /* R: I is stable and was known before */
byte ev[S];	     /* what the tunnel has yet to tell us */
bit alive[L];

byte deaths = DEATHS, restarts = RESTARTS, outside = OUTSIDE, fails = FAILS;

chan q[S] = [12] of { byte, byte, byte, int }; /* towards side s */

/* Scratch: nothing in them outlives one step. */
hidden byte i, i0, j, x, y, kind;
hidden int kn;
hidden byte hit;

/* Known sets: for each daemon a routed and a reserved place, 3 bits each. */
#define K_ROUTE(k, n) (((k) >> (3 * (n))) & 7)
#define K_KEPT(k, n) (((k) >> (9 + 3 * (n))) & 7)
#define K_NAMES(k, n, p) (K_ROUTE(k, n) == (p) || K_KEPT(k, n) == (p))

/* kn = all that side s may tell: of everybody but the other end. */
inline known(s)
{
	kn = 0;
#if N > 2
	j = 0;
	do
	:: j < S && OWN(j) == OWN(s) && j != s ->
		if
		:: rt[j] -> kn = kn | (paddr[j] << (3 * PEER(j)))
		:: else
		fi;
		x = (acc[j] != 0 -> acc[j] : keep[j]);
#ifndef NO_RESERVE
		kn = kn | (x << (9 + 3 * PEER(j)));
#endif
		j++
	:: j < S && !(OWN(j) == OWN(s) && j != s) -> j++
	:: else -> break
	od
#endif
}

/* hit: does the set k place somebody but daemons m and n at p? */
inline names(k, p, m, n)
{
	hit = 0;
#if N > 2
	j = 0;
	do
	:: j < N && j != m && j != n && K_NAMES(k, j, p) -> hit = 1; break
	:: j < N && !(j != m && j != n && K_NAMES(k, j, p)) -> j++
	:: else -> break
	od
#endif
}

#define LOSING(s) (st[s] == LOSE_ASK || st[s] == MOVING)
#define WINNING(s) (st[s] == WIN_WAIT || st[s] == RESERVED)
#define FINAL(s) (st[s] == UP || st[s] == PART || st[s] == HELD)
#define ROUTED(s) (st[s] == UP || st[s] == PART)

/* A tunnel that is dead swallows what is sent; twelve under way are enough. */
inline say(s, type, a, b, k)
{
	if
	:: alive[(s) / 2] && ev[(s) ^ 1] != EV_DOWN ->
		assert(nfull(q[(s) ^ 1]));
		q[(s) ^ 1]!type, a, b, k
	:: else
	fi
}

inline say_desc(s, type)
{
	known(s);
	say(s, type, addr[OWN(s)], epoch[OWN(s)] * 2 + dial[s], kn)
}

/* hit: would a route of s overlap our own place or another route? */
inline blocked(s)
{
	hit = (paddr[s] == addr[OWN(s)] || paddr[s] == 0);
	j = 0;
	do
	:: j < S && j != s && OWN(j) == OWN(s) && rt[j] &&
	   paddr[j] == paddr[s] -> hit = 1; break
	:: j < S && !(j != s && OWN(j) == OWN(s) && rt[j] &&
	   paddr[j] == paddr[s]) -> j++
	:: else -> break
	od
#ifdef NO_OVERLAP_CHECK
	hit = 0
#endif
}

/* Routes of d that were in the way of each other: first come stays. */
inline reroute(d)
{
	y = 0;
	do
	:: y < S && OWN(y) == (d) && ROUTED(y) && !rt[y] ->
		blocked(y);
		rt[y] = !hit;
		y++
	:: y < S && !(OWN(y) == (d) && ROUTED(y) && !rt[y]) -> y++
	:: else -> break
	od
}

/* The role follows from what the links still do. */
inline drop_role(d)
{
	kind = IDLE;
	j = 0;
	do
	:: j < S && OWN(j) == (d) && LOSING(j) -> kind = LOSER; j++
	:: j < S && OWN(j) == (d) && WINNING(j) -> kind = WINNER; j++
	:: j < S && !(OWN(j) == (d) && (LOSING(j) || WINNING(j))) -> j++
	:: else -> break
	od;
	role[d] = kind
}

/* Side s leaves its state; what that state held goes with it. */
inline enter(s, to)
{
	if
	:: rt[s] && to != UP && to != PART && to != HELLO_WAIT &&
	   to != VERDICT_WAIT -> rt[s] = 0
	:: else
	fi;
	if
	:: st[s] == MOVING && to != MOVING && mv[OWN(s)] != 0 ->
		/* The mesh daemon is told to stop; it may be too late. */
		if
		:: mv[OWN(s)] = 0
		:: skip
		fi
	:: else
	fi;
	st[s] = to;
	if
	:: to != RESERVED -> acc[s] = 0
	:: else
	fi;
	if
	:: to != LOSE_ASK && to != MOVING -> want[s] = 0; round[s] = 0
	:: else
	fi;
	drop_role(OWN(s));
	reroute(OWN(s))
}

/* Side s is the loser: looks for a place that nobody it heard of has. */
#define TRY(p)                                                             \
	(p) <= A && (p) != addr[OWN(s)] && (p) != paddr[s] &&              \
	    (gone[OWN(s)] & (1 << (p))) == 0 && (x & (1 << (p))) == 0

inline pick(s, k)
{
	/* x: mask of what is taken. */
	known(s);
	x = 0;
	j = 0;
	do
	:: j < N ->
		x = x | (j != PEER(s) -> 1 << K_ROUTE(kn, j) : 0) |
		    (1 << K_KEPT(kn, j)) |
		    (j != OWN(s) -> (1 << K_ROUTE(k, j)) | (1 << K_KEPT(k, j))
				 : 0);
		j++
	:: else -> break
	od;
	if
	:: TRY(1) -> y = 1
	:: TRY(2) -> y = 2
	:: TRY(3) -> y = 3
	:: TRY(4) -> y = 4
	:: TRY(5) -> y = 5
	:: TRY(6) -> y = 6
	:: !(TRY(1)) && !(TRY(2)) && !(TRY(3)) && !(TRY(4)) && !(TRY(5)) &&
	   !(TRY(6)) -> y = 0
	fi
}

inline propose(s, k)
{
	pick(s, k);
	if
	:: y == 0 -> enter(s, HELD); say(s, REFUSE, 0, 0, 0)
	:: else ->
		st[s] = LOSE_ASK;
		want[s] = y;
		rt[s] = 0;
		role[OWN(s)] = LOSER;
		say(s, PROPOSE, want[s], epoch[OWN(s)], 0)
	fi
}

#ifdef NO_ROLE
#define MAY_LOSE(d) true
#define MAY_WIN(d) true
#else
#define MAY_LOSE(d) (role[d] == IDLE)
#define MAY_WIN(d) (role[d] != LOSER)
#endif
#ifdef NO_VETO
#define VETO(d) false
#else
#define VETO(d) stable[d]
#endif

inline lose(s, k)
{
	if
	:: VETO(OWN(s)) || moves[OWN(s)] >= BUDGET ->
		enter(s, HELD);
		say(s, REFUSE, 0, 0, 0)
	:: !(VETO(OWN(s)) || moves[OWN(s)] >= BUDGET) ->
		enter(s, BACKOFF);
		if
		:: MAY_LOSE(OWN(s)) -> propose(s, k)
		:: else -> say(s, BUSY, 0, 0, 0)
		fi
	fi
}

inline win(s)
{
	enter(s, WIN_WAIT);
	role[OWN(s)] = WINNER
}

/* kind = the verdict of R on what both have said (pure but for its inputs). */
inline judge(s)
{
	kind = COMPATIBLE;
	if
	:: paddr[s] == addr[OWN(s)] ->
		if
		:: !MAY_WIN(OWN(s)) -> kind = DEFER
		:: else ->
			if
			:: stable[OWN(s)] && istab[s] -> kind = HOLD
			:: !stable[OWN(s)] && istab[s] -> kind = REHOOK_R
			:: else -> kind = REHOOK_I
			fi
		fi
	:: else ->
		known(s);
		names(kn, paddr[s], PEER(s), OWN(s));
		if
		:: hit ->
			kind = (istab[s] -> PARTIAL
					 : (MAY_WIN(OWN(s)) -> REHOOK_I
							    : DEFER))
		:: else ->
			names(pk[s], addr[OWN(s)], PEER(s), OWN(s));
			kind = (hit -> PARTIAL : COMPATIBLE)
		fi
	fi
}

/* R speaks: both descriptors are there. */
inline speak(s)
{
	judge(s);
	known(s);
	i = kind; /* enter() uses kind */
	say(s, VERDICT, i, pep[s], kn);
	if
	:: i == COMPATIBLE -> enter(s, UP)
	:: i == PARTIAL -> enter(s, PART)
	:: i == HOLD -> enter(s, HELD)
	:: i == DEFER -> enter(s, BACKOFF)
	:: i == REHOOK_I -> win(s)
	:: i == REHOOK_R -> lose(s, pk[s])
	fi
}

/* The other's descriptor: place a, b = epoch and who dialled, known k. */
inline learn(s, a, b, k)
{
	if
	:: rt[s] && paddr[s] != a -> rt[s] = 0
	:: else
	fi;
	if
	:: paddr[s] == 0 ->
#ifdef NO_CROSSING
		ini[s] = dial[s]
#else
		/* Who has not dialled is R; if both have, the smaller is I. */
		ini[s] = dial[s] && !((b & 1) && PEER(s) < OWN(s))
#endif
	:: else
	fi;
	paddr[s] = a;
	pep[s] = b / 2;
	pk[s] = k
}

/* All of it anew, with the descriptors that are there. */
inline begin(s)
{
	if
	:: st[s] == MOVING -> skip /* the end of it is looked at */
	:: st[s] != MOVING && paddr[s] == 0 -> enter(s, HELLO_WAIT)
	:: st[s] != MOVING && paddr[s] != 0 && ini[s] -> enter(s, VERDICT_WAIT)
	:: st[s] != MOVING && paddr[s] != 0 && !ini[s] -> speak(s)
	fi
}

inline on_hello(s, a, b, k)
{
	hit = (paddr[s] == 0 || pep[s] != b / 2);
	x = hit;
	learn(s, a, b, k);
	if
	:: x -> keep[s] = 0; begin(s) /* another place */
	:: !x && !FINAL(s) && st[s] != RESERVED -> begin(s)
	:: !x && FINAL(s) && !ini[s] -> speak(s)
	:: else
	fi
}

inline on_verdict(s, a, b, k)
{
	names(k, addr[OWN(s)], OWN(s), PEER(s));
	if
	:: b != epoch[OWN(s)] || !ini[s] ||
	   !(st[s] == VERDICT_WAIT || st[s] == BACKOFF || FINAL(s)) ->
		skip /* about what we were, or late */
	:: else ->
		if
		:: a == COMPATIBLE -> enter(s, UP)
		:: a == PARTIAL -> enter(s, PART)
		:: a == HOLD -> enter(s, HELD)
		:: a == DEFER -> enter(s, BACKOFF)
		:: a == REHOOK_R ->
			if
			:: MAY_WIN(OWN(s)) -> win(s)
			:: else -> enter(s, BACKOFF); say(s, BUSY, 0, 0, 0)
			fi
		:: a == REHOOK_I ->
			/* It is never punished: there is such an overlap. */
			assert(hit || paddr[s] == addr[OWN(s)]);
			lose(s, k)
		fi
	fi
}

inline on_propose(s, a, b)
{
	if
	:: st[s] == WIN_WAIT || st[s] == RESERVED || st[s] == BACKOFF ||
	   st[s] == PART || st[s] == HELD ->
		assert(b == pep[s]); /* nor this */
		known(s);
		names(kn, a, PEER(s), OWN(s));
		if
		:: !MAY_WIN(OWN(s)) -> say(s, BUSY, 0, 0, 0)
		:: MAY_WIN(OWN(s)) && (hit || a == addr[OWN(s)]) ->
			say(s, REJECT, 0, 0, kn)
		:: else ->
			st[s] = RESERVED;
			role[OWN(s)] = WINNER;
			acc[s] = a;
			keep[s] = 0;
			rt[s] = 0;
			say(s, ACCEPT, a, 0, 0)
		fi
	:: else -> say(s, BUSY, 0, 0, 0)
	fi
}

inline on_accept(s, a)
{
	if
	:: st[s] == LOSE_ASK && want[s] == a ->
		st[s] = MOVING;
		moves[OWN(s)]++;
		mv[OWN(s)] = a
	:: else /* late; the place falls free by itself */
	fi
}

inline on_reject(s, k)
{
	if
	:: st[s] == LOSE_ASK && round[s] + 1 < ROUNDS ->
		round[s]++;
		propose(s, k)
	:: st[s] == LOSE_ASK && round[s] + 1 >= ROUNDS ->
		enter(s, BACKOFF);
		say(s, BUSY, 0, 0, 0)
	:: else
	fi
}

inline on_busy(s)
{
	if
	:: st[s] == WIN_WAIT || st[s] == LOSE_ASK -> enter(s, BACKOFF)
	:: else
	fi
}

inline on_refuse(s)
{
	if
	:: WINNING(s) || st[s] == LOSE_ASK -> enter(s, HELD)
	:: else
	fi
}

/* The move may still come to pass, so the place is kept for a while. */
inline on_abort(s)
{
	if
	:: WINNING(s) ->
		if
		:: acc[s] != 0 -> keep[s] = acc[s]
		:: else
		fi;
		enter(s, BACKOFF)
	:: else
	fi
}

inline handle(s, type, a, b, k)
{
	if
	:: type == HELLO || type == MOVED -> on_hello(s, a, b, k)
	:: type == VERDICT -> on_verdict(s, a, b, k)
	:: type == PROPOSE -> on_propose(s, a, b)
	:: type == ACCEPT -> on_accept(s, a)
	:: type == REJECT -> on_reject(s, k)
	:: type == BUSY -> on_busy(s)
	:: type == REFUSE -> on_refuse(s)
	:: type == ABORT -> on_abort(s)
	fi
}

/* The daemon is somewhere else now: everybody is told, all is judged anew. */
inline own_place(d, p)
{
	gone[d] = gone[d] | (1 << addr[d]);
	addr[d] = p;
	epoch[d]++;
	i0 = 0;
	do
	:: i0 < S && OWN(i0) == (d) && st[i0] != DOWN ->
		if
		:: rt[i0] && paddr[i0] == p -> rt[i0] = 0
		:: else
		fi;
#ifdef NO_HELLO_ALL
		if
		:: LOSING(i0) ->
#else
		if
		:: true ->
#endif
			say_desc(i0, (st[i0] == MOVING -> MOVED : HELLO));
			if
			:: LOSING(i0) && !(st[i0] == MOVING && mv[d] == p) ->
				say(i0, ABORT, 0, 0, 0)
			:: else
			fi;
			if
			:: LOSING(i0) -> st[i0] = HELLO_WAIT; want[i0] = 0
			:: else
			fi;
			drop_role(d);
			begin(i0)
#ifdef NO_HELLO_ALL
		:: else
#endif
		fi;
		i0++
	:: i0 < S && !(OWN(i0) == (d) && st[i0] != DOWN) -> i0++
	:: else -> break
	od;
	mv[d] = 0;
	drop_role(d);
	reroute(d)
}

inline move_failed(d)
{
	mv[d] = 0;
	i = 0;
	do
	:: i < S && OWN(i) == (d) && st[i] == MOVING ->
		enter(i, BACKOFF);
		say(i, ABORT, 0, 0, 0);
		i++
	:: i < S && !(OWN(i) == (d) && st[i] == MOVING) -> i++
	:: else -> break
	od
}

inline link_up(s)
{
	ev[s] = EV_NONE;
	st[s] = HELLO_WAIT;
	say_desc(s, HELLO)
}

inline link_down(s)
{
	ev[s] = EV_NONE;
#ifdef KEEP_ON_DOWN
	if
	:: WINNING(s) -> skip
	:: else -> enter(s, DOWN)
	fi;
	rt[s] = 0;
	st[s] = DOWN;
#else
	enter(s, DOWN);
#endif
	paddr[s] = 0;
	pep[s] = 0;
	pk[s] = 0;
	ini[s] = 0
}

/*
 * Whoever waits for an answer gives up one day; a back-off ends. In a proof of
 * safety that may happen at any moment; in one of termination only when
 * nothing else can, and back-offs last: they are drawn at random and grow, so
 * that one day each of them is alone.
 */
#define WAITS(s) (st[s] == VERDICT_WAIT || LOSING(s) || WINNING(s) || keep[s] != 0)
#define EMPTY(s) (len(q[s]) == 0 && ev[s] == EV_NONE)
#if N == 2
#define STILL                                                              \
	(EMPTY(0) && EMPTY(1) && alive[0] && mv[0] == 0 && mv[1] == 0)
#define NO_WAIT (!WAITS(0) && !WAITS(1))
#define NO_BACK (st[0] != BACKOFF && st[1] != BACKOFF)
#elif L == 2
#define STILL                                                              \
	(EMPTY(0) && EMPTY(1) && EMPTY(2) && EMPTY(3) && alive[0] &&       \
	    alive[1] && mv[0] == 0 && mv[1] == 0 && mv[2] == 0)
#define NO_WAIT (!WAITS(0) && !WAITS(1) && !WAITS(2) && !WAITS(3))
#define NO_BACK                                                            \
	(st[0] != BACKOFF && st[1] != BACKOFF && st[2] != BACKOFF &&       \
	    st[3] != BACKOFF)
#else
#define STILL                                                              \
	(EMPTY(0) && EMPTY(1) && EMPTY(2) && EMPTY(3) && EMPTY(4) &&       \
	    EMPTY(5) && alive[0] && alive[1] && alive[2] && mv[0] == 0 &&  \
	    mv[1] == 0 && mv[2] == 0)
#define NO_WAIT                                                            \
	(!WAITS(0) && !WAITS(1) && !WAITS(2) && !WAITS(3) && !WAITS(4) &&  \
	    !WAITS(5))
#define NO_BACK                                                            \
	(st[0] != BACKOFF && st[1] != BACKOFF && st[2] != BACKOFF &&       \
	    st[3] != BACKOFF && st[4] != BACKOFF && st[5] != BACKOFF)
#endif

#ifdef TERMINATION
#define MAY_GIVE_UP(s) STILL
#ifdef LOCKSTEP
#define MAY_WAKE(s) (len(q[(s) ^ 1]) < 3) /* nobody waits for anybody: all wake as they like */
#else
#define MAY_WAKE(s) (STILL && NO_WAIT)
#endif
#else
#define ROOM(s) (len(q[s]) + len(q[(s) ^ 1]) < 2)
#define MAY_GIVE_UP(s) ROOM(s)
#define MAY_WAKE(s) ROOM(s)
#endif

inline give_up(s)
{
	keep[s] = 0;
	if
	:: st[s] == MOVING -> enter(s, BACKOFF); say(s, ABORT, 0, 0, 0)
	:: st[s] == VERDICT_WAIT || st[s] == LOSE_ASK || WINNING(s) ->
		enter(s, BACKOFF)
	:: else
	fi
}

inline wake(s)
{
	if
	:: ini[s] -> say_desc(s, HELLO)
	:: else
	fi;
	begin(s)
}

/* What must hold after every step; numbers are those of the specification. */
inline check()
{
	i = 0;
	do
	:: i < S ->
		/* 2: never both losers of one link, never two roles. */
		assert(!(LOSING(i) && LOSING(i ^ 1)));
		assert(!LOSING(i) || role[OWN(i)] == LOSER);
		assert(!WINNING(i) || role[OWN(i)] == WINNER);
		/* 6: routes overlap nothing. */
		assert(!rt[i] || paddr[i] != addr[OWN(i)]);
		/* 11: a dead tunnel leaves nothing. */
		assert(st[i] != DOWN || (!rt[i] && acc[i] == 0));
		assert(acc[i] == 0 || st[i] == RESERVED);
		j = 0;
		do
		:: j < S && j != i && OWN(j) == OWN(i) ->
			assert(!(LOSING(i) && LOSING(j)));
			assert(!(LOSING(i) && WINNING(j)));
			assert(!(rt[i] && rt[j] && paddr[i] == paddr[j]));
			/* 5: what is granted to one is granted to no other. */
			assert(acc[i] == 0 || (acc[i] != acc[j] &&
						  acc[i] != keep[j]));
			j++
		:: j < S && !(j != i && OWN(j) == OWN(i)) -> j++
		:: else -> break
		od;
		i++
	:: else -> break
	od;
	i = 0;
	do
	:: i < N ->
		/* 11: no role without a link that plays it. */
		y = 0;
		j = 0;
		do
		:: j < S && OWN(j) == i && (LOSING(j) || WINNING(j)) ->
			y = 1;
			break
		:: j < S && !(OWN(j) == i && (LOSING(j) || WINNING(j))) -> j++
		:: else -> break
		od;
		assert((role[i] == IDLE) == (y == 0));
		i++
	:: else -> break
	od;
	if
	:: STILL && NO_WAIT && NO_BACK -> check_end()
	:: else
	fi
}

/* 7, 8: when nothing is left to happen, all is settled, on both sides alike. */
inline check_end()
{
	i = 0;
	do
	:: i < S ->
		assert(FINAL(i));
		assert(st[i] == st[i ^ 1]);
		assert(paddr[i] == addr[PEER(i)]);
		assert(st[i] != UP || paddr[i] != addr[OWN(i)]);
		if
		:: ROUTED(i) && !rt[i] ->
			blocked(i);
			assert(hit)
		:: else
		fi;
#ifdef CONVERGES
		assert(st[i] != HELD);
#endif
		i++
	:: else -> break
	od
}

proctype daemon(byte d; byte s0; byte s1)
{
	byte s, type, a, b;
	int k;
end:
	do
	:: atomic {
		(len(q[s0]) > 0 && st[s0] != DOWN && ev[s0] == EV_NONE) ->
		s = s0;
		q[s0]?type, a, b, k;
		handle(s, type, a, b, k);
		check();
		s = 0; type = 0; a = 0; b = 0; k = 0
	   }
#if N > 2
	:: atomic {
		(s1 != s0 && len(q[s1]) > 0 && st[s1] != DOWN &&
		    ev[s1] == EV_NONE) ->
		s = s1;
		q[s1]?type, a, b, k;
		handle(s, type, a, b, k);
		check();
		s = 0; type = 0; a = 0; b = 0; k = 0
	   }
#endif
	:: atomic {
		(ev[s0] != EV_NONE || ev[s1] != EV_NONE) ->
		s = (ev[s0] != EV_NONE -> s0 : s1);
		if
		:: ev[s] == EV_UP -> link_up(s)
		:: else -> link_down(s)
		fi;
		check();
		s = 0
	   }
	:: atomic {
		mv[d] != 0 ->
		if
		:: true ->
			/* 3: nobody stable is ever moved. */
			assert(!stable[d]);
			a = mv[d];
			own_place(d, a);
			a = 0
		:: fails > 0 -> fails--; move_failed(d)
		fi;
		check()
	   }
	:: atomic { (WAITS(s0) && MAY_GIVE_UP(s0)) -> give_up(s0); check() }
#if N > 2
	:: atomic {
		(s1 != s0 && WAITS(s1) && MAY_GIVE_UP(s1)) ->
		give_up(s1);
		check()
	   }
#endif
#ifndef NO_RETRY
	:: atomic { (st[s0] == BACKOFF && MAY_WAKE(s0)) -> wake(s0); check() }
#if N > 2
	:: atomic {
		(s1 != s0 && st[s1] == BACKOFF && MAY_WAKE(s1)) ->
		wake(s1);
		check()
	   }
#endif
#endif
	od
}

/* Both ends hear of a death, each in its own time; what was under way is lost. */
inline cut(l)
{
	alive[l] = 0;
	i = 2 * (l);
	do
	:: i < 2 * (l) + 2 ->
		do
		:: len(q[i]) > 0 -> q[i]?_, _, _, _
		:: else -> break
		od;
		ev[i] = (st[i] == DOWN -> EV_NONE : EV_DOWN);
		i++
	:: else -> break
	od
}

inline restart(d)
{
	i = 0;
	do
	:: i < S && OWN(i) == (d) ->
		x = acc[i]; /* was saved */
		y = i;
		if
		:: alive[y / 2] -> cut(y / 2)
		:: else
		fi;
		i = y;
		ev[i] = EV_NONE;
		st[i] = DOWN;
		rt[i] = 0;
		acc[i] = 0;
		want[i] = 0;
		round[i] = 0;
		keep[i] = (x != 0 -> x : keep[i]);
		paddr[i] = 0; pep[i] = 0; pk[i] = 0; ini[i] = 0;
		i++
	:: i < S && OWN(i) != (d) -> i++
	:: else -> break
	od;
	role[d] = IDLE
}

#define DEAD(l)                                                            \
	(!alive[l] && st[2 * (l)] == DOWN && st[2 * (l) + 1] == DOWN &&    \
	    ev[2 * (l)] == EV_NONE && ev[2 * (l) + 1] == EV_NONE)

inline open(l)
{
	alive[l] = 1;
	if
	:: dial[2 * (l)] = 1; dial[2 * (l) + 1] = 0
	:: dial[2 * (l)] = 0; dial[2 * (l) + 1] = 1
	:: dial[2 * (l)] = 1; dial[2 * (l) + 1] = 1 /* hellos cross */
	fi;
	ev[2 * (l)] = EV_UP;
	ev[2 * (l) + 1] = EV_UP
}

/* Tunnels come and go, daemons restart, gnodes change by themselves. */
proctype world()
{
	byte p;
end:
	do
	:: atomic { DEAD(0) -> open(0) }
#if L > 1
	:: atomic { DEAD(1) -> open(1) }
#endif
#if L > 2
	:: atomic { DEAD(2) -> open(2) }
#endif
#if DEATHS > 0
	:: atomic { deaths > 0 && alive[0] -> deaths--; cut(0); check() }
#if L > 1
	:: atomic { deaths > 0 && alive[1] -> deaths--; cut(1); check() }
#endif
#if L > 2
	:: atomic { deaths > 0 && alive[2] -> deaths--; cut(2); check() }
#endif
#endif
#if RESTARTS > 0
	:: atomic { restarts > 0 -> restarts--; restart(0); check() }
	:: atomic { restarts > 0 -> restarts--; restart(1); check() }
#if N > 2
	:: atomic { restarts > 0 -> restarts--; restart(2); check() }
#endif
#endif
#if OUTSIDE > 0
	:: atomic {
		outside > 0 ->
		outside--;
		if
		:: p = (addr[0] == 1 -> 2 : 1); own_place(0, p)
		:: p = (addr[1] == 1 -> 2 : 1); own_place(1, p)
		fi;
		p = 0;
		check()
	   }
#endif
	od
}

init
{
	atomic {
		i = 0;
		do
		:: i < N ->
			if
			:: addr[i] = 1
			:: addr[i] = 2
			fi;
#ifdef STABLE
			if
			:: stable[i] = 0
			:: stable[i] = 1
			fi;
#endif
			epoch[i] = 1;
			i++
		:: else -> break
		od;
#ifdef STABLE
		i = 0;
		do
		:: i < S ->
			if
			:: stable[PEER(i)] -> istab[i] = 1
			:: true
			fi;
			i++
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
