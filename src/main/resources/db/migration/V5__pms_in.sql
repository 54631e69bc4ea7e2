-- What the PMS sends: webhooks that were answered, and SKUs that nobody here knows.
-- A migration that has landed is never edited; change things by a new one.

-- When the count was true that this movement corrects the stock to; null for what really moved. A later count adds what has moved since
-- it was made, and a correction by an earlier count is no such movement.
ALTER TABLE stock_movement ADD COLUMN counted_at timestamptz;

-- The answer to each webhook, in the transaction of what it has changed: a second delivery gets the same one. The row is inserted first,
-- so that whoever delivers the same waits for it, and has its answer before the transaction ends.
CREATE TABLE webhook_delivery (
    webhook_id  text COLLATE "C" PRIMARY KEY CHECK (char_length(webhook_id) BETWEEN 1 AND 255),
    fingerprint bytea       NOT NULL CHECK (length(fingerprint) = 32),
    answer      json,
    trace_id    text        NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX webhook_delivery_received ON webhook_delivery (received_at);

-- Counts of what has no product, for a person to look at: one open row for each SKU and location, with its newest count.
CREATE TABLE unknown_sku (
    id          uuid PRIMARY KEY,
    sku         text COLLATE "C" NOT NULL CHECK (char_length(sku) BETWEEN 1 AND 64),
    location    text COLLATE "C" NOT NULL CHECK (char_length(location) BETWEEN 1 AND 64),
    on_hand     integer     NOT NULL,
    counted_at  timestamptz NOT NULL,
    webhook_id  text        NOT NULL,
    times       bigint      NOT NULL CHECK (times >= 1),
    first_seen  timestamptz NOT NULL,
    last_seen   timestamptz NOT NULL,
    resolved_at timestamptz,
    resolved_to text COLLATE "C" REFERENCES product (sku),
    resolved_by text,
    CHECK ((resolved_at IS NULL) = (resolved_to IS NULL) AND (resolved_at IS NULL) = (resolved_by IS NULL))
);
CREATE UNIQUE INDEX unknown_sku_open ON unknown_sku (sku, location) WHERE resolved_at IS NULL;

ALTER TABLE webhook_delivery ENABLE ROW LEVEL SECURITY;
ALTER TABLE unknown_sku ENABLE ROW LEVEL SECURITY;
