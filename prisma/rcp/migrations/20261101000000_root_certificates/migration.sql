CREATE TYPE root_type AS ENUM ('V2G', 'OEM', 'MO', 'PE');

CREATE TABLE root_certificate (
  fingerprint text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  type root_type NOT NULL,
  der bytea NOT NULL,
  subject text NOT NULL,
  issuer text NOT NULL,
  serial_number text NOT NULL,
  subject_key_identifier text,
  not_before timestamptz(3) NOT NULL,
  not_after timestamptz(3) NOT NULL,
  added_at timestamptz(3) NOT NULL
);

CREATE INDEX root_certificate_added_at_fingerprint_idx ON root_certificate (added_at, fingerprint);
CREATE INDEX root_certificate_not_after_fingerprint_idx ON root_certificate (not_after, fingerprint);
