-- Contract certificates whose data is gone and that are to be revoked by whoever issued them: written in the transaction
-- that removes the data. A certificate is asked for once.
CREATE TABLE revocation_request (
  contract_fingerprint text PRIMARY KEY CHECK (contract_fingerprint ~ '^[0-9a-f]{64}$'),
  emaid text NOT NULL,
  cause text NOT NULL CHECK (cause IN ('DELETED', 'PROV_CERT_UPDATED', 'PROV_CERT_DELETED', 'FACTORY_RESET')),
  requested_at timestamptz(3) NOT NULL,
  -- When the certificate ends; null when that was not noted yet.
  not_after timestamptz(3)
);

CREATE INDEX revocation_request_requested_at_contract_fingerprint_idx
  ON revocation_request (requested_at, contract_fingerprint);
CREATE INDEX revocation_request_not_after_idx ON revocation_request (not_after);
