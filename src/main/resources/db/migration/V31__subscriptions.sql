-- Subscriptions: durable readers of the feed, and what of it each receiver has taken.
-- A migration that has landed is never edited; change things by a new one.

CREATE TABLE subscription (
    id              uuid PRIMARY KEY,
    name            text COLLATE "C" NOT NULL UNIQUE,
    types           text[]      NOT NULL CHECK (cardinality(types) >= 1),
    -- Null: all of them.
    subjects        text[]      CHECK (cardinality(subjects) >= 1),
    locations       text[]      CHECK (cardinality(locations) >= 1),
    changed         text[]      CHECK (cardinality(changed) >= 1),
    exclude_actors  text[]      CHECK (cardinality(exclude_actors) >= 1),
    kind            text        NOT NULL,
    delivery        json        NOT NULL,
    state           text        NOT NULL CHECK (state IN ('active', 'paused', 'disabled')),
    reason          text,
    -- Raised by each change that a person makes.
    version         bigint      NOT NULL DEFAULT 1,
    -- What matches up to here is delivered, or stands in subscription_held.
    position        bigint      NOT NULL CHECK (position >= 0),
    -- Signs deliveries, so it can't be hashed.
    secret          text,
    previous_secret text,
    previous_until  timestamptz,
    -- Who delivers, or pulls. The token is raised by each taking, and by whoever moves the cursor of another's: with an old one nothing is written.
    owner           text,
    token           bigint      NOT NULL DEFAULT 0,
    lease_until     timestamptz,
    -- The last pull: what it is acknowledged by, and up to where; and the last one that was.
    pull_id         uuid,
    pull_upto       bigint,
    acked_id        uuid,
    attempts        bigint      NOT NULL DEFAULT 0,
    last_success_at timestamptz,
    last_error      text,
    last_error_at   timestamptz,
    -- Whether the administrators were told that it is disabled.
    told            boolean     NOT NULL DEFAULT false,
    created_at      timestamptz NOT NULL DEFAULT now(),
    created_by      text        NOT NULL
) WITH (fillfactor = 50);

-- Events behind the cursor that are not delivered: the group of events that failed together has the position of its first as its head; what
-- has none waits for such a group, because of its subject.
CREATE TABLE subscription_held (
    subscription uuid        NOT NULL REFERENCES subscription ON DELETE CASCADE,
    position     bigint      NOT NULL,
    head         bigint,
    attempts     integer     NOT NULL DEFAULT 0,
    since        timestamptz,
    retry_at     timestamptz,
    PRIMARY KEY (subscription, position)
);

-- The last attempts of each, in a ring of slots.
CREATE TABLE subscription_attempt (
    subscription uuid        NOT NULL REFERENCES subscription ON DELETE CASCADE,
    slot         smallint    NOT NULL,
    number       bigint      NOT NULL,
    at           timestamptz NOT NULL,
    webhook_id   text        NOT NULL,
    position     bigint,
    events       integer     NOT NULL,
    status       integer,
    millis       integer     NOT NULL,
    error        text,
    answer       text,
    PRIMARY KEY (subscription, slot)
);

-- The replicas that deliver, to share the work.
CREATE TABLE subscription_worker (
    replica text PRIMARY KEY,
    until   timestamptz NOT NULL
);

-- Who changed a subscription; kept for good.
CREATE TABLE subscription_change (
    id              uuid PRIMARY KEY,
    change          text        NOT NULL,
    subscription    uuid        NOT NULL,
    name            text        NOT NULL,
    detail          json,
    changed_at      timestamptz NOT NULL DEFAULT now(),
    actor           text        NOT NULL,
    trace_id        text        NOT NULL
);

ALTER TABLE subscription ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_held ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_attempt ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_worker ENABLE ROW LEVEL SECURITY;
ALTER TABLE subscription_change ENABLE ROW LEVEL SECURITY;
