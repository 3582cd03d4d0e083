-- Which commitments a project serves on any past day: a link may be taken away and come back. What stood before this
-- holds as it is now, from the event that made its project.
ALTER TABLE project_commitments
    ADD COLUMN id uuid NOT NULL DEFAULT gen_random_uuid(),
    ADD COLUMN removed boolean NOT NULL DEFAULT false;
ALTER TABLE project_commitments ALTER COLUMN id DROP DEFAULT;
CREATE UNIQUE INDEX project_commitments_id_key ON project_commitments (id);
CREATE TABLE project_commitment_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE project_commitments);
INSERT INTO project_commitment_versions
    SELECT coalesce((SELECT min(e.number) FROM events e WHERE e.stream_id = c.plan_id AND e.subject_id = c.project_id), 1),
           9223372036854775807, c.*
      FROM project_commitments c;
CREATE UNIQUE INDEX project_commitment_versions_key ON project_commitment_versions (id, from_number);
CREATE INDEX project_commitment_versions_project_idx ON project_commitment_versions (project_id);
CREATE INDEX project_commitment_versions_commitment_idx ON project_commitment_versions (commitment_id);
GRANT SELECT, INSERT ON project_commitment_versions TO guatu_service;
GRANT UPDATE (to_number) ON project_commitment_versions TO guatu_service;
