CREATE TABLE client (
  client_id text PRIMARY KEY CHECK (client_id ~ '^[A-Za-z0-9._-]{1,100}$'),
  name text NOT NULL,
  organisation text NOT NULL,
  roles text[] NOT NULL,
  -- SHA-256 of a secret of 256 random bits: nothing to be guessed, so no slow hash is needed.
  secret_hash bytea NOT NULL,
  created_at timestamptz(3) NOT NULL,
  disabled_at timestamptz(3)
);

-- A world manufacturer identifier or provider id belongs to one organisation, whose clients may share it.
CREATE TABLE organisation_identifier (
  kind text NOT NULL CHECK (kind IN ('WMI', 'PROVIDER_ID')),
  value text NOT NULL,
  organisation text NOT NULL,
  PRIMARY KEY (kind, value)
);

CREATE TABLE client_identifier (
  client_id text NOT NULL REFERENCES client ON DELETE CASCADE,
  kind text NOT NULL,
  value text NOT NULL,
  PRIMARY KEY (client_id, kind, value),
  FOREIGN KEY (kind, value) REFERENCES organisation_identifier
);

CREATE TABLE signing_key (
  kid text PRIMARY KEY,
  -- The private JWK, encrypted under the installation's master key (JWE compact, dir, A256GCM).
  encrypted_private_key text NOT NULL,
  public_key jsonb NOT NULL,
  created_at timestamptz(3) NOT NULL
);
