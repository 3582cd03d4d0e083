-- Where a project came from when a planner split one, and where it went when he merged two. Both sides keep their
-- history: nothing is deleted, the one that ends is archived.
ALTER TABLE projects
    ADD COLUMN split_from_id uuid CONSTRAINT projects_split_from_fkey REFERENCES projects (id),
    ADD COLUMN merged_into_id uuid CONSTRAINT projects_merged_into_fkey REFERENCES projects (id),
    ADD CONSTRAINT projects_lineage_check CHECK (split_from_id <> id AND merged_into_id <> id
        AND (merged_into_id IS NULL OR archived_reason IS NOT NULL)),
    ADD CONSTRAINT projects_review_check CHECK ((suspended_on IS NULL) = (suspension_review_on IS NULL)
        AND suspension_review_on > suspended_on);
CREATE INDEX projects_split_from_idx ON projects (split_from_id) WHERE split_from_id IS NOT NULL;
CREATE INDEX projects_merged_into_idx ON projects (merged_into_id) WHERE merged_into_id IS NOT NULL;
ALTER TABLE project_versions
    ADD COLUMN split_from_id uuid,
    ADD COLUMN merged_into_id uuid;
