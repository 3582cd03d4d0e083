-- A stream is a plan or the registry. Its row numbers the events without gaps in commit order and holds the
-- head of their chain; whoever appends holds this row until commit.
CREATE TABLE streams (
    id uuid PRIMARY KEY,
    kind text NOT NULL CONSTRAINT streams_kind_check CHECK (kind IN ('registry', 'plan')),
    last_number bigint NOT NULL DEFAULT 0 CONSTRAINT streams_last_number_check CHECK (last_number >= 0),
    head bytea NOT NULL DEFAULT decode(repeat('00', 32), 'hex'),
    -- Before every event; an infinite one cannot be read back.
    last_recorded_at timestamptz NOT NULL DEFAULT '1970-01-01 00:00:00+00',
    last_day date NOT NULL DEFAULT '1970-01-01'
) WITH (fillfactor = 10);
INSERT INTO streams (id, kind) VALUES ('00000000-0000-7000-8000-000000000001', 'registry');

CREATE TABLE events (
    stream_id uuid NOT NULL CONSTRAINT events_stream_fkey REFERENCES streams (id),
    number bigint NOT NULL,
    id uuid NOT NULL CONSTRAINT events_id_key UNIQUE,
    recorded_at timestamptz NOT NULL,
    -- The plan's own day: what `as_of` speaks of.
    day date NOT NULL,
    kind text NOT NULL,
    schema_version integer NOT NULL,
    subject_kind text NOT NULL,
    subject_id uuid NOT NULL,
    -- The project whose sight is the event's sight; null where the event is no project's.
    project_id uuid,
    actor_user_id uuid,
    actor_membership_id uuid,
    door text NOT NULL CONSTRAINT events_door_check CHECK (door IN ('api', 'page', 'file', 'command', 'job')),
    trace_id text NOT NULL,
    previous_hash bytea NOT NULL,
    body_hash bytea NOT NULL,
    hash bytea NOT NULL,
    CONSTRAINT events_pkey PRIMARY KEY (stream_id, number)
);
CREATE INDEX events_subject_idx ON events (subject_id, number);
CREATE INDEX events_project_idx ON events (project_id, number) WHERE project_id IS NOT NULL;
CREATE TRIGGER events_append_only BEFORE UPDATE OR DELETE ON events FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER events_no_truncate BEFORE TRUNCATE ON events FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Bodies stand apart, so that one can be redacted while the chain over the hashes holds.
CREATE TABLE event_bodies (
    event_id uuid PRIMARY KEY CONSTRAINT event_bodies_event_fkey REFERENCES events (id),
    salt bytea,
    body jsonb,
    redacted_by_event_id uuid CONSTRAINT event_bodies_redaction_fkey REFERENCES events (id),
    CONSTRAINT event_bodies_redaction_check CHECK (
        (redacted_by_event_id IS NULL AND salt IS NOT NULL AND body IS NOT NULL)
        OR (redacted_by_event_id IS NOT NULL AND salt IS NULL AND body IS NULL))
);
-- The one change of a body that is allowed: its redaction, pointing to the event that says so.
CREATE FUNCTION allow_only_redaction() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND OLD.redacted_by_event_id IS NULL AND NEW.redacted_by_event_id IS NOT NULL
        AND NEW.event_id = OLD.event_id AND NEW.body IS NULL AND NEW.salt IS NULL
        AND EXISTS (SELECT 1 FROM events e WHERE e.id = NEW.redacted_by_event_id AND e.kind = 'event.redacted'
                    AND e.subject_id = NEW.event_id)
    THEN RETURN NEW; END IF;
    RAISE EXCEPTION 'event_bodies is append-only' USING ERRCODE = 'integrity_constraint_violation',
        CONSTRAINT = 'event_bodies_append_only';
END $$;
CREATE TRIGGER event_bodies_append_only BEFORE UPDATE OR DELETE ON event_bodies
    FOR EACH ROW EXECUTE FUNCTION allow_only_redaction();
CREATE TRIGGER event_bodies_no_truncate BEFORE TRUNCATE ON event_bodies
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- The last number of each day of a stream: a past day becomes a number by one look-up.
CREATE TABLE stream_days (
    stream_id uuid NOT NULL CONSTRAINT stream_days_stream_fkey REFERENCES streams (id),
    day date NOT NULL,
    last_number bigint NOT NULL,
    CONSTRAINT stream_days_pkey PRIMARY KEY (stream_id, day)
);

GRANT SELECT, INSERT ON streams, events, event_bodies, stream_days TO guatu_service;
GRANT UPDATE (last_number, head, last_recorded_at, last_day) ON streams TO guatu_service;
GRANT UPDATE (salt, body, redacted_by_event_id) ON event_bodies TO guatu_service;
GRANT UPDATE (last_number) ON stream_days TO guatu_service;
