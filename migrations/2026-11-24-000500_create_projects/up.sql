CREATE TABLE projects (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT projects_plan_fkey REFERENCES plans (id),
    code text NOT NULL CONSTRAINT projects_code_key UNIQUE,
    title text NOT NULL CONSTRAINT projects_title_check CHECK (length(title) BETWEEN 1 AND 200),
    kind text NOT NULL CONSTRAINT projects_kind_fkey REFERENCES project_kinds (code),
    programme_id uuid NOT NULL CONSTRAINT projects_programme_fkey REFERENCES programmes (id),
    initiative_id uuid NOT NULL CONSTRAINT projects_initiative_fkey REFERENCES initiatives (id),
    second_initiative_id uuid CONSTRAINT projects_second_initiative_fkey REFERENCES initiatives (id),
    service_area_id uuid CONSTRAINT projects_service_area_fkey REFERENCES service_areas (id),
    site_region_id uuid CONSTRAINT projects_site_region_fkey REFERENCES regions (id),
    responsible_level text NOT NULL CONSTRAINT projects_responsible_level_check CHECK (responsible_level IN ('city', 'county')),
    life_cycle text NOT NULL DEFAULT 'identification' CONSTRAINT projects_life_cycle_check CHECK (life_cycle IN
        ('identification', 'preparation', 'implementation', 'completion', 'closed', 'cancelled')),
    suspended_on date,
    suspended_reason text,
    suspension_review_on date,
    quantity numeric(18, 4),
    quantity_delivered numeric(18, 4),
    unit text,
    is_remainder boolean NOT NULL DEFAULT false,
    open_ended boolean NOT NULL DEFAULT false,
    components text[] NOT NULL DEFAULT '{}',
    description text NOT NULL DEFAULT '',
    as_printed text NOT NULL,
    doubt text,
    due_on date NOT NULL,
    due_precision text NOT NULL CONSTRAINT projects_due_precision_check CHECK (due_precision IN ('day', 'month', 'quarter', 'year', 'period')),
    due_basis text NOT NULL CONSTRAINT projects_due_basis_check CHECK (due_basis IN ('plan', 'period', 'confirmed')),
    investment_planned numeric(18, 2),
    national_code text CONSTRAINT projects_national_code_check CHECK (national_code ~ '^\d{4}-\d{6}-\d{2}-\d{2}-\d{6}$'),
    latitude numeric(9, 6),
    longitude numeric(9, 6),
    is_public boolean NOT NULL DEFAULT true,
    -- Derived by rules::overdue from the milestones, written by nothing else.
    overdue_from date,
    lapsed_from date,
    next_due_on date,
    unverified_since date,
    unconfirmed boolean NOT NULL DEFAULT true,
    total_weight numeric(9, 2) NOT NULL DEFAULT 0,
    earned_weight numeric(9, 2) NOT NULL DEFAULT 0,
    verified_weight numeric(9, 2) NOT NULL DEFAULT 0,
    -- The title as it is searched: the text and its pairs of characters.
    folded_title text NOT NULL,
    bigrams text[] NOT NULL,
    seed jsonb NOT NULL DEFAULT '{}',
    archived_reason text,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT projects_suspension_check CHECK ((suspended_on IS NULL) = (suspended_reason IS NULL)),
    CONSTRAINT projects_remainder_check CHECK (NOT is_remainder OR quantity IS NOT NULL),
    CONSTRAINT projects_quantity_check CHECK (quantity > 0 AND quantity_delivered >= 0),
    CONSTRAINT projects_investment_check CHECK (investment_planned >= 0),
    CONSTRAINT projects_coordinates_check CHECK ((latitude IS NULL) = (longitude IS NULL)
        AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180)
);
CREATE INDEX projects_initiative_idx ON projects (initiative_id);
CREATE INDEX projects_second_initiative_idx ON projects (second_initiative_id) WHERE second_initiative_id IS NOT NULL;
CREATE INDEX projects_programme_idx ON projects (programme_id);
CREATE INDEX projects_region_idx ON projects (site_region_id);
CREATE INDEX projects_bigrams_idx ON projects USING gin (bigrams);

