-- What the cache keeps in PostgreSQL: which keys are read most, and notices of changes that are no events.
-- A migration that has landed is never edited; change things by a new one.

-- The keys that the replicas read most. reads was right at counted_at, and is worth half as much after each half-life.
CREATE TABLE cache_entry (
    key        text COLLATE "C" PRIMARY KEY CHECK (char_length(key) BETWEEN 1 AND 600),
    reads      double precision NOT NULL CHECK (reads >= 0),
    counted_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 70);

-- Changes that no event tells of, such as that of a threshold, written by their own transactions. A replica looks for those whose
-- transaction may not have ended yet when it looked before: identities would not do, as they are not given out in the order of commits.
CREATE TABLE cache_notice (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tag      text COLLATE "C" NOT NULL CHECK (char_length(tag) BETWEEN 1 AND 600),
    xid      xid8        NOT NULL DEFAULT pg_current_xact_id(),
    noted_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX cache_notice_xid ON cache_notice (xid);
CREATE INDEX cache_notice_age ON cache_notice (noted_at);

ALTER TABLE cache_entry ENABLE ROW LEVEL SECURITY;
ALTER TABLE cache_notice ENABLE ROW LEVEL SECURITY;
