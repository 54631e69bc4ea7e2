-- The sequencer looked for each event that it gives a position to among all that wait for one: the planner takes event_unsequenced for
-- empty, since it nearly always is, and joined by reading all of it again for each of 512 events. With 5,000 waiting a call took
-- 0.7 to 0.9 s on a busy machine; under a load of webhooks it was cancelled by its timeout. Now each is looked up by its key: without
-- "position IS NULL" the partial index is no choice. And the first of those that wait are read in order, instead of all of them by a
-- bitmap. Whoever gives positions holds feed_head, so what is pending stays so; coalesce still refuses a position to what has one.
CREATE OR REPLACE FUNCTION sequence_events(most integer)
RETURNS TABLE (head bigint, "position" bigint, id uuid, type text, subject text, actor text, trace_id text,
               occurred_at timestamptz, payload text)
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '4s'
SET jit = off
SET enable_seqscan = off
SET enable_bitmapscan = off
SET enable_hashjoin = off
SET enable_mergejoin = off
AS $$
DECLARE
  last   bigint;
  bottom bigint;
  given  bigint;
BEGIN
  SELECT f.head, f.floor INTO STRICT last, bottom FROM feed_head AS f WHERE f.single FOR UPDATE;

  RETURN QUERY
    WITH pending AS MATERIALIZED (
      SELECT oldest.seq, row_number() OVER (ORDER BY oldest.seq) AS n
      FROM (SELECT e.seq FROM event AS e
            WHERE e.position IS NULL AND e.seq > bottom
            ORDER BY e.seq LIMIT most) AS oldest),
    stamped AS (
      UPDATE event AS e SET position = last + pending.n
      FROM pending WHERE e.seq = pending.seq AND coalesce(e.position, 0) = 0
      RETURNING e.position, e.id, e.type, e.subject, e.actor, e.trace_id, e.occurred_at, e.payload::text)
    SELECT last + count(*) OVER (), stamped.* FROM stamped ORDER BY stamped.position;
  GET DIAGNOSTICS given = ROW_COUNT;

  IF given = 0 THEN
    RETURN QUERY SELECT last, NULL::bigint, NULL::uuid, NULL::text, NULL::text, NULL::text, NULL::text, NULL::timestamptz, NULL::text;
  ELSE
    UPDATE feed_head AS f SET head = last + given WHERE f.single;
  END IF;
END
$$;

-- A count adds what has moved since its time, and reads the ledger of its stock for that: all movements of the last minute at least, those
-- by earlier counts too. Whoever counts the same stock every few seconds has dozens of them read for each line. So a count leaves in
-- the row the version that it has made, and the latest time at which the stock may have moved before that, other than by a correction.
-- As long as the version is the same, nothing has moved since. Every movement raises the version, also those of earlier versions of
-- the service, which know nothing of these columns.
ALTER TABLE stock ADD COLUMN still_version bigint, ADD COLUMN still_since timestamptz;
