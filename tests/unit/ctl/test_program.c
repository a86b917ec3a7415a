/* The program itself, against a Postgres of its own. */
#include "unit/ctl/scratch.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static const char definitions[] =
	"{\"organizations\": [{\"name\": \"Org\"}],"
	" \"projects\": [{\"id\": 1, \"organization\": \"Org\", \"name\": \"P\", \"timezone\": "
	"\"Europe/Berlin\","
	"  \"insights\": [{\"short_id\": \"one\", \"id\": 7, \"name\": \"One\", \"query\": {\"kind\": "
	"\"TrendsQuery\"}}],"
	"  \"dashboards\": [{\"name\": \"D\", \"tiles\": ["
	"   {\"insight\": \"one\", \"layouts\": {\"sm\": {\"x\": 0}}, \"color\": \"blue\"},"
	"   {\"text\": {\"body\": \"first\"}}, {\"text\": {\"body\": \"second\"}},"
	"   {\"insight\": {\"short_id\": \"two\", \"query\": {\"kind\": \"HogQLQuery\"}, \"result\": "
	"[[1]], \"columns\": [\"a\"]}},"
	"   {\"button_tile\": {}}]}]}],"
	" \"users\": [{\"email\": \"a@b.example\", \"organization\": \"Org\", \"current_project\": 1}]}";

static const char good_row[] =
	"2b2d45cd-33ca-517c-814a-a266ec60beca,commit,p1,2024-01-01T10:00:00Z,\"{\"\"a\"\": 1}\"\n";
static const char header[] = "uuid,event,distinct_id,timestamp,properties\n";

struct place {
	struct scratch scratch;
	char *url; /* of the server's first database */
	int databases;
	char *database; /* "PLATEN_DATABASE_URL=…" of the test's own */
};

static void run(struct place *p, const char *line, struct run *r)
{
	const char *const env[] = {p->database, NULL};

	scratch_run(&p->scratch, env, line, r);
}

static int start(void **state)
{
	struct place *p = g_new0(struct place, 1);
	struct run r;
	char *end;

	scratch_make(&p->scratch);
	scratch_run(&p->scratch, (const char *const[]){"FSYNC=off", NULL},
		SOURCE_DIR "/deploy/private-servers start .", &r);
	if (r.status != 0 || !g_str_has_prefix(r.out, "PLATEN_DATABASE_URL=")) {
		fprintf(stderr, "%s%s\n", r.out, r.err);
		return -1;
	}
	end = strchr(r.out, '\n');
	p->url = g_strndup(r.out + strlen("PLATEN_DATABASE_URL="),
		(gsize)(end - r.out) - strlen("PLATEN_DATABASE_URL="));
	run_finish(&r);
	*state = p;
	return 0;
}

static int stop(void **state)
{
	struct place *p = *state;
	struct run r;

	scratch_run(&p->scratch, NULL, SOURCE_DIR "/deploy/private-servers stop .", &r);
	run_finish(&r);
	scratch_remove(&p->scratch);
	g_free(p->url);
	g_free(p->database);
	g_free(p);
	return 0;
}

/* An empty database for each test. */
static int set_up(void **state)
{
	struct place *p = *state;
	g_autofree char *name = g_strdup_printf("test%d", ++p->databases);
	g_autofree char *line =
		g_strdup_printf("psql -qX '%s' -c 'CREATE DATABASE %s'", p->url, name);
	g_auto(GStrv) halves = g_strsplit(p->url, "///platen?", 2);
	struct run r;

	g_free(p->database);
	p->database = g_strdup_printf("PLATEN_DATABASE_URL=%s///%s?%s", halves[0], name, halves[1]);
	scratch_run(&p->scratch, NULL, line, &r);
	assert_int_equal(r.status, 0);
	run_finish(&r);
	return 0;
}

static void succeed(struct place *p, const char *line)
{
	struct run r;

	run(p, line, &r);
	if (r.status != 0) {
		fail_msg("%s: %d: %s", line, r.status, r.err);
	}
	run_finish(&r);
}

/* With tables and definitions, as a test of loading wants it. */
static int set_up_loaded(void **state)
{
	struct place *p = *state;

	if (set_up(state) != 0) {
		return -1;
	}
	scratch_write(&p->scratch, "definitions.json", definitions, -1);
	succeed(p, "platen migrate --quiet --schema " SOURCE_DIR "/deploy/schema");
	succeed(p, "platen load --quiet definitions definitions.json");
	return 0;
}

