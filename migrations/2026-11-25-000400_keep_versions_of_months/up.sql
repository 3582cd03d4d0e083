-- Any past moment of what the tallies of a month follow from and that had no versions yet: the plan with its first day
-- of reporting, its calendar, the spells of its projects, and the lights that are shown in place of others. What stood
-- before this holds as it is now, from the plan's first event on; an override from the event that made it.

ALTER TABLE reporting_calendars
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid() CONSTRAINT reporting_calendars_id_key UNIQUE;

CREATE TABLE plan_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE plans);
INSERT INTO plan_versions SELECT 1, 9223372036854775807, p.* FROM plans p;
CREATE UNIQUE INDEX plan_versions_key ON plan_versions (id, from_number);

CREATE TABLE reporting_calendar_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE reporting_calendars);
INSERT INTO reporting_calendar_versions SELECT 1, 9223372036854775807, c.* FROM reporting_calendars c;
CREATE UNIQUE INDEX reporting_calendar_versions_key ON reporting_calendar_versions (id, from_number);
CREATE INDEX reporting_calendar_versions_plan_idx ON reporting_calendar_versions (plan_id);

CREATE TABLE reporting_spell_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE reporting_spells);
INSERT INTO reporting_spell_versions SELECT 1, 9223372036854775807, s.* FROM reporting_spells s;
CREATE UNIQUE INDEX reporting_spell_versions_key ON reporting_spell_versions (id, from_number);
CREATE INDEX reporting_spell_versions_project_idx ON reporting_spell_versions (project_id, from_on);

CREATE TABLE light_override_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE light_overrides);
INSERT INTO light_override_versions
    SELECT coalesce((SELECT min(e.number) FROM events e WHERE e.stream_id = o.plan_id AND e.subject_id = o.id), 1),
           9223372036854775807, o.*
      FROM light_overrides o;
CREATE UNIQUE INDEX light_override_versions_key ON light_override_versions (id, from_number);
CREATE INDEX light_override_versions_project_idx ON light_override_versions (project_id, from_on);
CREATE INDEX light_override_versions_plan_idx ON light_override_versions (plan_id, from_on);

GRANT SELECT, INSERT ON light_override_versions, plan_versions, reporting_calendar_versions, reporting_spell_versions TO guatu_service;
GRANT UPDATE (to_number) ON light_override_versions, plan_versions, reporting_calendar_versions, reporting_spell_versions TO guatu_service;
