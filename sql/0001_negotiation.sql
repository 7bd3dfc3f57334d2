-- What the negotiation of addresses remembers. Times ("at", "seen_at", "until")
-- are seconds since 1970, netids unsigned numbers kept as signed ones. A place
-- is a row of levels and the claims in it, as they travel in a descriptor.

-- Our own gnode: one row.
CREATE TABLE self (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	at INTEGER NOT NULL,
	netid INTEGER NOT NULL,
	vnodeid INTEGER NOT NULL,
	epoch INTEGER NOT NULL,
	age INTEGER NOT NULL, -- of the netid, seconds, at that time
	stable INTEGER NOT NULL,
	place BLOB NOT NULL
) STRICT;

-- The last that each peer said of its gnode.
CREATE TABLE network (
	key BLOB PRIMARY KEY NOT NULL,
	seen_at INTEGER NOT NULL,
	netid INTEGER NOT NULL,
	uptime INTEGER NOT NULL, -- compatible, seconds in all
	descriptor BLOB NOT NULL,
	signature BLOB NOT NULL
) STRICT;

-- Moves of our own gnode, for their budget.
CREATE TABLE move (
	id INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	from_place BLOB NOT NULL,
	to_place BLOB NOT NULL
) STRICT;

-- Places that are kept for gnodes on their way there.
CREATE TABLE reservation (
	netid INTEGER PRIMARY KEY,
	at INTEGER NOT NULL,
	until INTEGER NOT NULL,
	place BLOB NOT NULL
) STRICT;

-- What others want us to do. State 0 waits for a person, others are closed.
CREATE TABLE demand (
	id INTEGER PRIMARY KEY,
	key BLOB NOT NULL,
	at INTEGER NOT NULL,
	place BLOB NOT NULL,
	why INTEGER NOT NULL,
	state INTEGER NOT NULL
) STRICT;
