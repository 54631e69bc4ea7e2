-- After each migration that has been done, and where there was none to do. Flyway makes its own table, which migrations had better not
-- lock while it has it in use; like all others it is for nobody but its owner.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('flyway_schema_history') AND NOT relrowsecurity) THEN
        ALTER TABLE flyway_schema_history ENABLE ROW LEVEL SECURITY;
    END IF;
END
$$;
