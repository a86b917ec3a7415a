-- What was asked for and how it went.  The row is the truth: every change of it is a
-- compare-and-set on state and fence, and the constraint says which rows can exist at all.

CREATE TABLE workers (
    id uuid PRIMARY KEY,
    host text NOT NULL,
    pid integer NOT NULL,
    slots integer NOT NULL,
    draining boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL DEFAULT now(),
    beat_at timestamptz NOT NULL DEFAULT now(),
    steady_since timestamptz NOT NULL DEFAULT now()  -- it has beaten without a gap of 10 s since
) WITH (fillfactor = 50);

CREATE TABLE exports (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES projects ON DELETE CASCADE,
    created_by bigint REFERENCES users ON DELETE SET NULL,
    dashboard_id bigint REFERENCES dashboards ON DELETE CASCADE,
    insight_id bigint REFERENCES insights ON DELETE CASCADE,
    export_format text NOT NULL,
    export_context json,
    class "char" NOT NULL DEFAULT 'i' CHECK (class IN ('i', 's')),  -- interactive, scheduled
    source_authentication text,
    source_credential_id bigint,

    state smallint NOT NULL DEFAULT 0 CHECK (state BETWEEN 0 AND 5),
    --  0 queued  1 running  2 done  3 failed  4 canceled  5 expired
    attempt integer NOT NULL DEFAULT 0,
    crashes integer NOT NULL DEFAULT 0,
    fence bigint NOT NULL DEFAULT 0,
    worker_id uuid,
    claimed_at timestamptz,            -- of the last claim; stays
    run_deadline timestamptz,
    cancel_requested boolean NOT NULL DEFAULT false,
    dispatch_at timestamptz,
    created_at timestamptz NOT NULL DEFAULT now(),
    give_up_at timestamptz NOT NULL,
    finished_at timestamptz,
    deleted_at timestamptz,
    expires_after timestamptz,

    content_store text,
    content_location text,
    content_bytes bigint,
    content_sha256 text,
    exception text,
    exception_type text,
    failure_type text,
    last_error text,

    CONSTRAINT one_outcome CHECK (state = 5 OR (
        (state = 2) = (content_location IS NOT NULL)
        AND (state IN (3, 4)) = (exception IS NOT NULL)
        AND (state IN (2, 3, 4)) = (finished_at IS NOT NULL)
        AND (state = 1) = (worker_id IS NOT NULL)
        AND (state = 1) = (run_deadline IS NOT NULL)
        AND (state = 0) = (dispatch_at IS NOT NULL)))
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 500);

CREATE INDEX exports_dispatch ON exports (dispatch_at) WHERE state = 0;
CREATE INDEX exports_turn ON exports (project_id, class, dispatch_at) WHERE state = 0;  -- claims without Redis
CREATE INDEX exports_running ON exports (worker_id) WHERE state = 1;
CREATE INDEX exports_deadline ON exports (run_deadline) WHERE state = 1;
CREATE INDEX exports_give_up ON exports (give_up_at) WHERE state IN (0, 1);
CREATE INDEX exports_expiry ON exports (expires_after) WHERE state IN (2, 3, 4);
CREATE INDEX exports_deletion ON exports (deleted_at) WHERE state = 5 AND content_location IS NOT NULL;
CREATE INDEX exports_forgetting ON exports (deleted_at) WHERE state = 5 AND content_location IS NULL;
CREATE UNIQUE INDEX exports_location ON exports (content_location) WHERE content_location IS NOT NULL;
-- What a list shows, and enough beside it to count without reading rows.
CREATE INDEX exports_own ON exports (project_id, created_by, created_at DESC, id DESC) INCLUDE (state, expires_after);

-- Kept after the export itself is gone, so that a failure can still be explained.
CREATE TABLE export_outcomes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    export_id bigint NOT NULL,
    project_id bigint NOT NULL,
    state smallint NOT NULL,
    attempt integer NOT NULL,
    fence bigint NOT NULL,
    exception_type text,
    failure_type text,
    last_error text,
    content_bytes bigint,
    content_sha256 text,
    at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX export_outcomes_of ON export_outcomes (export_id);

CREATE FUNCTION exports_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN (2, 3, 4, 5) AND NEW.state <> OLD.state AND NEW.state <> 5 THEN
        RAISE EXCEPTION 'export % has ended and stays in state %', OLD.id, OLD.state;
    END IF;
    IF NEW.state IN (2, 3, 4) AND NEW.state <> OLD.state THEN
        INSERT INTO export_outcomes (export_id, project_id, state, attempt, fence,
            exception_type, failure_type, last_error, content_bytes, content_sha256)
        VALUES (NEW.id, NEW.project_id, NEW.state, NEW.attempt, NEW.fence,
            NEW.exception_type, NEW.failure_type, NEW.last_error, NEW.content_bytes, NEW.content_sha256);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER exports_guard BEFORE UPDATE ON exports FOR EACH ROW
    WHEN (NEW.state IS DISTINCT FROM OLD.state) EXECUTE FUNCTION exports_guard();

-- Files kept in the database: chunks of at most 1 MiB under a name that is never used twice.
CREATE TABLE export_blobs (
    location text NOT NULL,
    part integer NOT NULL,
    bytes bytea NOT NULL CHECK (length(bytes) <= 1048576),
    PRIMARY KEY (location, part)
);
ALTER TABLE export_blobs ALTER COLUMN bytes SET STORAGE EXTERNAL;  -- they are compressed already

-- A file that may come to exist without its row: written before the file, deleted with the record.
CREATE TABLE blob_intents (
    location text PRIMARY KEY,
    store text NOT NULL,
    export_id bigint NOT NULL,
    fence bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
