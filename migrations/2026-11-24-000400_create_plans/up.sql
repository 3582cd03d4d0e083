CREATE TABLE plans (
    id uuid PRIMARY KEY CONSTRAINT plans_stream_fkey REFERENCES streams (id),
    code text NOT NULL CONSTRAINT plans_code_key UNIQUE CONSTRAINT plans_code_check CHECK (code ~ '^[a-z0-9][a-z0-9-]{0,39}$'),
    title text NOT NULL,
    document_number text NOT NULL,
    issuer_id uuid NOT NULL CONSTRAINT plans_issuer_fkey REFERENCES organisations (id),
    issued_on date NOT NULL,
    starts_on date NOT NULL,
    ends_on date NOT NULL,
    time_zone text NOT NULL,
    reporting_from date,
    -- A demonstration has a clock of its own, which never goes back.
    is_demonstration boolean NOT NULL DEFAULT false,
    demonstration_today date,
    source text NOT NULL DEFAULT '',
    seed jsonb NOT NULL DEFAULT '{}',
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT plans_period_check CHECK (starts_on <= ends_on),
    CONSTRAINT plans_demonstration_check CHECK (is_demonstration = (demonstration_today IS NOT NULL))
);

-- What somebody may do (role), where (organisation), in which plan (null: in all).
CREATE TABLE memberships (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT memberships_user_fkey REFERENCES users (id),
    organisation_id uuid NOT NULL CONSTRAINT memberships_organisation_fkey REFERENCES organisations (id),
    role text NOT NULL CONSTRAINT memberships_role_check CHECK (role IN
        ('staff', 'reviewer', 'planner', 'supervisor', 'observer', 'administrator')),
    plan_id uuid CONSTRAINT memberships_plan_fkey REFERENCES plans (id),
    ended_at timestamptz,
    ended_reason text,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL
);
CREATE UNIQUE INDEX memberships_live_key ON memberships
    (user_id, organisation_id, role, coalesce(plan_id, '00000000-0000-0000-0000-000000000000')) WHERE ended_at IS NULL;
CREATE INDEX memberships_user_idx ON memberships (user_id) WHERE ended_at IS NULL;
CREATE INDEX memberships_organisation_idx ON memberships (organisation_id) WHERE ended_at IS NULL;

CREATE TABLE service_areas (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT service_areas_plan_fkey REFERENCES plans (id),
    code text NOT NULL CONSTRAINT service_areas_code_key UNIQUE,
    number integer NOT NULL,
    name text NOT NULL,
    class text NOT NULL CONSTRAINT service_areas_class_check CHECK (class IN ('basic', 'inclusive', 'life')),
    aliases text[] NOT NULL DEFAULT '{}',
    seed jsonb NOT NULL DEFAULT '{}',
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT service_areas_number_key UNIQUE (plan_id, number)
);

CREATE TABLE programmes (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT programmes_plan_fkey REFERENCES plans (id),
    code text NOT NULL CONSTRAINT programmes_code_key UNIQUE,
    number integer NOT NULL CONSTRAINT programmes_number_check CHECK (number > 0),
    title text NOT NULL,
    service_area_id uuid CONSTRAINT programmes_service_area_fkey REFERENCES service_areas (id),
    section text NOT NULL,
    page integer NOT NULL,
    as_printed text NOT NULL,
    seed jsonb NOT NULL DEFAULT '{}',
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT programmes_plan_number_key UNIQUE (plan_id, number)
);

CREATE TABLE initiatives (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT initiatives_plan_fkey REFERENCES plans (id),
    programme_id uuid NOT NULL CONSTRAINT initiatives_programme_fkey REFERENCES programmes (id),
    code text NOT NULL CONSTRAINT initiatives_code_key UNIQUE,
    number integer NOT NULL CONSTRAINT initiatives_number_check CHECK (number > 0),
    title text NOT NULL,
    as_printed text NOT NULL,
    continuing boolean NOT NULL DEFAULT false,
    seed jsonb NOT NULL DEFAULT '{}',
    row_version bigint NOT NULL DEFAULT 1,
    CONSTRAINT initiatives_number_key UNIQUE (programme_id, number)
);

CREATE TABLE project_kinds (
    code text PRIMARY KEY CONSTRAINT project_kinds_code_check CHECK (code ~ '^[a-z][a-z_]{0,39}$'),
    name text NOT NULL,
    position integer NOT NULL,
    -- Counts in 开工率 and 竣工率.
    construction boolean NOT NULL,
    -- Standing work: a yearly review, no invented milestones.
    continuing boolean NOT NULL
);

CREATE TABLE milestone_templates (
    kind text NOT NULL CONSTRAINT milestone_templates_kind_fkey REFERENCES project_kinds (code),
    number integer NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    weight numeric(7, 2) NOT NULL CONSTRAINT milestone_templates_weight_check CHECK (weight > 0),
    -- The last step of a project is due on its promised day; each step before it, so many per cent of the way there.
    due_percent integer NOT NULL CONSTRAINT milestone_templates_due_percent_check CHECK (due_percent BETWEEN 1 AND 100),
    evidence text[] NOT NULL DEFAULT '{}',
    CONSTRAINT milestone_templates_pkey PRIMARY KEY (kind, code),
    CONSTRAINT milestone_templates_number_key UNIQUE (kind, number)
);
GRANT SELECT, INSERT, UPDATE ON plans, memberships, service_areas, programmes, initiatives, project_kinds TO guatu_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON milestone_templates TO guatu_service;
