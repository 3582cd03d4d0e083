DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM project_owners WHERE claim = 'asked')
        OR EXISTS (SELECT 1 FROM project_owner_versions WHERE claim = 'asked') THEN
        RAISE EXCEPTION 'owners were asked to claim: undoing this would lose it';
    END IF;
END $$;
ALTER TABLE project_owners
    DROP CONSTRAINT project_owners_claim_check,
    ADD CONSTRAINT project_owners_claim_check CHECK (claim IN ('claimed', 'disputed'));
