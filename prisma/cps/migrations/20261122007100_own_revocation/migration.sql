-- Since when a certificate is revoked; null while it is not.
ALTER TABLE issued_certificate
  ADD COLUMN revoked_at timestamptz(3),
  -- A reason's name in RFC 5280.
  ADD COLUMN revocation_reason text CHECK (revocation_reason IN ('unspecified', 'keyCompromise',
    'affiliationChanged', 'superseded', 'cessationOfOperation', 'privilegeWithdrawn')),
  ADD CONSTRAINT issued_certificate_revocation_check CHECK ((revoked_at IS NULL) = (revocation_reason IS NULL));

CREATE INDEX issued_certificate_revoked_idx ON issued_certificate (ca_fingerprint, namespace, not_after)
  WHERE revoked_at IS NOT NULL;
-- Whether anything is alive of what a CA issued.
CREATE INDEX issued_certificate_ca_end_idx ON issued_certificate (ca_fingerprint, namespace, not_after);

ALTER TABLE contract_ca
  -- Where its CRL can be fetched, as it writes into what it issues.
  ADD COLUMN crl_url text,
  -- Grows with each revocation, in the same transaction.
  ADD COLUMN revocations bigint NOT NULL DEFAULT 0;

-- The CRL of each CA that was issued last.
CREATE TABLE contract_ca_crl (
  ca_fingerprint text NOT NULL,
  namespace namespace NOT NULL,
  der bytea NOT NULL,
  number bigint NOT NULL,
  this_update timestamptz(3) NOT NULL,
  next_update timestamptz(3) NOT NULL,
  -- The CA's revocations when its entries were read: with more of them it is out of date.
  revocations bigint NOT NULL,
  PRIMARY KEY (ca_fingerprint, namespace),
  FOREIGN KEY (ca_fingerprint, namespace) REFERENCES contract_ca (fingerprint, namespace)
    ON DELETE CASCADE ON UPDATE CASCADE
);

-- How far the contract pool's requests for revocation were read.
CREATE TABLE revocation_place (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  place timestamptz(3) NOT NULL
);
