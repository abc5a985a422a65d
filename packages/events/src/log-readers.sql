-- Who reads this pool's log to carry out what follows from it, and up to where that was done. What a reader has not
-- read is kept however old it is. This text is the same in every pool's migrations.
CREATE TABLE log_reader (
  name text PRIMARY KEY,
  -- As the reader last had it; of another log, it counts for nothing.
  log_id uuid NOT NULL,
  position bigint NOT NULL,
  read_at timestamptz NOT NULL
);
