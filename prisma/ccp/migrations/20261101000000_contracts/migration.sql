CREATE TYPE namespace AS ENUM ('ISO15118_2', 'ISO15118_20');

CREATE TABLE contract (
  emaid_key text PRIMARY KEY CHECK (emaid_key ~ '^[A-Z0-9]{14,36}$'),
  emaid text NOT NULL,
  pcid text NOT NULL CHECK (pcid ~ '^[A-Z0-9]{17,18}$'),
  pcid_shown text NOT NULL,
  wmi text NOT NULL,
  provider_id text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL
);

CREATE INDEX contract_pcid_created_at_emaid_key_idx ON contract (pcid, created_at, emaid_key);

CREATE TABLE contract_default (
  pcid text NOT NULL,
  namespace namespace NOT NULL,
  emaid_key text NOT NULL REFERENCES contract ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (pcid, namespace)
);

CREATE INDEX contract_default_emaid_key_idx ON contract_default (emaid_key);

CREATE TABLE signed_contract_data (
  emaid_key text NOT NULL REFERENCES contract ON DELETE CASCADE ON UPDATE CASCADE,
  namespace namespace NOT NULL,
  v2g_root_fingerprint text NOT NULL CHECK (v2g_root_fingerprint ~ '^[0-9a-f]{64}$'),
  v2g_root_subject text NOT NULL,
  v2g_root_serial_number text NOT NULL CHECK (v2g_root_serial_number ~ '^-?[0-9]+$'),
  contract_root_fingerprint text NOT NULL CHECK (contract_root_fingerprint ~ '^[0-9a-f]{64}$'),
  contract_fingerprint text NOT NULL CHECK (contract_fingerprint ~ '^[0-9a-f]{64}$'),
  begins_at timestamptz(3) NOT NULL,
  ends_at timestamptz(3) NOT NULL,
  exi bytea NOT NULL,
  stored_at timestamptz(3) NOT NULL,
  PRIMARY KEY (emaid_key, namespace, v2g_root_fingerprint)
);

-- Certificates, a key and signatures do not compress; kept as they are, they are read without unpacking.
ALTER TABLE signed_contract_data ALTER COLUMN exi SET STORAGE EXTERNAL;
