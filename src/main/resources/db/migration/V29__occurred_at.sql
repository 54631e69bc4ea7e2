-- When a movement really happened, where the caller has said so; null for when it was written. A till that was offline sends its sales
-- late: what happened before the last count of the stock is in that count already. Such a line is written as two movements, itself and
-- its correction, and the stock stays what was counted.
-- A migration that has landed is never edited; change things by a new one.

ALTER TABLE stock_movement ADD COLUMN occurred_at timestamptz;

-- What a line does to a stock: as stock_change, unless it is an adjustment that happened (occurred) before the last count of the stock
-- (counted_before), or at the same time. Such a line is judged as one that changes nothing, so it is refused for its expectation, or
-- because its own movement would leave the range of an integer. If it is accepted, already is true, delta is that of its movement, and
-- its correction is the opposite; the version is raised by two, one for each.
CREATE FUNCTION stock_line(on_hand_before bigint, version_before bigint, low_before boolean, threshold bigint, backorders boolean,
                           wanted bigint, counted bigint, expected bigint, occurred timestamptz, counted_before timestamptz)
RETURNS TABLE (code text, delta bigint, on_hand bigint, version bigint, low boolean, alerts boolean, already boolean)
LANGUAGE sql IMMUTABLE
AS $$
  SELECT r.code,
         CASE WHEN late.already THEN wanted ELSE c.delta END,
         c.on_hand,
         CASE WHEN late.already AND r.code IS NULL THEN version_before + 2 ELSE c.version END,
         CASE WHEN r.code IS NULL THEN c.low ELSE low_before END,
         r.code IS NULL AND c.alerts,
         late.already AND r.code IS NULL
  FROM (SELECT counted IS NULL AND coalesce(occurred <= counted_before, false) AS already) AS late
  CROSS JOIN LATERAL stock_change(on_hand_before, version_before, low_before, threshold, backorders,
                                  CASE WHEN late.already THEN 0 ELSE wanted END, counted, expected) AS c
  CROSS JOIN LATERAL (SELECT coalesce(c.code, CASE
      WHEN late.already AND abs(on_hand_before + wanted) > 2147483647 THEN 'stock-out-of-range' END) AS code) AS r
$$;

-- For the service only; Supabase would offer it to everyone as a remote procedure.
REVOKE EXECUTE ON FUNCTION stock_line FROM PUBLIC;
