-- Undone only while it holds nothing: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM milestone_templates) THEN RAISE EXCEPTION 'milestone_templates holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM project_kinds) THEN RAISE EXCEPTION 'project_kinds holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM initiatives) THEN RAISE EXCEPTION 'initiatives holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM programmes) THEN RAISE EXCEPTION 'programmes holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM service_areas) THEN RAISE EXCEPTION 'service_areas holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM memberships) THEN RAISE EXCEPTION 'memberships holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM plans) THEN RAISE EXCEPTION 'plans holds rows: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE milestone_templates;
DROP TABLE project_kinds;
DROP TABLE initiatives;
DROP TABLE programmes;
DROP TABLE service_areas;
DROP TABLE memberships;
DROP TABLE plans;
