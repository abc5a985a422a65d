-- What data is looked for by, beside the data. SQL cannot read EXI: the pool fills in what is null of data that was
-- stored before.
ALTER TABLE signed_contract_data
  ADD COLUMN signer_fingerprint text CHECK (signer_fingerprint ~ '^[0-9a-f]{64}$'),
  -- When the first certificate of the signer's chain ends, root included.
  ADD COLUMN signer_ends_at timestamptz(3),
  -- When the contract certificate itself ends.
  ADD COLUMN contract_not_after timestamptz(3),
  -- When the first certificate of its chain ends, root included.
  ADD COLUMN contract_chain_ends_at timestamptz(3),
  -- Whether our provisioning service handed it in; null: stored before that was noted.
  ADD COLUMN by_own_service boolean,
  -- When its operator was told that its signer ends.
  ADD COLUMN signer_end_told_at timestamptz(3),
  ADD CHECK (num_nulls(signer_fingerprint, signer_ends_at, contract_not_after, contract_chain_ends_at) IN (0, 4));

-- Signers of our provisioning service: what they signed is ours, whoever hands it in.
CREATE TABLE own_signer (
  fingerprint text PRIMARY KEY CHECK (fingerprint ~ '^[0-9a-f]{64}$')
);

-- Contracts that have ended, and those of a certificate.
CREATE INDEX signed_contract_data_contract_not_after_idx
  ON signed_contract_data (contract_not_after, emaid_key, namespace, v2g_root_fingerprint);
CREATE INDEX signed_contract_data_contract_fingerprint_idx ON signed_contract_data (contract_fingerprint);

-- What may still have to be told.
CREATE INDEX signed_contract_data_signer_ending_idx
  ON signed_contract_data (signer_ends_at, emaid_key, namespace, v2g_root_fingerprint)
  WHERE signer_end_told_at IS NULL AND contract_not_after > signer_ends_at;

-- What is still to be filled in.
CREATE INDEX signed_contract_data_without_ends_idx
  ON signed_contract_data (emaid_key, namespace, v2g_root_fingerprint) WHERE signer_fingerprint IS NULL;
