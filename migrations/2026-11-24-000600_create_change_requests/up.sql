-- What somebody asks to be changed of what is confirmed (计划调整): what it was, what it is to be, why, and what was decided.
CREATE TABLE change_requests (
    id uuid CONSTRAINT change_requests_pkey PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT change_requests_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT change_requests_project_fkey REFERENCES projects (id),
    milestone_id uuid CONSTRAINT change_requests_milestone_fkey REFERENCES milestones (id),
    kind text NOT NULL CONSTRAINT change_requests_kind_check CHECK (kind IN
        ('date', 'weight', 'cancel_milestone', 'quantity', 'owner', 'cancel_project')),
    state text NOT NULL DEFAULT 'open' CONSTRAINT change_requests_state_check CHECK (state IN
        ('open', 'approved', 'rejected', 'withdrawn')),
    reason text NOT NULL CONSTRAINT change_requests_reason_check CHECK (length(reason) BETWEEN 1 AND 2000),
    evidence jsonb NOT NULL DEFAULT '[]',
    -- What it is to be; one of them, by kind.
    planned_on date,
    weight numeric(7, 2),
    quantity numeric(18, 4),
    owner_role text CONSTRAINT change_requests_owner_role_check CHECK (owner_role IN ('lead', 'responsible')),
    organisation_id uuid CONSTRAINT change_requests_organisation_fkey REFERENCES organisations (id),
    -- What stood there when it was asked.
    old_planned_on date,
    old_weight numeric(7, 2),
    old_quantity numeric(18, 4),
    old_organisation_id uuid CONSTRAINT change_requests_old_organisation_fkey REFERENCES organisations (id),
    first_baseline_on date,
    requested_on date NOT NULL,
    requested_at timestamptz NOT NULL,
    requested_by_user_id uuid NOT NULL CONSTRAINT change_requests_requester_fkey REFERENCES users (id),
    requested_by_organisation_id uuid NOT NULL CONSTRAINT change_requests_requesting_organisation_fkey REFERENCES organisations (id),
    decided_on date,
    decided_at timestamptz,
    decided_by_user_id uuid CONSTRAINT change_requests_decider_fkey REFERENCES users (id),
    decided_by_organisation_id uuid CONSTRAINT change_requests_deciding_organisation_fkey REFERENCES organisations (id),
    decision_note text,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT change_requests_target_check CHECK ((milestone_id IS NOT NULL) = (kind IN ('date', 'weight', 'cancel_milestone'))),
    CONSTRAINT change_requests_value_check CHECK (
        (planned_on IS NOT NULL) = (kind = 'date') AND (weight IS NOT NULL) = (kind = 'weight')
        AND (quantity IS NOT NULL) = (kind = 'quantity')
        AND (owner_role IS NOT NULL) = (kind = 'owner') AND (organisation_id IS NOT NULL) = (kind = 'owner')),
    CONSTRAINT change_requests_decided_check CHECK ((state IN ('approved', 'rejected')) = (decided_at IS NOT NULL)
        AND (decided_at IS NULL) = (decided_by_user_id IS NULL) AND (decided_at IS NULL) = (decided_on IS NULL)),
    CONSTRAINT change_requests_two_persons_check CHECK (decided_by_user_id <> requested_by_user_id)
);
-- One open request for one thing.
CREATE UNIQUE INDEX change_requests_open_key ON change_requests
    (coalesce(milestone_id, project_id), kind, coalesce(owner_role, '')) WHERE state = 'open';
CREATE INDEX change_requests_project_idx ON change_requests (project_id, id);
CREATE INDEX change_requests_plan_idx ON change_requests (plan_id, id);

GRANT SELECT, INSERT, UPDATE ON change_requests TO guatu_service;