CREATE TABLE commitments (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT commitments_plan_fkey REFERENCES plans (id),
    programme_id uuid NOT NULL CONSTRAINT commitments_programme_fkey REFERENCES programmes (id),
    initiative_id uuid CONSTRAINT commitments_initiative_fkey REFERENCES initiatives (id),
    code text NOT NULL CONSTRAINT commitments_code_key UNIQUE,
    position integer NOT NULL,
    metric text NOT NULL,
    category text,
    unit text NOT NULL,
    base_unit text NOT NULL,
    -- A printed figure times this is the figure in base units: 2.51 万户 = 25,100 户.
    base_factor numeric(18, 4) NOT NULL DEFAULT 1 CONSTRAINT commitments_base_factor_check CHECK (base_factor > 0),
    operator text NOT NULL CONSTRAINT commitments_operator_check CHECK (operator IN ('at_least', 'more_than', 'equal', 'at_most')),
    target_min numeric(18, 4) NOT NULL,
    target_max numeric(18, 4),
    baseline numeric(18, 4),
    baseline_year integer,
    due_on date NOT NULL,
    due_precision text NOT NULL CONSTRAINT commitments_due_precision_check CHECK (due_precision IN ('day', 'month', 'quarter', 'year', 'period')),
    measure text NOT NULL CONSTRAINT commitments_measure_check CHECK (measure IN ('level', 'sum', 'stock')),
    better text NOT NULL CONSTRAINT commitments_better_check CHECK (better IN ('higher', 'lower')),
    maintained boolean NOT NULL DEFAULT false,
    nature text CONSTRAINT commitments_nature_check CHECK (nature IN ('binding', 'expected')),
    strength text NOT NULL CONSTRAINT commitments_strength_check CHECK (strength IN ('firm', 'principle', 'strive', 'encourage')),
    allocation text,
    -- Who answers for the figure.
    owner_id uuid CONSTRAINT commitments_owner_fkey REFERENCES organisations (id),
    owner_basis text CONSTRAINT commitments_owner_basis_check CHECK (owner_basis IN ('plan', 'inferred', 'confirmed')),
    as_printed text NOT NULL,
    page integer NOT NULL,
    definition text,
    doubt text,
    seed jsonb NOT NULL DEFAULT '{}',
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT commitments_owner_check CHECK ((owner_id IS NULL) = (owner_basis IS NULL)),
    CONSTRAINT commitments_range_check CHECK (target_max IS NULL OR target_max >= target_min)
);
CREATE INDEX commitments_programme_idx ON commitments (programme_id, position);
CREATE INDEX commitments_initiative_idx ON commitments (initiative_id);

CREATE TABLE project_commitments (
    plan_id uuid NOT NULL CONSTRAINT project_commitments_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT project_commitments_project_fkey REFERENCES projects (id),
    commitment_id uuid NOT NULL CONSTRAINT project_commitments_commitment_fkey REFERENCES commitments (id),
    CONSTRAINT project_commitments_pkey PRIMARY KEY (project_id, commitment_id)
);
CREATE INDEX project_commitments_commitment_idx ON project_commitments (commitment_id);

