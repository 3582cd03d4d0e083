-- 月报: when a plan's projects report, what they reported, and which months are frozen.

-- How often projects of a stage report, and by when: the plan's own data.
CREATE TABLE reporting_calendars (
    plan_id uuid NOT NULL CONSTRAINT reporting_calendars_plan_fkey REFERENCES plans (id),
    stage text NOT NULL CONSTRAINT reporting_calendars_stage_check CHECK (stage IN ('preparation', 'under_way', 'continuing')),
    frequency text NOT NULL CONSTRAINT reporting_calendars_frequency_check CHECK (frequency IN ('monthly', 'quarterly', 'yearly')),
    -- Of the period's last month, or of so many months after it; a month without such a day ends earlier.
    due_day integer NOT NULL CONSTRAINT reporting_calendars_due_day_check CHECK (due_day BETWEEN 1 AND 31),
    due_month_offset integer NOT NULL CONSTRAINT reporting_calendars_offset_check CHECK (due_month_offset BETWEEN 0 AND 3),
    grace_days integer NOT NULL CONSTRAINT reporting_calendars_grace_check CHECK (grace_days BETWEEN 0 AND 60),
    CONSTRAINT reporting_calendars_pkey PRIMARY KEY (plan_id, stage)
);

-- The stretches of days in which a project owes reports: its responsible organisation confirmed, its work going on, in
-- one stage. Written by what derives a project's other facts, and by nothing else.
CREATE TABLE reporting_spells (
    id uuid CONSTRAINT reporting_spells_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT reporting_spells_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT reporting_spells_project_fkey REFERENCES projects (id),
    stage text NOT NULL CONSTRAINT reporting_spells_stage_check CHECK (stage IN ('preparation', 'under_way', 'continuing')),
    from_on date NOT NULL,
    -- The first day on which it holds no more.
    until_on date,
    -- A suspension came after it: what was owed before is owed no more.
    forgiven boolean NOT NULL DEFAULT false,
    CONSTRAINT reporting_spells_order_check CHECK (until_on >= from_on)
);
CREATE UNIQUE INDEX reporting_spells_open_key ON reporting_spells (project_id) WHERE until_on IS NULL;
CREATE INDEX reporting_spells_project_idx ON reporting_spells (project_id, from_on);

-- One report of a project, or of a county's part of it, for one period. Money is cumulative to the period's end, in yuan.
CREATE TABLE progress_reports (
    id uuid CONSTRAINT progress_reports_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT progress_reports_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT progress_reports_project_fkey REFERENCES projects (id),
    region_id uuid CONSTRAINT progress_reports_region_fkey REFERENCES regions (id),
    frequency text NOT NULL CONSTRAINT progress_reports_frequency_check CHECK (frequency IN ('monthly', 'quarterly', 'yearly')),
    period_start date NOT NULL,
    period_end date NOT NULL,
    due_on date NOT NULL,
    state text NOT NULL CONSTRAINT progress_reports_state_check CHECK (state IN ('submitted', 'verified', 'returned')),
    physical_percent numeric(5, 2) NOT NULL CONSTRAINT progress_reports_physical_check CHECK (physical_percent BETWEEN 0 AND 100),
    required numeric(18, 2),
    received numeric(18, 2),
    paid numeric(18, 2),
    done numeric(18, 2),
    done_text text NOT NULL CONSTRAINT progress_reports_done_check CHECK (length(done_text) BETWEEN 1 AND 5000),
    problems text,
    next_steps text,
    note text,
    -- 入统
    statistics_entered_on date,
    -- The version of this row with which the figures by source were given.
    funds_version bigint NOT NULL,
    first_reported_on date NOT NULL,
    -- Whether it was there in time when it was first reported; null for what nobody owed (补报).
    on_time boolean,
    reported_on date NOT NULL,
    reported_at timestamptz NOT NULL,
    reported_by_user_id uuid NOT NULL CONSTRAINT progress_reports_reporter_fkey REFERENCES users (id),
    reported_by_organisation_id uuid NOT NULL CONSTRAINT progress_reports_reporting_organisation_fkey REFERENCES organisations (id),
    verified_on date,
    verified_at timestamptz,
    verified_by_user_id uuid CONSTRAINT progress_reports_verifier_fkey REFERENCES users (id),
    verified_by_organisation_id uuid CONSTRAINT progress_reports_verifying_organisation_fkey REFERENCES organisations (id),
    back_reason text,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT progress_reports_period_check CHECK (period_start < period_end),
    CONSTRAINT progress_reports_money_check CHECK (required >= 0 AND received >= 0 AND paid >= 0 AND done >= 0),
    CONSTRAINT progress_reports_verified_check CHECK ((state = 'verified') = (verified_at IS NOT NULL)
        AND (verified_at IS NULL) = (verified_on IS NULL) AND (verified_at IS NULL) = (verified_by_user_id IS NULL)),
    CONSTRAINT progress_reports_back_check CHECK (state <> 'returned' OR back_reason IS NOT NULL),
    CONSTRAINT progress_reports_two_persons_check CHECK (verified_by_user_id <> reported_by_user_id)
);
-- One report of one thing for one period.
CREATE UNIQUE INDEX progress_reports_period_key ON progress_reports
    (project_id, coalesce(region_id, '00000000-0000-0000-0000-000000000000'), frequency, period_start);
