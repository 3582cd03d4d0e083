-- Undone only while nothing but the present stands in the versions: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM plan_versions WHERE to_number < 9223372036854775807)
        OR EXISTS (SELECT 1 FROM reporting_calendar_versions WHERE to_number < 9223372036854775807)
        OR EXISTS (SELECT 1 FROM light_override_versions WHERE to_number < 9223372036854775807)
        OR EXISTS (SELECT 1 FROM reporting_spell_versions WHERE to_number < 9223372036854775807)
    THEN RAISE EXCEPTION 'versions of plans, calendars, spells or overrides hold past rows: export and empty them first, then undo this migration'; END IF;
END $$;
DROP TABLE light_override_versions;
DROP TABLE reporting_spell_versions;
DROP TABLE reporting_calendar_versions;
DROP TABLE plan_versions;
ALTER TABLE reporting_calendars DROP COLUMN id;
