-- The earliest end among a contract's signed data, by which lists are ordered; null while it has none. It is kept here by a
-- trigger, so that whatever changes signed data cannot leave it behind.
ALTER TABLE contract ADD COLUMN ends_at timestamptz(3);

UPDATE contract c SET ends_at = d.ends_at
  FROM (SELECT emaid_key, min(ends_at) AS ends_at FROM signed_contract_data GROUP BY emaid_key) d
 WHERE d.emaid_key = c.emaid_key;

-- A session keeps the function's plans: made while the tables were small, they would read all of them for each row.
CREATE FUNCTION signed_contract_data_moves_end() RETURNS trigger LANGUAGE plpgsql
  SET search_path FROM CURRENT SET enable_seqscan = off AS $$
DECLARE
  changed text := CASE TG_OP WHEN 'DELETE' THEN OLD.emaid_key ELSE NEW.emaid_key END;
BEGIN
  -- Whoever changes another variant of it is waited for, and what it did is then seen.
  PERFORM FROM contract WHERE emaid_key = changed FOR NO KEY UPDATE;
  UPDATE contract c SET ends_at = d.ends_at
    -- OFFSET keeps the planner from looking for the minimum along the index of all ends.
    FROM (SELECT min(ends_at) AS ends_at
            FROM (SELECT ends_at FROM signed_contract_data WHERE emaid_key = changed OFFSET 0) of_contract) d
   WHERE c.emaid_key = changed AND c.ends_at IS DISTINCT FROM d.ends_at;
  RETURN NULL;
END $$;

CREATE TRIGGER signed_contract_data_moves_end AFTER INSERT OR DELETE OR UPDATE OF ends_at ON signed_contract_data
  FOR EACH ROW EXECUTE FUNCTION signed_contract_data_moves_end();

-- A contract without data is listed last in either direction.
CREATE INDEX contract_ends_at_asc_idx ON contract ((coalesce(ends_at, 'infinity')), emaid_key);
CREATE INDEX contract_ends_at_desc_idx ON contract ((coalesce(ends_at, '-infinity')), emaid_key);
