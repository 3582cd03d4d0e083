-- What sight costs on writes: 10,000 milestones in one transaction, set by set, undone each time. Three rounds.
\pset tuples_only on
\pset format unaligned
CREATE TABLE pick AS SELECT id, project_id FROM milestones WHERE overdue_from <= '2024-11-24' AND hashint4(n) % 22 = 0 LIMIT 10000;
CREATE TABLE pick_done AS SELECT id, project_id FROM milestones WHERE state = 'verified' AND hashint4(n) % 40 = 0 LIMIT 10000;
ALTER TABLE pick ADD PRIMARY KEY (id); ALTER TABLE pick_done ADD PRIMARY KEY (id);
ANALYZE pick; ANALYZE pick_done;
-- One key on (milestone, scope) serves uniqueness, upkeep and the probe of several scopes; it takes the place of the index on the milestone alone.
DROP INDEX milestone_sight_milestone_idx;
ALTER TABLE milestone_sight ADD CONSTRAINT milestone_sight_pkey PRIMARY KEY (milestone_id, scope_id);
DROP INDEX milestones_region_idx, milestones_order_idx;
CREATE PROCEDURE sight_writes(label text) LANGUAGE plpgsql AS $$
DECLARE
    report text := $q$UPDATE milestones m SET state = 'reported', reported_on = '2024-11-24', row_version = row_version + 1, overdue_from = NULL FROM pick k WHERE k.id = m.id$q$;
    project text := $q$UPDATE projects p SET row_version = row_version + 1, overdue_from = (SELECT min(m.overdue_from) FROM milestones m WHERE m.project_id = p.id AND m.overdue_from IS NOT NULL) WHERE p.id IN (SELECT project_id FROM pick)$q$;
    copied text := $q$UPDATE project_sight s SET overdue_from = p.overdue_from FROM projects p WHERE p.id = s.project_id AND p.id IN (SELECT project_id FROM pick) AND s.overdue_from IS DISTINCT FROM p.overdue_from$q$;
BEGIN
    RAISE NOTICE '%', timed(label || 'report: milestones and projects alone', report, project);
    RAISE NOTICE '%', timed(label || 'report: + milestone_sight', report, project, 'DELETE FROM milestone_sight s USING pick k WHERE s.milestone_id = k.id');
    RAISE NOTICE '%', timed(label || 'report: + date copied to project_sight', report, project, copied);
    RAISE NOTICE '%', timed(label || 'postpone: milestones alone', 'UPDATE milestones m SET planned_on = planned_on + 90, overdue_from = overdue_from + 90, row_version = row_version + 1 FROM pick k WHERE k.id = m.id');
    RAISE NOTICE '%', timed(label || 'postpone: + milestone_sight', 'UPDATE milestones m SET planned_on = planned_on + 90, overdue_from = overdue_from + 90, row_version = row_version + 1 FROM pick k WHERE k.id = m.id',
        'UPDATE milestone_sight s SET overdue_from = s.overdue_from + 90 FROM pick k WHERE s.milestone_id = k.id');
    RAISE NOTICE '%', timed(label || 'reopen: milestones alone', $q$UPDATE milestones m SET state = 'reopened', overdue_from = planned_on + 1 FROM pick_done k WHERE k.id = m.id$q$);
    RAISE NOTICE '%', timed(label || 'reopen: + milestone_sight', $q$UPDATE milestones m SET state = 'reopened', overdue_from = planned_on + 1 FROM pick_done k WHERE k.id = m.id$q$,
        'INSERT INTO milestone_sight SELECT s.scope_id, m.plan_id, m.id, m.project_id, m.overdue_from FROM pick_done k JOIN milestones m ON m.id = k.id JOIN project_sight s ON s.project_id = m.project_id');
END $$;
SET client_min_messages = notice;
CALL sight_writes('1 '); VACUUM; CALL sight_writes('2 '); VACUUM; CALL sight_writes('3 '); VACUUM;
ALTER TABLE milestone_sight ADD CONSTRAINT a FOREIGN KEY (milestone_id) REFERENCES milestones (id), ADD CONSTRAINT b FOREIGN KEY (project_id) REFERENCES projects (id),
    ADD CONSTRAINT c FOREIGN KEY (scope_id) REFERENCES organisations (id);
CALL sight_writes('with 3 foreign keys '); VACUUM;
ALTER TABLE milestone_sight DROP CONSTRAINT a, DROP CONSTRAINT b, DROP CONSTRAINT c;
-- A county department moves: one scope's rows anew.
SELECT timed('a county scope made anew', 'DELETE FROM milestone_sight WHERE scope_id = org(1001)',
    'INSERT INTO milestone_sight SELECT s.scope_id, m.plan_id, m.id, m.project_id, m.overdue_from FROM project_sight s JOIN milestones m USING (project_id) WHERE s.scope_id = org(1001) AND m.overdue_from IS NOT NULL');
-- Ids that rise (version 7) or scatter (version 4): the same 50,000 new rows.
CREATE TABLE sight_v7 (LIKE milestone_sight); CREATE TABLE sight_v4 (LIKE milestone_sight);
INSERT INTO sight_v7 SELECT * FROM milestone_sight;
INSERT INTO sight_v4 SELECT scope_id, plan_id, md5(milestone_id::text)::uuid, md5(project_id::text)::uuid, overdue_from FROM milestone_sight;
CREATE INDEX ON sight_v7 (scope_id, overdue_from, milestone_id); CREATE INDEX ON sight_v4 (scope_id, overdue_from, milestone_id);
ALTER TABLE sight_v7 ADD PRIMARY KEY (milestone_id, scope_id); ALTER TABLE sight_v4 ADD PRIMARY KEY (milestone_id, scope_id);
CREATE TABLE fresh AS SELECT scope_id, plan_id, v7(2000000 + row_number() OVER () / 5) AS milestone_id, project_id, overdue_from FROM milestone_sight WHERE hashint4(extract(epoch FROM overdue_from)::int) % 40 = 0 LIMIT 50000;
VACUUM ANALYZE;
CHECKPOINT;
SELECT timed('50,000 new sight rows, version 7, after a checkpoint', 'INSERT INTO sight_v7 SELECT DISTINCT ON (milestone_id, scope_id) * FROM fresh');
SELECT timed('50,000 new sight rows, version 4, after a checkpoint', 'INSERT INTO sight_v4 SELECT DISTINCT ON (milestone_id, scope_id) scope_id, plan_id, md5(milestone_id::text)::uuid, project_id, overdue_from FROM fresh');
SELECT timed('50,000 new sight rows, version 7, again', 'INSERT INTO sight_v7 SELECT DISTINCT ON (milestone_id, scope_id) * FROM fresh');
SELECT timed('50,000 new sight rows, version 4, again', 'INSERT INTO sight_v4 SELECT DISTINCT ON (milestone_id, scope_id) scope_id, plan_id, md5(milestone_id::text)::uuid, project_id, overdue_from FROM fresh');
DROP TABLE sight_v7, sight_v4, fresh;
CREATE INDEX milestones_order_idx ON milestones (overdue_from, id) WHERE overdue_from IS NOT NULL;
SELECT 'milestone_sight_pkey', pg_size_pretty(pg_relation_size('milestone_sight_pkey'));
VACUUM ANALYZE;
