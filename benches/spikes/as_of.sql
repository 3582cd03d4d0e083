-- The 50 longest overdue of one scope as of a day drawn from 2021-06 to 2024-11. The day becomes an event number by one look-up.
-- name: as_of_project_join
\set s random(:lo, :hi)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1) cut
CROSS JOIN project_sight s JOIN milestone_versions v ON v.project_id = s.project_id AND v.from_number <= cut.last_number AND v.to_number > cut.last_number
JOIN project_versions p ON p.id = s.project_id AND p.from_number <= cut.last_number AND p.to_number > cut.last_number JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND v.overdue_from <= date '2021-01-01' + :d::int ORDER BY v.overdue_from, v.id LIMIT 50;
-- name: as_of_project_first
-- The same, cut down to 50 before the wide rows are read.
\set s random(:lo, :hi)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT v.id, v.overdue_from, v.from_number, c.last_number
      FROM (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1) c
      CROSS JOIN project_sight s JOIN milestone_versions v ON v.project_id = s.project_id AND v.from_number <= c.last_number AND v.to_number > c.last_number
      WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND v.overdue_from <= date '2021-01-01' + :d::int ORDER BY v.overdue_from, v.id LIMIT 50) x
JOIN milestone_versions v ON v.id = x.id AND v.from_number = x.from_number
JOIN project_versions p ON p.id = v.project_id AND p.from_number <= x.last_number AND p.to_number > x.last_number JOIN organisations o ON o.id = p.lead_id
ORDER BY x.overdue_from, x.id;
-- name: as_of_region
\set s random(:lo, :hi)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT v.id, v.overdue_from, v.from_number, c.last_number
      FROM (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1) c
      JOIN milestone_versions v ON v.from_number <= c.last_number AND v.to_number > c.last_number
      WHERE v.region_id = lpad(:s::text, 32, '0')::uuid AND v.overdue_from <= date '2021-01-01' + :d::int ORDER BY v.overdue_from, v.id LIMIT 50) x
JOIN milestone_versions v ON v.id = x.id AND v.from_number = x.from_number
JOIN project_versions p ON p.id = v.project_id AND p.from_number <= x.last_number AND p.to_number > x.last_number JOIN organisations o ON o.id = p.lead_id
ORDER BY x.overdue_from, x.id;
-- name: as_of_sight_versions
\set s random(:lo, :hi)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT w.milestone_id, w.overdue_from, w.from_number, c.last_number
      FROM (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1) c
      JOIN milestone_sight_versions w ON w.from_number <= c.last_number AND w.to_number > c.last_number
      WHERE w.scope_id = lpad(:s::text, 32, '0')::uuid AND w.overdue_from <= date '2021-01-01' + :d::int ORDER BY w.overdue_from, w.milestone_id LIMIT 50) x
JOIN milestone_versions v ON v.id = x.milestone_id AND v.from_number = x.from_number
JOIN project_versions p ON p.id = v.project_id AND p.from_number <= x.last_number AND p.to_number > x.last_number JOIN organisations o ON o.id = p.lead_id
ORDER BY x.overdue_from, x.milestone_id;
-- name: as_of_order_probe
\set s random(:lo, :hi)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT v.id, v.overdue_from, v.from_number, c.last_number
      FROM (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1) c
      JOIN milestone_versions v ON v.from_number <= c.last_number AND v.to_number > c.last_number
      WHERE EXISTS (SELECT FROM project_sight s WHERE s.project_id = v.project_id AND s.scope_id = lpad(:s::text, 32, '0')::uuid OFFSET 0)
        AND v.overdue_from <= date '2021-01-01' + :d::int ORDER BY v.overdue_from, v.id LIMIT 50) x
JOIN milestone_versions v ON v.id = x.id AND v.from_number = x.from_number
JOIN project_versions p ON p.id = v.project_id AND p.from_number <= x.last_number AND p.to_number > x.last_number JOIN organisations o ON o.id = p.lead_id
ORDER BY x.overdue_from, x.id;
-- name: as_of_gist
\set s random(1001, 1010)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT w.milestone_id, w.overdue_from, w.from_number, c.last_number
      FROM (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1) c
      JOIN sight_versions_gist w ON w.valid @> c.last_number
      WHERE w.scope_id = lpad(:s::text, 32, '0')::uuid AND w.overdue_from <= date '2021-01-01' + :d::int ORDER BY w.overdue_from, w.milestone_id LIMIT 50) x
JOIN milestone_versions v ON v.id = x.milestone_id AND v.from_number = x.from_number
JOIN project_versions p ON p.id = v.project_id AND p.from_number <= x.last_number AND p.to_number > x.last_number JOIN organisations o ON o.id = p.lead_id
ORDER BY x.overdue_from, x.milestone_id;
-- name: as_of_today
-- For the ratio: the page of today.
\set s random(:lo, :hi)
SELECT m.id, m.name, m.planned_on, m.state, m.overdue_from, p.id, p.code, p.title, o.name
FROM milestone_sight s JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id JOIN organisations o ON o.id = p.lead_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND s.overdue_from <= :today::date ORDER BY s.overdue_from, s.milestone_id LIMIT 50;
-- name: as_of_live_and_past
-- Lives that ended stand in a table of their own, the live ones in today's table with the number they began with.
\set s random(:lo, :hi)
\set d random(150, 1420)
SELECT v.id, v.name, v.planned_on, v.state, v.overdue_from, p.id, p.code, p.title, o.name
FROM (SELECT y.* FROM (
        (SELECT l.milestone_id, l.overdue_from, l.from_number FROM sight_live l WHERE l.scope_id = lpad(:s::text, 32, '0')::uuid AND l.overdue_from <= date '2021-01-01' + :d::int
           AND l.from_number <= (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1)
         ORDER BY l.overdue_from, l.milestone_id LIMIT 50)
        UNION ALL
        (SELECT l.milestone_id, l.overdue_from, l.from_number FROM sight_past l WHERE l.scope_id = lpad(:s::text, 32, '0')::uuid AND l.overdue_from <= date '2021-01-01' + :d::int
           AND l.from_number <= (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1)
           AND l.to_number > (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1)
         ORDER BY l.overdue_from, l.milestone_id LIMIT 50)) y ORDER BY y.overdue_from, y.milestone_id LIMIT 50) x
JOIN milestone_versions v ON v.id = x.milestone_id AND v.from_number = x.from_number
JOIN LATERAL (SELECT * FROM project_versions p WHERE p.id = v.project_id AND p.from_number <= (SELECT last_number FROM stream_days WHERE stream_id = org(7) AND day <= date '2021-01-01' + :d::int ORDER BY day DESC LIMIT 1)
              ORDER BY p.from_number DESC LIMIT 1) p ON true JOIN organisations o ON o.id = p.lead_id
ORDER BY x.overdue_from, x.milestone_id;
