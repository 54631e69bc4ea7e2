-- What the PMS has of our products, and whether it is away.
-- A migration that has landed is never edited; change things by a new one.

-- A product that is, or has been, published: the newest version that the PMS is to have, and the one that it has accepted last.
CREATE TABLE pms_sync (
    sku            text COLLATE "C" PRIMARY KEY REFERENCES product (sku),
    wanted_version bigint NOT NULL CHECK (wanted_version >= 1),
    -- The event of that version: the Idempotency-Key towards the PMS.
    wanted_event   uuid   NOT NULL,
    version        bigint CHECK (version >= 1),
    event_id       uuid,
    synced_at      timestamptz,
    CHECK ((version IS NULL) = (event_id IS NULL)),
    CHECK ((version IS NULL) = (synced_at IS NULL))
) WITH (fillfactor = 80);

-- One row for the whole cluster, so that it is one replica that tells the admins of an outage, and one that tells them of its end.
CREATE TABLE pms_outage (
    only_row   boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    -- How many calls in a row have failed, whatever product they were about.
    failures   bigint NOT NULL DEFAULT 0 CHECK (failures >= 0),
    since      timestamptz,
    last_since timestamptz,
    CHECK (since IS NULL OR failures > 0)
) WITH (fillfactor = 10);
INSERT INTO pms_outage DEFAULT VALUES;

ALTER TABLE pms_sync ENABLE ROW LEVEL SECURITY;
ALTER TABLE pms_outage ENABLE ROW LEVEL SECURITY;
