-- Undone only while nobody keeps one: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM saved_filters)
    THEN RAISE EXCEPTION 'saved_filters holds rows: export them first, then undo this migration'; END IF;
END $$;
DROP TABLE saved_filters;
