-- When the contract certificate ends, by which results that are of no use any more are found. SQL can't read EXI: the service
-- fills in what is null of results from before.
ALTER TABLE signing_result ADD COLUMN contract_not_after timestamptz(3);

CREATE INDEX signing_result_contract_not_after_idx
  ON signing_result (contract_not_after, emaid_identity, contract_fingerprint, provisioning_fingerprint, namespace,
                     v2g_root_fingerprint);

-- Issued certificates that ended long ago.
CREATE INDEX issued_certificate_not_after_idx ON issued_certificate (not_after, fingerprint);
