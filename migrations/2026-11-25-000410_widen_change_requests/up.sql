-- What is asked for that is not there yet: a milestone, a project; and what a project covers.
ALTER TABLE change_requests
    ALTER COLUMN project_id DROP NOT NULL,
    -- Of an added project: where it stands, and its site.
    ADD COLUMN initiative_id uuid CONSTRAINT change_requests_initiative_fkey REFERENCES initiatives (id),
    ADD COLUMN site_region_id uuid CONSTRAINT change_requests_region_fkey REFERENCES regions (id),
    -- Of what is added: its name and the last part of its code.
    ADD COLUMN title text CONSTRAINT change_requests_title_check CHECK (length(title) BETWEEN 1 AND 200),
    ADD COLUMN folded_title text,
    ADD COLUMN slug text,
    -- Of an added milestone: what proof it wants, and before which other it stands; none means last.
    ADD COLUMN evidence_wanted text[],
    ADD COLUMN before_milestone_id uuid CONSTRAINT change_requests_before_milestone_fkey REFERENCES milestones (id),
    -- The project that is to be, whole; or what a project is to cover, beside what it covered when it was asked.
    ADD COLUMN proposal jsonb,
    ADD COLUMN old_proposal jsonb,
    DROP CONSTRAINT change_requests_kind_check,
    ADD CONSTRAINT change_requests_kind_check CHECK (kind IN
        ('date', 'weight', 'cancel_milestone', 'quantity', 'owner', 'cancel_project', 'add_milestone', 'add_project', 'scope')),
    DROP CONSTRAINT change_requests_target_check,
    -- What is added has its id once it is there.
    ADD CONSTRAINT change_requests_target_check CHECK (
        (milestone_id IS NOT NULL) = (kind IN ('date', 'weight', 'cancel_milestone') OR (kind = 'add_milestone' AND state = 'approved'))
        AND (project_id IS NOT NULL) = (kind <> 'add_project' OR state = 'approved')),
    DROP CONSTRAINT change_requests_value_check,
    ADD CONSTRAINT change_requests_value_check CHECK (
        (planned_on IS NOT NULL) = (kind IN ('date', 'add_milestone')) AND (weight IS NOT NULL) = (kind IN ('weight', 'add_milestone'))
        AND (quantity IS NOT NULL) = (kind = 'quantity')
        AND (owner_role IS NOT NULL) = (kind = 'owner') AND (organisation_id IS NOT NULL) = (kind = 'owner')
        AND (title IS NOT NULL) = (kind IN ('add_milestone', 'add_project')) AND (slug IS NULL) = (title IS NULL)
        AND (evidence_wanted IS NOT NULL) = (kind = 'add_milestone')
        AND (before_milestone_id IS NULL OR kind = 'add_milestone')
        AND (initiative_id IS NOT NULL) = (kind = 'add_project') AND (folded_title IS NULL) = (initiative_id IS NULL)
        AND (site_region_id IS NULL OR kind = 'add_project')
        AND (proposal IS NOT NULL) = (kind IN ('add_project', 'scope')) AND (old_proposal IS NOT NULL) = (kind = 'scope'));
DROP INDEX change_requests_open_key;
-- One open request for one thing; of what is added, its name within its place is the thing. Of a project it is one for
-- each who asks: nobody learns by a refusal what others ask, whose requests he does not see.
CREATE UNIQUE INDEX change_requests_open_key ON change_requests
    (coalesce(milestone_id, project_id, initiative_id), kind, coalesce(owner_role, title, ''),
     (CASE kind WHEN 'add_project' THEN requested_by_organisation_id ELSE '00000000-0000-0000-0000-000000000000' END))
    WHERE state = 'open';
CREATE INDEX change_requests_initiative_idx ON change_requests (initiative_id) WHERE initiative_id IS NOT NULL;

-- Whom a project that is asked for names, and who therefore sees the request.
CREATE TABLE change_request_owners (
    request_id uuid NOT NULL CONSTRAINT change_request_owners_request_fkey REFERENCES change_requests (id),
    role text NOT NULL CONSTRAINT change_request_owners_role_check CHECK (role IN ('lead', 'responsible', 'supporting')),
    organisation_id uuid NOT NULL CONSTRAINT change_request_owners_organisation_fkey REFERENCES organisations (id),
    CONSTRAINT change_request_owners_pkey PRIMARY KEY (request_id, role, organisation_id)
);
CREATE INDEX change_request_owners_organisation_idx ON change_request_owners (organisation_id);
GRANT SELECT, INSERT ON change_request_owners TO guatu_service;

-- A milestone that comes in between moves the numbers of those after it, all in one statement.
ALTER TABLE milestones
    DROP CONSTRAINT milestones_number_key,
    ADD CONSTRAINT milestones_number_key UNIQUE (project_id, number) DEFERRABLE;
