-- Undone only while nobody has said anything: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM project_owner_versions WHERE claim IS NOT NULL)
        OR EXISTS (SELECT 1 FROM project_owners WHERE claim IS NOT NULL)
    THEN RAISE EXCEPTION 'project_owners holds rows with claims: export and clear them first, then undo this migration'; END IF;
END $$;
ALTER TABLE project_owner_versions
    DROP COLUMN claim, DROP COLUMN claim_reason, DROP COLUMN claim_organisation_id,
    DROP COLUMN claimed_on, DROP COLUMN claimed_by_user_id, DROP COLUMN claimed_by_organisation_id;
ALTER TABLE project_owners
    DROP COLUMN claim, DROP COLUMN claim_reason, DROP COLUMN claim_organisation_id,
    DROP COLUMN claimed_on, DROP COLUMN claimed_by_user_id, DROP COLUMN claimed_by_organisation_id;