/* The one cell that a query answers with. */
static void assert_cell(struct place *p, const char *query, const char *cell)
{
	g_autofree char *line =
		g_strdup_printf("psql -qAtX \"$PLATEN_DATABASE_URL\" -c \"%s\"", query);
	struct run r;

	run(p, line, &r);
	assert_int_equal(r.status, 0);
	g_strchomp(r.out);
	if (strcmp(r.out, cell) != 0) {
		fail_msg("%s: %s instead of %s", query, r.out, cell);
	}
	run_finish(&r);
}

static void assert_said(const char *where, const char *text, const char *says)
{
	if (!strstr(text, says)) {
		fail_msg("%s: said \"%s\" and not \"%s\"", where, text, says);
	}
}

static void assert_fails(struct place *p, const char *line, int status, const char *says)
{
	struct run r;

	run(p, line, &r);
	assert_said(line, r.err, says);
	if (r.status != status) {
		fail_msg("%s: ended with %d instead of %d", line, r.status, status);
	}
	assert_string_equal(r.out, "");
	run_finish(&r);
}

static void migrating_twice_does_it_once(void **state)
{
	struct place *p = *state;
	struct run r;

	run(p, "platen migrate --schema " SOURCE_DIR "/deploy/schema", &r);
	assert_int_equal(r.status, 0);
	assert_said("migrate", r.out, "applied 001_definitions.sql\napplied 002_events.sql\n");
	run_finish(&r);
	run(p, "platen migrate --schema " SOURCE_DIR "/deploy/schema", &r);
	assert_int_equal(r.status, 0);
	assert_string_equal(r.out, "nothing to apply\n");
	assert_string_equal(r.err, "");
	run_finish(&r);
}

static void two_programs_may_migrate_at_once(void **state)
{
	struct place *p = *state;
	struct run r;

	run(p,
		"m='platen migrate --schema " SOURCE_DIR "/deploy/schema';"
		" $m >a & $m >b & wait; cat a b | grep -c '^applied 001_'",
		&r);
	assert_string_equal(r.err, "");
	assert_string_equal(r.out, "1\n");
	run_finish(&r);
}

static void a_bad_migration_is_named_and_leaves_nothing(void **state)
{
	struct place *p = *state;

	succeed(p, "mkdir -p schema && echo 'CREATE TABLE good (a int);' >schema/001_good.sql");
	succeed(p, "echo 'CREATE TABLE half (a int); CREATE TABL' >schema/002_bad.sql");
	{
		struct run r;

		run(p, "platen migrate --schema schema", &r);
		assert_int_equal(r.status, 65);
		assert_string_equal(r.out, "applied 001_good.sql\n");
		assert_said("migrate", r.err, "002_bad.sql: syntax error");
		run_finish(&r);
	}
	assert_cell(p, "SELECT count(*) FROM pg_tables WHERE tablename = 'half'", "0");
	assert_cell(p, "SELECT count(*) FROM good", "0");
	succeed(p, "echo 'CREATE TABLE half (a int);' >schema/002_bad.sql && rm -f x");
	succeed(p, "platen migrate --schema schema");
	succeed(p, "echo 'CREATE TABLE other (a int);' >schema/002_other.sql");
	assert_fails(p, "platen migrate --schema schema", 65, "have the same number");
	succeed(p, "rm -r schema");
	assert_fails(p, "platen migrate --schema schema", 65, "schema");
}

static void a_changed_migration_is_warned_of(void **state)
{
	struct place *p = *state;
	struct run r;

	succeed(p, "mkdir -p schema && echo 'SELECT 1;' >schema/001_a.sql");
	succeed(p, "platen migrate --schema schema");
	succeed(p, "echo 'SELECT 2;' >schema/001_a.sql");
	run(p, "platen migrate --schema schema", &r);
	assert_int_equal(r.status, 0);
	assert_said("migrate", r.err, "001_a.sql has changed since it was applied");
	run_finish(&r);
	succeed(p, "rm -r schema");
}

