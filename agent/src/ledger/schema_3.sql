-- The same records in a table that grows at its end: its pages are filled to the brim, which an index that is split in
-- halves never is. `key` is life * 2^40 + seq.
CREATE TABLE record_3 (
    key    INTEGER PRIMARY KEY,
    link   BLOB NOT NULL,
    -- What tells a device's repetition of it, when the device can repeat.
    origin INTEGER,
    -- What is chained and sent: TEXT as it is, BLOB packed. `binwire-agent records` shows either.
    text   ANY NOT NULL
) STRICT;
INSERT INTO record_3 SELECT life << 40 | seq, link, origin, text FROM record ORDER BY life, seq;
DROP TABLE record;
ALTER TABLE record_3 RENAME TO record;

-- Retention removed the records up to here; the chain goes on from this link. Those that are set aside stay.
ALTER TABLE life ADD COLUMN trimmed INTEGER NOT NULL DEFAULT 0;
ALTER TABLE life ADD COLUMN trimmed_link BLOB;

-- What the removed movements come to: on-hand is this and the fold of what follows.
CREATE TABLE base (
    feed  TEXT    NOT NULL,
    item  TEXT    NOT NULL,
    place TEXT    NOT NULL,
    qty   INTEGER NOT NULL,
    PRIMARY KEY (feed, item, place)
) STRICT, WITHOUT ROWID;

-- What tells the repetitions of records that retention removed: a sender that was away may still repeat them.
CREATE TABLE seen (
    n      INTEGER PRIMARY KEY,
    feed   TEXT    NOT NULL,
    origin INTEGER NOT NULL
) STRICT;

-- Records that damage took from this file; the chain goes on from `link`. Nothing changes these.
CREATE TABLE hole (
    life      INTEGER NOT NULL REFERENCES life,
    first_seq INTEGER NOT NULL,
    last_seq  INTEGER NOT NULL,
    link      BLOB    NOT NULL,
    PRIMARY KEY (life, first_seq)
) STRICT, WITHOUT ROWID;

-- What became of a record that was set aside: NULL it waits for somebody; 0 discarded; else the seq it was sent again as.
ALTER TABLE set_aside ADD COLUMN sent_as INTEGER;

-- What people did to records that were set aside, and what the agent did to its own ledger.
CREATE TABLE audit (
    n      INTEGER PRIMARY KEY,
    at_ms  INTEGER NOT NULL,
    actor  TEXT    NOT NULL,
    act    TEXT    NOT NULL,
    detail TEXT    NOT NULL
) STRICT;
