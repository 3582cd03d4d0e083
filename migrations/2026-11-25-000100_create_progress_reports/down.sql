-- Undone only while nothing was reported, frozen or planned: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM progress_reports) THEN RAISE EXCEPTION 'progress_reports holds rows: export them first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM report_freezes) THEN RAISE EXCEPTION 'report_freezes holds rows: export them first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM investment_plans) THEN RAISE EXCEPTION 'investment_plans holds rows: export them first, then undo this migration'; END IF;
END $$;
DROP INDEX project_versions_silent_idx;
ALTER TABLE project_versions
    DROP COLUMN silent_from, DROP COLUMN twice_silent_from, DROP COLUMN statistics_entered_on;
ALTER TABLE projects
    DROP CONSTRAINT projects_silence_check,
    DROP COLUMN silent_from, DROP COLUMN twice_silent_from, DROP COLUMN statistics_entered_on;
DROP TABLE investment_plans;
DROP TABLE report_freezes;
DROP TABLE progress_report_funds;
DROP TABLE progress_report_versions;
DROP TABLE progress_reports;
DROP TABLE reporting_spells;
DROP TABLE reporting_calendars;