CREATE INDEX progress_reports_plan_idx ON progress_reports (plan_id, period_end, id);

CREATE TABLE progress_report_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE progress_reports);
CREATE UNIQUE INDEX progress_report_versions_key ON progress_report_versions (id, from_number);
CREATE INDEX progress_report_versions_project_idx ON progress_report_versions (project_id, period_end);
CREATE INDEX progress_report_versions_plan_idx ON progress_report_versions (plan_id, period_end, id);

-- A report's money by its source, as it was given with one version of the report; never changed, so that any past
-- version has its own.
CREATE TABLE progress_report_funds (
    report_id uuid NOT NULL CONSTRAINT progress_report_funds_report_fkey REFERENCES progress_reports (id),
    given_in_version bigint NOT NULL,
    source text NOT NULL CONSTRAINT progress_report_funds_source_check CHECK (source IN
        ('central', 'provincial', 'city', 'county', 'bond', 'bank_loan', 'private', 'other')),
    required numeric(18, 2),
    received numeric(18, 2),
    paid numeric(18, 2),
    done numeric(18, 2),
    CONSTRAINT progress_report_funds_pkey PRIMARY KEY (report_id, given_in_version, source),
    CONSTRAINT progress_report_funds_money_check CHECK (required >= 0 AND received >= 0 AND paid >= 0 AND done >= 0)
);

-- A month of a plan whose reports stand still. Reopening ends an edition; freezing again makes the next one.
CREATE TABLE report_freezes (
    id uuid CONSTRAINT report_freezes_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT report_freezes_plan_fkey REFERENCES plans (id),
    month date NOT NULL CONSTRAINT report_freezes_month_check CHECK (extract(day FROM month) = 1),
    edition integer NOT NULL CONSTRAINT report_freezes_edition_check CHECK (edition > 0),
    -- The last event of the plan before it: what the month's figures speak of.
    frozen_at_number bigint NOT NULL,
    frozen_on date NOT NULL,
    frozen_at timestamptz NOT NULL,
    frozen_by_user_id uuid NOT NULL CONSTRAINT report_freezes_freezer_fkey REFERENCES users (id),
    reopened_on date,
    reopened_at timestamptz,
    reopened_by_user_id uuid CONSTRAINT report_freezes_reopener_fkey REFERENCES users (id),
    reopen_reason text CONSTRAINT report_freezes_reason_check CHECK (length(reopen_reason) BETWEEN 1 AND 2000),
    CONSTRAINT report_freezes_edition_key UNIQUE (plan_id, month, edition),
    CONSTRAINT report_freezes_reopened_check CHECK ((reopened_at IS NULL) = (reopen_reason IS NULL)
        AND (reopened_at IS NULL) = (reopened_on IS NULL) AND (reopened_at IS NULL) = (reopened_by_user_id IS NULL))
);
CREATE UNIQUE INDEX report_freezes_standing_key ON report_freezes (plan_id, month) WHERE reopened_at IS NULL;

-- Planned investment by year and source, in yuan; replaced as a whole, the log keeps what stood there.
CREATE TABLE investment_plans (
    project_id uuid NOT NULL CONSTRAINT investment_plans_project_fkey REFERENCES projects (id),
    plan_id uuid NOT NULL CONSTRAINT investment_plans_plan_fkey REFERENCES plans (id),
    year integer NOT NULL CONSTRAINT investment_plans_year_check CHECK (year BETWEEN 1990 AND 2199),
    source text NOT NULL CONSTRAINT investment_plans_source_check CHECK (source IN
        ('central', 'provincial', 'city', 'county', 'bond', 'bank_loan', 'private', 'other')),
    amount numeric(18, 2) NOT NULL CONSTRAINT investment_plans_amount_check CHECK (amount >= 0),
    CONSTRAINT investment_plans_pkey PRIMARY KEY (project_id, year, source)
);
CREATE INDEX investment_plans_plan_idx ON investment_plans (plan_id);

-- From which day on a project owes one report, and from which two, if nothing more happens. Derived by rules::silence.
ALTER TABLE projects
    ADD COLUMN silent_from date,
    ADD COLUMN twice_silent_from date,
    ADD COLUMN statistics_entered_on date,
    ADD CONSTRAINT projects_silence_check CHECK (twice_silent_from IS NULL OR twice_silent_from >= silent_from);
ALTER TABLE project_versions
    ADD COLUMN silent_from date,
    ADD COLUMN twice_silent_from date,
    ADD COLUMN statistics_entered_on date;
CREATE INDEX project_versions_silent_idx ON project_versions (plan_id, silent_from) WHERE silent_from IS NOT NULL;

GRANT SELECT, INSERT, UPDATE ON reporting_calendars, reporting_spells, progress_reports, report_freezes TO guatu_service;
GRANT SELECT, INSERT ON progress_report_funds, progress_report_versions TO guatu_service;
GRANT UPDATE (to_number) ON progress_report_versions TO guatu_service;
GRANT SELECT, INSERT, DELETE ON investment_plans TO guatu_service;
