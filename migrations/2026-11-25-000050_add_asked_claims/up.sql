-- A planner sends a proposal to the organisation that it names, to be claimed or disputed.
ALTER TABLE project_owners
    DROP CONSTRAINT project_owners_claim_check,
    ADD CONSTRAINT project_owners_claim_check CHECK (claim IN ('asked', 'claimed', 'disputed'));
