-- Undone only while no project was divided: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM project_part_versions) THEN RAISE EXCEPTION 'project_parts holds rows: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE project_part_versions;
DROP TABLE project_parts;
