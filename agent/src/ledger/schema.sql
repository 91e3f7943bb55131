-- One epoch of one feed. The newest of a feed is the one that is written and delivered.
CREATE TABLE life (
    life      INTEGER PRIMARY KEY,
    feed      TEXT    NOT NULL,
    epoch     TEXT    NOT NULL UNIQUE,
    begun_ms  INTEGER NOT NULL,
    -- Everything up to here is settled: acknowledged, set aside or declared lost.
    through   INTEGER NOT NULL DEFAULT 0,
    -- How many of those the hub took.
    acked     INTEGER NOT NULL DEFAULT 0
) STRICT;

-- The ledger and the outbox. One B-tree: a lone commit costs one leaf page and one WAL frame.
CREATE TABLE record (
    life   INTEGER NOT NULL REFERENCES life,
    seq    INTEGER NOT NULL,
    link   BLOB    NOT NULL,
    -- What tells a device's repetition of it, when the device can repeat.
    origin INTEGER,
    -- The bytes that are chained and sent.
    text   TEXT    NOT NULL,
    PRIMARY KEY (life, seq)
) STRICT, WITHOUT ROWID;

-- Records the hub keeps apart. They stay in `record` too.
CREATE TABLE set_aside (
    life   INTEGER NOT NULL REFERENCES life,
    seq    INTEGER NOT NULL,
    code   TEXT    NOT NULL,
    detail TEXT    NOT NULL,
    PRIMARY KEY (life, seq)
) STRICT, WITHOUT ROWID;

-- Declared to the hub as gone.
CREATE TABLE lost (
    life      INTEGER NOT NULL REFERENCES life,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    PRIMARY KEY (life, first_seq)
) STRICT, WITHOUT ROWID;
