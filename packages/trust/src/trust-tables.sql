-- The tables of the trusted roots. This text is the same in the migrations of every pool that follows RCP's log.

-- The roots that RCP holds, as far as its log was followed: consumer_cursor says how far, under the name rcp.
CREATE TABLE trusted_root (
  fingerprint text PRIMARY KEY,
  type text NOT NULL,
  der bytea NOT NULL,
  not_after timestamptz(3) NOT NULL
);

-- One row: how often the roots have changed, and the moment as of which the log was last followed to its end.
CREATE TABLE trusted_root_state (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  revision bigint NOT NULL,
  followed_at timestamptz
);

INSERT INTO trusted_root_state (revision) VALUES (0);
