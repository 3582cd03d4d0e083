-- Three ways to index 100,000 titles, each in a table of its own so that the planner has no choice among them.
CREATE EXTENSION IF NOT EXISTS pg_trgm;
CREATE FUNCTION pairs(t text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_agg(DISTINCT substr(t, i, 2)) FROM generate_series(1, length(t) - 1) i $$;
CREATE FUNCTION pairs_and_singles(t text) RETURNS text[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_agg(DISTINCT g) FROM (SELECT substr(t, i, 2) AS g FROM generate_series(1, length(t) - 1) i UNION ALL SELECT substr(t, i, 1) FROM generate_series(1, length(t)) i) x $$;
CREATE FUNCTION pair_numbers(t text) RETURNS integer[] LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT array_agg(DISTINCT ((ascii(substr(t, i, 1)) & 65535) << 15) # (ascii(substr(t, i + 1, 1)) & 65535)) FROM generate_series(1, length(t) - 1) i $$;

CREATE TABLE t_plain AS SELECT * FROM projects;
CREATE TABLE t_trigrams AS SELECT * FROM projects;
CREATE TABLE t_pairs AS SELECT *, pairs(title) AS grams FROM projects;
CREATE TABLE t_singles AS SELECT *, pairs_and_singles(title) AS grams FROM projects;
CREATE TABLE t_numbers AS SELECT *, pair_numbers(title) AS grams FROM projects;
CREATE TABLE t_expression AS SELECT * FROM projects;
ALTER TABLE t_plain ADD PRIMARY KEY (id); ALTER TABLE t_trigrams ADD PRIMARY KEY (id); ALTER TABLE t_pairs ADD PRIMARY KEY (id);
ALTER TABLE t_singles ADD PRIMARY KEY (id); ALTER TABLE t_numbers ADD PRIMARY KEY (id); ALTER TABLE t_expression ADD PRIMARY KEY (id);
\timing on
CREATE INDEX t_trigrams_gin ON t_trigrams USING gin (title gin_trgm_ops);
CREATE INDEX t_pairs_gin ON t_pairs USING gin (grams);
CREATE INDEX t_singles_gin ON t_singles USING gin (grams);
CREATE INDEX t_numbers_gin ON t_numbers USING gin (grams);
CREATE INDEX t_expression_gin ON t_expression USING gin (pairs_and_singles(title));
\timing off
VACUUM ANALYZE;
SELECT relname, pg_size_pretty(pg_relation_size(oid)) FROM pg_class WHERE relname ~ '^t_.*(plain|trigrams|pairs|singles|numbers|expression|gin)$' ORDER BY 1;
SELECT w, (SELECT count(*) FROM projects WHERE title LIKE '%' || w || '%') AS projects, (SELECT count(*) FROM projects p JOIN project_sight s ON s.project_id = p.id AND s.scope_id = org(1001) WHERE title LIKE '%' || w || '%') AS in_a_county
FROM unnest(ARRAY['战役', '殡仪', '医院', '项目', '纪念馆', '幼儿园', '福利院', '人民医院', '战役纪念', '建设项目', '医', '役']) w;
-- Is an index used for two characters?
EXPLAIN (COSTS off) SELECT id FROM t_trigrams WHERE title LIKE '%战役%';
SET enable_seqscan = off;
EXPLAIN (ANALYZE, COSTS off, TIMING off) SELECT id FROM t_trigrams WHERE title LIKE '%战役%';
RESET enable_seqscan;
-- 10,000 titles changed: what each index costs.
SELECT timed('10,000 titles changed, no index', $$UPDATE t_plain SET title = title || '改' WHERE n % 10 = 0$$);
SELECT timed('10,000 titles changed, trigrams', $$UPDATE t_trigrams SET title = title || '改' WHERE n % 10 = 0$$);
SELECT timed('10,000 titles changed, pairs and singles', $$UPDATE t_singles SET title = title || '改', grams = pairs_and_singles(title || '改') WHERE n % 10 = 0$$);
SELECT timed('10,000 titles changed, expression', $$UPDATE t_expression SET title = title || '改' WHERE n % 10 = 0$$);
-- Rows changed, titles not (the usual case): a date that stands in no index.
SELECT timed('10,000 dates changed, no index', $$UPDATE t_plain SET next_due_on = '2025-01-01' WHERE n % 10 = 0$$);
SELECT timed('10,000 dates changed, pairs and singles', $$UPDATE t_singles SET next_due_on = '2025-01-01' WHERE n % 10 = 0$$);
SELECT timed('10,000 dates changed, expression', $$UPDATE t_expression SET next_due_on = '2025-01-01' WHERE n % 10 = 0$$);
VACUUM;
-- An index on a column that every change moves (updated_at) makes each change of a row write all its indexes, the words too.
-- Against it: the words in a table of their own.
CREATE INDEX ON t_plain (updated_at, id); CREATE INDEX ON t_singles (updated_at, id);
CREATE TABLE t_words (project_id uuid PRIMARY KEY, title text NOT NULL, grams text[] NOT NULL);
INSERT INTO t_words SELECT id, title, grams FROM t_singles;
CREATE INDEX t_words_gin ON t_words USING gin (grams);
VACUUM ANALYZE;
SELECT timed('10,000 rows changed, updated_at indexed, no words', $$UPDATE t_plain SET updated_at = '2025-01-01' WHERE n % 10 = 1$$);
SELECT timed('10,000 rows changed, updated_at indexed, words in the row', $$UPDATE t_singles SET updated_at = '2025-01-01' WHERE n % 10 = 1$$);
VACUUM;
