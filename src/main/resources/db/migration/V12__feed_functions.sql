-- What moves the ends of the feed, as functions like the sequencer (V3): one short call each, also behind a pooler that knows no
-- prepared statements. In a volatile function each statement has a snapshot of its own (at READ COMMITTED), so a statement after a
-- lock sees what was committed while the lock was waited for.
-- A migration that has landed is never edited; change things by a new one.

-- Raises the low watermark (feed_head.floor), in three calls of which each is a transaction of its own. The first reads the last seq
-- given out (a sequence that has given out none says the first one it will give) as the mark. The second takes its own transaction
-- id, which is younger than that of every transaction that could have been given a seq up to the mark, because an event is inserted
-- after its change's own rows. The third moves the low watermark to the mark if all older transactions have ended and nothing up to
-- the mark is waiting. The id must be one given out after the mark was read: the upper end of a snapshot is only the last one that
-- has ended, and those of open transactions may lie beyond.
--
-- The lock comes first and is a statement of its own: only then is this transaction's id younger than the mark it finds.
CREATE FUNCTION raise_low_watermark() RETURNS void
LANGUAGE plpgsql VOLATILE
SET jit = off
SET enable_seqscan = off
AS $$
BEGIN
  PERFORM FROM feed_head WHERE single FOR UPDATE;

  UPDATE feed_head SET floor = mark_seq
  WHERE single AND mark_seq > floor AND pg_snapshot_xmin(pg_current_snapshot()) >= mark_xid
    AND NOT EXISTS (SELECT FROM event WHERE position IS NULL AND seq > floor AND seq <= mark_seq);

  UPDATE feed_head SET mark_xid = pg_current_xact_id()
  WHERE single AND mark_seq > floor AND mark_xid IS NULL;

  UPDATE feed_head SET mark_seq = (SELECT last_value - (NOT is_called)::int FROM event_seq_seq), mark_xid = NULL
  WHERE single AND mark_seq = floor AND mark_seq < (SELECT last_value - (NOT is_called)::int FROM event_seq_seq);
END
$$;

-- Lowers the low watermark to below the first event that waits for its position; answers whether one was found that it hid. Looks at
-- all that is waiting: a net below the proof above, and for databases that were tampered with.
CREATE FUNCTION lower_low_watermark() RETURNS boolean
LANGUAGE plpgsql VOLATILE
SET jit = off
SET enable_seqscan = off
AS $$
BEGIN
  UPDATE feed_head SET floor = waiting.seq - 1, mark_seq = waiting.seq - 1, mark_xid = NULL
  FROM (SELECT min(seq) AS seq FROM event WHERE position IS NULL) AS waiting
  WHERE single AND floor >= waiting.seq;
  RETURN FOUND;
END
$$;

-- Deletes the longest prefix of positions that is older than the retention, at most so many rows, by the database's clock; answers how
-- many, and how many of those a durable handler had not seen. Up to the hard limit it stops before the slowest of them. Does nothing
-- while another replica is at it.
CREATE FUNCTION prune_events(retention_seconds double precision, hard_limit_seconds double precision, most integer,
                             OUT deleted bigint, OUT unseen bigint)
LANGUAGE plpgsql VOLATILE
SET jit = off
SET enable_seqscan = off
AS $$
DECLARE
  tail    bigint;
  slowest bigint;
  upto    bigint;
BEGIN
  deleted := 0;
  unseen := 0;
  SELECT t.pruned INTO tail FROM feed_tail AS t WHERE t.single FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;

  SELECT coalesce(min(c.position), 9223372036854775807) INTO slowest FROM handler_cursor AS c;

  SELECT coalesce(min(candidate.position) FILTER (WHERE NOT candidate.old) - 1, max(candidate.position)) INTO upto
  FROM (SELECT e.position,
               e.stored_at < now() - retention_seconds * interval '1 second'
               AND (e.position <= slowest OR e.stored_at < now() - hard_limit_seconds * interval '1 second') AS old
        FROM event AS e WHERE e.position > tail ORDER BY e.position LIMIT most) AS candidate;

  IF upto > tail THEN
    WITH gone AS (DELETE FROM event AS e WHERE e.position > tail AND e.position <= upto RETURNING e.position)
    SELECT count(*), count(*) FILTER (WHERE gone.position > slowest) INTO deleted, unseen FROM gone;
    UPDATE feed_tail AS t SET pruned = upto WHERE t.single;
  END IF;
END
$$;

-- For the service only; Supabase would offer them to everyone as remote procedures.
REVOKE EXECUTE ON FUNCTION raise_low_watermark() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION lower_low_watermark() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION prune_events(double precision, double precision, integer) FROM PUBLIC;