static void loading_events_twice_does_it_once(void **state)
{
	struct place *p = *state;
	g_autofree char *text = g_strconcat(header, good_row,
		"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,\"a \"\"b\"\"\tc\\\",p1,2024-01-01 11:00:00.5+01:00,\n",
		"4b3078b0-2fa3-5498-8c0c-5035dbbdaef7,merge,p2,2023-01-01T00:00:00Z,{}\n", NULL);
	struct run r;

	scratch_write(&p->scratch, "events.csv", text, -1);
	run(p, "platen load --project 1 events events.csv", &r);
	assert_string_equal(r.err, "");
	assert_said(
		"load", r.out, "events.csv: 3 events loaded, 0 were there already, 2 new persons");
	run_finish(&r);
	run(p,
		"gzip -c events.csv >events.csv.gz; platen load --project 1 events events.csv.gz; "
		"platen load --project 1 events - <events.csv",
		&r);
	assert_string_equal(r.err, "");
	assert_said("load", r.out, "gz: 0 events loaded, 3 were there already, 0 new persons");
	assert_said("load", r.out, "-: 0 events loaded, 3 were there already, 0 new persons");
	run_finish(&r);
	assert_cell(p, "SELECT count(*), count(DISTINCT person_id) FROM events", "3|2");
	assert_cell(p, "SELECT count(*) FROM persons", "2");
	assert_cell(p,
		"SELECT event || ' ' || to_char(\\\"timestamp\\\" AT TIME ZONE 'UTC', 'HH24:MI:SS.MS') "
		"FROM events WHERE event LIKE 'a%'",
		"a \"b\"\tc\\ 10:00:00.500");
	assert_cell(p, "SELECT properties->>'a' FROM events WHERE event = 'commit'", "1");
	assert_cell(p, "SELECT created_at::date FROM persons ORDER BY 1 LIMIT 1", "2023-01-01");
}

static void a_bad_row_loads_nothing_of_its_file(void **state)
{
	static const struct {
		const char *row;
		gssize length;
		const char *says;
	} cases[] = {
		{"nonsense,e,p,2024-01-01T10:00:00Z,{}\n", -1,
			"events.csv: line 3, column 1 (uuid): \"nonsense\" is no UUID"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,,p,2024-01-01T10:00:00Z,{}\n", -1,
			"line 3, column 2 (event): is empty"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,,2024-01-01T10:00:00Z,{}\n", -1,
			"line 3, column 3 (distinct_id): is empty"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,2024-13-01T10:00:00Z,{}\n", -1,
			"line 3, column 4 (timestamp): \"2024-13-01T10:00:00Z\" is no timestamp"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,yesterday,{}\n", -1,
			"line 3, column 4 (timestamp): \"yesterday\" is no timestamp"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,2024-01-01T10:00:00Z,{\n", -1,
			"line 3, column 5 (properties): is no JSON"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,2024-01-01T10:00:00Z,[]\n", -1,
			"line 3, column 5 (properties): is JSON but no object"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,2024-01-01T10:00:00Z,"
		 "\"{\"\"a\"\": \"\"\\u0000\"\"}\"\n",
			-1, "line 3, column 5 (properties): is no JSON"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,2024-01-01T10:00:00Z\n", -1,
			"line 3, column 4: the row has 4 cells, the header 5"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,p,2024-01-01T10:00:00Z,{},x,y\n", -1,
			"line 3, column 6: the row has 7 cells, the header 5"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e\0e,p,2024-01-01T10:00:00Z,{}\n", 67,
			"line 3, column 2: holds a NUL byte"},
		{"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e\xff,p,2024-01-01T10:00:00Z,{}\n", -1,
			"line 3, column 2: is not valid UTF-8"},
		{"\n\n3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e,\"p\nq\",never,{}\n", -1,
			"line 6, column 4 (timestamp): \"never\" is no timestamp"},
		{"\"3b3078b0-2fa3-5498-8c0c-5035dbbdaef7,e\n", -1,
			"line 3: a quote is opened and never closed"},
	};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(header);

		g_string_append(text, good_row);
		g_string_append_len(text, cases[i].row,
			cases[i].length < 0 ? (gssize)strlen(cases[i].row) : cases[i].length);
		scratch_write(&p->scratch, "events.csv", text->str, (gssize)text->len);
		assert_fails(p, "platen load --project 1 events events.csv", 65, cases[i].says);
	}
	assert_cell(
		p, "SELECT (SELECT count(*) FROM events) + (SELECT count(*) FROM persons)", "0");
}

