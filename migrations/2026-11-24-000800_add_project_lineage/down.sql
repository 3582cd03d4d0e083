-- Undone only while nothing was split or merged: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM project_versions WHERE split_from_id IS NOT NULL OR merged_into_id IS NOT NULL)
    THEN RAISE EXCEPTION 'projects holds rows that were split or merged: export them first, then undo this migration'; END IF;
END $$;
ALTER TABLE project_versions DROP COLUMN split_from_id, DROP COLUMN merged_into_id;
ALTER TABLE projects
    DROP CONSTRAINT projects_review_check,
    DROP CONSTRAINT projects_lineage_check,
    DROP COLUMN split_from_id,
    DROP COLUMN merged_into_id;
