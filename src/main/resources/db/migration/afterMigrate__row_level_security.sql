-- After each migration that has been done, and where there was none to do. Flyway makes its own table, which migrations had better not
-- lock while it has it in use; like all others it is for nobody but its owner. Whoever reads it for long, such as a backup, is not waited
-- for, and neither does anybody wait behind this: it is done at the next start then.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_class WHERE oid = to_regclass('${flyway:table}') AND NOT relrowsecurity) THEN
        PERFORM set_config('lock_timeout', '2s', true);
        ALTER TABLE ${flyway:table} ENABLE ROW LEVEL SECURITY;
    END IF;
EXCEPTION WHEN lock_not_available THEN
    RAISE WARNING '${flyway:table} is in use: its row-level security is left to the next start';
END
$$;
