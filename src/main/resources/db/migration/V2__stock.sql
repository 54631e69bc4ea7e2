-- Stock, its ledger, and the answers that are kept under idempotency keys.
-- A migration that has landed is never edited; change things by a new one.

-- Where stock lies; a location is there from when it is first named.
CREATE TABLE location (
    location   text COLLATE "C" PRIMARY KEY CHECK (char_length(location) BETWEEN 1 AND 64),
    backorders boolean     NOT NULL DEFAULT false,
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO location (location) VALUES ('main');

-- One row for each product and location; for main from when the product is created. Never deleted.
-- Half of each page is left free, so that a changed row finds room beside its old one and no index has to be touched.
CREATE TABLE stock (
    sku        text COLLATE "C" NOT NULL REFERENCES product (sku),
    location   text COLLATE "C" NOT NULL REFERENCES location (location),
    on_hand    integer     NOT NULL DEFAULT 0 CHECK (on_hand >= -2147483647),
    threshold  integer CHECK (threshold >= 0),
    low        boolean     NOT NULL DEFAULT false,
    version    bigint      NOT NULL DEFAULT 1 CHECK (version >= 1),
    counted_at timestamptz,
    updated_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (sku, location)
) WITH (fillfactor = 50);
CREATE INDEX stock_low ON stock (sku, location) WHERE low;
INSERT INTO stock (sku, location) SELECT sku, 'main' FROM product;

-- The ledger. seq is given under the lock of the stock row, and so is the order of a row's movements. There is no foreign
-- key: rows are written by the statement that holds the stock row, and stock rows are never deleted.
CREATE TABLE stock_movement (
    seq       bigint GENERATED ALWAYS AS IDENTITY,
    id        uuid PRIMARY KEY,
    event_id  uuid        NOT NULL,
    sku       text COLLATE "C" NOT NULL,
    location  text COLLATE "C" NOT NULL,
    delta     integer     NOT NULL CHECK (delta <> 0),
    on_hand   integer     NOT NULL,
    version   bigint      NOT NULL,
    reason    text        NOT NULL CHECK (char_length(reason) BETWEEN 1 AND 64),
    reference text CHECK (char_length(reference) <= 255),
    actor     text        NOT NULL,
    trace_id  text        NOT NULL,
    moved_at  timestamptz NOT NULL
);
CREATE INDEX stock_movement_sku ON stock_movement (sku, seq);

-- What was answered to a request with an Idempotency-Key, written with the change that it answers.
CREATE TABLE idempotency_key (
    scope       bytea PRIMARY KEY CHECK (length(scope) = 32),
    fingerprint bytea       NOT NULL CHECK (length(fingerprint) = 32),
    refused     boolean     NOT NULL,
    answer      json        NOT NULL,
    trace_id    text        NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX idempotency_key_created ON idempotency_key (created_at);

ALTER TABLE location ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock ENABLE ROW LEVEL SECURITY;
ALTER TABLE stock_movement ENABLE ROW LEVEL SECURITY;
ALTER TABLE idempotency_key ENABLE ROW LEVEL SECURITY;
