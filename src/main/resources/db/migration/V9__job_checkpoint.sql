-- What an attempt keeps for the next one, freed with the job's end; and the first arrow of the state diagram.
-- A migration that has landed is never edited; change things by a new one.

ALTER TABLE job
    ADD COLUMN checkpoint json CHECK (octet_length(checkpoint::text) <= 65536),
    ADD CONSTRAINT job_checkpoint_freed CHECK (finished_at IS NULL OR checkpoint IS NULL);

-- As in V4. Whatever ends a job, or has it begin anew, frees what its attempts have kept; here, so that no statement can forget to.
CREATE OR REPLACE FUNCTION job_transition() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF (OLD.state, NEW.state) NOT IN (
      ('scheduled', 'running'), ('scheduled', 'cancelled'), ('scheduled', 'available'),
      ('available', 'running'), ('available', 'cancelled'),
      ('retryable', 'running'), ('retryable', 'cancelled'), ('retryable', 'available'),
      ('running', 'completed'), ('running', 'retryable'), ('running', 'discarded'), ('running', 'cancelled'),
      ('running', 'available'),
      ('discarded', 'available'), ('cancelled', 'available')) THEN
    RAISE EXCEPTION 'a job can not go from % to %', OLD.state, NEW.state USING ERRCODE = 'check_violation';
  END IF;
  IF NEW.finished_at IS NOT NULL OR OLD.run_again THEN
    NEW.checkpoint := NULL;
  END IF;
  RETURN NEW;
END
$$;

CREATE FUNCTION job_beginning() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'a job can not begin as %', NEW.state USING ERRCODE = 'check_violation';
END
$$;
CREATE TRIGGER job_beginning BEFORE INSERT ON job
    FOR EACH ROW WHEN (NEW.state NOT IN ('scheduled', 'available')) EXECUTE FUNCTION job_beginning();
