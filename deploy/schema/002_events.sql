-- What happened.  Insight queries read these as role platen_query, which sees one project at a
-- time: the one named by the setting platen.project_id.

CREATE TABLE events (
    project_id bigint NOT NULL REFERENCES projects ON DELETE CASCADE,
    uuid uuid NOT NULL,
    event text NOT NULL,
    distinct_id text NOT NULL,
    person_id uuid NOT NULL,
    "timestamp" timestamptz NOT NULL,
    properties jsonb NOT NULL DEFAULT '{}',
    group_0 text NOT NULL DEFAULT '',
    group_1 text NOT NULL DEFAULT '',
    group_2 text NOT NULL DEFAULT '',
    group_3 text NOT NULL DEFAULT '',
    group_4 text NOT NULL DEFAULT '',
    PRIMARY KEY (project_id, uuid)
);
CREATE INDEX events_by_name ON events (project_id, event, "timestamp");
CREATE INDEX events_by_time ON events (project_id, "timestamp");

CREATE TABLE persons (
    project_id bigint NOT NULL REFERENCES projects ON DELETE CASCADE,
    id uuid NOT NULL,
    properties jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL,
    PRIMARY KEY (project_id, id)
);

CREATE TABLE person_distinct_ids (
    project_id bigint NOT NULL REFERENCES projects ON DELETE CASCADE,
    distinct_id text NOT NULL,
    person_id uuid NOT NULL,
    PRIMARY KEY (project_id, distinct_id)
);

DO $$ BEGIN
    CREATE ROLE platen_query NOLOGIN;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL;  -- roles belong to the cluster: another database of it made this one
END $$;
GRANT platen_query TO CURRENT_USER;
GRANT USAGE ON SCHEMA public TO platen_query;
GRANT SELECT ON events, persons, person_distinct_ids TO platen_query;

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
ALTER TABLE persons ENABLE ROW LEVEL SECURITY;
ALTER TABLE person_distinct_ids ENABLE ROW LEVEL SECURITY;
CREATE POLICY own_project ON events TO platen_query
    USING (project_id = current_setting('platen.project_id')::bigint);
CREATE POLICY own_project ON persons TO platen_query
    USING (project_id = current_setting('platen.project_id')::bigint);
CREATE POLICY own_project ON person_distinct_ids TO platen_query
    USING (project_id = current_setting('platen.project_id')::bigint);
