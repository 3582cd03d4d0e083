-- Versions numbered by the plan's events: creation 1 to 1,000,000 on the first day, then one event a change.
-- 200,000 milestones with about five versions, those once done with two, the rest with one.
SELECT setseed(0.2);
CREATE TEMP TABLE change AS
SELECT id, 'done' AS kind, greatest(reported_on, date '2021-01-02') AS day FROM milestones WHERE state = 'verified'
UNION ALL SELECT id, 'shift', date '2021-01-02' + floor(random() * least(1420, coalesce(reported_on - date '2021-01-02', 1420)))::int
FROM milestones, generate_series(1, 3) WHERE n % 5 = 0 AND (state <> 'verified' OR reported_on > '2021-02-01');
CREATE TEMP TABLE numbered AS SELECT *, 1000000 + row_number() OVER (ORDER BY day, kind DESC, id) AS number,
    (sum((kind = 'shift')::int) OVER (PARTITION BY id ORDER BY day DESC, kind))::int AS shifts_from_here FROM change;
CREATE TABLE stream_days (stream_id uuid NOT NULL, day date NOT NULL, last_number bigint NOT NULL, PRIMARY KEY (stream_id, day));
INSERT INTO stream_days SELECT org(7), '2021-01-01', 1000000 UNION ALL SELECT org(7), day, max(number) FROM numbered GROUP BY day;

CREATE TABLE milestone_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE milestones);
INSERT INTO milestone_versions
SELECT from_number, to_number, m.id, plan_id, project_id, n, code, name, weight, region_id, planned_on - 60 * left_to_shift, date_basis, first_baseline_on,
       CASE WHEN done THEN state ELSE 'pending' END, CASE WHEN done THEN actual_on END, CASE WHEN done THEN note END, CASE WHEN done THEN reported_on END, NULL, NULL, NULL, NULL,
       CASE WHEN NOT done AND date_basis <> 'template' THEN planned_on - 60 * left_to_shift + 1 END, row_version, created_at, updated_at
FROM milestones m JOIN (
    SELECT id, number AS from_number, coalesce(lead(number) OVER w, 9223372036854775807) AS to_number, left_to_shift, bool_or(kind = 'done') OVER w AS done
    FROM (SELECT id, number, shifts_from_here - (kind = 'shift')::int AS left_to_shift, kind FROM numbered
          UNION ALL SELECT m.id, m.n, coalesce(s, 0), 'created' FROM milestones m LEFT JOIN (SELECT id, (count(*) FILTER (WHERE kind = 'shift'))::int AS s FROM numbered GROUP BY id) x ON x.id = m.id) y
    WINDOW w AS (PARTITION BY id ORDER BY number)) v ON v.id = m.id
ORDER BY from_number;
CREATE UNIQUE INDEX milestone_versions_key ON milestone_versions (id, from_number);
CREATE INDEX milestone_versions_project_idx ON milestone_versions (project_id, n);
CREATE INDEX milestone_versions_overdue_idx ON milestone_versions (project_id, overdue_from, from_number, to_number) WHERE overdue_from IS NOT NULL;
CREATE INDEX milestone_versions_order_idx ON milestone_versions (overdue_from, id) INCLUDE (from_number, to_number, project_id) WHERE overdue_from IS NOT NULL;
CREATE INDEX milestone_versions_region_idx ON milestone_versions (region_id, overdue_from, id) INCLUDE (from_number, to_number) WHERE overdue_from IS NOT NULL;

CREATE TABLE project_versions (from_number bigint NOT NULL, to_number bigint NOT NULL, LIKE projects);
INSERT INTO project_versions SELECT n * 10, 9223372036854775807, p.* FROM projects p;
CREATE UNIQUE INDEX project_versions_key ON project_versions (id, from_number);

-- Sight with versions, today's rights: a row lives as long as the milestone version it points to, and is kept only if it was overdue in that life.
CREATE TABLE milestone_sight_versions (scope_id uuid NOT NULL, plan_id uuid NOT NULL, milestone_id uuid NOT NULL, project_id uuid NOT NULL,
    overdue_from date NOT NULL, from_number bigint NOT NULL, to_number bigint NOT NULL);
\timing on
INSERT INTO milestone_sight_versions
SELECT s.scope_id, v.plan_id, v.id, v.project_id, v.overdue_from, v.from_number, v.to_number
FROM milestone_versions v JOIN project_sight s USING (project_id) LEFT JOIN numbered e ON e.number = v.to_number
WHERE v.overdue_from IS NOT NULL AND (e.day IS NULL OR e.day > v.overdue_from) ORDER BY v.id;
CREATE INDEX milestone_sight_versions_page_idx ON milestone_sight_versions (scope_id, overdue_from, milestone_id, from_number, to_number);
CREATE INDEX milestone_sight_versions_milestone_idx ON milestone_sight_versions (milestone_id);
\timing off
CREATE EXTENSION btree_gist;
-- gist is slow to build: it is given the rows of ten counties only.
CREATE TABLE sight_versions_gist AS SELECT scope_id, project_id, milestone_id, overdue_from, from_number, to_number, int8range(from_number, to_number) AS valid
FROM milestone_sight_versions WHERE scope_id IN (SELECT org(1000 + i) FROM generate_series(1, 10) i);
\timing on
CREATE INDEX sight_versions_gist_idx ON sight_versions_gist USING gist (scope_id, valid);
\timing off
VACUUM ANALYZE;
SELECT 'milestone_versions', count(*) FROM milestone_versions UNION ALL SELECT 'milestone_sight_versions', count(*) FROM milestone_sight_versions
UNION ALL SELECT 'of them live', count(*) FROM milestone_sight_versions WHERE to_number = 9223372036854775807 UNION ALL SELECT 'stream_days', count(*) FROM stream_days
UNION ALL SELECT 'sight_versions_gist', count(*) FROM sight_versions_gist;
SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class WHERE relname ~ '^(milestone_|project_|sight_)?(sight_)?versions?' AND relkind IN ('r', 'i') ORDER BY 1;
-- The same rows parted: live ones and those whose life ended.
CREATE TABLE sight_live AS SELECT scope_id, plan_id, milestone_id, project_id, overdue_from, from_number FROM milestone_sight_versions WHERE to_number = 9223372036854775807;
CREATE TABLE sight_past AS SELECT * FROM milestone_sight_versions WHERE to_number < 9223372036854775807;
CREATE INDEX sight_live_page_idx ON sight_live (scope_id, overdue_from, milestone_id, from_number);
CREATE INDEX sight_past_page_idx ON sight_past (scope_id, overdue_from, milestone_id, from_number, to_number);
VACUUM ANALYZE;
SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class WHERE relname ~ '^sight_(live|past)' ORDER BY 1;
