-- Files of products, counts and thresholds, stored as they arrive and worked off by a job.
-- A migration that has landed is never edited; change things by a new one.

CREATE TABLE import (
    id            uuid PRIMARY KEY,
    kind          text        NOT NULL CHECK (kind IN ('products', 'counts', 'thresholds')),
    state         text        NOT NULL CHECK (state IN ('receiving', 'queued', 'running', 'completed', 'cancelled', 'failed')),
    dry_run       boolean     NOT NULL,
    -- How the file is to be read, as the sender has said, and what was found at its beginning.
    options       json        NOT NULL,
    file_format   json,
    -- Where the sender may change stock; null: everywhere.
    locations     text[],
    -- Of the text as it is stored, in UTF-8.
    bytes         bigint      NOT NULL DEFAULT 0 CHECK (bytes >= 0),
    -- Where the next chunk begins, and what its first line needs to know of those before; moved by each chunk's own transaction.
    next_byte     bigint      NOT NULL DEFAULT 0 CHECK (next_byte >= 0),
    next_line     bigint      NOT NULL DEFAULT 1 CHECK (next_line >= 1),
    carried       text,
    lines         bigint      NOT NULL DEFAULT 0 CHECK (lines >= 0),
    created       bigint      NOT NULL DEFAULT 0 CHECK (created >= 0),
    updated       bigint      NOT NULL DEFAULT 0 CHECK (updated >= 0),
    unchanged     bigint      NOT NULL DEFAULT 0 CHECK (unchanged >= 0),
    rejected      bigint      NOT NULL DEFAULT 0 CHECK (rejected >= 0),
    duplicates    bigint      NOT NULL DEFAULT 0 CHECK (duplicates >= 0),
    reason        text,
    job_id        uuid,
    actor         text        NOT NULL,
    trace_id      text        NOT NULL,
    created_at    timestamptz NOT NULL DEFAULT now(),
    finished_at   timestamptz,
    CHECK ((state IN ('completed', 'cancelled', 'failed')) = (finished_at IS NOT NULL)),
    CHECK (state IN ('receiving', 'cancelled', 'failed') OR file_format IS NOT NULL)
);
CREATE INDEX import_finished ON import (finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX import_unfinished ON import (created_at) WHERE finished_at IS NULL;

-- The text in pieces of one size, the last one shorter; deleted when the import has ended.
CREATE TABLE import_part (
    import_id uuid    NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    part      integer NOT NULL CHECK (part >= 0),
    content   bytea   NOT NULL,
    PRIMARY KEY (import_id, part)
);
-- Compressing it would take longer than storing it.
ALTER TABLE import_part ALTER COLUMN content SET STORAGE EXTERNAL;

-- What the lines so far were about, to see which come twice; deleted when the import has ended.
CREATE TABLE import_subject (
    import_id uuid   NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    subject   text COLLATE "C" NOT NULL,
    line      bigint NOT NULL,
    times     integer NOT NULL DEFAULT 1,
    PRIMARY KEY (import_id, subject)
);

-- The lines that were refused, as they were.
CREATE TABLE import_rejected (
    import_id uuid   NOT NULL REFERENCES import (id) ON DELETE CASCADE,
    line      bigint NOT NULL,
    raw       bytea  NOT NULL,
    field     text,
    code      text   NOT NULL,
    detail    text   NOT NULL,
    PRIMARY KEY (import_id, line)
);

ALTER TABLE import ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_subject ENABLE ROW LEVEL SECURITY;
ALTER TABLE import_rejected ENABLE ROW LEVEL SECURITY;
