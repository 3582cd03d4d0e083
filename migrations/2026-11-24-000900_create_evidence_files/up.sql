-- Proofs as files: what came with a milestone's report. The content lies here, or in a directory of the operator's under
-- its hash; a file never changes.
CREATE TABLE evidence_files (
    id uuid PRIMARY KEY,
    plan_id uuid NOT NULL CONSTRAINT evidence_files_plan_fkey REFERENCES plans (id),
    project_id uuid NOT NULL CONSTRAINT evidence_files_project_fkey REFERENCES projects (id),
    milestone_id uuid NOT NULL CONSTRAINT evidence_files_milestone_fkey REFERENCES milestones (id),
    name text NOT NULL CONSTRAINT evidence_files_name_check CHECK (length(name) BETWEEN 1 AND 200),
    media_type text NOT NULL,
    size integer NOT NULL CONSTRAINT evidence_files_size_check CHECK (size BETWEEN 1 AND 20971520),
    sha256 text NOT NULL CONSTRAINT evidence_files_sha256_check CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    uploaded_by_user_id uuid NOT NULL CONSTRAINT evidence_files_uploader_fkey REFERENCES users (id),
    uploaded_by_organisation_id uuid NOT NULL CONSTRAINT evidence_files_organisation_fkey REFERENCES organisations (id),
    uploaded_at timestamptz NOT NULL,
    -- The same content for the same milestone is the same file.
    CONSTRAINT evidence_files_content_key UNIQUE (milestone_id, sha256)
);
CREATE TABLE evidence_contents (
    sha256 text PRIMARY KEY,
    content bytea NOT NULL
);
GRANT SELECT, INSERT ON evidence_files, evidence_contents TO guatu_service;
