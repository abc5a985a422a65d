-- The CAs that issue the contract certificates which the service generates; their keys lie in the key store.
CREATE TABLE contract_ca (
  fingerprint text NOT NULL CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  namespace namespace NOT NULL,
  der bytea NOT NULL,
  sub_cas bytea[] NOT NULL CHECK (cardinality(sub_cas) <= 3),
  root_fingerprint text NOT NULL CHECK (root_fingerprint ~ '^[0-9a-f]{64}$'),
  root_der bytea NOT NULL,
  key_reference text NOT NULL,
  -- Whose contracts it issues; empty: everybody's.
  provider_ids text[] NOT NULL,
  ocsp_url text,
  added_at timestamptz(3) NOT NULL,
  retired_at timestamptz(3),
  retirement_reason text,
  PRIMARY KEY (fingerprint, namespace),
  CHECK ((retired_at IS NULL) = (retirement_reason IS NULL))
);

CREATE INDEX contract_ca_added_at_fingerprint_namespace_idx ON contract_ca (added_at, fingerprint, namespace);

-- Every contract certificate that was issued, with nothing of its private key.
CREATE TABLE issued_certificate (
  fingerprint text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$'),
  ca_fingerprint text NOT NULL,
  namespace namespace NOT NULL,
  serial_number numeric NOT NULL,
  der bytea NOT NULL,
  emaid text NOT NULL,
  emaid_identity text NOT NULL,
  pcid text NOT NULL,
  not_before timestamptz(3) NOT NULL,
  not_after timestamptz(3) NOT NULL,
  issued_at timestamptz(3) NOT NULL,
  UNIQUE (ca_fingerprint, serial_number),
  FOREIGN KEY (ca_fingerprint, namespace) REFERENCES contract_ca (fingerprint, namespace)
    ON DELETE RESTRICT ON UPDATE RESTRICT
);

CREATE INDEX issued_certificate_emaid_identity_idx ON issued_certificate (emaid_identity);
CREATE INDEX issued_certificate_ca_fingerprint_namespace_idx ON issued_certificate (ca_fingerprint, namespace);
