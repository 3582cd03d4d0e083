-- Undone only while it holds nothing: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM stream_days) THEN RAISE EXCEPTION 'stream_days holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM event_bodies) THEN RAISE EXCEPTION 'event_bodies holds rows: export and empty it first, then undo this migration'; END IF;
    IF EXISTS (SELECT 1 FROM events) THEN RAISE EXCEPTION 'events holds rows: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE stream_days;
DROP TABLE event_bodies;
DROP TABLE events;
DROP TABLE streams;
DROP FUNCTION allow_only_redaction();
