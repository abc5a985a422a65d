-- What a pool knows of its certificates' revocation. This text is the same in every pool's migrations.

CREATE TABLE certificate_status (
  -- SHA-256 of the certificate's DER octets, lower-case hexadecimal.
  fingerprint text PRIMARY KEY,
  status text NOT NULL CHECK (status IN ('GOOD', 'REVOKED', 'UNKNOWN', 'NOT_CHECKED')),
  source text NOT NULL CHECK (source IN ('OCSP', 'CRL', 'NONE')),
  url text,
  checked_at timestamptz(3) NOT NULL,
  valid_until timestamptz(3) NOT NULL,
  -- The newest instant at which a source said that it knew something, whatever the status is now.
  this_update timestamptz(3),
  revoked_at timestamptz(3),
  reason text,
  detail text NOT NULL,
  CHECK ((status = 'REVOKED') = (revoked_at IS NOT NULL)),
  CHECK ((status IN ('GOOD', 'REVOKED')) = (source <> 'NONE')),
  CHECK (source = 'NONE' OR this_update IS NOT NULL)
);
