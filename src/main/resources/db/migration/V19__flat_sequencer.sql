-- The low watermark rose only once every older transaction had ended, in all databases of the server. While one stayed open, each call of
-- the sequencer walked over all that had been given positions since. Now only those transactions count that may have inserted an event.
-- mark_holders are those that could have been given a seq up to mark_seq; null: not looked at yet.
ALTER TABLE feed_head ADD COLUMN mark_holders text[];

-- Raises the low watermark (feed_head.floor) in two calls, of which each is a transaction of its own. The first reads the last seq given
-- out as the mark (a sequence that has given out none says the first one it will give), and then who has the lock on event that every
-- insert takes before it is given a seq, and keeps until its commit can be seen. The second moves the low watermark to the mark if none of
-- them has that lock any more, and nothing up to the mark is waiting.
--
-- In a volatile function each statement has a snapshot of its own (at READ COMMITTED), so what is looked at last sees what they committed.
CREATE OR REPLACE FUNCTION raise_low_watermark() RETURNS void
LANGUAGE plpgsql VOLATILE
SET jit = off
SET enable_seqscan = off
AS $$
DECLARE
  marked  feed_head%ROWTYPE;
  holders text[];
  given   bigint;
BEGIN
  SELECT f.* INTO STRICT marked FROM feed_head AS f WHERE f.single FOR UPDATE;

  IF marked.mark_seq > marked.floor AND marked.mark_holders IS NOT NULL THEN
    SELECT array_agg(l.virtualtransaction) INTO holders
    FROM pg_locks AS l
    WHERE l.locktype = 'relation' AND l.relation = 'event'::regclass AND l.mode = 'RowExclusiveLock'
      AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
    IF NOT coalesce(holders && marked.mark_holders, false) THEN
      UPDATE feed_head AS f SET floor = f.mark_seq
      WHERE f.single AND NOT EXISTS
          (SELECT FROM event AS e WHERE e.position IS NULL AND e.seq > marked.floor AND e.seq <= marked.mark_seq);
    END IF;
  END IF;

  SELECT last_value - (NOT is_called)::int INTO given FROM event_seq_seq;
  UPDATE feed_head AS f SET mark_seq = given, mark_xid = NULL, mark_holders = NULL
  WHERE f.single AND f.mark_seq <= f.floor AND given > f.floor;

  SELECT array_agg(l.virtualtransaction) INTO holders
  FROM pg_locks AS l
  WHERE l.locktype = 'relation' AND l.relation = 'event'::regclass AND l.mode = 'RowExclusiveLock'
    AND l.database = (SELECT d.oid FROM pg_database AS d WHERE d.datname = current_database());
  UPDATE feed_head AS f SET mark_holders = coalesce(holders, '{}') WHERE f.single AND f.mark_seq > f.floor AND f.mark_holders IS NULL;
END
$$;

-- What keeps PostgreSQL from cleaning up for longer than it should, oldest first. Sessions of others are seen by members of
-- pg_read_all_stats only.
CREATE FUNCTION old_transactions(longest interval) RETURNS TABLE (what text, since timestamptz)
LANGUAGE sql STABLE
AS $$
  SELECT format('session %s of %s in database %s%s', a.pid, a.usename, a.datname, ' (' || nullif(a.application_name, '') || ')'), a.xact_start
  FROM pg_stat_activity AS a
  WHERE a.xact_start < clock_timestamp() - longest AND (a.backend_xid IS NOT NULL OR a.backend_xmin IS NOT NULL)
    AND a.backend_type IN ('client backend', 'walsender')
  UNION ALL
  SELECT format('prepared transaction %s of %s in database %s', p.gid, p.owner, p.database), p.prepared
  FROM pg_prepared_xacts AS p WHERE p.prepared < clock_timestamp() - longest
  UNION ALL
  SELECT format('replication slot %s, which nobody reads', s.slot_name), NULL
  FROM pg_replication_slots AS s WHERE NOT s.active AND (s.xmin IS NOT NULL OR s.catalog_xmin IS NOT NULL)
  ORDER BY 2 LIMIT 5
$$;

-- For the service only; Supabase would offer it to everyone as a remote procedure.
REVOKE EXECUTE ON FUNCTION old_transactions(interval) FROM PUBLIC;
