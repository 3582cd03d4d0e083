-- Undone only while it holds nothing: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM idempotency_keys) THEN RAISE EXCEPTION 'idempotency_keys holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM refresh_tokens) THEN RAISE EXCEPTION 'refresh_tokens holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM sessions) THEN RAISE EXCEPTION 'sessions holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM login_failures) THEN RAISE EXCEPTION 'login_failures holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM users) THEN RAISE EXCEPTION 'users holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM organisation_versions) THEN RAISE EXCEPTION 'organisation_versions holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM organisation_closure) THEN RAISE EXCEPTION 'organisation_closure holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM organisations) THEN RAISE EXCEPTION 'organisations holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM regions) THEN RAISE EXCEPTION 'regions holds rows: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE idempotency_keys;
DROP TABLE refresh_tokens;
DROP TABLE sessions;
DROP TABLE login_failures;
DROP TABLE users;
DROP TABLE organisation_versions;
DROP TABLE organisation_closure;
DROP TABLE organisations;
DROP TABLE regions;
