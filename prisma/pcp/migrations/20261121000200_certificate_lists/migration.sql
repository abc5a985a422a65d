-- For lists: when a certificate's validity begins, whose car it is, and an index for each order.
ALTER TABLE provisioning_certificate ADD COLUMN not_before timestamptz(3);
ALTER TABLE provisioning_certificate ADD COLUMN wmi text NOT NULL GENERATED ALWAYS AS (left(pcid, 3)) STORED;

-- What is there already: the instant is read from the certificate. These two functions go with the session.

-- Where the contents of a DER value begin and where the next value does (X.690 clause 8.1).
CREATE FUNCTION pg_temp.der_bounds(der bytea, at integer, OUT inside integer, OUT behind integer)
LANGUAGE plpgsql AS $$
DECLARE
  length integer := get_byte(der, at + 1);
  octets integer := 0;
BEGIN
  IF length >= 128 THEN
    octets := length - 128;
    length := 0;
    FOR i IN 1 .. octets LOOP
      length := length * 256 + get_byte(der, at + 1 + i);
    END LOOP;
  END IF;
  inside := at + 2 + octets;
  behind := inside + length;
END
$$;

-- The notBefore of a certificate (RFC 5280 clause 4.1): behind version, serial number, algorithm and issuer.
CREATE FUNCTION pg_temp.not_before(der bytea) RETURNS timestamptz LANGUAGE plpgsql AS $$
DECLARE
  at integer := (pg_temp.der_bounds(der, 0)).inside;
  digits text;
  bounds record;
BEGIN
  at := (pg_temp.der_bounds(der, at)).inside;
  IF get_byte(der, at) = 160 THEN
    at := (pg_temp.der_bounds(der, at)).behind;
  END IF;
  FOR i IN 1 .. 3 LOOP
    at := (pg_temp.der_bounds(der, at)).behind;
  END LOOP;
  at := (pg_temp.der_bounds(der, at)).inside;
  bounds := pg_temp.der_bounds(der, at);
  digits := rtrim(encode(substring(der FROM bounds.inside + 1 FOR bounds.behind - bounds.inside), 'escape'), 'Z');
  -- UTCTime has two digits of the year.
  IF get_byte(der, at) = 23 THEN
    digits := CASE WHEN left(digits, 2)::integer < 50 THEN '20' ELSE '19' END || digits;
  END IF;
  RETURN make_timestamptz(
    substring(digits FROM 1 FOR 4)::integer, substring(digits FROM 5 FOR 2)::integer,
    substring(digits FROM 7 FOR 2)::integer, substring(digits FROM 9 FOR 2)::integer,
    substring(digits FROM 11 FOR 2)::integer, substring(digits FROM 13 FOR 2)::double precision, 'UTC');
END
$$;

UPDATE provisioning_certificate SET not_before = pg_temp.not_before(der);
ALTER TABLE provisioning_certificate ALTER COLUMN not_before SET NOT NULL;

-- The operator's lists, of all cars.
CREATE INDEX provisioning_certificate_published_at_idx ON provisioning_certificate (published_at, pcid, namespace);
CREATE INDEX provisioning_certificate_updated_at_idx ON provisioning_certificate (updated_at, pcid, namespace);
CREATE INDEX provisioning_certificate_not_after_idx ON provisioning_certificate (not_after, pcid, namespace);
-- A car maker's. In the order of PCIDs, too, its cars are found by the WMI.
CREATE INDEX provisioning_certificate_wmi_pcid_idx ON provisioning_certificate (wmi, pcid, namespace);
CREATE INDEX provisioning_certificate_wmi_published_at_idx
  ON provisioning_certificate (wmi, published_at, pcid, namespace);
CREATE INDEX provisioning_certificate_wmi_updated_at_idx
  ON provisioning_certificate (wmi, updated_at, pcid, namespace);
CREATE INDEX provisioning_certificate_wmi_not_after_idx
  ON provisioning_certificate (wmi, not_after, pcid, namespace);
-- The cars below a root, in the order in which they are listed unless asked otherwise.
DROP INDEX provisioning_certificate_root_fingerprint_idx;
CREATE INDEX provisioning_certificate_root_published_at_idx
  ON provisioning_certificate (root_fingerprint, published_at, pcid, namespace);
