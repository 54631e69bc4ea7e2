-- Products, the event feed and the cursors of the primary handlers.
-- A migration that has landed is never edited; change things by a new one.

CREATE TABLE product (
    sku            text COLLATE "C" PRIMARY KEY CHECK (char_length(sku) BETWEEN 1 AND 64),
    name           text        NOT NULL CHECK (char_length(name) BETWEEN 1 AND 255),
    description    text        CHECK (char_length(description) <= 10000),
    price_amount   numeric     NOT NULL CHECK (price_amount >= 0),
    price_currency text        NOT NULL CHECK (price_currency ~ '^[A-Z]{3}$'),
    tags           text[]      NOT NULL CHECK (cardinality(tags) <= 50),
    attributes     json        NOT NULL CHECK (json_typeof(attributes) = 'object'),
    status         text        NOT NULL CHECK (status IN ('draft', 'published', 'archived')),
    version        bigint      NOT NULL CHECK (version >= 1),
    created_at     timestamptz NOT NULL,
    updated_at     timestamptz NOT NULL,
    published_at   timestamptz,
    CHECK (status <> 'published' OR published_at IS NOT NULL)
);
CREATE INDEX product_status ON product (status, sku);
CREATE INDEX product_tags ON product USING gin (tags);

-- The feed. seq is evaluated at the insert, under the row locks of the change, and so is right for each subject; it is
-- the order in which the sequencer gives positions. position is null until then, gap-free and final from then on.
CREATE TABLE event (
    seq         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    position    bigint CHECK (position >= 1),
    id          uuid        NOT NULL,
    type        text        NOT NULL,
    subject     text COLLATE "C" NOT NULL,
    actor       text        NOT NULL,
    trace_id    text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    stored_at   timestamptz NOT NULL DEFAULT now(),
    payload     json        NOT NULL
);
CREATE UNIQUE INDEX event_position ON event (position) WHERE position IS NOT NULL;
CREATE INDEX event_unsequenced ON event (seq) WHERE position IS NULL;

-- One row, locked by whoever gives positions. head is the last position given. No event with seq <= floor can be waiting
-- any more, so that nobody walks over the dead index entries of the past; mark_seq and mark_xid are the next floor in the making.
CREATE TABLE feed_head (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    feed_id  uuid   NOT NULL DEFAULT gen_random_uuid(),
    head     bigint NOT NULL DEFAULT 0,
    floor    bigint NOT NULL DEFAULT 0,
    mark_seq bigint NOT NULL DEFAULT 0,
    mark_xid xid8
) WITH (fillfactor = 10);
INSERT INTO feed_head DEFAULT VALUES;

-- One row, locked by whoever deletes what is too old. Positions up to pruned are gone.
CREATE TABLE feed_tail (
    single boolean PRIMARY KEY DEFAULT true CHECK (single),
    pruned bigint NOT NULL DEFAULT 0
);
INSERT INTO feed_tail DEFAULT VALUES;

-- How far each primary handler has come; the replica that holds the row's lock is the one that works.
CREATE TABLE handler_cursor (
    handler    text PRIMARY KEY,
    position   bigint      NOT NULL,
    attempts   integer     NOT NULL DEFAULT 0 CHECK (attempts >= 0),
    retry_at   timestamptz,
    last_error text,
    updated_at timestamptz NOT NULL DEFAULT now()
);

-- Events that a primary handler could not take, kept for a person to look at and to try again.
CREATE TABLE dead_letter (
    id        uuid PRIMARY KEY,
    handler   text        NOT NULL,
    position  bigint      NOT NULL,
    event     json        NOT NULL,
    attempts  integer     NOT NULL,
    error     text        NOT NULL,
    parked_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (handler, position)
);

-- Who changed what of a product, and when; written by the primary handler product-history.
CREATE TABLE product_history (
    sku         text COLLATE "C" NOT NULL,
    position    bigint      NOT NULL,
    version     bigint      NOT NULL,
    type        text        NOT NULL,
    changed     text[]      NOT NULL,
    actor       text        NOT NULL,
    trace_id    text        NOT NULL,
    occurred_at timestamptz NOT NULL,
    product     json        NOT NULL,
    PRIMARY KEY (sku, position)
);

-- Row-level security without a policy: roles that reach the database by another way, such as Supabase's anon and
-- authenticated, see nothing. The owner, as whom the service connects, is not bound by it.
ALTER TABLE product ENABLE ROW LEVEL SECURITY;
ALTER TABLE event ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed_head ENABLE ROW LEVEL SECURITY;
ALTER TABLE feed_tail ENABLE ROW LEVEL SECURITY;
ALTER TABLE handler_cursor ENABLE ROW LEVEL SECURITY;
ALTER TABLE dead_letter ENABLE ROW LEVEL SECURITY;
ALTER TABLE product_history ENABLE ROW LEVEL SECURITY;
