-- A doubt of the plan's print that a planner has resolved; what is printed stays as it is.
ALTER TABLE commitments
    ADD COLUMN doubt_resolution text CONSTRAINT commitments_doubt_resolution_check CHECK (length(doubt_resolution) BETWEEN 1 AND 2000),
    ADD COLUMN doubt_resolved_on date,
    ADD COLUMN doubt_resolved_by_user_id uuid CONSTRAINT commitments_doubt_resolver_fkey REFERENCES users (id),
    ADD COLUMN doubt_resolved_by_organisation_id uuid CONSTRAINT commitments_doubt_resolving_organisation_fkey REFERENCES organisations (id),
    ADD CONSTRAINT commitments_doubt_resolved_check CHECK ((doubt_resolution IS NULL) = (doubt_resolved_on IS NULL)
        AND (doubt_resolution IS NULL) = (doubt_resolved_by_user_id IS NULL));

-- Any past day of a commitment. What was loaded before this had versions holds as it is now from the event that made it.
CREATE TABLE commitment_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE commitments);
INSERT INTO commitment_versions
    SELECT coalesce((SELECT min(e.number) FROM events e WHERE e.stream_id = c.plan_id AND e.subject_id = c.id), 1),
           9223372036854775807, c.*
      FROM commitments c;
CREATE UNIQUE INDEX commitment_versions_key ON commitment_versions (id, from_number);
CREATE INDEX commitment_versions_plan_idx ON commitment_versions (plan_id, to_number);

-- 任务分解: what of a promise a county or an organisation is to deliver. Its sum may differ from the promise.
CREATE TABLE commitment_allocations (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT commitment_allocations_plan_fkey REFERENCES plans (id),
    commitment_id uuid NOT NULL CONSTRAINT commitment_allocations_commitment_fkey REFERENCES commitments (id),
    region_id uuid CONSTRAINT commitment_allocations_region_fkey REFERENCES regions (id),
    organisation_id uuid CONSTRAINT commitment_allocations_organisation_fkey REFERENCES organisations (id),
    -- In the commitment's base unit.
    quantity numeric(18, 4) NOT NULL CONSTRAINT commitment_allocations_quantity_check CHECK (quantity >= 0),
    due_on date NOT NULL,
    removed boolean NOT NULL DEFAULT false,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT commitment_allocations_holder_check CHECK ((region_id IS NULL) <> (organisation_id IS NULL))
);
CREATE UNIQUE INDEX commitment_allocations_live_key ON commitment_allocations
    (commitment_id, coalesce(region_id, organisation_id)) WHERE NOT removed;
CREATE TABLE commitment_allocation_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE commitment_allocations);
CREATE UNIQUE INDEX commitment_allocation_versions_key ON commitment_allocation_versions (id, from_number);
CREATE INDEX commitment_allocation_versions_commitment_idx ON commitment_allocation_versions (commitment_id);

