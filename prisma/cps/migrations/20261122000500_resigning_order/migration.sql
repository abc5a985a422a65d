-- When to look again: -infinity at once, infinity never. Null had to be asked for apart, and put first by sorting all that
-- a signer has signed for each batch.
UPDATE signing_result SET resign_due_at = '-infinity' WHERE resign_due_at IS NULL;
ALTER TABLE signing_result
  ALTER COLUMN resign_due_at SET DEFAULT '-infinity',
  ALTER COLUMN resign_due_at SET NOT NULL;

-- What contracts that end before their signer were settled as before is looked at once more: it held while the signer did.
UPDATE signing_result SET resign_due_at = '-infinity' WHERE resign_outcome = 'NOT_NEEDED';

-- What is due of a signer, in the order in which it is looked at.
DROP INDEX signing_result_signer_fingerprint_namespace_resign_due_at_idx;
CREATE INDEX signing_result_due_idx
  ON signing_result (signer_fingerprint, namespace, resign_due_at, emaid_identity, contract_fingerprint,
                     provisioning_fingerprint, v2g_root_fingerprint);
