-- Undone only while nothing but the present stands in the versions: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM project_commitment_versions WHERE to_number < 9223372036854775807)
    THEN RAISE EXCEPTION 'project_commitment_versions holds rows of past days: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_commitments WHERE removed)
    THEN RAISE EXCEPTION 'project_commitments holds links that were taken away: export and delete them first, then undo this migration'; END IF;
END $$;
DROP TABLE project_commitment_versions;
ALTER TABLE project_commitments DROP COLUMN removed, DROP COLUMN id;