static void a_bad_header_is_named(void **state)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{"", "is empty"},
		{"uuid,event,timestamp\n", "line 1: the header has no column \"distinct_id\""},
		{"uuid,event,distinct_id,timestamp,propertees\n",
			"line 1, column 5: \"propertees\" is no column of events"},
		{"uuid,event,distinct_id,timestamp,event\n",
			"line 1, column 5 (event): is there twice"},
	};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		scratch_write(&p->scratch, "events.csv", cases[i].text, -1);
		assert_fails(p, "platen load --project 1 events events.csv", 65, cases[i].says);
	}
}

static void events_need_a_project_that_exists(void **state)
{
	struct place *p = *state;
	g_autofree char *text = g_strconcat(header, good_row, NULL);

	scratch_write(&p->scratch, "events.csv", text, -1);
	assert_fails(p, "platen load --project 2 events events.csv", 65, "there is no project 2");
	assert_fails(p, "platen load events events.csv", 2, "--project is missing");
	assert_fails(
		p, "platen load --project x events events.csv", 2, "must be a project's number");
	assert_fails(p, "platen load --project 1 events none.csv", 66, "none.csv: No such file");
	assert_fails(p, "platen load --project 1 people events.csv", 2,
		"\"people\" is neither events nor definitions");
}

static void definitions_are_what_the_file_says(void **state)
{
	struct place *p = *state;
	static const char everything[] =
		"SELECT string_agg(concat_ws('/', d.name, i.id, i.short_id, i.result, t.color, x.body), "
		"' ' ORDER BY t.id) FROM dashboards d JOIN dashboard_tiles t ON t.dashboard_id = d.id "
		"LEFT JOIN insights i ON i.id = t.insight_id LEFT JOIN text_tiles x ON x.id = "
		"t.text_tile_id";
	static const char expected[] =
		"D/7/one/blue D/first D/second D/8/two/{\"results\":[[1]],\"columns\":[\"a\"]}";
	struct run r;

	assert_cell(p, everything, expected);
	run(p, "platen load definitions definitions.json", &r);
	assert_said("load", r.out, "2 insights, 1 dashboards with 4 tiles loaded");
	assert_said("load", r.err, "1 tiles left out");
	run_finish(&r);
	assert_cell(p, everything, expected);
	assert_cell(p, "SELECT count(*) FROM text_tiles", "2");
	assert_cell(p, "SELECT count(*), min(level) FROM memberships", "1|1");
	assert_cell(p, "SELECT timezone FROM projects", "Europe/Berlin");
}

static void what_queries_speak_of_is_loaded_and_known_again(void **state)
{
	struct place *p = *state;
	static const char subjects[] =
		"{\"group_types\": [{\"group_type_index\": 0, \"group_type\": \"project\"}],"
		" \"groups\": [{\"group_type_index\": 0, \"group_key\": \"a\", \"group_properties\":"
		" {\"size\": 3}}], \"actions\": [{\"name\": \"Lands\", \"steps\": [{\"event\": \"commit\"}]}],"
		" \"cohorts\": [{\"name\": \"Few\", \"is_static\": true, \"distinct_ids\": [\"p1\", \"nobody\"]},"
		" {\"name\": \"Many\", \"filters\": {\"properties\": {\"type\": \"AND\", \"values\": []}}}]}";
	g_autofree char *events = g_strconcat(header, good_row, NULL);
	struct run r;

	scratch_write(&p->scratch, "subjects.json", subjects, -1);
	scratch_write(&p->scratch, "events.csv", events, -1);
	run(p, "platen load --project 1 events events.csv", &r);
	run_finish(&r);
	for (int i = 0; i < 2; i++) {
		run(p, "platen load --project 1 definitions subjects.json", &r);
		assert_said("load", r.out, "2 groups and types, 1 actions, 2 cohorts loaded");
		run_finish(&r);
		assert_cell(
			p, "SELECT group_type FROM group_types WHERE project_id = 1", "project");
		assert_cell(p, "SELECT properties ->> 'size' FROM groups", "3");
		assert_cell(p, "SELECT count(*), max(name) FROM actions", "1|Lands");
		assert_cell(p, "SELECT count(*) FROM cohorts", "2");
		assert_cell(p,
			"SELECT count(*) FROM cohort_people AS c JOIN person_distinct_ids AS d"
			" USING (person_id) WHERE d.distinct_id = 'p1'",
			"1");
	}
	scratch_write(
		&p->scratch, "bad.json", "{\"actions\": [{\"name\": \"x\", \"steps\": 7}]}", -1);
	assert_fails(p, "platen load --project 1 definitions bad.json", 65,
		"actions[0].steps: must be a list with a step");
	assert_fails(p, "platen load definitions subjects.json", 65, "stand in no project");
}

