-- Which step of a project a milestone is, where a rule asks for it: the start of works, their completion.
ALTER TABLE milestone_templates
    ADD COLUMN marks text CONSTRAINT milestone_templates_marks_check CHECK (marks IN ('start', 'finish'));
UPDATE milestone_templates t SET marks = CASE t.code WHEN 'start' THEN 'start' ELSE 'finish' END
  FROM project_kinds k WHERE k.code = t.kind AND k.construction AND t.code IN ('start', 'acceptance');
ALTER TABLE milestones ADD COLUMN marks text CONSTRAINT milestones_marks_check CHECK (marks IN ('start', 'finish'));
ALTER TABLE milestone_versions ADD COLUMN marks text;
-- A milestone's code is its project's, a dot and its step's. A column that is new has no past of its own: each version
-- gets what its milestone has.
UPDATE milestones m SET marks = t.marks
  FROM projects p, milestone_templates t
 WHERE p.id = m.project_id AND t.kind = p.kind AND t.marks IS NOT NULL AND m.code = p.code || '.' || t.code;
UPDATE milestone_versions v SET marks = m.marks FROM milestones m WHERE m.id = v.id AND m.marks IS NOT NULL;

-- The rules of a plan's lights, version by version; the highest is in force.
CREATE TABLE light_rule_sets (
    id uuid CONSTRAINT light_rule_sets_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT light_rule_sets_plan_fkey REFERENCES plans (id),
    version integer NOT NULL CONSTRAINT light_rule_sets_version_check CHECK (version > 0),
    rules jsonb NOT NULL,
    reason text NOT NULL CONSTRAINT light_rule_sets_reason_check CHECK (length(reason) BETWEEN 1 AND 2000),
    made_on date NOT NULL,
    made_at timestamptz NOT NULL,
    -- None: made when the plan was loaded.
    made_by_user_id uuid CONSTRAINT light_rule_sets_maker_fkey REFERENCES users (id),
    made_by_organisation_id uuid CONSTRAINT light_rule_sets_making_organisation_fkey REFERENCES organisations (id),
    CONSTRAINT light_rule_sets_version_key UNIQUE (plan_id, version)
);
CREATE TRIGGER light_rule_sets_append_only BEFORE UPDATE OR DELETE ON light_rule_sets FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- From which day on which light, if nothing more happens. Worked out by rules::lights, written by nothing else.
CREATE TABLE light_spans (
    id uuid CONSTRAINT light_spans_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT light_spans_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT light_spans_project_fkey REFERENCES projects (id),
    from_on date NOT NULL,
    -- The first day on which it holds no more; none: for ever.
    until_on date,
    light text NOT NULL CONSTRAINT light_spans_light_check CHECK (light IN ('red', 'yellow', 'green', 'blue', 'grey')),
    reasons jsonb NOT NULL,
    -- Caught up of late: what it was before.
    recovered_from text CONSTRAINT light_spans_recovered_check CHECK (recovered_from IN ('red', 'yellow')),
    rule_version integer NOT NULL,
    CONSTRAINT light_spans_days_check CHECK (until_on > from_on),
    CONSTRAINT light_spans_from_key UNIQUE (project_id, from_on)
);
CREATE TABLE light_span_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE light_spans);
CREATE UNIQUE INDEX light_span_versions_key ON light_span_versions (id, from_number);
CREATE INDEX light_span_versions_project_idx ON light_span_versions (project_id, from_on);
-- What a list filtered by its lights walks: the spans of one light in a plan, by their days. Those of other versions
-- are few beside them, and the same index answers for past days.
CREATE INDEX light_span_versions_light_idx ON light_span_versions (plan_id, light, from_on);

-- A supervisor shows another light than the one that is worked out, with a reason, until a day.
CREATE TABLE light_overrides (
    id uuid CONSTRAINT light_overrides_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT light_overrides_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT light_overrides_project_fkey REFERENCES projects (id),
    light text NOT NULL CONSTRAINT light_overrides_light_check CHECK (light IN ('red', 'yellow', 'green', 'grey')),
    reason text NOT NULL CONSTRAINT light_overrides_reason_check CHECK (length(reason) BETWEEN 1 AND 2000),
    from_on date NOT NULL,
    -- The last day on which it is shown.
    until_on date NOT NULL,
    made_at timestamptz NOT NULL,
    made_by_user_id uuid NOT NULL CONSTRAINT light_overrides_maker_fkey REFERENCES users (id),
    made_by_organisation_id uuid NOT NULL CONSTRAINT light_overrides_making_organisation_fkey REFERENCES organisations (id),
    -- Ended by hand before its last day: from this day on it is shown no more.
    ended_on date,
    ended_reason text,
    ended_by_user_id uuid CONSTRAINT light_overrides_ender_fkey REFERENCES users (id),
    ended_by_organisation_id uuid CONSTRAINT light_overrides_ending_organisation_fkey REFERENCES organisations (id),
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT light_overrides_days_check CHECK (until_on >= from_on),
    CONSTRAINT light_overrides_ended_check CHECK ((ended_on IS NULL) = (ended_reason IS NULL)
        AND (ended_on IS NULL) = (ended_by_user_id IS NULL) AND ended_on >= from_on)
);
CREATE INDEX light_overrides_project_idx ON light_overrides (project_id, from_on);
CREATE INDEX light_overrides_plan_idx ON light_overrides (plan_id, from_on);

GRANT SELECT, INSERT ON light_rule_sets TO guatu_service;
GRANT SELECT, INSERT, UPDATE ON light_overrides TO guatu_service;
-- Spans are replaced at each change; what they were is in their versions.
GRANT SELECT, INSERT, DELETE ON light_spans TO guatu_service;
GRANT SELECT, INSERT ON light_span_versions TO guatu_service;
GRANT UPDATE (to_number) ON light_span_versions TO guatu_service;
