-- The audit tables of a pool. This text is the same in every pool's migrations.

-- What was written, or refused, and is not sealed yet. A write's record is made in the transaction of the write.
CREATE TABLE audit_open (
  id bigserial PRIMARY KEY,
  occurred_at timestamptz(3) NOT NULL,
  client_id text NOT NULL,
  organisation text NOT NULL,
  trace_id text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('DONE', 'REFUSED')),
  -- Of a refusal: its error code and sentence.
  code text,
  detail text
);

ALTER TABLE audit_open SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The sealed records: each one's hash covers the hash before it. Rows are never changed and never deleted.
CREATE TABLE audit_record (
  position bigint PRIMARY KEY,
  occurred_at timestamptz(3) NOT NULL,
  client_id text NOT NULL,
  organisation text NOT NULL,
  trace_id text NOT NULL,
  action text NOT NULL,
  object text NOT NULL,
  outcome text NOT NULL CHECK (outcome IN ('DONE', 'REFUSED')),
  code text,
  detail text,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE INDEX audit_record_client_id_position_idx ON audit_record (client_id, position);
CREATE INDEX audit_record_object_position_idx ON audit_record (object, position);

CREATE FUNCTION audit_record_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'Sealed audit records are never changed.';
END
$$;

CREATE TRIGGER audit_record_refuse_change BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_record
  FOR EACH STATEMENT EXECUTE FUNCTION audit_record_refuse_change();

-- One row: the last position sealed and its hash.
CREATE TABLE audit_head (
  only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
  position bigint NOT NULL,
  hash bytea NOT NULL CHECK (octet_length(hash) = 32)
);

INSERT INTO audit_head (position, hash) VALUES (0, decode(repeat('00', 32), 'hex'));
