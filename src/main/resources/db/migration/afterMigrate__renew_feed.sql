-- The command renew-feed, by hand, for a copy that nothing can tell from its original: a new epoch of the feed, and no jobs that would act on
-- the original's partners.
DO $$
BEGIN
    IF current_setting('pms_events.renew_feed', true) = 'true' THEN
        PERFORM renew_feed(false);
        UPDATE job SET state = 'cancelled', finished_at = now(), lease_until = NULL, worker = NULL, cancel_requested = false, run_again = false
        WHERE kind IN ('pms.sync', 'admin.webhook') AND state IN ('scheduled', 'available', 'running', 'retryable');
    END IF;
END
$$;
