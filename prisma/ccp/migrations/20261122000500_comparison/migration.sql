-- How far the comparison of all cars with another pool has come that makes up for a log that cannot be followed.
CREATE TABLE comparison (
  consumer text PRIMARY KEY,
  -- The cursor that was refused; null when there was none.
  from_log_id uuid,
  from_position bigint,
  -- Where the log ended when the comparison began.
  log_id uuid NOT NULL,
  position bigint NOT NULL,
  -- The last car that was compared.
  pcid text NOT NULL,
  namespace namespace NOT NULL,
  CHECK ((from_log_id IS NULL) = (from_position IS NULL))
);
