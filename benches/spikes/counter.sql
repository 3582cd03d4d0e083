-- One row changed and one event written a transaction: numbered by a sequence, or without gaps by the stream's row.
-- name: prepare
DROP TABLE IF EXISTS d_rows, d_events, d_streams; DROP SEQUENCE IF EXISTS d_numbers;
CREATE TABLE d_rows (id integer PRIMARY KEY, v bigint NOT NULL, filler text NOT NULL) WITH (fillfactor = 80);
INSERT INTO d_rows SELECT i, 0, repeat('x', 200) FROM generate_series(1, 100000) i;
CREATE TABLE d_streams (id integer PRIMARY KEY, last_number bigint NOT NULL, head bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex')) WITH (fillfactor = 10);
INSERT INTO d_streams SELECT i, 0 FROM generate_series(1, 8) i;
CREATE TABLE d_events (stream_id integer NOT NULL, number bigint NOT NULL, body text NOT NULL, PRIMARY KEY (stream_id, number));
CREATE SEQUENCE d_numbers;
VACUUM ANALYZE;
-- name: sequence
\set r random(1, 100000)
BEGIN;
UPDATE d_rows SET v = v + 1 WHERE id = :r;
INSERT INTO d_events VALUES (0, nextval('d_numbers'), repeat('b', 300));
COMMIT;
-- name: counter_one_statement
\set r random(1, 100000)
\set s random(1, :streams)
BEGIN;
UPDATE d_rows SET v = v + 1 WHERE id = :r;
WITH n AS (UPDATE d_streams SET last_number = last_number + 1, head = sha256(head) WHERE id = :s RETURNING id, last_number)
INSERT INTO d_events SELECT id, last_number, repeat('b', 300) FROM n;
COMMIT;
-- name: counter_two_statements
\set r random(1, 100000)
\set s random(1, :streams)
BEGIN;
UPDATE d_rows SET v = v + 1 WHERE id = :r;
UPDATE d_streams SET last_number = last_number + 1 WHERE id = :s RETURNING last_number \gset
INSERT INTO d_events VALUES (:s, :last_number, repeat('b', 300));
COMMIT;
-- name: counter_first
\set r random(1, 100000)
\set s random(1, :streams)
BEGIN;
UPDATE d_streams SET last_number = last_number + 1 WHERE id = :s RETURNING last_number \gset
UPDATE d_rows SET v = v + 1 WHERE id = :r;
INSERT INTO d_events VALUES (:s, :last_number, repeat('b', 300));
COMMIT;
