-- What cleansing keeps. This text is the same in every pool's migrations.

-- One row: how far it is.
CREATE TABLE cleansing (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  -- When the last whole run began, or when the pool was first started: the next one is due at the next time of the schedule
  -- behind it.
  last_run_at timestamptz(3),
  -- The last of what is stored whose status was looked after; null: the next run begins at the beginning.
  refreshed_to jsonb
);

INSERT INTO cleansing DEFAULT VALUES;

-- Revocations that are never taken back: what has one of these certificates goes.
CREATE INDEX certificate_status_revoked_idx ON certificate_status (fingerprint)
  WHERE status = 'REVOKED' AND reason IS DISTINCT FROM 'certificateHold';
