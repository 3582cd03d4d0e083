-- Undone only while it holds nothing: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM milestone_versions) THEN RAISE EXCEPTION 'milestone_versions holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_owner_versions) THEN RAISE EXCEPTION 'project_owner_versions holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_versions) THEN RAISE EXCEPTION 'project_versions holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM milestone_sight) THEN RAISE EXCEPTION 'milestone_sight holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_sight) THEN RAISE EXCEPTION 'project_sight holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM milestones) THEN RAISE EXCEPTION 'milestones holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_owners) THEN RAISE EXCEPTION 'project_owners holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_commitments) THEN RAISE EXCEPTION 'project_commitments holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM commitments) THEN RAISE EXCEPTION 'commitments holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM projects) THEN RAISE EXCEPTION 'projects holds rows: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE milestone_versions;
DROP TABLE project_owner_versions;
DROP TABLE project_versions;
DROP TABLE milestone_sight;
DROP TABLE project_sight;
DROP TABLE milestones;
DROP TABLE project_owners;
DROP TABLE project_commitments;
DROP TABLE commitments;
DROP TABLE projects;
