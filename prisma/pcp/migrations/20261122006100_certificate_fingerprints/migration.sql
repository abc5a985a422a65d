-- What has a certificate that was revoked.
CREATE INDEX provisioning_certificate_fingerprint_idx ON provisioning_certificate (fingerprint);
