-- One case of this folder into a project of its own; README.md says what a case holds.

CREATE FUNCTION rule_person(name text) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT CASE WHEN name ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN name::uuid ELSE md5(name)::uuid END
$$;

-- Project 1 gets the same people, events and groups and more, and everyone into the cohorts: who reads past a project's own rows counts wrong.
CREATE PROCEDURE rule_neighbour(project bigint) LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM events WHERE project_id = 1;
    DELETE FROM persons WHERE project_id = 1;
    DELETE FROM groups WHERE project_id = 1;
    DELETE FROM cohort_people WHERE project_id = 1;
    INSERT INTO events (project_id, uuid, event, distinct_id, person_id, "timestamp", properties,
        group_0, group_1, group_2, group_3, group_4)
    SELECT 1, gen_random_uuid(), event, distinct_id, person, "timestamp" - away, properties,
        group_0 || suffix, group_1, group_2, group_3, group_4
    FROM events, LATERAL (VALUES (person_id, interval '0', ''),
        (md5(person_id::text)::uuid, interval '1 minute', '-neighbour')) AS copies (person, away, suffix)
    WHERE project_id = project;
    INSERT INTO persons (project_id, id, properties, created_at)
    SELECT 1, id, '{"plan": "neighbour", "v": 77}', created_at - interval '1 year' FROM persons WHERE project_id = project;
    INSERT INTO groups (project_id, group_type_index, group_key, properties)
    SELECT 1, group_type_index, group_key, '{"tier": "neighbour"}' FROM groups WHERE project_id = project;
    INSERT INTO cohort_people (project_id, cohort_id, person_id)
    SELECT 1, cohorts.id, person_id FROM cohorts, (SELECT DISTINCT person_id FROM events WHERE project_id = project) AS people
    WHERE cohorts.project_id = project;
END $$;

CREATE PROCEDURE rule_load(project bigint, rule json) LANGUAGE plpgsql SET timezone = 'UTC' AS $$
BEGIN
    DELETE FROM projects WHERE id >= 1000;  -- of the case before: ids of actions and cohorts are its own
    INSERT INTO projects (id, organization_id, name, timezone, week_start_day, test_account_filters)
    SELECT project, id, 'rule', coalesce(rule->>'timezone', 'UTC'),
        coalesce((rule->>'week_start_day')::smallint, 0), rule->'test_account_filters'
    FROM organizations LIMIT 1;

    -- Ids of events rise in the order they are written in.
    INSERT INTO events (project_id, uuid, event, distinct_id, person_id, "timestamp", properties,
        group_0, group_1, group_2, group_3, group_4)
    SELECT project, lpad(to_hex(n), 32, '0')::uuid, e->>2, coalesce(e->4->>'distinct_id', e->>1),
        rule_person(e->>1), (e->>0)::timestamptz, coalesce((e->>3)::jsonb, '{}'),
        coalesce(e->4->>'group_0', ''), coalesce(e->4->>'group_1', ''), coalesce(e->4->>'group_2', ''),
        coalesce(e->4->>'group_3', ''), coalesce(e->4->>'group_4', '')
    FROM json_array_elements(rule->'events') WITH ORDINALITY AS events (e, n);

    INSERT INTO persons (project_id, id, properties, created_at)
    SELECT project, rule_person(p->>'id'), coalesce((p->>'properties')::jsonb, '{}'),
        coalesce((p->>'created_at')::timestamptz, (SELECT min("timestamp") FROM events
            WHERE project_id = project AND person_id = rule_person(p->>'id')), '2000-01-01')
    FROM json_array_elements(coalesce(rule->'persons', '[]')) AS persons (p);

    IF coalesce((rule->>'person_rows')::boolean, true) THEN
        INSERT INTO persons (project_id, id, created_at)
        SELECT project, person_id, min("timestamp") FROM events WHERE project_id = project GROUP BY person_id
        ON CONFLICT DO NOTHING;
    END IF;

    INSERT INTO person_distinct_ids (project_id, distinct_id, person_id)
    SELECT project, distinct_id, min(person_id::text)::uuid FROM events WHERE project_id = project GROUP BY distinct_id;

    IF rule->'groups' IS NOT NULL THEN
        INSERT INTO groups (project_id, group_type_index, group_key, properties, created_at)
        SELECT project, (g->>'type')::smallint, g->>'key', coalesce((g->>'properties')::jsonb, '{}'),
            coalesce((g->>'created_at')::timestamptz, '2000-01-01')
        FROM json_array_elements(rule->'groups') AS groups (g);
    END IF;

    IF rule->'actions' IS NOT NULL THEN
        INSERT INTO actions (id, project_id, name, steps)
        SELECT (a->>'id')::bigint, project, a->>'name', a->'steps'
        FROM json_array_elements(rule->'actions') AS actions (a);
    END IF;

    IF rule->'cohorts' IS NOT NULL THEN
        INSERT INTO cohorts (id, project_id, name, is_static, filters)
        SELECT (c->>'id')::bigint, project, c->>'name', c->'persons' IS NOT NULL, c->'filters'
        FROM json_array_elements(rule->'cohorts') AS cohorts (c);
        INSERT INTO cohort_people (project_id, cohort_id, person_id)
        SELECT project, (c->>'id')::bigint, rule_person(p)
        FROM json_array_elements(rule->'cohorts') AS cohorts (c), json_array_elements_text(c->'persons') AS people (p);
    END IF;

    CALL rule_neighbour(project);
END $$;
