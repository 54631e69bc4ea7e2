-- Indexes and settings that keep the cost of a query flat while its table grows.
-- A migration that has landed is never edited; change things by a new one.
--
-- Building an index here locks writes to its table until it is built. Who has a large table builds it before, by CREATE INDEX
-- CONCURRENTLY (upgrade.md, "Large tables"); it is found here then, and left alone.

-- What has moved since a count is asked for by SKU and location. By the SKU alone, each of 500 locations reads the ledger of all.
CREATE INDEX IF NOT EXISTS stock_movement_place ON stock_movement (sku, location, seq);

-- Searches for a part of a name or SKU. Both are in lower case by the rules of Unicode, whatever the locale of the database, and as
-- ProductTable asks for them. The extension belongs to PostgreSQL and may be created by the owner of the database, but some do not have
-- it, or do not allow it: searches read the products one by one then, within their timeout.
DO $$
DECLARE
  home text;
BEGIN
  BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
  EXCEPTION WHEN OTHERS THEN
    RAISE WARNING 'searches have no index, because pg_trgm is not available: %', SQLERRM;
  END;
  SELECT n.nspname INTO home FROM pg_opclass AS c JOIN pg_namespace AS n ON n.oid = c.opcnamespace WHERE c.opcname = 'gin_trgm_ops' LIMIT 1;
  IF home IS NOT NULL THEN
    EXECUTE format('CREATE INDEX IF NOT EXISTS product_search ON product USING gin ('
                   '(lower(name COLLATE "und-x-icu") COLLATE "C") %1$I.gin_trgm_ops, '
                   '(lower(sku COLLATE "und-x-icu") COLLATE "C") %1$I.gin_trgm_ops)', home);
  END IF;
EXCEPTION WHEN insufficient_privilege OR undefined_object THEN
  RAISE WARNING 'searches have no index, because pg_trgm can not be used: %', SQLERRM;
END
$$;

-- Lists of one location, and of jobs of one kind.
CREATE INDEX IF NOT EXISTS stock_location ON stock (location, sku);
CREATE INDEX IF NOT EXISTS job_kind ON job (kind, id);

-- Whether a discarded job is the newest under its key, for each that is retried.
CREATE INDEX IF NOT EXISTS job_discarded ON job (kind, unique_key, id) WHERE state = 'discarded';

-- How far the check of low stock has come, for all replicas: the last stock that was looked at, null between two rounds.
CREATE TABLE stock_check (
    single   boolean PRIMARY KEY DEFAULT true CHECK (single),
    sku      text COLLATE "C",
    location text COLLATE "C",
    begun_at timestamptz NOT NULL DEFAULT '-infinity',
    CHECK ((sku IS NULL) = (location IS NULL))
) WITH (fillfactor = 10);
INSERT INTO stock_check DEFAULT VALUES;
ALTER TABLE stock_check ENABLE ROW LEVEL SECURITY;

-- Each event is updated once, when it gets its position, and that is in an index: never in place (HOT). So there is a dead row for each
-- event, and retention leaves another. By the default of a fifth of the table, a week of events would first be vacuumed after a day.
ALTER TABLE event SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.02,
                       autovacuum_analyze_scale_factor = 0.02);

-- Tables that only grow or are changed in a few places: the default of a fifth of the table means months.
ALTER TABLE stock_movement SET (autovacuum_vacuum_insert_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
ALTER TABLE stock SET (autovacuum_vacuum_scale_factor = 0.02);
