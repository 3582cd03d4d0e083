-- 分县任务: what of a project over several counties each of them delivers. The sums may differ from the project's.
CREATE TABLE project_parts (
    id uuid CONSTRAINT project_parts_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT project_parts_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT project_parts_project_fkey REFERENCES projects (id),
    region_id uuid NOT NULL CONSTRAINT project_parts_region_fkey REFERENCES regions (id),
    organisation_id uuid CONSTRAINT project_parts_organisation_fkey REFERENCES organisations (id),
    basis text CONSTRAINT project_parts_basis_check CHECK (basis IN ('inferred', 'confirmed')),
    -- In the project's unit.
    quantity numeric(18, 4) CONSTRAINT project_parts_quantity_check CHECK (quantity >= 0),
    -- In yuan.
    investment_planned numeric(18, 2) CONSTRAINT project_parts_investment_check CHECK (investment_planned >= 0),
    -- Periods that end before it were never this part's.
    from_on date NOT NULL,
    -- From when on somebody confirmed answers for it: no period that ends before it is owed. Derived.
    owes_from date,
    removed boolean NOT NULL DEFAULT false,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT project_parts_owner_check CHECK ((organisation_id IS NULL) = (basis IS NULL)),
    CONSTRAINT project_parts_owes_check CHECK (owes_from >= from_on)
);
CREATE UNIQUE INDEX project_parts_live_key ON project_parts (project_id, region_id) WHERE NOT removed;
CREATE INDEX project_parts_organisation_idx ON project_parts (organisation_id) WHERE NOT removed;
CREATE INDEX project_parts_region_idx ON project_parts (region_id) WHERE NOT removed;
CREATE TABLE project_part_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE project_parts);
CREATE UNIQUE INDEX project_part_versions_key ON project_part_versions (id, from_number);
CREATE INDEX project_part_versions_project_idx ON project_part_versions (project_id);
CREATE INDEX project_part_versions_plan_idx ON project_part_versions (plan_id, organisation_id);

GRANT SELECT, INSERT, UPDATE ON project_parts TO guatu_service;
GRANT SELECT, INSERT ON project_part_versions TO guatu_service;
GRANT UPDATE (to_number) ON project_part_versions TO guatu_service;
