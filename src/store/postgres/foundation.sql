-- What stands before every format of the state in PostgreSQL.

-- How many scripts have run. One row.
CREATE TABLE accord_format (version BIGINT NOT NULL);
INSERT INTO accord_format (version) VALUES (0);

-- Who may write, until when by this server's clock. Every takeover raises the token, and every write
-- names its own: one with an old token is refused. One row.
CREATE TABLE lease (
    name    TEXT PRIMARY KEY CHECK (name = 'run'),
    holder  TEXT,
    token   BIGINT NOT NULL,
    expires TIMESTAMPTZ
);
INSERT INTO lease (name, token) VALUES ('run', 0);

-- For triggers: refuses the change in the words of its argument.
CREATE FUNCTION accord_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '%', TG_ARGV[0]; END $$;
