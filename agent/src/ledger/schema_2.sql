-- Facts beside the ledger: what people told us of the site (items, bins, calibrations …) and what a restart must not
-- forget (a station's session, an act that waits for its weight). The newest value of each; their history, where it
-- matters, is in the ledger.
CREATE TABLE kept (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    -- JSON.
    text TEXT NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT, WITHOUT ROWID;
