-- What PostgreSQL alone is asked, written by hand for each question: one statement, prepared by pgbench.
-- name: overdue
SELECT m.id, m.name, m.planned_on, m.overdue_from, m.state, p.id, p.title, p.code, o.name, r.name
  FROM milestone_sight s JOIN milestones m ON m.id = s.milestone_id JOIN projects p ON p.id = s.project_id
  LEFT JOIN project_owners w ON w.project_id = p.id AND w.role = 'lead' AND NOT w.removed LEFT JOIN organisations o ON o.id = w.organisation_id
  LEFT JOIN regions r ON r.id = p.site_region_id
 WHERE s.scope_id = :scope AND s.overdue_from <= date :today ORDER BY s.overdue_from, s.milestone_id LIMIT 51;
-- name: project
SELECT p.*, o.name, r.name, i.title FROM projects p JOIN project_sight s ON s.project_id = p.id AND s.scope_id = :scope
  LEFT JOIN project_owners w ON w.project_id = p.id AND NOT w.removed LEFT JOIN organisations o ON o.id = w.organisation_id
  LEFT JOIN regions r ON r.id = p.site_region_id JOIN initiatives i ON i.id = p.initiative_id WHERE p.code = :project;
-- name: search
SELECT p.id, p.title, p.overdue_from FROM project_sight s JOIN projects p ON p.id = s.project_id
 WHERE s.scope_id = :scope AND p.folded_title LIKE '%幼儿园%' ORDER BY p.overdue_from NULLS LAST, p.id LIMIT 51;
-- name: count
SELECT count(*) FROM milestone_sight WHERE scope_id = :scope AND overdue_from <= date :today;
-- name: me
SELECT u.id, u.username, m.role, o.name FROM users u JOIN memberships m ON m.user_id = u.id JOIN organisations o ON o.id = m.organisation_id
 WHERE u.username = :username;
