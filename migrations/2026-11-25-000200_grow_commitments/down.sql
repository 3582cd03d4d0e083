-- Undone only while nothing was added to what the files say: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM carry_overs) THEN RAISE EXCEPTION 'carry_overs holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM commitment_observation_versions) THEN RAISE EXCEPTION 'commitment_observations holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM commitment_allocation_versions) THEN RAISE EXCEPTION 'commitment_allocations holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM commitment_versions WHERE to_number < 9223372036854775807 OR doubt_resolution IS NOT NULL)
    THEN RAISE EXCEPTION 'commitment_versions holds rows of past days: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE carry_overs;
DROP TABLE commitment_observation_versions;
DROP TABLE commitment_observations;
DROP TABLE commitment_allocation_versions;
DROP TABLE commitment_allocations;
DROP TABLE commitment_versions;
ALTER TABLE commitments
    DROP CONSTRAINT commitments_doubt_resolved_check,
    DROP COLUMN doubt_resolution, DROP COLUMN doubt_resolved_on,
    DROP COLUMN doubt_resolved_by_user_id, DROP COLUMN doubt_resolved_by_organisation_id;
