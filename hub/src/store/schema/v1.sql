-- Names and positions of feeds. `replays` counts the parked movements applied later; it orders that strand.
CREATE TABLE feed (
    id         INTEGER PRIMARY KEY,
    site       TEXT NOT NULL,
    name       TEXT NOT NULL,
    heard_at   INTEGER,
    repeated   INTEGER NOT NULL DEFAULT 0,
    replays    INTEGER NOT NULL DEFAULT 0,
    UNIQUE (site, name)
) STRICT;

-- `number` counts a feed's epochs from 1. `head` is the chain's link after `through`.
CREATE TABLE epoch (
    id         INTEGER PRIMARY KEY,
    feed       INTEGER NOT NULL REFERENCES feed (id),
    number     INTEGER NOT NULL,
    name       TEXT NOT NULL,
    through    INTEGER NOT NULL,
    head       BLOB NOT NULL CHECK (length(head) = 32),
    began_at   INTEGER NOT NULL,
    UNIQUE (feed, name),
    UNIQUE (feed, number)
) STRICT;

-- Every record ever acknowledged, as it was sent. `key` is epoch.id * 2^40 + seq: one B-tree that only grows at its
-- end. `state`: 0 kept, 1 a movement that was applied, 2 refused (see there).
CREATE TABLE record (
    key         INTEGER PRIMARY KEY,
    state       INTEGER NOT NULL,
    received_at INTEGER NOT NULL,
    link        BLOB NOT NULL CHECK (length(link) = 32),
    text        TEXT NOT NULL
) STRICT;

-- The fold of all applied movements of a feed, over its epochs.
CREATE TABLE on_hand (
    feed       INTEGER NOT NULL REFERENCES feed (id),
    item       TEXT NOT NULL,
    place      TEXT NOT NULL,
    qty        INTEGER NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (feed, item, place)
) STRICT, WITHOUT ROWID;

-- Records kept but not applied. `replay` is set once, in the transaction that applied the movement after all.
CREATE TABLE refused (
    key         INTEGER PRIMARY KEY REFERENCES record (key),
    feed        INTEGER NOT NULL REFERENCES feed (id),
    code        TEXT NOT NULL,
    detail      TEXT NOT NULL,
    item        TEXT,
    replay      INTEGER,
    replayed_at INTEGER,
    UNIQUE (feed, replay)
) STRICT;
CREATE INDEX refused_parked ON refused (feed, key) WHERE replay IS NULL;

-- What a site declared gone. The chain goes on from `head`.
CREATE TABLE lost (
    epoch      INTEGER NOT NULL REFERENCES epoch (id),
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    why        TEXT NOT NULL,
    head       BLOB NOT NULL CHECK (length(head) = 32),
    at         INTEGER NOT NULL,
    PRIMARY KEY (epoch, last)
) STRICT, WITHOUT ROWID;

-- Where a feed was seen with two different contents, the first time each.
CREATE TABLE fork (
    epoch      INTEGER NOT NULL REFERENCES epoch (id),
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;

-- The last comparison of a feed's on-hand here with the site's own.
CREATE TABLE checkpoint (
    feed        INTEGER PRIMARY KEY REFERENCES feed (id),
    epoch       INTEGER NOT NULL REFERENCES epoch (id),
    seq         INTEGER NOT NULL,
    at          INTEGER NOT NULL,
    compared    INTEGER NOT NULL,
    differing   INTEGER NOT NULL,
    differences TEXT NOT NULL
) STRICT;