-- What somebody found a commitment's figure to be at the end of a period.
CREATE TABLE commitment_observations (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT commitment_observations_plan_fkey REFERENCES plans (id),
    commitment_id uuid NOT NULL CONSTRAINT commitment_observations_commitment_fkey REFERENCES commitments (id),
    -- Of an allocation's part; both null: the whole.
    region_id uuid CONSTRAINT commitment_observations_region_fkey REFERENCES regions (id),
    organisation_id uuid CONSTRAINT commitment_observations_organisation_fkey REFERENCES organisations (id),
    -- Of a sum: the plan's first day, from which on the value counts everything. Null for a level or a stock.
    counted_from date,
    -- The last day of the period, of which the value speaks.
    observed_on date NOT NULL,
    -- In the commitment's base unit.
    value numeric(18, 4) NOT NULL,
    source text NOT NULL CONSTRAINT commitment_observations_source_check CHECK (length(source) BETWEEN 1 AND 500),
    note text CONSTRAINT commitment_observations_note_check CHECK (length(note) BETWEEN 1 AND 2000),
    state text NOT NULL CONSTRAINT commitment_observations_state_check CHECK (state IN ('filed', 'confirmed', 'returned')),
    filed_on date NOT NULL,
    filed_at timestamptz NOT NULL,
    filed_by_user_id uuid NOT NULL CONSTRAINT commitment_observations_filer_fkey REFERENCES users (id),
    filed_by_organisation_id uuid NOT NULL CONSTRAINT commitment_observations_filing_organisation_fkey REFERENCES organisations (id),
    confirmed_on date,
    confirmed_at timestamptz,
    confirmed_by_user_id uuid CONSTRAINT commitment_observations_confirmer_fkey REFERENCES users (id),
    confirmed_by_organisation_id uuid CONSTRAINT commitment_observations_confirming_organisation_fkey REFERENCES organisations (id),
    back_reason text CONSTRAINT commitment_observations_back_reason_check CHECK (length(back_reason) BETWEEN 1 AND 2000),
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT commitment_observations_part_check CHECK (region_id IS NULL OR organisation_id IS NULL),
    CONSTRAINT commitment_observations_period_check CHECK (counted_from <= observed_on),
    CONSTRAINT commitment_observations_confirmed_check CHECK ((state = 'confirmed') = (confirmed_at IS NOT NULL)
        AND (confirmed_at IS NULL) = (confirmed_on IS NULL) AND (confirmed_at IS NULL) = (confirmed_by_user_id IS NULL)),
    CONSTRAINT commitment_observations_two_persons_check CHECK (confirmed_by_user_id <> filed_by_user_id),
    CONSTRAINT commitment_observations_returned_check CHECK (state <> 'returned' OR back_reason IS NOT NULL)
);
-- One figure of one part for one day: another one is a correction of it.
CREATE UNIQUE INDEX commitment_observations_day_key ON commitment_observations
    (commitment_id, coalesce(region_id, organisation_id, '00000000-0000-0000-0000-000000000000'), observed_on);
CREATE INDEX commitment_observations_plan_idx ON commitment_observations (plan_id, commitment_id);
CREATE TABLE commitment_observation_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE commitment_observations);
CREATE UNIQUE INDEX commitment_observation_versions_key ON commitment_observation_versions (id, from_number);
CREATE INDEX commitment_observation_versions_commitment_idx ON commitment_observation_versions (commitment_id, observed_on);

-- What one plan leaves unfinished and another takes up.
CREATE TABLE carry_overs (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT carry_overs_plan_fkey REFERENCES plans (id),
    into_plan_id uuid NOT NULL CONSTRAINT carry_overs_into_plan_fkey REFERENCES plans (id),
    kind text NOT NULL CONSTRAINT carry_overs_kind_check CHECK (kind IN ('project', 'commitment')),
    project_id uuid CONSTRAINT carry_overs_project_fkey REFERENCES projects (id),
    commitment_id uuid CONSTRAINT carry_overs_commitment_fkey REFERENCES commitments (id),
    -- What it became in the other plan, once that is there.
    into_project_id uuid CONSTRAINT carry_overs_into_project_fkey REFERENCES projects (id),
    into_commitment_id uuid CONSTRAINT carry_overs_into_commitment_fkey REFERENCES commitments (id),
    reason text NOT NULL CONSTRAINT carry_overs_reason_check CHECK (length(reason) BETWEEN 1 AND 2000),
    carried_on date NOT NULL,
    carried_at timestamptz NOT NULL,
    carried_by_user_id uuid NOT NULL CONSTRAINT carry_overs_user_fkey REFERENCES users (id),
    carried_by_organisation_id uuid NOT NULL CONSTRAINT carry_overs_organisation_fkey REFERENCES organisations (id),
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT carry_overs_plans_check CHECK (plan_id <> into_plan_id),
    CONSTRAINT carry_overs_object_check CHECK ((project_id IS NOT NULL) = (kind = 'project')
        AND (commitment_id IS NOT NULL) = (kind = 'commitment')
        AND (into_project_id IS NULL OR kind = 'project') AND (into_commitment_id IS NULL OR kind = 'commitment'))
);
CREATE UNIQUE INDEX carry_overs_object_key ON carry_overs (into_plan_id, coalesce(project_id, commitment_id));
CREATE INDEX carry_overs_plan_idx ON carry_overs (plan_id);

GRANT SELECT, INSERT, UPDATE ON commitment_allocations, commitment_observations, carry_overs TO guatu_service;
GRANT SELECT, INSERT ON commitment_versions, commitment_allocation_versions, commitment_observation_versions TO guatu_service;
GRANT UPDATE (to_number) ON commitment_versions, commitment_allocation_versions, commitment_observation_versions TO guatu_service;