static void a_dashboard_loses_the_tiles_that_its_file_lost(void **state)
{
	struct place *p = *state;

	scratch_write(&p->scratch, "d.json",
		"{\"name\": \"D\", \"tiles\": [{\"text\": {\"body\": \"other\"}}, {\"insight\": "
		"{\"short_id\": \"two\"}}]}",
		-1);
	succeed(p, "platen load --project 1 definitions d.json");
	assert_cell(p,
		"SELECT string_agg(coalesce(insight_id::text, 'text'), ',' ORDER BY id) FROM "
		"dashboard_tiles",
		"text,8");
	assert_cell(p, "SELECT string_agg(body, ',') FROM text_tiles", "other");
}

static void bad_definitions_are_refused_with_their_path(void **state)
{
	static const struct {
		const char *json, *says;
	} cases[] = {
		{"{", "bad.json: "},
		{"[1]", "bad.json: [0]: must be an object"},
		{"\"x\"", "bad.json: must be an object or a list"},
		{"{}", "bad.json: is neither a dashboard (no tiles) nor an insight"},
		{"{\"organizations\": {}}", "organizations: must be a list"},
		{"{\"organizations\": [{}]}", "organizations[0].name: is missing"},
		{"{\"organizations\": [{\"name\": 1}]}", "organizations[0].name: must be text"},
		{"{\"organizations\": [{\"name\": \"x\", \"id\": \"y\"}]}",
			"organizations[0].id: must be a UUID"},
		{"{\"users\": [{\"email\": \"nobody\"}]}", "users[0].email: must be an address"},
		{"{\"users\": [{\"email\": \"a@b\", \"organization\": \"None\"}]}",
			"users[0].organization: there is no organization \"None\""},
		{"{\"users\": [{\"email\": \"a@b\", \"current_project\": 99}]}", "users[0]: "},
		{"{\"projects\": [{\"organization\": \"Org\", \"name\": \"Q\", \"timezone\": \"Mars\"}]}",
			"projects[0].timezone: \"Mars\" is no time zone"},
		{"{\"projects\": [{\"organization\": \"Org\", \"name\": \"Q\", \"week_start_day\": 7}]}",
			"projects[0].week_start_day: must be a whole number from 0 to 1"},
		{"{\"projects\": [{\"organization\": \"Org\", \"name\": \"Q\", \"insights\": [{\"short_id\": "
		 "\"a\", \"query\": {\"kind\": \"X\"}}, {\"short_id\": \"b c\", \"query\": {\"kind\": "
		 "\"X\"}}]}]}",
			"projects[0].insights[1].short_id: must be letters"},
		{"{\"projects\": [{\"organization\": \"Org\", \"name\": \"Q\", \"dashboards\": [{\"name\": "
		 "\"E\", \"tiles\": [{\"text\": {\"body\": \"x\"}, \"color\": 5}]}]}]}",
			"projects[0].dashboards[0].tiles[0].color: must be text"},
		{"{\"dashboards\": [{\"name\": \"E\", \"tiles\": [{\"insight\": \"none\"}]}]}",
			"dashboards[0].tiles[0].insight: there is no insight \"none\""},
		{"{\"name\": \"E\", \"tiles\": [{\"insight\": \"one\", \"text\": {\"body\": \"x\"}}]}",
			"tiles[0]: holds both an insight and a text"},
		{"{\"name\": \"E\", \"tiles\": [{\"text\": {\"body\": 1}}]}",
			"tiles[0].text.body: must be text"},
		{"{\"name\": \"E\", \"tiles\": [{\"text\": {}}, {\"text\": {\"a\": 1}}]}",
			"tiles[1].text.body: is missing"},
		{"{\"short_id\": \"n\", \"query\": 5}", "query: must be an object"},
		{"{\"short_id\": \"n\", \"query\": {}}", "query: has no kind"},
		{"{\"short_id\": \"n\"}", "has neither a query nor a result"},
		{"{\"short_id\": \"n\", \"id\": 7, \"query\": {\"kind\": \"X\"}}",
			"id: 7 belongs to another of the insights"},
	};
	struct place *p = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		scratch_write(&p->scratch, "bad.json", cases[i].json, -1);
		assert_fails(p, "platen load --project 1 definitions bad.json", 65, cases[i].says);
	}
	assert_cell(p,
		"SELECT (SELECT count(*) FROM projects), (SELECT count(*) FROM insights), (SELECT "
		"count(*) FROM dashboards), (SELECT count(*) FROM users)",
		"1|2|1|1");
	scratch_write(
		&p->scratch, "bad.json", "{\"short_id\": \"n\", \"query\": {\"kind\": \"X\"}}", -1);
	assert_fails(p, "platen load definitions bad.json", 65, "stands in no project");
}

