-- Made events of one project, the same ones each time: psql -v events=5000000 -f events.sql, after
-- platen migrate.  Half a year up to 2024-06-30 UTC, one person in fifty events, few people with
-- many events and many with few, a session a person and day.
BEGIN;
INSERT INTO organizations (name) VALUES ('bench');
INSERT INTO projects (id, organization_id, name) SELECT 1, id, 'bench' FROM organizations;

-- Indexes over a table that is full are built in a fraction of the time.
CREATE TEMPORARY TABLE laid_aside AS
    SELECT indexname, indexdef FROM pg_indexes WHERE tablename = 'events' AND indexname <> 'events_pkey';
DO $$ DECLARE i record; BEGIN
    FOR i IN SELECT * FROM laid_aside LOOP EXECUTE format('DROP INDEX %I', i.indexname); END LOOP;
END $$;

CREATE FUNCTION pg_temp.part(n bigint, seed bigint) RETURNS float8 LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (hashint8extended(n, seed) & 1048575) / 1048576.0 $$;
CREATE FUNCTION pg_temp.id(kind integer, n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
    $$ SELECT (lpad(to_hex(kind), 8, '0') || '-0000-7000-8000-' || lpad(to_hex(n), 12, '0'))::uuid $$;

INSERT INTO events (project_id, uuid, event, distinct_id, person_id, "timestamp", properties, group_0)
SELECT 1, pg_temp.id(1, n), event, 'd' || person, pg_temp.id(2, person), at,
    jsonb_build_object('$browser', (ARRAY['Chrome', 'Safari', 'Firefox', 'Edge', 'Opera', 'Samsung', 'Brave', ''])
            [1 + floor(8 * pg_temp.part(n, 5) * pg_temp.part(n, 6))],
        '$current_url', 'https://example.com/' || floor(60 * pg_temp.part(n, 7) * pg_temp.part(n, 8)),
        '$session_id', 's' || person || '-' || (at::date - date '2024-01-01'),
        'amount', floor(10000 * pg_temp.part(n, 9)) / 100),
    CASE WHEN person % 3 = 0 THEN '' ELSE 'company ' || person % 997 END
FROM (SELECT n, floor(:events / 50 * pg_temp.part(n, 1) * pg_temp.part(n, 2))::bigint AS person,
        timestamptz '2024-01-03 00:00Z' + n * (interval '180 days' / :events) AS at,
        CASE WHEN kind < 0.55 THEN '$pageview' WHEN kind < 0.80 THEN '$autocapture' WHEN kind < 0.90 THEN 'search'
            WHEN kind < 0.94 THEN 'add to cart' WHEN kind < 0.97 THEN 'checkout' WHEN kind < 0.985 THEN 'purchase'
            ELSE 'sign up' END AS event
    FROM (SELECT n, pg_temp.part(n, 3) AS kind FROM generate_series(0, :events - 1) AS n) AS numbers) AS made;

INSERT INTO person_distinct_ids (project_id, distinct_id, person_id)
SELECT DISTINCT ON (distinct_id) project_id, distinct_id, person_id FROM events;
INSERT INTO persons (project_id, id, properties, created_at)
SELECT 1, person_id, jsonb_build_object('plan', (ARRAY['free', 'team', 'scale'])[1 + (hashtext(person_id::text) & 1)],
        'country', 'C' || (hashtext(person_id::text) & 31)), min("timestamp")
FROM events GROUP BY person_id;

DO $$ DECLARE i record; BEGIN
    FOR i IN SELECT * FROM laid_aside LOOP EXECUTE i.indexdef; END LOOP;
END $$;
COMMIT;
VACUUM (ANALYZE) events;
VACUUM (ANALYZE) persons;
