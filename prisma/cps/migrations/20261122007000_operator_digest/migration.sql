-- The days of which the operator was told a digest; the row comes in the event's transaction. The first one has no event:
-- it says that the service began then.
CREATE TABLE operator_digest (
  day date PRIMARY KEY,
  event_id uuid
);
