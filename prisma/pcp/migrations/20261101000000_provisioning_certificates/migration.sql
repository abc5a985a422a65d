CREATE TYPE namespace AS ENUM ('ISO15118_2', 'ISO15118_20');

CREATE TABLE provisioning_certificate (
  pcid text NOT NULL CHECK (pcid ~ '^[A-Z0-9]{17,18}$'),
  namespace namespace NOT NULL,
  fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  der bytea NOT NULL,
  sub_ca_ders bytea[] NOT NULL,
  root_fingerprint text NOT NULL CHECK (root_fingerprint ~ '^[0-9a-f]{64}$'),
  root_der bytea NOT NULL,
  v2g_root_key_identifiers text[] NOT NULL,
  previous_pcid text,
  warnings text[] NOT NULL,
  not_after timestamptz(3) NOT NULL,
  published_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL,
  PRIMARY KEY (pcid, namespace)
);

CREATE INDEX provisioning_certificate_root_fingerprint_idx ON provisioning_certificate (root_fingerprint);
