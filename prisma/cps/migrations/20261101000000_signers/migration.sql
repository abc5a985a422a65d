CREATE TYPE namespace AS ENUM ('ISO15118_2', 'ISO15118_20');

CREATE TABLE cps_signer (
  fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  namespace namespace NOT NULL,
  der bytea NOT NULL,
  sub_cas bytea[] NOT NULL CHECK (cardinality(sub_cas) <= 4),
  root_fingerprint text NOT NULL CHECK (root_fingerprint ~ '^[0-9a-f]{64}$'),
  root_der bytea NOT NULL,
  key_reference text NOT NULL,
  is_default boolean NOT NULL,
  added_at timestamptz(3) NOT NULL,
  PRIMARY KEY (fingerprint, namespace)
);

CREATE UNIQUE INDEX cps_signer_default_idx ON cps_signer (namespace) WHERE is_default;
CREATE INDEX cps_signer_is_default_added_at_fingerprint_namespace_idx
  ON cps_signer (is_default, added_at, fingerprint, namespace);

CREATE TABLE signing_result (
  emaid_identity text NOT NULL,
  contract_fingerprint text NOT NULL CHECK (contract_fingerprint ~ '^[0-9a-f]{64}$'),
  provisioning_fingerprint text NOT NULL CHECK (provisioning_fingerprint ~ '^([0-9a-f]{64})?$'),
  namespace namespace NOT NULL,
  v2g_root_fingerprint text NOT NULL CHECK (v2g_root_fingerprint ~ '^[0-9a-f]{64}$'),
  input_digest bytea NOT NULL CHECK (octet_length(input_digest) = 32),
  exi bytea NOT NULL,
  signer_fingerprint text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  PRIMARY KEY (emaid_identity, contract_fingerprint, provisioning_fingerprint, namespace, v2g_root_fingerprint),
  FOREIGN KEY (signer_fingerprint, namespace) REFERENCES cps_signer (fingerprint, namespace)
    ON DELETE RESTRICT ON UPDATE RESTRICT
);

CREATE INDEX signing_result_signer_fingerprint_namespace_idx ON signing_result (signer_fingerprint, namespace);
