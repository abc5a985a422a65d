-- A signer that was retired stays, and never signs again.
ALTER TABLE cps_signer
  ADD COLUMN retired_at timestamptz(3),
  ADD COLUMN retirement_reason text,
  -- When the first certificate of the chain ends. SQL can't read certificates: the service fills in what is null.
  ADD COLUMN ends_at timestamptz(3),
  ADD CHECK ((retired_at IS NULL) = (retirement_reason IS NULL)),
  ADD CHECK (retired_at IS NULL OR NOT is_default);

CREATE INDEX cps_signer_added_at_fingerprint_namespace_idx ON cps_signer (added_at, fingerprint, namespace);
CREATE INDEX cps_signer_ends_at_fingerprint_namespace_idx ON cps_signer (ends_at, fingerprint, namespace);
CREATE INDEX cps_signer_root_fingerprint_idx ON cps_signer (root_fingerprint);
