-- What is known to be revoked is little of what is known, and is looked up from there.
CREATE INDEX IF NOT EXISTS certificate_status_revoked_idx ON certificate_status (fingerprint) WHERE status = 'REVOKED';
CREATE INDEX IF NOT EXISTS provisioning_certificate_fingerprint_idx ON provisioning_certificate (fingerprint);
