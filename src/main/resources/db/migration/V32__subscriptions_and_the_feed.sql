-- Retention and epochs of the feed with subscriptions: what they have not delivered stays up to the hard limit; a new epoch sets their cursors
-- as those of the durable handlers, and stops those of a copy, which would send to the original's receivers.

-- Takes a subscription from whoever delivers it: what that one knows of the feed is no longer so.
CREATE FUNCTION rewind_subscriptions(beyond bigint, "to" bigint, why text) RETURNS void
LANGUAGE plpgsql VOLATILE
SET jit = off
AS $$
BEGIN
  DELETE FROM subscription_held AS h WHERE h.position > beyond;
  UPDATE subscription AS s
  SET position = "to", reason = CASE WHEN s.state = 'disabled' THEN s.reason ELSE why END
  WHERE s.position > beyond;
  UPDATE subscription AS s
  SET token = s.token + 1, owner = NULL, lease_until = NULL, pull_id = NULL, pull_upto = NULL, acked_id = NULL;
END
$$;

REVOKE EXECUTE ON FUNCTION rewind_subscriptions(bigint, bigint, text) FROM PUBLIC;

CREATE OR REPLACE FUNCTION renew_feed(replaces boolean) RETURNS void
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
  PERFORM rewind_subscriptions(last, last, 'feed-restarted');
  IF NOT replaces THEN
    UPDATE subscription AS s SET state = 'disabled', reason = 'feed-copied', told = false WHERE s.state <> 'disabled';
  END IF;
  UPDATE feed_tail AS t SET pruned = last WHERE t.single AND t.pruned > last;
END
$$;

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
    PERFORM rewind_subscriptions(CASE WHEN wrong IS NULL THEN stored.head ELSE sure END, sure, 'feed-restarted');
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

CREATE OR REPLACE FUNCTION prune_events(retention_seconds double precision, hard_limit_seconds double precision, most integer,
                             OUT deleted bigint, OUT unseen bigint)
LANGUAGE plpgsql VOLATILE
SET jit = off
SET enable_seqscan = off
AS $$
DECLARE
  tail    bigint;
  slowest bigint;
  waiting bigint;
  upto    bigint;
BEGIN
  deleted := 0;
  unseen := 0;
  SELECT t.pruned INTO tail FROM feed_tail AS t WHERE t.single FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RETURN;
  END IF;

  SELECT coalesce(min(c.position), 9223372036854775807) INTO slowest FROM handler_cursor AS c;
  SELECT least(slowest, (SELECT min(s.position) FROM subscription AS s WHERE s.state <> 'disabled'),
               (SELECT min(h.position) - 1 FROM subscription_held AS h JOIN subscription AS s ON s.id = h.subscription
                WHERE s.state <> 'disabled'))
  INTO waiting;

  SELECT coalesce(min(candidate.position) FILTER (WHERE NOT candidate.old) - 1, max(candidate.position)) INTO upto
  FROM (SELECT e.position,
               e.stored_at < now() - retention_seconds * interval '1 second'
               AND (e.position <= waiting OR e.stored_at < now() - hard_limit_seconds * interval '1 second') AS old
        FROM event AS e WHERE e.position > tail ORDER BY e.position LIMIT most) AS candidate;

  IF upto > tail THEN
    WITH gone AS (DELETE FROM event AS e WHERE e.position > tail AND e.position <= upto RETURNING e.position)
    SELECT count(*), count(*) FILTER (WHERE gone.position > slowest) INTO deleted, unseen FROM gone;
    UPDATE feed_tail AS t SET pruned = upto WHERE t.single;
    IF waiting < upto THEN
      UPDATE subscription AS s
      SET state = 'disabled', reason = 'position-expired', told = false, version = s.version + 1, token = s.token + 1,
          owner = NULL, lease_until = NULL, pull_id = NULL, pull_upto = NULL
      WHERE s.state <> 'disabled'
        AND (s.position < upto
             OR EXISTS (SELECT FROM subscription_held AS h WHERE h.subscription = s.id AND h.position <= upto));
    END IF;
  END IF;
END
$$;
