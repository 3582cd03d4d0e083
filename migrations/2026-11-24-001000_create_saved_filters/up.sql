-- Filters that somebody keeps for himself under a name: which page, and its query string.
CREATE TABLE saved_filters (
    user_id uuid NOT NULL CONSTRAINT saved_filters_user_fkey REFERENCES users (id),
    page text NOT NULL CONSTRAINT saved_filters_page_check CHECK (page IN ('projects', 'overdue')),
    name text NOT NULL CONSTRAINT saved_filters_name_check CHECK (length(name) BETWEEN 1 AND 60),
    query text NOT NULL CONSTRAINT saved_filters_query_check CHECK (length(query) <= 4000),
    saved_at timestamptz NOT NULL,
    CONSTRAINT saved_filters_pkey PRIMARY KEY (user_id, page, name)
);
GRANT SELECT, INSERT, UPDATE, DELETE ON saved_filters TO guatu_service;
