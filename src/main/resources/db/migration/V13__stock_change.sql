-- What a change does to a stock, and what its events say. This is the one place for both: adjustments, counts, thresholds and the
-- stock check all ask these functions.
-- A migration that has landed is never edited; change things by a new one.
--
-- The functions are written so that PostgreSQL puts their bodies into the statement that calls them: one SELECT, not volatile, not
-- strict, no settings of their own. A call costs nothing then.

-- Whether so much is low. Without a threshold nothing is.
CREATE FUNCTION stock_is_low(on_hand bigint, threshold bigint)
RETURNS boolean
LANGUAGE sql IMMUTABLE
AS $$
  SELECT coalesce(on_hand <= threshold, false)
$$;

-- What one line does to a stock: one that adds a number (wanted), or one that sets what was counted (counted; wanted is null).
-- It is refused, in this order,
--   stock-changed       if another number is on hand than the expected one; null expects nothing;
--   insufficient-stock  if it takes stock below zero, or counts less than zero, where no back-orders are taken;
--   stock-out-of-range  if the stock, or the movement, would leave the range of an integer, which is the same on both sides of zero.
-- A refused line leaves the stock as it is. One that moves something raises the version by one. A stock alerts when it becomes low.
CREATE FUNCTION stock_change(on_hand_before bigint, version_before bigint, low_before boolean, threshold bigint, backorders boolean,
                             wanted bigint, counted bigint, expected bigint)
RETURNS TABLE (code text, delta bigint, on_hand bigint, version bigint, low boolean, alerts boolean)
LANGUAGE sql IMMUTABLE
AS $$
  SELECT c.code,
         d.delta,
         CASE WHEN c.code IS NULL THEN on_hand_before + d.delta ELSE on_hand_before END,
         CASE WHEN c.code IS NULL AND d.delta <> 0 THEN version_before + 1 ELSE version_before END,
         CASE WHEN c.code IS NULL THEN l.low ELSE low_before END,
         c.code IS NULL AND l.low AND NOT low_before
  FROM (SELECT coalesce(counted - on_hand_before, wanted) AS delta) AS d
  CROSS JOIN LATERAL (SELECT stock_is_low(on_hand_before + d.delta, threshold) AS low) AS l
  CROSS JOIN LATERAL (SELECT CASE
      WHEN expected <> on_hand_before THEN 'stock-changed'
      WHEN NOT backorders AND (counted < 0 OR d.delta < 0 AND on_hand_before + d.delta < 0) THEN 'insufficient-stock'
      WHEN abs(on_hand_before + d.delta) > 2147483647 OR abs(d.delta) > 2147483647 THEN 'stock-out-of-range' END AS code) AS c
$$;

-- The payload of inventory.alert.
CREATE FUNCTION stock_alert(sku text, location text, on_hand bigint, threshold bigint)
RETURNS json
LANGUAGE sql STABLE
AS $$
  SELECT concat('{"sku":', to_json(sku), ',"location":', to_json(location), ',"onHand":', on_hand, ',"threshold":', threshold, '}')::json
$$;

-- The events of one line that was accepted: inventory.updated if it moved something, and inventory.alert if the stock alerts.
CREATE FUNCTION stock_events(sku text, location text, delta bigint, on_hand bigint, version bigint, reason text, reference text,
                             movement_id uuid, event_id uuid, alerts boolean, threshold bigint, alert_id uuid)
RETURNS TABLE (id uuid, type text, payload json)
LANGUAGE sql STABLE
AS $$
  SELECT event_id, 'inventory.updated',
         concat('{"sku":', to_json(sku), ',"location":', to_json(location), ',"delta":', delta, ',"onHand":', on_hand,
                ',"version":', version, ',"reason":', to_json(reason), ',"reference":', coalesce(to_json(reference)::text, 'null'),
                ',"movementId":"', movement_id, '"}')::json
  WHERE delta <> 0
  UNION ALL
  SELECT alert_id, 'inventory.alert', stock_alert(sku, location, on_hand, threshold)
  WHERE alerts
$$;

-- For the service only; Supabase would offer them to everyone as remote procedures.
REVOKE EXECUTE ON FUNCTION stock_is_low, stock_change, stock_alert, stock_events FROM PUBLIC;
