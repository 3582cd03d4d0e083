-- 100,000 projects, 1,000,000 milestones, 42 counties, 1,543 organisations, about 215,000 overdue on 2024-11-24.
-- The same for every run: all chance comes from setseed.
SELECT setseed(0.145);

-- Organisations carry a number, so that pgbench can draw one: 1 the city, 101-130 its departments,
-- 1001-1042 county governments, 20001-20840 institutions, 30001-30630 county departments.
CREATE FUNCTION org(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT lpad(n::text, 32, '0')::uuid $$;
-- Ids that rise with n like version 7; `v4` scatters them.
CREATE FUNCTION v7(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT ('0' || to_hex(1700000000000 + n) || '7' || substr(md5(n::text), 1, 3) || '8' || substr(md5(n::text), 4, 15))::uuid $$;

CREATE TABLE organisations (id uuid PRIMARY KEY, code text NOT NULL, name text NOT NULL, kind text NOT NULL, parent_id uuid);
INSERT INTO organisations VALUES (org(1), 'city', '市人民政府', 'city_government', NULL);
INSERT INTO organisations SELECT org(100 + d), 'd' || d, '市第' || d || '局', 'city_department', org(1) FROM generate_series(1, 30) d;
INSERT INTO organisations SELECT org(1000 + c), 'c' || c, '第' || c || '县人民政府', 'county_government', org(1) FROM generate_series(1, 42) c;
INSERT INTO organisations SELECT org(30000 + (c - 1) * 15 + d), 'c' || c || '.d' || d, '第' || c || '县第' || d || '局', 'county_department', org(1000 + c)
FROM generate_series(1, 42) c, generate_series(1, 15) d;
INSERT INTO organisations SELECT org(20000 + (c - 1) * 20 + i), 'c' || c || '.i' || i, '第' || c || '县第' || i || '医院', 'institution',
       org(30000 + (c - 1) * 15 + 1 + (i % 15)) FROM generate_series(1, 42) c, generate_series(1, 20) i;

CREATE TABLE organisation_closure (ancestor_id uuid NOT NULL, descendant_id uuid NOT NULL, depth integer NOT NULL, PRIMARY KEY (ancestor_id, descendant_id));
INSERT INTO organisation_closure
WITH RECURSIVE up AS (SELECT id AS a, id AS d, 0 AS depth FROM organisations
                      UNION ALL SELECT o.parent_id, up.d, depth + 1 FROM up JOIN organisations o ON o.id = up.a WHERE o.parent_id IS NOT NULL)
SELECT a, d, depth FROM up;
CREATE INDEX organisation_closure_descendant_idx ON organisation_closure (descendant_id, ancestor_id);

-- Titles of 10 to 25 characters: place, owner, building, action; common words, and rare ones in some hundred or ten rows.
CREATE TABLE projects (
    id uuid PRIMARY KEY, plan_id uuid NOT NULL, n integer NOT NULL, code text NOT NULL UNIQUE, title text NOT NULL, kind text NOT NULL,
    site_region_id uuid NOT NULL, lead_id uuid NOT NULL, life_cycle text NOT NULL, as_printed text NOT NULL, due_on date NOT NULL,
    investment_planned numeric(18, 2), overdue_from date, next_due_on date, row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
CREATE TEMP TABLE draw AS SELECT n, 1 + floor(random() * 42)::int AS county, random() AS a, random() AS b, random() AS c, random() AS d,
    random() AS e, random() AS f FROM generate_series(1, 100000) n;
INSERT INTO projects
SELECT v7(n), org(7), n, 'p-' || n,
  (ARRAY['凉州','民勤','古浪','天祝','永昌','金川','山丹','甘州','临泽','高台','肃南','景泰','靖远','会宁','永登','皋兰','榆中','安定','通渭','陇西','渭源'])[1 + county / 2 % 21]
    || (ARRAY['区','县'])[1 + county % 2]
    || (ARRAY['第一','第二','中心','城关镇','河东镇','新城街道','黄羊镇','双城镇'])[1 + floor(a * 8)::int]
    || CASE WHEN f < 0.0003 THEN '凉州战役纪念馆' WHEN f < 0.003 THEN '社会福利院' WHEN f < 0.006 THEN '殡仪馆'
       ELSE (ARRAY['人民医院','中医医院','幼儿园','中学','小学','卫生院','养老服务中心','文化馆','图书馆','体育场','妇幼保健院','敬老院','托育园','职业学校','疾控中心','公共租赁住房'])[1 + floor(b * b * 16)::int] END
    || (ARRAY['综合楼','门诊楼','教学楼','宿舍楼','实验楼','附属用房','', '信息系统','设备','操场'])[1 + floor(c * 10)::int]
    || (ARRAY['建设项目','改扩建工程','迁建项目','维修改造','购置项目','新建项目','二期建设项目'])[1 + floor(d * 7)::int],
  (ARRAY['new_build','extension','relocation','equipment'])[1 + floor(e * 4)::int], org(1000 + county),
  CASE WHEN a < 0.5 THEN org(101 + floor(e * 30)::int) ELSE org(30000 + (county - 1) * 15 + 1 + floor(e * 15)::int) END,
  'implementation', repeat('规划原文', 12), '2025-12-31', round((c * 1e8)::numeric, 2), NULL, NULL, 1, '2021-01-01', '2024-11-24' FROM draw;

-- A lead (half city, half county departments), a responsible organisation (six in ten an institution), sometimes a supporting one.
CREATE TABLE project_owners (project_id uuid NOT NULL, role text NOT NULL, organisation_id uuid NOT NULL, PRIMARY KEY (project_id, role, organisation_id));
INSERT INTO project_owners SELECT id, 'lead', lead_id FROM projects;
INSERT INTO project_owners SELECT v7(n), 'responsible', CASE WHEN b < 0.6 THEN org(20000 + (county - 1) * 20 + 1 + floor(d * 20)::int)
    WHEN b < 0.9 THEN org(30000 + (county - 1) * 15 + 1 + floor(d * 15)::int) ELSE org(101 + floor(d * 30)::int) END FROM draw;
INSERT INTO project_owners SELECT v7(n), 'supporting', org(101 + floor(f * 30)::int) FROM draw WHERE c < 0.3;
CREATE INDEX project_owners_organisation_idx ON project_owners (organisation_id, project_id);

-- Ten milestones a project from 2021 to 2026, three in ten on the last day of a quarter; the longer ago, the likelier done.
CREATE TABLE milestones (
    id uuid NOT NULL, plan_id uuid NOT NULL, project_id uuid NOT NULL, n integer NOT NULL, code text NOT NULL, name text NOT NULL, weight numeric(7, 2) NOT NULL,
    region_id uuid NOT NULL, planned_on date NOT NULL, date_basis text NOT NULL, first_baseline_on date, state text NOT NULL, actual_on date,
    note text, reported_on date, reported_at timestamptz, reported_by_user_id uuid, verified_on date, verified_by_user_id uuid,
    overdue_from date, row_version bigint NOT NULL, created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL);
INSERT INTO milestones
SELECT v7(m), org(7), v7(p), m, 'p-' || p || '.' || k, (ARRAY['立项批复','初步设计','施工许可','开工','基础完工','主体封顶','装修完成','设备安装','竣工验收','投入使用'])[k],
       10, org(1000 + county), planned, basis, planned, CASE WHEN done THEN 'verified' ELSE 'pending' END, CASE WHEN done THEN least(planned + lag, date '2024-11-24') END,
       CASE WHEN done THEN '已按要求完成，材料齐全。' END, CASE WHEN done THEN least(planned + lag, date '2024-11-24') END, CASE WHEN done THEN timestamptz '2024-11-24' END,
       CASE WHEN done THEN org(9) END, CASE WHEN done THEN date '2024-11-24' END, CASE WHEN done THEN org(8) END,
       CASE WHEN NOT done AND basis <> 'template' THEN planned + 1 END, 1, '2021-01-01', '2024-11-24'
FROM (SELECT *, planned < '2024-11-24' AND r > 0.745 * (planned - date '2021-01-01') / 1423 AS done
      FROM (SELECT p, k, (p - 1) * 10 + k AS m, county, random() AS r, floor(random() * 90)::int - 30 AS lag,
                   CASE WHEN random() < 0.1 THEN 'template' ELSE 'confirmed' END AS basis,
                   CASE WHEN random() < 0.3 THEN (date_trunc('quarter', day) + interval '3 months - 1 day')::date ELSE day END AS planned
            FROM (SELECT d.n AS p, d.county, k, date '2021-01-01' + floor(random() * 2191)::int AS day FROM draw d, generate_series(1, 10) k) x) y) z;
ALTER TABLE milestones ADD PRIMARY KEY (id);
CREATE UNIQUE INDEX milestones_code_key ON milestones (code);
CREATE INDEX milestones_project_idx ON milestones (project_id, n);
CREATE INDEX milestones_overdue_idx ON milestones (project_id, overdue_from) WHERE overdue_from IS NOT NULL;
UPDATE projects p SET overdue_from = x.o, next_due_on = x.o FROM (SELECT project_id, min(overdue_from) AS o FROM milestones GROUP BY 1) x WHERE x.project_id = p.id;

-- Sight: owners, all above them, the county office of the site, the root.
CREATE TABLE project_sight (scope_id uuid NOT NULL, plan_id uuid NOT NULL, project_id uuid NOT NULL, overdue_from date, next_due_on date);
INSERT INTO project_sight SELECT scope, org(7), p.id, p.overdue_from, p.next_due_on FROM projects p JOIN (
    SELECT c.ancestor_id AS scope, o.project_id FROM project_owners o JOIN organisation_closure c ON c.descendant_id = o.organisation_id
    UNION SELECT site_region_id, id FROM projects UNION SELECT org(1), id FROM projects) s ON s.project_id = p.id ORDER BY p.id;
ALTER TABLE project_sight ADD CONSTRAINT project_sight_pkey PRIMARY KEY (scope_id, project_id);
CREATE INDEX project_sight_project_idx ON project_sight (project_id);
CREATE INDEX project_sight_overdue_idx ON project_sight (scope_id, overdue_from, project_id) WHERE overdue_from IS NOT NULL;

-- Only milestones that are, or will be if nothing happens, overdue.
CREATE TABLE milestone_sight (scope_id uuid NOT NULL, plan_id uuid NOT NULL, milestone_id uuid NOT NULL, project_id uuid NOT NULL, overdue_from date NOT NULL);
\timing on
INSERT INTO milestone_sight SELECT s.scope_id, m.plan_id, m.id, m.project_id, m.overdue_from
FROM milestones m JOIN project_sight s USING (project_id) WHERE m.overdue_from IS NOT NULL ORDER BY m.id;
CREATE INDEX milestone_sight_page_idx ON milestone_sight (scope_id, overdue_from, milestone_id);
CREATE INDEX milestone_sight_milestone_idx ON milestone_sight (milestone_id);
\timing off
-- What the other candidates need.
CREATE INDEX milestones_region_idx ON milestones (region_id, overdue_from, id) WHERE overdue_from IS NOT NULL;
CREATE INDEX milestones_order_idx ON milestones (overdue_from, id) WHERE overdue_from IS NOT NULL;
VACUUM ANALYZE;

-- Runs statements, undoes them, tells the milliseconds and the megabytes of write-ahead log.
CREATE FUNCTION timed(what text, VARIADIC statements text[]) RETURNS text LANGUAGE plpgsql AS $$
DECLARE s text; t timestamptz; w pg_lsn; answer text; n bigint; total bigint := 0;
BEGIN
    t := clock_timestamp(); w := pg_current_wal_insert_lsn();
    BEGIN
        FOREACH s IN ARRAY statements LOOP EXECUTE s; GET DIAGNOSTICS n = ROW_COUNT; total := total + n; END LOOP;
        answer := format('%-58s %7s rows %8s ms %7s MB log', what, total, round(extract(epoch FROM clock_timestamp() - t) * 1000), round((pg_current_wal_insert_lsn() - w) / 1048576, 1));
        RAISE EXCEPTION 'undo' USING ERRCODE = 'UT001';
    EXCEPTION WHEN SQLSTATE 'UT001' THEN NULL;
    END;
    RETURN answer;
END $$;
SELECT 'projects' AS t, count(*) FROM projects UNION ALL SELECT 'milestones', count(*) FROM milestones
UNION ALL SELECT 'overdue', count(*) FROM milestones WHERE overdue_from <= '2024-11-24' UNION ALL SELECT 'open', count(*) FROM milestones WHERE overdue_from IS NOT NULL
UNION ALL SELECT 'project_sight', count(*) FROM project_sight UNION ALL SELECT 'milestone_sight', count(*) FROM milestone_sight
UNION ALL SELECT 'overdue of a county', count(*) FROM milestone_sight WHERE scope_id = org(1001) AND overdue_from <= '2024-11-24'
UNION ALL SELECT 'overdue of a city department', count(*) FROM milestone_sight WHERE scope_id = org(101) AND overdue_from <= '2024-11-24'
UNION ALL SELECT 'overdue of an institution', count(*) FROM milestone_sight WHERE scope_id = org(20001) AND overdue_from <= '2024-11-24';
SELECT c.relname, pg_size_pretty(pg_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace s ON s.oid = relnamespace
WHERE nspname = 'public' AND relkind IN ('r', 'i') AND pg_relation_size(c.oid) > 1000000 ORDER BY relname;
