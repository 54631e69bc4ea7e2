-- What PostgreSQL says of itself, so that a copy of the database and one that has gone back are noticed. Null: unknown.
-- feed_id names the epoch: the history that positions count in. previous_id is the epoch before, if this database took its place.
ALTER TABLE feed_head
    ADD COLUMN system_id   bigint,
    ADD COLUMN database_id bigint,
    ADD COLUMN timeline    bigint,
    ADD COLUMN previous_id uuid;

-- Each part is null where its function is not allowed, or does not exist.
CREATE FUNCTION feed_identity(OUT system_id bigint, OUT database_id bigint, OUT timeline bigint)
LANGUAGE plpgsql STABLE
AS $$
BEGIN
  SELECT d.oid::bigint INTO database_id FROM pg_database AS d WHERE d.datname = current_database();
  BEGIN
    SELECT c.system_identifier INTO system_id FROM pg_control_system() AS c;
  EXCEPTION WHEN OTHERS THEN
    system_id := NULL;
  END;
  BEGIN
    timeline := ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::bigint;
  EXCEPTION WHEN OTHERS THEN
    timeline := NULL;
  END;
END
$$;

-- Begins a new epoch. Locks the head first, as the sequencer does, so no position is given meanwhile. The durable handlers continue where
-- the feed ends, if their cursors are beyond that. Transaction ids of another cluster mean nothing here, so the mark is set anew.
CREATE FUNCTION renew_feed(replaces boolean) RETURNS void
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '4s'
SET jit = off
AS $$
DECLARE
  last bigint;
BEGIN
  SELECT f.head INTO STRICT last FROM feed_head AS f WHERE f.single FOR UPDATE;
  UPDATE feed_head AS f
  SET feed_id = gen_random_uuid(), previous_id = CASE WHEN replaces THEN f.feed_id END, mark_seq = f.floor, mark_xid = NULL,
      system_id = i.system_id, database_id = i.database_id, timeline = i.timeline
  FROM feed_identity() AS i WHERE f.single;
  UPDATE handler_cursor AS c SET position = last, attempts = 0, retry_at = NULL, last_error = NULL, updated_at = now()
  WHERE c.position > last;
  UPDATE feed_tail AS t SET pruned = last WHERE t.single AND t.pruned > last;
END
$$;

-- Begins a new epoch if this database is another than the one in which the epoch told has begun, or has gone back. Otherwise notes the
-- identity. Returns why an epoch was begun: 'copied', 'behind', 'rewritten' or 'unproven'; null if none was, or another replica did so.
--
-- known is the highest position that the caller knows of from outside the database, and must have known before the call; null for none.
-- positions and ids are events that it knows of.
CREATE FUNCTION check_feed(told uuid, known bigint, positions bigint[], ids uuid[]) RETURNS text
LANGUAGE plpgsql VOLATILE
SET lock_timeout = '4s'
SET jit = off
AS $$
DECLARE
  stored feed_head%ROWTYPE;
  this   record;
  reason text;
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

REVOKE EXECUTE ON FUNCTION feed_identity() FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION renew_feed(boolean) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION check_feed(uuid, bigint, bigint[], uuid[]) FROM PUBLIC;
