-- PCP's contractEpoch of the car under which the data was stored; 0 for what was stored before there were epochs.
ALTER TABLE signed_contract_data ADD COLUMN epoch bigint NOT NULL DEFAULT 0;

-- The newest epoch of a car and generation that this pool knows of. Data is never stored under an older one, so
-- that nothing stays that a change in PCP has made useless, in whatever order publication and change arrive.
CREATE TABLE car_epoch (
  pcid text NOT NULL CHECK (pcid ~ '^[A-Z0-9]{17,18}$'),
  namespace namespace NOT NULL,
  epoch bigint NOT NULL,
  -- The car was not in PCP any more when it was compared: nothing is stored under this epoch either.
  closed boolean NOT NULL DEFAULT false,
  PRIMARY KEY (pcid, namespace)
);

INSERT INTO car_epoch (pcid, namespace, epoch)
  SELECT DISTINCT c.pcid, d.namespace, 0 FROM contract c JOIN signed_contract_data d USING (emaid_key);

-- Each time that a car maker was handed a contract. It outlives the contract.
CREATE TABLE contract_delivery (
  id bigserial PRIMARY KEY,
  emaid_key text NOT NULL,
  emaid text NOT NULL,
  pcid text NOT NULL,
  namespace namespace NOT NULL,
  v2g_root_fingerprint text NOT NULL,
  contract_fingerprint text NOT NULL,
  client_id text NOT NULL,
  organisation text NOT NULL,
  delivered_at timestamptz(3) NOT NULL
);

CREATE INDEX contract_delivery_emaid_key_delivered_at_idx ON contract_delivery (emaid_key, delivered_at);

-- What lists of contracts are filtered and ordered by; the EMAID key has the primary key.
CREATE INDEX contract_created_at_emaid_key_idx ON contract (created_at, emaid_key);
CREATE INDEX contract_updated_at_emaid_key_idx ON contract (updated_at, emaid_key);
CREATE INDEX contract_wmi_created_at_emaid_key_idx ON contract (wmi, created_at, emaid_key);
CREATE INDEX contract_provider_id_created_at_emaid_key_idx ON contract (provider_id, created_at, emaid_key);
CREATE INDEX signed_contract_data_ends_at_idx ON signed_contract_data (ends_at);
CREATE INDEX signed_contract_data_v2g_root_fingerprint_idx ON signed_contract_data (v2g_root_fingerprint);
