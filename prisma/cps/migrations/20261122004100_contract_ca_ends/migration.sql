-- When the first certificate of a CA's chain ends. SQL can't read certificates: the service fills in what is null.
ALTER TABLE contract_ca ADD COLUMN ends_at timestamptz(3);

CREATE INDEX contract_ca_ends_at_fingerprint_namespace_idx ON contract_ca (ends_at, fingerprint, namespace);
