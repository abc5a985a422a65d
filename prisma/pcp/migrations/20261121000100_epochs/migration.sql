-- Tells which contract data of a car is too old: what was wrapped under an epoch before an event's is of no use.
CREATE SEQUENCE provisioning_epoch AS bigint;

ALTER TABLE provisioning_certificate ADD COLUMN epoch bigint;
UPDATE provisioning_certificate SET epoch = nextval('provisioning_epoch');
ALTER TABLE provisioning_certificate ALTER COLUMN epoch SET NOT NULL;
