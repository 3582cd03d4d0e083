-- The first 50 titles that hold :q, ordered by id. run.sh puts in TABLE, COLUMN and FUNCTION.
-- name: like_whole
SELECT p.id, p.code, p.title FROM TABLE p WHERE p.title LIKE '%' || :q::text || '%' ORDER BY p.id LIMIT 50;
-- name: grams_whole
SELECT p.id, p.code, p.title FROM TABLE p WHERE COLUMN @> FUNCTION(:q::text) AND p.title LIKE '%' || :q::text || '%' ORDER BY p.id LIMIT 50;
-- name: count_like
SELECT count(*) FROM TABLE p WHERE p.title LIKE '%' || :q::text || '%';
-- name: count_grams
SELECT count(*) FROM TABLE p WHERE COLUMN @> FUNCTION(:q::text) AND p.title LIKE '%' || :q::text || '%';
-- name: grams_in_sight
-- One scope, the planner chooses.
\set s random(:lo, :hi)
SELECT p.id, p.code, p.title FROM project_sight s JOIN TABLE p ON p.id = s.project_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND COLUMN @> FUNCTION(:q::text) AND p.title LIKE '%' || :q::text || '%' ORDER BY p.id LIMIT 50;
-- name: like_in_sight
-- One scope, its rows read in order and compared, no index of words.
\set s random(:lo, :hi)
SELECT p.id, p.code, p.title FROM project_sight s JOIN TABLE p ON p.id = s.project_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND p.title LIKE '%' || :q::text || '%' ORDER BY s.project_id LIMIT 50;
-- name: grams_first_in_sight
-- Words first, sight probed for each.
\set s random(:lo, :hi)
SELECT p.id, p.code, p.title FROM TABLE p
WHERE COLUMN @> FUNCTION(:q::text) AND p.title LIKE '%' || :q::text || '%'
  AND EXISTS (SELECT FROM project_sight s WHERE s.project_id = p.id AND s.scope_id = lpad(:s::text, 32, '0')::uuid OFFSET 0) ORDER BY p.id LIMIT 50;
-- name: words_whole
SELECT p.id, p.code, p.title FROM t_words w JOIN t_plain p ON p.id = w.project_id
WHERE w.grams @> FUNCTION(:q::text) AND w.title LIKE '%' || :q::text || '%' ORDER BY w.project_id LIMIT 50;
-- name: words_in_sight
\set s random(:lo, :hi)
SELECT p.id, p.code, p.title FROM project_sight s JOIN t_words w ON w.project_id = s.project_id JOIN t_plain p ON p.id = s.project_id
WHERE s.scope_id = lpad(:s::text, 32, '0')::uuid AND w.title LIKE '%' || :q::text || '%' ORDER BY s.project_id LIMIT 50;
