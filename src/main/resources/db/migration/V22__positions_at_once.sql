-- A change that gives its own events their positions, in its own transaction: one commit instead of two. Whoever changes has locked its
-- rows by then; the head is locked last, so nothing circles, and is not waited for: while somebody else gives positions, none are given
-- here, no row is returned, and the sequencer gives them after the commit.
--
-- Called as a statement of its own after that of the change, in the same transaction (READ COMMITTED): it sees the events of the change,
-- and whatever of the same subjects was committed before the rows of the change were locked, which is older by seq.
CREATE FUNCTION sequence_events_at_once(most integer)
RETURNS TABLE (head bigint, "position" bigint, id uuid, type text, subject text, actor text, trace_id text,
               occurred_at timestamptz, payload text)
LANGUAGE plpgsql VOLATILE
AS $$
BEGIN
  PERFORM FROM feed_head AS f WHERE f.single FOR UPDATE SKIP LOCKED;
  IF FOUND THEN
    RETURN QUERY SELECT * FROM sequence_events(most);
  END IF;
END
$$;

-- For the service only; Supabase would offer it to everyone as a remote procedure.
REVOKE EXECUTE ON FUNCTION sequence_events_at_once(integer) FROM PUBLIC;
