-- An organisation is known by its name without regard to case and to white space around it, and shown as it was first given.
CREATE TABLE organisation (
  key text PRIMARY KEY,
  name text NOT NULL UNIQUE
);

-- The case rules of all languages where this PostgreSQL has them, else those of the database.
DO $$
BEGIN
  EXECUTE 'CREATE FUNCTION organisation_key(name text) RETURNS text LANGUAGE sql IMMUTABLE AS '
    || quote_literal('SELECT lower(btrim(name)'
         || coalesce((SELECT ' COLLATE pg_catalog."und-x-icu"' FROM pg_collation
                       WHERE collname = 'und-x-icu' AND collnamespace = 'pg_catalog'::regnamespace LIMIT 1), '')
         || ')');
END
$$;

INSERT INTO organisation (key, name)
SELECT DISTINCT ON (organisation_key(given.name)) organisation_key(given.name), btrim(given.name)
  FROM (SELECT organisation AS name, created_at FROM client
        UNION ALL SELECT organisation, 'infinity' FROM organisation_identifier) given
 ORDER BY organisation_key(given.name), given.created_at, given.name;

UPDATE client c SET organisation = o.name FROM organisation o WHERE o.key = organisation_key(c.organisation);
UPDATE organisation_identifier i SET organisation = o.name FROM organisation o
 WHERE o.key = organisation_key(i.organisation);

DROP FUNCTION organisation_key;

ALTER TABLE client ADD FOREIGN KEY (organisation) REFERENCES organisation (name);
ALTER TABLE organisation_identifier ADD FOREIGN KEY (organisation) REFERENCES organisation (name);

-- The order of the operator's list, and who has an identifier.
CREATE INDEX client_created_at_client_id_idx ON client (created_at, client_id COLLATE "C");
CREATE INDEX client_identifier_kind_value_idx ON client_identifier (kind, value);

-- An identifier belongs to its organisation for as long as a client has it; until now nothing took one away again.
DELETE FROM organisation_identifier o
 WHERE NOT EXISTS (SELECT FROM client_identifier i WHERE i.kind = o.kind AND i.value = o.value);
