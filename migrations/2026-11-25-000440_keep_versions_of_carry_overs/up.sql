-- Any past day of a carry-over: what it became is said later, and may be corrected. A version is of the plan that carries;
-- what stood before this holds as it is now, from the event that made it.
CREATE TABLE carry_over_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE carry_overs);
INSERT INTO carry_over_versions
    SELECT coalesce((SELECT min(e.number) FROM events e WHERE e.stream_id = c.plan_id AND e.subject_id = c.id), 1),
           9223372036854775807, c.*
      FROM carry_overs c;
CREATE UNIQUE INDEX carry_over_versions_key ON carry_over_versions (id, from_number);
CREATE INDEX carry_over_versions_plan_idx ON carry_over_versions (plan_id);
CREATE INDEX carry_over_versions_into_plan_idx ON carry_over_versions (into_plan_id);
GRANT SELECT, INSERT ON carry_over_versions TO guatu_service;
GRANT UPDATE (to_number) ON carry_over_versions TO guatu_service;