static void a_key_is_shown_once_and_kept_as_its_hash(void **state)
{
	struct place *p = *state;
	g_autofree char *hash = NULL;
	struct run r;

	run(p,
		"platen key create --user a@b.example --scopes export:write,insight:read --label x "
		"--projects 1",
		&r);
	assert_string_equal(r.err, "");
	assert_int_equal(r.status, 0);
	assert_true(g_str_has_prefix(r.out, "phx_"));
	g_strchomp(r.out);
	hash = g_compute_checksum_for_string(G_CHECKSUM_SHA256, r.out, -1);
	run_finish(&r);
	{
		g_autofree char *row =
			g_strdup_printf("sha256$%s|{export:write,insight:read}|{1}|x", hash);

		assert_cell(p, "SELECT secure_value, scopes, scoped_projects, label FROM api_keys",
			row);
	}
}

static void a_key_that_would_be_of_no_use_is_refused(void **state)
{
	struct place *p = *state;

	assert_fails(p, "platen key create --user x@y --scopes export:read", 65,
		"there is no active user \"x@y\"");
	assert_fails(p, "platen key create --user a@b.example --scopes export:read --projects 1,5",
		65, "no project 5");
	assert_fails(
		p, "platen key create --user a@b.example --scopes export:all", 2, "is no scope");
	assert_fails(
		p, "platen key create --user a@b.example --scopes 'a\"b:read'", 2, "is no scope");
	assert_fails(p, "platen key create --user a@b.example --scopes ''", 2, "--scopes is empty");
	assert_fails(p, "platen key create --user a@b.example", 2, "--scopes is missing");
	assert_fails(p, "platen key create --scopes '*' --user a@b.example --projects one", 2,
		"no number of a project");
	assert_fails(p, "platen key delete", 2, "create");
	assert_cell(p, "SELECT count(*) FROM api_keys", "0");
}

static void without_tables_or_server_the_status_says_so(void **state)
{
	struct place *p = *state;
	struct run r;

	scratch_write(&p->scratch, "d.json", "{\"users\": [{\"email\": \"a@b\"}]}", -1);
	assert_fails(
		p, "platen load definitions d.json", 65, "\"platen migrate\" makes the tables");
	scratch_run(&p->scratch, (const char *const[]){"PLATEN_DATABASE_URL=host=/nowhere", NULL},
		"platen migrate --schema " SOURCE_DIR "/deploy/schema", &r);
	assert_int_equal(r.status, 69);
	run_finish(&r);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
#define LOADED(name) cmocka_unit_test_setup(name, set_up_loaded)
	const struct CMUnitTest tests[] = {
		TEST(migrating_twice_does_it_once),
		TEST(two_programs_may_migrate_at_once),
		TEST(a_bad_migration_is_named_and_leaves_nothing),
		TEST(a_changed_migration_is_warned_of),
		LOADED(loading_events_twice_does_it_once),
		LOADED(a_bad_row_loads_nothing_of_its_file),
		LOADED(a_bad_header_is_named),
		LOADED(events_need_a_project_that_exists),
		LOADED(definitions_are_what_the_file_says),
		LOADED(what_queries_speak_of_is_loaded_and_known_again),
		LOADED(a_dashboard_loses_the_tiles_that_its_file_lost),
		LOADED(bad_definitions_are_refused_with_their_path),
		LOADED(a_key_is_shown_once_and_kept_as_its_hash),
		LOADED(a_key_that_would_be_of_no_use_is_refused),
		TEST(without_tables_or_server_the_status_says_so),
	};
#undef TEST
#undef LOADED

	return cmocka_run_group_tests_name("ctl program", tests, start, stop);
}
