ALTER TABLE signing_result
  -- What takes the place of `exi` once the contract pool holds it, and who signed that.
  ADD COLUMN next_exi bytea,
  ADD COLUMN next_signer_fingerprint text,
  -- When to look again whether this has to be signed anew: null at once, infinity never.
  ADD COLUMN resign_due_at timestamptz(3),
  -- What the last look came to.
  ADD COLUMN resign_outcome text CHECK (resign_outcome IN ('NOT_NEEDED', 'ABSENT', 'REFUSED', 'FAILED')),
  -- Of a refusal or failure: the sentence.
  ADD COLUMN resign_detail text,
  ADD CHECK ((next_exi IS NULL) = (next_signer_fingerprint IS NULL)),
  ADD FOREIGN KEY (next_signer_fingerprint, namespace) REFERENCES cps_signer (fingerprint, namespace)
    ON DELETE RESTRICT ON UPDATE RESTRICT;

-- The job looks for what is due of a signer.
DROP INDEX signing_result_signer_fingerprint_namespace_idx;
CREATE INDEX signing_result_signer_fingerprint_namespace_resign_due_at_idx
  ON signing_result (signer_fingerprint, namespace, resign_due_at);
