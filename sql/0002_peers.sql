-- What the address book knows of other vnodes, and entry lists. Times are
-- seconds since 1970. An endpoint is 18 bytes: IPv6 or v4-mapped, port.

CREATE TABLE peer (
	key BLOB PRIMARY KEY NOT NULL,
	first_at INTEGER NOT NULL,
	last_at INTEGER NOT NULL, -- last contact, 0: none
	told_by INTEGER NOT NULL, -- enum book_from
	told_which INTEGER NOT NULL,
	reached INTEGER NOT NULL,
	dialled INTEGER NOT NULL,
	anchor INTEGER NOT NULL,
	observed INTEGER NOT NULL, -- seconds of authenticated contact
	rtt_us INTEGER NOT NULL,
	fails INTEGER NOT NULL,
	endpoints BLOB NOT NULL,
	proven BLOB NOT NULL,
	uptime BLOB NOT NULL,
	record BLOB NOT NULL -- as its owner signed it
) STRICT;

CREATE TABLE revoked (
	key BLOB PRIMARY KEY NOT NULL,
	at INTEGER NOT NULL,
	raw BLOB NOT NULL
) STRICT;

-- Whose file this is, and how long it has watched: one row.
CREATE TABLE watch (
	id INTEGER PRIMARY KEY CHECK (id = 1),
	at INTEGER NOT NULL,
	minutes INTEGER NOT NULL,
	key BLOB NOT NULL,
	netid BLOB NOT NULL,
	network TEXT NOT NULL
) STRICT;

-- Entry lists: whose signature is pinned, and the last serial.
CREATE TABLE list (
	source TEXT PRIMARY KEY NOT NULL,
	at INTEGER NOT NULL,
	signer BLOB NOT NULL,
	serial INTEGER NOT NULL,
	valid_until INTEGER NOT NULL
) STRICT;
