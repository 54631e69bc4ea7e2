-- The sequencer, as a function: its statements are planned once a connection instead of once a call, also behind a pooler that
-- knows no prepared statements.
--
-- It gives the next positions to at most so many committed events, in the order of their seq, and answers them with the head after
-- that; a single row with no more than the head if there is nothing to do.
--
-- The lock is a statement of its own: in a volatile function each statement has a snapshot of its own (at READ COMMITTED), so that
-- the second one sees what was committed while the first one waited. Without that, positions would have holes for ever.
--
-- Plans are kept, so they must be right for a table of any size: its indexes are used even while it looks small.
CREATE FUNCTION sequence_events(most integer)
RETURNS TABLE (head bigint, "position" bigint, id uuid, type text, subject text, actor text, trace_id text,
               occurred_at timestamptz, payload text)
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '4s'
SET jit = off
SET enable_seqscan = off
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
      FROM pending WHERE e.seq = pending.seq AND e.position IS NULL
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

-- For the service only; Supabase would offer it to everyone as a remote procedure.
REVOKE EXECUTE ON FUNCTION sequence_events(integer) FROM PUBLIC;
