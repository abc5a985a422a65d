-- Named consumers of this pool's log: up to where a client's backend has acknowledged its events, and which connection
-- has it at present.
CREATE TABLE event_consumer (
  client_id text NOT NULL,
  name text NOT NULL CHECK (name ~ '^[A-Za-z0-9._-]{1,64}$'),
  organisation text NOT NULL,
  -- The client's world manufacturer identifiers as of its last contact; none when it is no car maker.
  wmis text[] NOT NULL,
  log_id uuid NOT NULL,
  position bigint NOT NULL CHECK (position >= 0),
  created_at timestamptz(3) NOT NULL,
  last_contact_at timestamptz(3) NOT NULL,
  -- Grows with each lease, also over a deletion: whoever has an older one has lost the consumer.
  fencing bigint NOT NULL,
  -- The subscription that has it, and until when unless it renews; null when none has.
  holder uuid,
  lease_until timestamptz(3),
  -- Whether the present fencing number was given when the consumer was set back, not with a lease.
  set_back boolean NOT NULL DEFAULT false,
  PRIMARY KEY (client_id, name),
  CHECK ((holder IS NULL) = (lease_until IS NULL))
);

CREATE SEQUENCE event_consumer_fencing;

-- Who listens for the cars of a maker.
CREATE INDEX event_consumer_wmis_idx ON event_consumer USING gin (wmis);

CREATE TYPE event_outcome AS ENUM ('QUEUED', 'SENT', 'REJECTED');

-- What a contract's mobility operator was told of the way of an event to the car maker: each at most once an event,
-- whichever consumer was the first.
CREATE TABLE event_delivery (
  event_id uuid NOT NULL,
  outcome event_outcome NOT NULL,
  -- The event's, for as long as which this is kept.
  position bigint NOT NULL,
  -- Whose consumer it was; null for QUEUED.
  client_id text,
  consumer text,
  told_at timestamptz(3) NOT NULL,
  PRIMARY KEY (event_id, outcome)
);

CREATE INDEX event_delivery_position_idx ON event_delivery (position);
