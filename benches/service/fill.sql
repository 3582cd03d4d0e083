-- 100,000 projects and 1,000,000 milestones on the real tables, drawn from the plan's own projects: copies with titles,
-- counties, owners and dates of chance. The same for every run. Run as a superuser, on a throw-away cluster only.
SELECT setseed(0.145);
SET session_replication_role = replica; -- no triggers and no foreign keys while it is filled
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';

-- Ids that rise with n, like version 7.
CREATE FUNCTION pg_temp.v7(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
$$ SELECT ('0' || to_hex(1800000000000 + n) || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid $$;

CREATE TEMP TABLE plan AS SELECT p.id, p.issuer_id, s.last_number FROM plans p JOIN streams s ON s.id = p.id LIMIT 1;
CREATE TEMP TABLE model AS SELECT row_number() OVER (ORDER BY id) AS m, p.* FROM projects p;
CREATE TEMP TABLE county AS SELECT row_number() OVER (ORDER BY g.code) AS c, g.region_id, g.id FROM organisations g WHERE g.kind = 'county_government';
CREATE TEMP TABLE leads AS SELECT row_number() OVER (ORDER BY code) AS o, id FROM organisations WHERE kind = 'city_department';
CREATE TEMP TABLE doers AS SELECT row_number() OVER (ORDER BY o.code) AS o, o.id, o.region_id FROM organisations o WHERE o.kind IN ('institution', 'county_department');
CREATE TEMP TABLE draw AS SELECT n, 1 + floor(random() * (SELECT max(m) FROM model))::bigint AS m, 1 + floor(random() * 4)::bigint AS c,
    1 + floor(random() * (SELECT max(o) FROM leads))::bigint AS lead, 1 + floor(random() * (SELECT max(o) FROM doers))::bigint AS doer
  FROM generate_series(1, :projects) n;

CREATE TEMP TABLE made AS
SELECT r.* FROM draw d JOIN model p USING (m) JOIN county g USING (c),
     LATERAL jsonb_populate_record(NULL::projects, to_jsonb(p) - 'm' || jsonb_build_object('id', pg_temp.v7(d.n), 'code', 'bench-' || d.n,
        'title', p.title || d.n, 'folded_title', p.folded_title || d.n, 'site_region_id', g.region_id, 'national_code', NULL)) r;
INSERT INTO projects SELECT * FROM made;
CREATE TEMP TABLE made_owners AS
SELECT r.* FROM draw d JOIN leads l ON l.o = d.lead JOIN doers w ON w.o = d.doer,
     LATERAL (VALUES (1, 'lead', l.id), (2, 'responsible', w.id)) v (k, role, organisation_id),
     LATERAL jsonb_populate_record(NULL::project_owners, jsonb_build_object('id', pg_temp.v7(10000000 + d.n * 2 + v.k), 'plan_id', (SELECT id FROM plan),
        'project_id', pg_temp.v7(d.n), 'role', v.role, 'organisation_id', v.organisation_id, 'basis', 'confirmed', 'removed', false,
        'row_version', 1, 'created_at', now(), 'updated_at', now())) r;
INSERT INTO project_owners SELECT * FROM made_owners;

-- Ten milestones a project over six years before and after the plan's today, three in ten on a quarter's last day; the longer ago, the likelier done.
CREATE TEMP TABLE made_milestones AS
SELECT r.* FROM (SELECT *, planned < :'today' AND r > 0.745 * (planned - (date :'today' - 1423)) / 1423 AS done
      FROM (SELECT d.n, k, random() AS r, w.id AS doer, l.id AS lead,
                   CASE WHEN random() < 0.1 THEN 'template' ELSE 'confirmed' END AS basis,
                   CASE WHEN random() < 0.3 THEN (date_trunc('quarter', day) + interval '3 months - 1 day')::date ELSE day END AS planned
            FROM (SELECT *, date :'today' - 1423 + floor(random() * 2191)::int AS day FROM draw, generate_series(1, 10) k) d
            JOIN leads l ON l.o = d.lead JOIN doers w ON w.o = d.doer) y) z,
     LATERAL jsonb_populate_record(NULL::milestones, jsonb_build_object('id', pg_temp.v7(20000000 + z.n * 10 + z.k), 'plan_id', (SELECT id FROM plan),
        'project_id', pg_temp.v7(z.n), 'code', 'bench-' || z.n || '.' || z.k, 'number', z.k,
        'name', (ARRAY['立项批复','初步设计','施工许可','开工','基础完工','主体封顶','装修完成','设备安装','竣工验收','投入使用'])[z.k],
        'weight', 10, 'weight_confirmed', true, 'planned_on', z.planned, 'date_basis', z.basis, 'date_precision', 'day',
        'first_baseline_on', CASE WHEN z.basis = 'confirmed' THEN z.planned END, 'evidence_wanted', '[]'::jsonb, 'evidence', '[]'::jsonb,
        'state', CASE WHEN z.done THEN 'verified' ELSE 'pending' END, 'seed', '{}'::jsonb, 'row_version', 1, 'created_at', now(), 'updated_at', now(),
        'overdue_from', CASE WHEN NOT z.done AND z.basis <> 'template' THEN z.planned + 1 END)
        || CASE WHEN z.done THEN jsonb_build_object('actual_on', z.planned, 'note', '已按要求完成，材料齐全。', 'reported_on', z.planned, 'reported_at', now(),
             'reported_by_user_id', pg_temp.v7(1), 'reported_by_organisation_id', z.doer, 'verified_on', z.planned, 'verified_at', now(),
             'verified_by_user_id', pg_temp.v7(2), 'verified_by_organisation_id', z.lead) ELSE '{}'::jsonb END) r;
INSERT INTO milestones SELECT * FROM made_milestones;
UPDATE projects p SET overdue_from = x.o, next_due_on = x.d, total_weight = 100, earned_weight = x.w, verified_weight = x.w, unconfirmed = x.u
  FROM (SELECT project_id, min(overdue_from) AS o, min(planned_on) FILTER (WHERE state = 'pending') AS d,
               coalesce(sum(weight) FILTER (WHERE state = 'verified'), 0) AS w, bool_or(date_basis = 'template') AS u FROM made_milestones GROUP BY 1) x
 WHERE x.project_id = p.id;

-- As `sight` works them out.
INSERT INTO project_sight (scope_id, plan_id, project_id)
SELECT DISTINCT s.scope_id, (SELECT id FROM plan), s.project_id FROM (
    SELECT c.ancestor_id AS scope_id, o.project_id FROM made_owners o JOIN organisation_closure c ON c.descendant_id = o.organisation_id
    UNION ALL SELECT c.ancestor_id, p.id FROM made p JOIN county g ON g.region_id = p.site_region_id JOIN organisation_closure c ON c.descendant_id = g.id
    UNION ALL SELECT (SELECT issuer_id FROM plan), id FROM made) s ORDER BY 3;
INSERT INTO milestone_sight (scope_id, plan_id, milestone_id, project_id, overdue_from)
SELECT s.scope_id, m.plan_id, m.id, m.project_id, m.overdue_from FROM made_milestones m JOIN project_sight s USING (project_id)
 WHERE m.overdue_from IS NOT NULL ORDER BY m.id;
-- Versions that hold since the last event.
INSERT INTO project_versions SELECT (SELECT last_number FROM plan), 9223372036854775807, p.* FROM projects p WHERE p.code LIKE 'bench-%';
INSERT INTO project_owner_versions SELECT (SELECT last_number FROM plan), 9223372036854775807, o.* FROM made_owners o;
INSERT INTO milestone_versions SELECT (SELECT last_number FROM plan), 9223372036854775807, m.* FROM made_milestones m;
SET session_replication_role = origin;
VACUUM ANALYZE;
SELECT 'projects' AS rows, count(*) FROM projects UNION ALL SELECT 'milestones', count(*) FROM milestones
UNION ALL SELECT 'milestone_sight', count(*) FROM milestone_sight
UNION ALL SELECT 'overdue', count(*) FROM milestones WHERE overdue_from <= :'today'
UNION ALL SELECT 'overdue of the county', count(*) FROM milestone_sight WHERE overdue_from <= :'today' AND scope_id = (SELECT id FROM organisations WHERE code = 'minqin')
UNION ALL SELECT 'overdue of the department', count(*) FROM milestone_sight WHERE overdue_from <= :'today' AND scope_id = (SELECT id FROM organisations WHERE code = 'wuwei.health')
UNION ALL SELECT 'overdue of the hospital', count(*) FROM milestone_sight WHERE overdue_from <= :'today' AND scope_id = (SELECT id FROM organisations WHERE code = :'institution');
