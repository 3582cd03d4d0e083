-- A page of the 50 longest overdue of one scope. Each part after "-- name:" is one pgbench script.
-- :lo and :hi bound the numbers of the scopes drawn from, :today comes as a bind.
-- name: region
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestones m JOIN projects p ON p.id = m.project_id JOIN organisations o ON o.id = p.lead_id
WHERE m.region_id = lpad(:s::text, 32, '0')::uuid AND m.overdue_from <= :today::date ORDER BY m.overdue_from, m.id LIMIT 50;
-- name: or_owners
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestones m JOIN projects p ON p.id = m.project_id JOIN organisations o ON o.id = p.lead_id
WHERE (m.region_id = lpad(:s::text, 32, '0')::uuid OR EXISTS (SELECT FROM project_owners w JOIN organisation_closure c ON c.descendant_id = w.organisation_id
       WHERE w.project_id = m.project_id AND c.ancestor_id = lpad(:s::text, 32, '0')::uuid))
  AND m.overdue_from <= :today::date ORDER BY m.overdue_from, m.id LIMIT 50;
-- name: sight
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestone_sight s JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date ORDER BY s.overdue_from, s.milestone_id LIMIT 50;
-- name: sight_deep_or
\set s random(:lo, :hi)
\set n random(1, 10000000)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestone_sight s JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date
  AND s.overdue_from >= '2023-01-01' AND (s.overdue_from > '2023-01-01' OR (s.overdue_from = '2023-01-01' AND s.milestone_id > v7(:n / 10)))
ORDER BY s.overdue_from, s.milestone_id LIMIT 50;
-- name: sight_deep_row
\set s random(:lo, :hi)
\set n random(1, 10000000)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestone_sight s JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date
  AND (s.overdue_from, s.milestone_id) > ('2023-01-01', v7(:n / 10))
ORDER BY s.overdue_from, s.milestone_id LIMIT 50;
-- name: projects_join
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM project_sight s JOIN milestones m ON m.project_id = s.project_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date AND m.overdue_from <= :today::date
ORDER BY m.overdue_from, m.id LIMIT 50;
-- name: projects_bounded
-- Each of the first 50 projects has a milestone on or before the date of the 50th, so the first 50 milestones stand
-- in projects up to that date. Holds for the first page; a later one must begin at the first project again.
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM project_sight s JOIN milestones m ON m.project_id = s.project_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= coalesce((SELECT x.overdue_from FROM project_sight x
        WHERE x.scope_id = lpad(:s::text, 32, '0')::uuid AND x.overdue_from <= :today::date ORDER BY x.overdue_from, x.project_id OFFSET 49 LIMIT 1), :today::date)
  AND m.overdue_from <= :today::date
ORDER BY m.overdue_from, m.id LIMIT 50;
-- name: order_probe
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestones m JOIN projects p ON p.id = m.project_id JOIN organisations o ON o.id = p.lead_id
WHERE EXISTS (SELECT FROM project_sight s WHERE s.project_id = m.project_id AND s.scope_id = lpad(:s::text, 32, '0')::uuid OFFSET 0)
  AND m.overdue_from <= :today::date ORDER BY m.overdue_from, m.id LIMIT 50;
-- name: count_region
\set s random(:lo, :hi)
SELECT count(*) FROM milestones m WHERE m.region_id = lpad(:s::text, 32, '0')::uuid AND m.overdue_from <= :today::date;
-- name: count_sight
\set s random(:lo, :hi)
SELECT count(*) FROM milestone_sight s WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date;
-- name: count_projects_join
\set s random(:lo, :hi)
SELECT count(*) FROM project_sight s JOIN milestones m ON m.project_id = s.project_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date AND m.overdue_from <= :today::date;
-- name: count_overdue_projects
\set s random(:lo, :hi)
SELECT count(*) FROM project_sight s WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date;
-- name: scopes_distinct
-- Two or three scopes that overlap: a county government, a city department, an institution of another county.
\set s random(1001, 1042)
\set d random(101, 130)
\set i random(20001, 20840)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT overdue_from, milestone_id, project_id FROM milestone_sight
      WHERE scope_id = ANY (ARRAY[lpad(:s::text, 32, '0')::uuid, lpad(:d::text, 32, '0')::uuid, lpad(:i::text, 32, '0')::uuid]) AND overdue_from <= :today::date
      GROUP BY overdue_from, milestone_id, project_id ORDER BY overdue_from, milestone_id LIMIT 50) s
JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
ORDER BY s.overdue_from, s.milestone_id;
-- name: scopes_not_exists
\set s random(1001, 1042)
\set d random(101, 130)
\set i random(20001, 20840)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestone_sight s JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = ANY (ARRAY[lpad(:s::text, 32, '0')::uuid, lpad(:d::text, 32, '0')::uuid, lpad(:i::text, 32, '0')::uuid]) AND s.overdue_from <= :today::date
  AND NOT EXISTS (SELECT FROM project_sight x WHERE x.project_id = s.project_id AND x.scope_id < s.scope_id
                  AND x.scope_id = ANY (ARRAY[lpad(:s::text, 32, '0')::uuid, lpad(:d::text, 32, '0')::uuid, lpad(:i::text, 32, '0')::uuid]))
ORDER BY s.overdue_from, s.milestone_id LIMIT 50;
-- name: scopes_lateral
-- The first 50 of the union stand among the first 50 of each.
\set s random(1001, 1042)
\set d random(101, 130)
\set i random(20001, 20840)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT y.overdue_from, y.milestone_id, y.project_id
      FROM unnest(ARRAY[lpad(:s::text, 32, '0')::uuid, lpad(:d::text, 32, '0')::uuid, lpad(:i::text, 32, '0')::uuid]) u,
           LATERAL (SELECT x.overdue_from, x.milestone_id, x.project_id FROM milestone_sight x WHERE x.scope_id = u AND x.overdue_from <= :today::date
                    ORDER BY x.overdue_from, x.milestone_id LIMIT 50) y
      GROUP BY 1, 2, 3 ORDER BY 1, 2 LIMIT 50) s
JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
ORDER BY s.overdue_from, s.milestone_id;
-- name: scopes_union
-- The same as the query builder can say it: one query for each scope, UNION, again the first 50.
\set s random(1001, 1042)
\set d random(101, 130)
\set i random(20001, 20840)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestones m JOIN projects p ON p.id = m.project_id JOIN organisations o ON o.id = p.lead_id
WHERE m.id IN ((SELECT x.milestone_id FROM milestone_sight x WHERE x.scope_id = lpad(:s::text, 32, '0')::uuid AND x.overdue_from <= :today::date ORDER BY x.overdue_from, x.milestone_id LIMIT 50)
     UNION (SELECT x.milestone_id FROM milestone_sight x WHERE x.scope_id = lpad(:d::text, 32, '0')::uuid AND x.overdue_from <= :today::date ORDER BY x.overdue_from, x.milestone_id LIMIT 50)
     UNION (SELECT x.milestone_id FROM milestone_sight x WHERE x.scope_id = lpad(:i::text, 32, '0')::uuid AND x.overdue_from <= :today::date ORDER BY x.overdue_from, x.milestone_id LIMIT 50))
ORDER BY m.overdue_from, m.id LIMIT 50;
