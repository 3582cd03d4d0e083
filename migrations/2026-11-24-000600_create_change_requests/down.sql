-- Undone only while it holds nothing: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM change_requests) THEN RAISE EXCEPTION 'change_requests holds rows: export and empty it first, then undo this migration'; END IF;
END $$;
DROP TABLE change_requests;
