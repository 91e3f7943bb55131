-- Records of types that this hub does not know; `record.state` 3 since this version.
ALTER TABLE feed ADD COLUMN unknown    INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN unknown_at INTEGER;

-- Records that came beside a backlog and were let go before the chain reached them.
ALTER TABLE epoch ADD COLUMN ahead_dropped INTEGER NOT NULL DEFAULT 0;

-- Records that came ahead of the chain: shown, in no amount, gone when the chain reaches them. `key` as in record.
CREATE TABLE ahead (
    key         INTEGER PRIMARY KEY,
    received_at INTEGER NOT NULL,
    link        BLOB NOT NULL CHECK (length(link) = 32),
    text        TEXT NOT NULL
) STRICT;

-- What sites said of the clocks of their boots; a later word on a boot replaces the one before. `zero` is the wall time of
-- the boot's monotonic zero.
CREATE TABLE clock (
    feed       INTEGER NOT NULL REFERENCES feed (id),
    boot       TEXT NOT NULL,
    zero       INTEGER,
    offset_ms  INTEGER NOT NULL,
    PRIMARY KEY (feed, boot)
) STRICT, WITHOUT ROWID;

-- `extent`: 0 the items that the site listed, 1 everything the feed has anywhere. `since`: when the hub first saw the
-- difference that still stands.
ALTER TABLE checkpoint ADD COLUMN extent INTEGER NOT NULL DEFAULT 0;
ALTER TABLE checkpoint ADD COLUMN since  INTEGER;

-- The parts of a checkpoint that have come so far; `keys` is a JSON list of their records.
CREATE TABLE checkpoint_part (
    feed       INTEGER PRIMARY KEY REFERENCES feed (id),
    epoch      INTEGER NOT NULL REFERENCES epoch (id),
    through    INTEGER NOT NULL,
    of         INTEGER NOT NULL,
    keys       TEXT NOT NULL
) STRICT;

-- How far a site says its earlier epochs were acknowledged. Where this hub has less, it was put back to an old backup.
CREATE TABLE ended (
    id         INTEGER PRIMARY KEY,
    feed       INTEGER NOT NULL REFERENCES feed (id),
    name       TEXT NOT NULL,
    through    INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    UNIQUE (feed, name)
) STRICT;

-- Who has taken note of which alarm, of how many facts. The facts themselves stay.
CREATE TABLE acknowledged (
    id         INTEGER PRIMARY KEY,
    feed       INTEGER NOT NULL REFERENCES feed (id),
    kind       TEXT NOT NULL,
    facts      INTEGER NOT NULL,
    who        TEXT NOT NULL,
    note       TEXT NOT NULL,
    at         INTEGER NOT NULL
) STRICT;
CREATE INDEX acknowledged_kind ON acknowledged (feed, kind);
