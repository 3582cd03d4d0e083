-- The service signs in as a member of guatu_service: a group that owns nothing, so it cannot drop or alter,
-- and that gets each right by name. `guatu migrate` makes the group before it runs this.
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'guatu_service') THEN
        RAISE EXCEPTION 'role guatu_service is missing'
            USING HINT = 'CREATE ROLE guatu_service NOLOGIN; then GRANT guatu_service TO the login role of the service';
    END IF;
END $$;

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO guatu_service;

-- Refuses a change of a row that must stand for ever, whoever asks.
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = TG_TABLE_NAME || '_append_only';
END $$;

-- The service tells whether it is ready by what has run.
GRANT SELECT ON __diesel_schema_migrations TO guatu_service;
