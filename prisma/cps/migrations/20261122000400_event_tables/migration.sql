-- The event tables of a pool. This text is the same in every pool's migrations.

-- What transactions have done and the log does not hold yet. A row is written in the transaction that it tells
-- of and moved to the log after the commit.
CREATE TABLE outbox (
  id bigserial PRIMARY KEY,
  event_id uuid NOT NULL,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  facts jsonb NOT NULL
);

-- Every row is soon deleted again: the dead ones must not pile up.
ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- What has happened, at gap-free positions given after the commit. Rows are never changed; old ones may be
-- deleted from the beginning.
CREATE TABLE log (
  position bigint PRIMARY KEY,
  event_id uuid NOT NULL UNIQUE,
  type text NOT NULL,
  occurred_at timestamptz NOT NULL,
  logged_at timestamptz NOT NULL,
  facts jsonb NOT NULL
);

CREATE FUNCTION log_refuse_update() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'The event log is never changed.';
END
$$;

CREATE TRIGGER log_refuse_update BEFORE UPDATE ON log
  FOR EACH STATEMENT EXECUTE FUNCTION log_refuse_update();

-- One row: which log this is and the last position given. The log gets a new id when the database turns out to
-- be another incarnation (restored or promoted), since positions may then have been given twice.
CREATE TABLE log_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  log_id uuid NOT NULL,
  position bigint NOT NULL,
  incarnation text
);

INSERT INTO log_head (log_id, position) VALUES (gen_random_uuid(), 0);

-- Up to which position of another pool's log an internal consumer has carried out what follows from it.
CREATE TABLE consumer_cursor (
  name text PRIMARY KEY,
  log_id uuid NOT NULL,
  position bigint NOT NULL,
  updated_at timestamptz NOT NULL DEFAULT now()
);
