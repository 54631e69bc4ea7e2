-- Since when, and until when, some replica has had too many errors: one row, so that the admins are told once of each period.
CREATE TABLE error_period (
    one     boolean     PRIMARY KEY DEFAULT true CHECK (one),
    since   timestamptz NOT NULL,
    seen_at timestamptz NOT NULL
);
INSERT INTO error_period (since, seen_at) VALUES ('-infinity', '-infinity');

ALTER TABLE error_period ENABLE ROW LEVEL SECURITY;