CREATE TABLE project_owners (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT project_owners_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT project_owners_project_fkey REFERENCES projects (id),
    role text NOT NULL CONSTRAINT project_owners_role_check CHECK (role IN ('lead', 'responsible', 'supporting')),
    organisation_id uuid NOT NULL CONSTRAINT project_owners_organisation_fkey REFERENCES organisations (id),
    basis text NOT NULL CONSTRAINT project_owners_basis_check CHECK (basis IN ('plan', 'inferred', 'confirmed')),
    removed boolean NOT NULL DEFAULT false,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX project_owners_live_key ON project_owners (project_id, role, organisation_id) WHERE NOT removed;
CREATE UNIQUE INDEX project_owners_single_key ON project_owners (project_id, role) WHERE NOT removed AND role <> 'supporting';
CREATE INDEX project_owners_organisation_idx ON project_owners (organisation_id, project_id) WHERE NOT removed;

CREATE TABLE milestones (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT milestones_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT milestones_project_fkey REFERENCES projects (id),
    code text NOT NULL CONSTRAINT milestones_code_key UNIQUE,
    number integer NOT NULL,
    name text NOT NULL CONSTRAINT milestones_name_check CHECK (length(name) BETWEEN 1 AND 100),
    weight numeric(7, 2) NOT NULL CONSTRAINT milestones_weight_check CHECK (weight > 0),
    weight_confirmed boolean NOT NULL DEFAULT false,
    planned_on date NOT NULL,
    date_basis text NOT NULL CONSTRAINT milestones_date_basis_check CHECK (date_basis IN ('plan', 'period', 'template', 'confirmed')),
    date_precision text NOT NULL CONSTRAINT milestones_date_precision_check CHECK (date_precision IN ('day', 'month', 'quarter', 'year', 'period')),
    first_baseline_on date,
    evidence_wanted text[] NOT NULL DEFAULT '{}',
    state text NOT NULL DEFAULT 'pending' CONSTRAINT milestones_state_check CHECK (state IN
        ('pending', 'reported', 'returned', 'verified', 'reopened', 'cancelled')),
    actual_on date,
    note text,
    evidence jsonb NOT NULL DEFAULT '[]',
    -- The plan's day on which it was reported, and by whom; the lag is reported_on - actual_on.
    reported_on date,
    reported_at timestamptz,
    reported_by_user_id uuid CONSTRAINT milestones_reporter_fkey REFERENCES users (id),
    reported_by_organisation_id uuid CONSTRAINT milestones_reporting_organisation_fkey REFERENCES organisations (id),
    verified_on date,
    verified_at timestamptz,
    verified_by_user_id uuid CONSTRAINT milestones_verifier_fkey REFERENCES users (id),
    verified_by_organisation_id uuid CONSTRAINT milestones_verifying_organisation_fkey REFERENCES organisations (id),
    -- Why it was returned or reopened.
    back_reason text,
    -- Derived by rules::overdue, written by nothing else.
    overdue_from date,
    lapsed_from date,
    seed jsonb NOT NULL DEFAULT '{}',
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT milestones_number_key UNIQUE (project_id, number),
    CONSTRAINT milestones_reported_check CHECK (state NOT IN ('reported', 'verified') OR (actual_on IS NOT NULL
        AND reported_on IS NOT NULL AND reported_at IS NOT NULL AND reported_by_user_id IS NOT NULL)),
    CONSTRAINT milestones_verified_check CHECK (state <> 'verified' OR (verified_on IS NOT NULL
        AND verified_by_user_id IS NOT NULL AND verified_by_user_id <> reported_by_user_id)),
    CONSTRAINT milestones_baseline_check CHECK (date_basis NOT IN ('template', 'period') OR first_baseline_on IS NULL)
);
CREATE INDEX milestones_project_idx ON milestones (project_id, number);
CREATE INDEX milestones_overdue_idx ON milestones (project_id, overdue_from) WHERE overdue_from IS NOT NULL;

-- One row for each organisation that may see the project: its owners, all above them, the county office of its
-- site, the issuer of the plan. Kept by the sight module in the same transaction as what it follows from.
CREATE TABLE project_sight (
    scope_id uuid NOT NULL CONSTRAINT project_sight_scope_fkey REFERENCES organisations (id),
    plan_id uuid NOT NULL CONSTRAINT project_sight_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT project_sight_project_fkey REFERENCES projects (id),
    CONSTRAINT project_sight_pkey PRIMARY KEY (scope_id, project_id)
);
CREATE INDEX project_sight_project_idx ON project_sight (project_id);

-- The same for every milestone that is or will be overdue if nothing happens, in the order of a list of the overdue.
-- No foreign keys: a report would pay for three of them a row, and the sight module alone writes here.
CREATE TABLE milestone_sight (
    scope_id uuid NOT NULL,
    plan_id uuid NOT NULL,
    milestone_id uuid NOT NULL,
    project_id uuid NOT NULL,
    overdue_from date NOT NULL,
    CONSTRAINT milestone_sight_pkey PRIMARY KEY (milestone_id, scope_id)
) WITH (autovacuum_vacuum_scale_factor = 0.02);
CREATE INDEX milestone_sight_page_idx ON milestone_sight (scope_id, overdue_from, milestone_id);
CREATE INDEX milestone_sight_project_idx ON milestone_sight (project_id);

CREATE TABLE project_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE projects);
CREATE UNIQUE INDEX project_versions_key ON project_versions (id, from_number);
CREATE INDEX project_versions_overdue_idx ON project_versions (plan_id, overdue_from) WHERE overdue_from IS NOT NULL;
CREATE TABLE project_owner_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE project_owners);
CREATE UNIQUE INDEX project_owner_versions_key ON project_owner_versions (id, from_number);
CREATE INDEX project_owner_versions_project_idx ON project_owner_versions (project_id);
CREATE TABLE milestone_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE milestones);
CREATE UNIQUE INDEX milestone_versions_key ON milestone_versions (id, from_number);
CREATE INDEX milestone_versions_project_idx ON milestone_versions (project_id, number);

GRANT SELECT, INSERT, UPDATE ON projects, commitments, project_commitments, project_owners, milestones TO guatu_service;
GRANT SELECT, INSERT ON project_versions, project_owner_versions, milestone_versions TO guatu_service;
GRANT UPDATE (to_number) ON project_versions, project_owner_versions, milestone_versions TO guatu_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON project_sight, milestone_sight TO guatu_service;
