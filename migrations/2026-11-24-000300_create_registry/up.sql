CREATE TABLE regions (
    id uuid PRIMARY KEY,
    -- GB/T 2260
    code text NOT NULL CONSTRAINT regions_code_key UNIQUE CONSTRAINT regions_code_check CHECK (code ~ '^\d{6}$'),
    name text NOT NULL,
    parent_id uuid CONSTRAINT regions_parent_fkey REFERENCES regions (id),
    valid_from date,
    valid_to date,
    position integer NOT NULL DEFAULT 0
);

CREATE TABLE organisations (
    id uuid PRIMARY KEY,
    code text NOT NULL CONSTRAINT organisations_code_key UNIQUE
        CONSTRAINT organisations_code_check CHECK (code ~ '^[a-z0-9][a-z0-9.-]{0,79}$'),
    name text NOT NULL CONSTRAINT organisations_name_check CHECK (length(name) BETWEEN 1 AND 200),
    kind text NOT NULL CONSTRAINT organisations_kind_check CHECK (kind IN
        ('city_government', 'city_department', 'county_government', 'county_department', 'township', 'institution')),
    parent_id uuid CONSTRAINT organisations_parent_fkey REFERENCES organisations (id),
    region_id uuid NOT NULL CONSTRAINT organisations_region_fkey REFERENCES regions (id),
    duties text NOT NULL DEFAULT '',
    valid_from date,
    valid_to date,
    archived_reason text,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT organisations_validity_check CHECK (valid_from IS NULL OR valid_to IS NULL OR valid_from <= valid_to),
    CONSTRAINT organisations_parent_check CHECK (parent_id IS DISTINCT FROM id)
);
CREATE INDEX organisations_parent_idx ON organisations (parent_id);
CREATE INDEX organisations_region_idx ON organisations (region_id);

-- Every organisation with each of those above it and itself (depth 0).
CREATE TABLE organisation_closure (
    ancestor_id uuid NOT NULL CONSTRAINT organisation_closure_ancestor_fkey REFERENCES organisations (id),
    descendant_id uuid NOT NULL CONSTRAINT organisation_closure_descendant_fkey REFERENCES organisations (id),
    depth integer NOT NULL CONSTRAINT organisation_closure_depth_check CHECK (depth >= 0),
    CONSTRAINT organisation_closure_pkey PRIMARY KEY (ancestor_id, descendant_id)
);
CREATE INDEX organisation_closure_descendant_idx ON organisation_closure (descendant_id, ancestor_id);

CREATE TABLE organisation_versions (
    from_number bigint NOT NULL,
    to_number bigint NOT NULL,
    LIKE organisations
);
CREATE UNIQUE INDEX organisation_versions_key ON organisation_versions (id, from_number);

-- Personal data: named in no event, erasable.
CREATE TABLE users (
    id uuid PRIMARY KEY,
    username text NOT NULL CONSTRAINT users_username_check CHECK (username ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    display_name text NOT NULL CONSTRAINT users_display_name_check CHECK (length(display_name) BETWEEN 1 AND 100),
    phone text,
    email text,
    password_hash text NOT NULL,
    must_change_password boolean NOT NULL,
    disabled_at timestamptz,
    disabled_reason text,
    row_version bigint NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    CONSTRAINT users_username_key UNIQUE (username)
);

-- Failures are counted by account and network together: who guesses from one network delays that network only.
CREATE TABLE login_failures (
    account text NOT NULL,
    network text NOT NULL,
    failures integer NOT NULL,
    last_failed_at timestamptz NOT NULL,
    CONSTRAINT login_failures_pkey PRIMARY KEY (account, network)
);
CREATE INDEX login_failures_age_idx ON login_failures (last_failed_at);

CREATE TABLE sessions (
    id uuid PRIMARY KEY,
    user_id uuid NOT NULL CONSTRAINT sessions_user_fkey REFERENCES users (id),
    door text NOT NULL CONSTRAINT sessions_door_check CHECK (door IN ('api', 'page')),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz,
    revoked_reason text
);
CREATE INDEX sessions_user_idx ON sessions (user_id) WHERE revoked_at IS NULL;

CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id uuid NOT NULL CONSTRAINT refresh_tokens_session_fkey REFERENCES sessions (id) ON DELETE CASCADE,
    issued_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE INDEX refresh_tokens_session_idx ON refresh_tokens (session_id);

-- The answer that a keyed request was given, kept for 24 hours.
CREATE TABLE idempotency_keys (
    user_id uuid NOT NULL CONSTRAINT idempotency_keys_user_fkey REFERENCES users (id),
    key text NOT NULL CONSTRAINT idempotency_keys_key_check CHECK (length(key) BETWEEN 1 AND 255),
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    headers jsonb NOT NULL,
    body jsonb NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT idempotency_keys_pkey PRIMARY KEY (user_id, key)
);
CREATE INDEX idempotency_keys_age_idx ON idempotency_keys (created_at);

GRANT SELECT, INSERT, UPDATE ON regions, organisations, organisation_versions, users, sessions, refresh_tokens TO guatu_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON organisation_closure, login_failures, idempotency_keys TO guatu_service;
