-- What happened in a stretch of time. Of events, the log's order and that of their times differ by a transaction's length.
-- This text is the same in every pool's migrations.
CREATE INDEX log_by_time ON log (occurred_at, position);
