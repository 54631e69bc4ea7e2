-- What admins are alerted of, and how often that was held back.
-- A migration that has landed is never edited; change things by a new one.

-- One row an alert's key. The first alert of a window leaves as a job; those that follow are counted until window_until, and then leave
-- as one summary. messages numbers what has left, and so is part of the jobs' unique keys.
CREATE TABLE alert (
    key          text COLLATE "C" PRIMARY KEY CHECK (char_length(key) BETWEEN 1 AND 200),
    messages     bigint      NOT NULL CHECK (messages >= 1),
    window_from  timestamptz NOT NULL,
    window_until timestamptz NOT NULL CHECK (window_until >= window_from),
    held_back    bigint      NOT NULL CHECK (held_back >= 0),
    -- The occurrence that the present window began with.
    opened_by    uuid        NOT NULL,
    -- The last one, whether told or held back.
    severity     text        NOT NULL CHECK (severity IN ('warning', 'critical')),
    title        text        NOT NULL,
    detail       text        NOT NULL,
    subject      text        NOT NULL,
    actor        text        NOT NULL,
    trace_id     text        NOT NULL,
    last_at      timestamptz NOT NULL
);
CREATE INDEX alert_owed ON alert (window_until) WHERE held_back > 0;

-- What was counted already, so that nothing is counted twice if it is told again after an unknown outcome.
CREATE TABLE alert_occurrence (
    id      uuid PRIMARY KEY,
    seen_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX alert_occurrence_age ON alert_occurrence (seen_at);

-- Primary handlers that were found too far behind, until they have caught up.
CREATE TABLE handler_behind (
    handler text PRIMARY KEY,
    since   timestamptz NOT NULL DEFAULT now()
);

ALTER TABLE alert ENABLE ROW LEVEL SECURITY;
ALTER TABLE alert_occurrence ENABLE ROW LEVEL SECURITY;
ALTER TABLE handler_behind ENABLE ROW LEVEL SECURITY;
