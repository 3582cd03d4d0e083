-- Undone only while nothing was asked for that it made possible: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM change_requests WHERE kind IN ('add_milestone', 'add_project', 'scope'))
    THEN RAISE EXCEPTION 'change_requests holds additions or scopes: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE change_request_owners;
ALTER TABLE milestones
    DROP CONSTRAINT milestones_number_key,
    ADD CONSTRAINT milestones_number_key UNIQUE (project_id, number);
DROP INDEX change_requests_open_key;
ALTER TABLE change_requests
    DROP CONSTRAINT change_requests_kind_check,
    DROP CONSTRAINT change_requests_target_check,
    DROP CONSTRAINT change_requests_value_check,
    DROP COLUMN initiative_id, DROP COLUMN site_region_id, DROP COLUMN title, DROP COLUMN folded_title, DROP COLUMN slug,
    DROP COLUMN evidence_wanted, DROP COLUMN before_milestone_id, DROP COLUMN proposal, DROP COLUMN old_proposal,
    ALTER COLUMN project_id SET NOT NULL,
    ADD CONSTRAINT change_requests_kind_check CHECK (kind IN
        ('date', 'weight', 'cancel_milestone', 'quantity', 'owner', 'cancel_project')),
    ADD CONSTRAINT change_requests_target_check CHECK ((milestone_id IS NOT NULL) = (kind IN ('date', 'weight', 'cancel_milestone'))),
    ADD CONSTRAINT change_requests_value_check CHECK (
        (planned_on IS NOT NULL) = (kind = 'date') AND (weight IS NOT NULL) = (kind = 'weight')
        AND (quantity IS NOT NULL) = (kind = 'quantity')
        AND (owner_role IS NOT NULL) = (kind = 'owner') AND (organisation_id IS NOT NULL) = (kind = 'owner'));
CREATE UNIQUE INDEX change_requests_open_key ON change_requests
    (coalesce(milestone_id, project_id), kind, coalesce(owner_role, '')) WHERE state = 'open';
