-- What a proposed owner says of the proposal (认领/异议). It confirms nothing: a planner does.
ALTER TABLE project_owners
    ADD COLUMN claim text CONSTRAINT project_owners_claim_check CHECK (claim IN ('claimed', 'disputed')),
    ADD COLUMN claim_reason text CONSTRAINT project_owners_claim_reason_check CHECK (length(claim_reason) BETWEEN 1 AND 2000),
    ADD COLUMN claim_organisation_id uuid CONSTRAINT project_owners_claim_organisation_fkey REFERENCES organisations (id),
    ADD COLUMN claimed_on date,
    ADD COLUMN claimed_by_user_id uuid CONSTRAINT project_owners_claimer_fkey REFERENCES users (id),
    ADD COLUMN claimed_by_organisation_id uuid CONSTRAINT project_owners_claiming_organisation_fkey REFERENCES organisations (id),
    ADD CONSTRAINT project_owners_claim_whole_check CHECK ((claim IS NULL) = (claimed_on IS NULL)
        AND (claim IS NULL) = (claimed_by_user_id IS NULL) AND (claim <> 'disputed' OR claim_reason IS NOT NULL)
        AND (claim IS NULL OR basis = 'inferred' OR removed));
ALTER TABLE project_owner_versions
    ADD COLUMN claim text,
    ADD COLUMN claim_reason text,
    ADD COLUMN claim_organisation_id uuid,
    ADD COLUMN claimed_on date,
    ADD COLUMN claimed_by_user_id uuid,
    ADD COLUMN claimed_by_organisation_id uuid;
