-- The job queue: what must happen even after a crash, written in the transaction of what asks for it.
-- A migration that has landed is never edited; change things by a new one.

CREATE TABLE job (
    id               uuid PRIMARY KEY,
    kind             text COLLATE "C" NOT NULL CHECK (kind ~ '^[a-z][a-z0-9.-]{0,63}$'),
    payload          json        NOT NULL,
    state            text        NOT NULL CHECK (state IN
                         ('scheduled', 'available', 'running', 'retryable', 'completed', 'cancelled', 'discarded')),
    priority         smallint    NOT NULL CHECK (priority BETWEEN -100 AND 100),
    run_at           timestamptz NOT NULL,
    unique_key       text COLLATE "C" CHECK (char_length(unique_key) BETWEEN 1 AND 255),
    run_again        boolean     NOT NULL DEFAULT false,
    attempt          integer     NOT NULL DEFAULT 0 CHECK (attempt >= 0),
    max_attempts     integer     NOT NULL CHECK (max_attempts BETWEEN 1 AND 1000),
    -- The fencing token: raised by every claim, so that nobody can write as a worker whose job another one has taken over.
    token            bigint      NOT NULL DEFAULT 0 CHECK (token >= 0),
    worker           uuid,
    lease_until      timestamptz,
    cancel_requested boolean     NOT NULL DEFAULT false,
    progress         json,
    result           json,
    errors           jsonb       NOT NULL DEFAULT '[]' CHECK (jsonb_typeof(errors) = 'array'),
    actor            text        NOT NULL,
    trace_id         text        NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    finished_at      timestamptz,
    CHECK ((state = 'running') = (lease_until IS NOT NULL)),
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK ((state IN ('completed', 'cancelled', 'discarded')) = (finished_at IS NOT NULL)),
    CHECK (state = 'running' OR NOT cancel_requested),
    CHECK (state = 'running' OR NOT run_again),
    CHECK (state NOT IN ('running', 'completed') OR attempt >= 1),
    CHECK (state <> 'running' OR attempt <= max_attempts),
    CHECK (state <> 'running' OR token >= 1),
    CHECK (state = 'completed' OR result IS NULL)
) WITH (fillfactor = 80);

-- One unfinished job of a kind under a key.
CREATE UNIQUE INDEX job_unique ON job (kind, unique_key)
    WHERE unique_key IS NOT NULL AND state IN ('scheduled', 'available', 'running', 'retryable');
-- What is to be claimed, in the order in which it is.
CREATE INDEX job_due ON job (kind, priority DESC, run_at, id) WHERE state IN ('scheduled', 'available', 'retryable');
CREATE INDEX job_lease ON job (lease_until) WHERE state = 'running';
CREATE INDEX job_finished ON job (state, finished_at) WHERE finished_at IS NOT NULL;
CREATE INDEX job_list ON job (state, id);

-- The arrows of the state diagram, and no others.
CREATE FUNCTION job_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN (
      ('scheduled', 'running'), ('scheduled', 'cancelled'), ('scheduled', 'available'),
      ('available', 'running'), ('available', 'cancelled'),
      ('retryable', 'running'), ('retryable', 'cancelled'), ('retryable', 'available'),
      ('running', 'completed'), ('running', 'retryable'), ('running', 'discarded'), ('running', 'cancelled'),
      ('running', 'available'),
      ('discarded', 'available'), ('cancelled', 'available')) THEN
    RAISE EXCEPTION 'a job can not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER job_transition BEFORE UPDATE OF state ON job
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION job_transition();

-- When each kind with a cron expression is due next; whoever moves next_at creates the job, in the same transaction.
CREATE TABLE job_schedule (
    kind    text COLLATE "C" PRIMARY KEY,
    cron    text        NOT NULL,
    next_at timestamptz NOT NULL
);

ALTER TABLE job ENABLE ROW LEVEL SECURITY;
ALTER TABLE job_schedule ENABLE ROW LEVEL SECURITY;
