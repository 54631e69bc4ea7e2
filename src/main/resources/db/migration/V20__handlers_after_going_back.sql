-- A database that has gone back in part, its feed but not the cursors of the durable handlers, and was then overtaken: the cursors stood on
-- events that others have replaced, or beyond the end, and the handlers skipped what had taken their place. Now they go back to the last
-- position whose event is known to be the same, or to the oldest event stored if none is known.
-- Begins a new epoch if this database is another than the one in which the epoch told has begun, or has gone back. Otherwise notes the
-- identity. Returns why an epoch was begun: 'copied', 'behind', 'rewritten' or 'unproven'; null if none was, or another replica did so.
--
-- known is the highest position that the caller knows of from outside the database, and must have known before the call; null for none.
-- positions and ids are events that it knows of: what stands at a position up to the highest that is as known, below the lowest that is not,
-- is what durable handlers have processed. Beyond that they process again.
CREATE OR REPLACE FUNCTION check_feed(told uuid, known bigint, positions bigint[], ids uuid[]) RETURNS text
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '4s'
SET jit = off
AS $$
DECLARE
  stored feed_head%ROWTYPE;
  this   record;
  reason text;
  wrong  bigint;
  sure   bigint;
BEGIN
  SELECT f.* INTO STRICT stored FROM feed_head AS f WHERE f.single FOR UPDATE;
  IF stored.feed_id <> told THEN
    RETURN NULL;
  END IF;
  SELECT i.* INTO STRICT this FROM feed_identity() AS i;

  IF this.system_id <> stored.system_id OR this.database_id <> stored.database_id THEN
    reason := 'copied';
  ELSIF known > stored.head THEN
    reason := 'behind';
  ELSIF EXISTS (SELECT FROM unnest(positions, ids) AS k (position, id)
                WHERE (SELECT e.id FROM event AS e WHERE e.position = k.position) <> k.id) THEN
    reason := 'rewritten';
  ELSIF this.timeline <> stored.timeline AND known IS NULL THEN
    reason := 'unproven';
  END IF;

  IF reason IN ('behind', 'rewritten') THEN
    SELECT min(k.position) INTO wrong FROM unnest(positions, ids) AS k (position, id)
    WHERE (SELECT e.id FROM event AS e WHERE e.position = k.position) <> k.id;
    SELECT max(k.position) INTO sure FROM unnest(positions, ids) AS k (position, id)
    WHERE (SELECT e.id FROM event AS e WHERE e.position = k.position) = k.id AND (wrong IS NULL OR k.position < wrong);
    sure := least(coalesce(sure, (SELECT t.pruned FROM feed_tail AS t WHERE t.single)), stored.head);
    UPDATE handler_cursor AS c SET position = sure, attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
    WHERE c.position > stored.head OR (wrong IS NOT NULL AND c.position > sure);
  END IF;

  IF reason IS NOT NULL THEN
    PERFORM renew_feed(reason <> 'copied');
    RETURN reason;
  END IF;

  UPDATE feed_head AS f
  SET system_id = coalesce(this.system_id, f.system_id), database_id = coalesce(this.database_id, f.database_id),
      timeline = coalesce(this.timeline, f.timeline)
  WHERE f.single AND (f.system_id, f.database_id, f.timeline) IS DISTINCT FROM
      (coalesce(this.system_id, f.system_id), coalesce(this.database_id, f.database_id), coalesce(this.timeline, f.timeline));
  UPDATE feed_head AS f SET mark_seq = f.floor, mark_xid = NULL
  WHERE f.single AND f.mark_xid >= pg_snapshot_xmax(pg_current_snapshot());
  RETURN NULL;
END
$$;
