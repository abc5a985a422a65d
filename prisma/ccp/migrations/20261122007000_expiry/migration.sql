-- What is known to be revoked is little of what is known, and is looked up from there.
CREATE INDEX IF NOT EXISTS certificate_status_revoked_idx ON certificate_status (fingerprint) WHERE status = 'REVOKED';
-- Data is counted by the end of its signature's chain, and by the roots that are not held any more.
CREATE INDEX IF NOT EXISTS signed_contract_data_signer_ends_at_idx ON signed_contract_data (signer_ends_at);
CREATE INDEX IF NOT EXISTS signed_contract_data_contract_root_fingerprint_idx
  ON signed_contract_data (contract_root_fingerprint);
