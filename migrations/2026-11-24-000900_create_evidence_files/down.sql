-- Undone only while there are no files: a migration never destroys data silently.
DO $$
BEGIN
    IF EXISTS (SELECT 1 FROM evidence_files)
    THEN RAISE EXCEPTION 'evidence_files holds rows: export them first, then undo this migration'; END IF;
END $$;
DROP TABLE evidence_contents;
DROP TABLE evidence_files;
