/* The exports endpoints over the wire: a real platen-api, Postgres and Redis (spec/exports.md 2).
 */
#include "lib/base/clock.h"
#include "tests/unit/api-shim/api_stack.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define EXPORTS "/api/projects/1/exports"
#define NO_WAIT "Prefer: wait=0\r\n"
#define STUCK                                                                                       \
	"Export failed without throwing an exception. Please try to rerun this export and contact " \
	"support if it fails to complete multiple times."

static struct api_stack stack;

static int set_up(void **state)
{
	(void)state;
	api_stack_start(&stack);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	api_stack_stop(&stack);
	return 0;
}

static int empty(void **state)
{
	(void)state;
	private_postgres_run(&stack.postgres, "DELETE FROM exports");
	return 0;
}

static struct reply create(const char *key, const char *path, const char *body)
{
	return api_receive(api_send(&stack.api, key, "POST", NO_WAIT, body, path));
}

/* Made without waiting; its id. */
static int64_t made(const char *body)
{
	struct reply r = create(KEY_ALL, EXPORTS, body);
	int64_t id = json_get_int(r.json, "id", 0);

	if (r.raw.status != 201 || id == 0) {
		fail_msg("%s%s", r.raw.head, r.raw.body->str);
	}
	reply_finish(&r);
	return id;
}

static int64_t made_png(void)
{
	return made("{\"export_format\":\"image/png\",\"insight\":12}");
}

static void refuses(const char *body, const char *code, const char *attr, const char *detail)
{
	api_refuses(create(KEY_ALL, EXPORTS, body), 400, "validation_error", code, attr, detail);
}

static void a_create_answers_the_eleven_keys(void **state)
{
	static const char *const names[] = {"id", "dashboard", "insight", "export_format",
		"created_at", "has_content", "export_context", "filename", "expires_after",
		"exception", "user_access_level"};
	struct reply r = create(KEY_ALL, EXPORTS,
		"{\"export_format\":\"image/png\",\"dashboard\":11,\"expires_after\":\"2000-01-01\","
		"\"filename\":\"x\",\"unknown\":[1],\"export_context\":{\"b\":1.0,\"a\":\"\\u00e9\"}}");
	g_autofree char *location = raw_header(&r.raw, "Location");
	const char *created = json_get_text(r.json, "created_at", "");
	const char *expires = json_get_text(r.json, "expires_after", "");
	void *at = json_object_iter(r.json);

	(void)state;
	assert_int_equal(r.raw.status, 201);
	assert_null(location);
	assert_int_equal(json_object_size(r.json), G_N_ELEMENTS(names));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		assert_string_equal(json_object_iter_key(at), names[i]);
		at = json_object_iter_next(r.json, at);
	}
	assert_int_equal(json_get_int(r.json, "dashboard", 0), OWN_DASHBOARD);
	assert_true(json_is_null(json_object_get(r.json, "insight")));
	assert_true(json_is_false(json_object_get(r.json, "has_content")));
	assert_true(json_is_null(json_object_get(r.json, "exception")));
	assert_string_equal(json_get_text(r.json, "user_access_level", ""), "manager");
	assert_true(g_str_has_suffix(created, "Z"));
	assert_true(g_str_has_suffix(expires, "T00:00:00Z"));
	assert_true(
		g_str_has_prefix(json_get_text(r.json, "filename", ""), "export-own-dashboard-20"));
	/* What was sent comes back as it was, in its order. */
	assert_non_null(strstr(
		r.raw.body->str, "\"export_context\":{\"b\":1.0,\"a\":\"\xc3\xa9\"},\"filename\""));
	reply_finish(&r);
}

static void a_file_lives_as_long_as_its_format_says(void **state)
{
	static const struct {
		const char *mime;
		int days;
	} formats[] = {
		{"text/csv", 7},
		{"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 7},
		{"image/png", 180},
		{"application/pdf", 180},
		{"application/json", 180},
		{"video/mp4", 365},
		{"video/webm", 365},
		{"image/gif", 365},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		g_autofree char *body = g_strdup_printf(
			"{\"export_format\":\"%s\",\"insight\":12,\"export_context\":"
			"{\"session_recording_id\":\"r1\"}}",
			formats[i].mime);
		int64_t id = made(body);
		g_autofree char *sql = g_strdup_printf(
			"SELECT count(*) FROM exports WHERE id = %" PRId64 " AND expires_after = "
			"date_trunc('day', created_at AT TIME ZONE 'UTC' + interval '%d days') "
			"AT TIME ZONE 'UTC'",
			id, formats[i].days);

		assert_int_equal(private_postgres_number(&stack.postgres, sql), 1);
	}
}

static void a_create_waits_for_its_file(void **state)
{
	int64_t before = private_postgres_number(
		&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports");
	int fd = api_send(&stack.api, KEY_ALL, "POST", "Prefer: wait=20\r\n",
		"{\"export_format\":\"image/png\",\"insight\":12}", EXPORTS);
	int64_t id = hand_newest(&stack, before), from = clock_elapsed_ms();
	g_autofree char *applied = NULL;
	struct reply r;

	(void)state;
	hand_finish(&stack, id, "PNG", 3);
	r = api_receive(fd);
	applied = raw_header(&r.raw, "Preference-Applied");
	assert_int_equal(r.raw.status, 201);
	assert_string_equal(applied, "wait=20");
	assert_int_equal(json_get_int(r.json, "id", 0), id);
	assert_true(json_is_true(json_object_get(r.json, "has_content")));
	assert_in_range(clock_elapsed_ms() - from, 0, 5000);
	reply_finish(&r);
}

static void a_create_whose_export_fails_is_201_and_says_why(void **state)
{
	int64_t before = private_postgres_number(
		&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports");
	int fd = api_send(&stack.api, KEY_ALL, "POST", NULL,
		"{\"export_format\":\"application/pdf\",\"insight\":12}", EXPORTS);
	struct reply r;

	(void)state;
	hand_fail(&stack, hand_newest(&stack, before), FAULT_UNSUPPORTED, "No one writes this.");
	r = api_receive(fd);
	assert_int_equal(r.raw.status, 201);
	assert_true(json_is_false(json_object_get(r.json, "has_content")));
	assert_string_equal(json_get_text(r.json, "exception", ""), "No one writes this.");
	reply_finish(&r);
}

static void a_wait_is_bounded(void **state)
{
	int64_t from = clock_elapsed_ms();
	struct reply r = api_receive(api_send(&stack.api, KEY_ALL, "POST", "Prefer: wait=1\r\n",
		"{\"export_format\":\"image/png\",\"insight\":12}", EXPORTS));

	(void)state;
	assert_int_equal(r.raw.status, 201);
	assert_true(json_is_false(json_object_get(r.json, "has_content")));
	assert_in_range(clock_elapsed_ms() - from, 1000, 4000);
	reply_finish(&r);
}

static void videos_do_not_wait(void **state)
{
	int64_t from = clock_elapsed_ms();
	struct reply r = api_receive(api_send(&stack.api, KEY_ALL, "POST", "Prefer: wait=60\r\n",
		"{\"export_format\":\"video/mp4\",\"export_context\":"
		"{\"session_recording_id\":\"r\"}}",
		EXPORTS));

	(void)state;
	assert_int_equal(r.raw.status, 201);
	assert_true(json_is_false(json_object_get(r.json, "has_content")));
	assert_in_range(clock_elapsed_ms() - from, 0, 5000);
	reply_finish(&r);
}

static void whoever_hangs_up_leaves_no_wait_behind(void **state)
{
	int64_t before = private_postgres_number(
		&stack.postgres, "SELECT coalesce(max(id), 0) FROM exports");
	int64_t until = clock_elapsed_ms() + 8000;
	int fd = api_send(&stack.api, KEY_ALL, "POST",
		"Prefer: wait=120\r\n"
		"X-Request-Id: hung-up\r\n",
		"{\"export_format\":\"image/png\",\"insight\":12}", EXPORTS);
	bool noticed = false;

	(void)state;
	(void)hand_newest(&stack, before);
	(void)close(fd);
	/* Its answer, to no one, is logged long before its two minutes are over. */
	while (!noticed && clock_elapsed_ms() < until) {
		g_autofree char *log = NULL;

		assert_true(g_file_get_contents(stack.api.log, &log, NULL, NULL));
		noticed = strstr(log, "[hung-up]") != NULL;
	}
	assert_true(noticed);
}

static void creates_are_refused_in_the_words_of_the_wire(void **state)
{
	(void)state;
	refuses("{}", "required", "export_format", "This field is required.");
	refuses("{\"export_format\":null}", "null", "export_format", "This field may not be null.");
	refuses("{\"export_format\":\"image/jpeg\",\"insight\":12}", "invalid_choice",
		"export_format", "\"image/jpeg\" is not a valid choice.");
	refuses("{\"export_format\":\"application/x-ndjson\",\"insight\":12}", "invalid_choice",
		"export_format", "\"application/x-ndjson\" is not a valid choice.");
	refuses("{\"export_format\":\"image/png\",\"dashboard\":54321}", "does_not_exist",
		"dashboard", "Invalid pk \"54321\" - object does not exist.");
	refuses("{\"export_format\":\"nope\",\"insight\":\"54321\"}", "does_not_exist", "insight",
		"Invalid pk \"54321\" - object does not exist.");
	refuses("{\"export_format\":\"image/png\",\"dashboard\":21}", "invalid_input", "dashboard",
		"This dashboard does not belong to your team.");
	refuses("{\"export_format\":\"image/png\",\"insight\":22}", "invalid_input", "insight",
		"This insight does not belong to your team.");
	refuses("{\"export_format\":\"image/png\",\"export_context\":{}}", "invalid_input", NULL,
		"Either dashboard, insight or export_context is required for an export.");
	refuses("{\"export_format\":\"image/png\",\"insight\":12,\"export_context\":[1]}",
		"invalid_input", "export_context", "Value must be a JSON object.");
	refuses("{\"export_format\":\"video/mp4\",\"insight\":12}", "invalid_input",
		"export_format", "Video export supports session recordings only.");
	assert_int_equal(
		private_postgres_number(&stack.postgres, "SELECT count(*) FROM exports"), 0);
}

/* Between the look and the row another may delete what it is of. */
static void what_goes_away_meanwhile_is_the_requests_fault(void **state)
{
	(void)state;
	private_postgres_run(&stack.postgres,
		"CREATE FUNCTION gone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
		"RAISE EXCEPTION 'gone' USING ERRCODE = '23503'; END $$;"
		"CREATE TRIGGER gone BEFORE INSERT ON exports EXECUTE FUNCTION gone()");
	refuses("{\"export_format\":\"image/png\",\"insight\":12}", "invalid_input", NULL,
		"What this export is of was deleted just now.");
	private_postgres_run(&stack.postgres, "DROP FUNCTION gone() CASCADE");
}

static void bodies_come_in_three_kinds(void **state)
{
	struct reply r = api_receive(api_send(&stack.api, KEY_ALL, "POST",
		NO_WAIT "Content-Type: application/x-www-form-urlencoded\r\n",
		"export_format=text%2Fcsv&insight=12&export_context=%7B%22filename%22%3A%22My+x%22%7D",
		EXPORTS));

	(void)state;
	assert_int_equal(r.raw.status, 201);
	assert_true(g_str_has_prefix(json_get_text(r.json, "filename", ""), "my-x-20"));
	reply_finish(&r);
	r = api_receive(api_send(&stack.api, KEY_ALL, "POST",
		NO_WAIT "Content-Type: multipart/form-data; boundary=b\r\n",
		"--b\r\nContent-Disposition: form-data; name=\"export_format\"\r\n\r\nimage/png\r\n"
		"--b\r\nContent-Disposition: form-data; name=\"dashboard\"\r\n\r\n11\r\n--b--\r\n",
		EXPORTS));
	assert_int_equal(r.raw.status, 201);
	reply_finish(&r);
	api_refuses(api_receive(api_send(&stack.api, KEY_ALL, "POST",
			    "Content-Type: text/plain\r\n", "hello", EXPORTS)),
		415, "invalid_request", "unsupported_media_type", NULL,
		"Unsupported media type \"text/plain\" in request.");
}

static void hostile_bodies_are_answered(void **state)
{
	g_autofree char *deep = g_strnfill(100, '[');
	g_autofree char *large = g_strnfill(307200, ' ');
	g_autofree char *name = g_strnfill(204800, 'n');
	g_autofree char *long_name =
		g_strdup_printf("{\"export_format\":\"text/csv\",\"insight\":12,"
				"\"export_context\":{\"filename\":\"%s\"}}",
			name);
	struct reply r;

	(void)state;
	r = create(KEY_ALL, EXPORTS, "{\"export_format\"");
	assert_int_equal(r.raw.status, 400);
	assert_string_equal(json_get_text(r.json, "code", ""), "parse_error");
	assert_true(g_str_has_prefix(json_get_text(r.json, "detail", ""), "JSON parse error - "));
	reply_finish(&r);
	api_refuses(create(KEY_ALL, EXPORTS, deep), 400, "invalid_request", "parse_error", NULL,
		"JSON parse error - JSON is nested deeper than 64 levels");
	api_refuses(create(KEY_ALL, EXPORTS, large), 413, "invalid_request", "payload_too_large",
		NULL, "The request body is larger than 262144 bytes (body_max_bytes).");
	r = create(KEY_ALL, EXPORTS,
		"{\"export_format\":\"image/png\",\"insight\":12,"
		"\"export_context\":{\"a\":\"'; DROP TABLE exports; --\"}}");
	assert_int_equal(r.raw.status, 201);
	reply_finish(&r);
	hand_finish(&stack, made(long_name), "a", 1);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64 "/content?download=true",
		hand_newest(&stack, 0));
	assert_int_equal(r.raw.status, 200);
	reply_finish(&r);
}

static void only_own_living_rows_are_listed_newest_first(void **state)
{
	int64_t first = made_png();
	int64_t second = made("{\"export_format\":\"text/csv\",\"export_context\":"
			      "{\"path\":\"/API/Thing\",\"session_recording_id\":\"s1\"}}");
	int64_t third = made("{\"export_format\":\"image/png\",\"dashboard\":11}");
	struct reply r =
		create(KEY_COLLEAGUE, EXPORTS, "{\"export_format\":\"image/png\",\"insight\":12}");
	static const struct {
		const char *query;
		int count;
	} filters[] = {
		{"", 3},
		{"?export_format=text/csv", 1},
		{"?export_format=image%2Fpng", 2},
		{"?export_format=application/x-ndjson", 0},
		{"?export_format=nonsense", 3},
		{"?session_recording_id=s1", 1},
		{"?session_recording_id=S1", 0},
		{"?context_path=api/thing", 1},
		{"?context_path=%25", 0},
		{"?context_path=THING&export_format=image/png", 0},
		{"?context_path='%3B+DROP+TABLE+exports", 0},
	};
	const json_t *results;

	(void)state;
	reply_finish(&r);
	r = create(KEY_ALL, "/api/projects/2/exports",
		"{\"export_format\":\"image/png\",\"insight\":22}");
	assert_int_equal(r.raw.status, 201);
	reply_finish(&r);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS);
	assert_int_equal(r.raw.status, 200);
	assert_int_equal(json_object_size(r.json), 4);
	assert_int_equal(json_get_int(r.json, "count", -1), 3);
	assert_true(json_is_null(json_object_get(r.json, "next")));
	assert_true(json_is_null(json_object_get(r.json, "previous")));
	results = json_object_get(r.json, "results");
	assert_int_equal(json_get_int(json_array_get(results, 0), "id", 0), third);
	assert_int_equal(json_get_int(json_array_get(results, 1), "id", 0), second);
	assert_int_equal(json_get_int(json_array_get(results, 2), "id", 0), first);
	assert_int_equal(json_object_size(json_array_get(results, 0)), 11);
	reply_finish(&r);
	for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
		r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%s", filters[i].query);
		if (json_get_int(r.json, "count", -1) != filters[i].count ||
			(int)json_array_size(json_object_get(r.json, "results")) !=
				filters[i].count) {
			fail_msg("%s: %s", filters[i].query, r.raw.body->str);
		}
		reply_finish(&r);
	}
}

static void pages_follow_each_other(void **state)
{
	struct reply r;

	(void)state;
	private_postgres_run(&stack.postgres,
		"INSERT INTO exports (project_id, created_by, insight_id, export_format, dispatch_at, "
		"give_up_at, created_at) SELECT 1, 1, 12, 'image/png', now() + interval '1 day', "
		"now() + interval '1 day', now() - n * interval '1 second' "
		"FROM generate_series(1, 250) n");
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS);
	assert_int_equal(json_array_size(json_object_get(r.json, "results")), 100);
	assert_int_equal(json_get_int(r.json, "count", 0), 250);
	assert_string_equal(json_get_text(r.json, "next", ""),
		"http://api.test" EXPORTS "?limit=100&offset=100");
	reply_finish(&r);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "?offset=200&limit=100");
	assert_int_equal(json_array_size(json_object_get(r.json, "results")), 50);
	assert_true(json_is_null(json_object_get(r.json, "next")));
	assert_string_equal(json_get_text(r.json, "previous", ""),
		"http://api.test" EXPORTS "?limit=100&offset=100");
	reply_finish(&r);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "?limit=1000000");
	assert_int_equal(json_array_size(json_object_get(r.json, "results")), 250);
	assert_true(json_is_null(json_object_get(r.json, "next")));
	reply_finish(&r);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "?offset=1000");
	assert_int_equal(json_array_size(json_object_get(r.json, "results")), 0);
	assert_int_equal(json_get_int(r.json, "count", 0), 250);
	reply_finish(&r);
}

/* A page of large contexts ends before it fills memory, and says where it goes on. */
static void a_page_ends_before_it_is_too_large(void **state)
{
	struct reply r;
	size_t shown;
	g_autofree char *next = NULL;

	(void)state;
	private_postgres_run(&stack.postgres,
		"INSERT INTO exports (project_id, created_by, export_format, export_context, "
		"dispatch_at, give_up_at) SELECT 1, 1, 'image/png', "
		"json_build_object('a', repeat('x', 200000)), now() + interval '1 day', "
		"now() + interval '1 day' FROM generate_series(1, 150)");
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "?limit=150");
	assert_int_equal(r.raw.status, 200);
	shown = json_array_size(json_object_get(r.json, "results"));
	assert_in_range(shown, 1, 149);
	next = g_strdup_printf("http://api.test" EXPORTS "?limit=150&offset=%zu", shown);
	assert_string_equal(json_get_text(r.json, "next", ""), next);
	reply_finish(&r);
}

static void is_missing(const char *key, const char *path, int64_t id)
{
	api_refuses(api_ask(&stack.api, key, "GET", NULL, "%s/%" PRId64, path, id), 404,
		"invalid_request", "not_found", NULL, "Not found.");
	api_refuses(api_ask(&stack.api, key, "GET", NULL, "%s/%" PRId64 "/content", path, id), 404,
		"invalid_request", "not_found", NULL, "Not found.");
}

static void what_is_not_ones_own_is_not_there(void **state)
{
	int64_t id = made_png();
	struct reply r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64 "/", id);

	(void)state;
	assert_int_equal(r.raw.status, 200);
	assert_int_equal(json_get_int(r.json, "id", 0), id);
	reply_finish(&r);
	hand_finish(&stack, id, "x", 1);
	is_missing(KEY_COLLEAGUE, EXPORTS, id);
	is_missing(KEY_ALL, "/api/projects/2/exports", id);
	is_missing(KEY_ALL, EXPORTS, id + 1000000);
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/abc"), 404,
		"invalid_request", "not_found", NULL, "Not found.");
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/-1/content"), 404,
		"invalid_request", "not_found", NULL, "Not found.");
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/99999999999999999999"), 404,
		"invalid_request", "not_found", NULL, "Not found.");
	private_postgres_run(
		&stack.postgres, "UPDATE exports SET expires_after = now() - interval '1 second'");
	is_missing(KEY_ALL, EXPORTS, id);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS);
	assert_int_equal(json_get_int(r.json, "count", -1), 0);
	reply_finish(&r);
}

static char *header_of(const char *what, int64_t id, const char *query, const char *name)
{
	struct reply r = api_ask(
		&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64 "/%s%s", id, what, query);
	char *value = raw_header(&r.raw, name);

	assert_int_equal(r.raw.status, 200);
	reply_finish(&r);
	return value;
}

static void content_comes_as_it_was_stored(void **state)
{
	static const char bytes[] = "\x89PNG\r\n\x1a\n\0\1\2\3";
	static const char *const no_download[] = {"", "?download=1", "?download=True",
		"?download=", "?download=truex", "?direct=true"};
	int64_t id = made("{\"export_format\":\"image/png\",\"insight\":12}");
	g_autofree char *path = g_strdup_printf(EXPORTS "/%" PRId64 "/content", id);
	g_autofree char *tag = NULL, *expected = NULL, *disposition = NULL, *with_tag = NULL;
	struct reply r;
	struct raw_answer a;
	int fd;

	(void)state;
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, "%s", path), 404, "invalid_request",
		"not_found", NULL, "Not found.");
	hand_finish(&stack, id, bytes, sizeof bytes - 1);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, "%s", path);
	assert_int_equal(r.raw.status, 200);
	assert_int_equal(r.raw.body->len, sizeof bytes - 1);
	assert_memory_equal(r.raw.body->str, bytes, sizeof bytes - 1);
	tag = raw_header(&r.raw, "ETag");
	{
		g_autofree char *type = raw_header(&r.raw, "Content-Type");
		g_autofree char *cache = raw_header(&r.raw, "Cache-Control");
		g_autofree char *guard = raw_header(&r.raw, "X-Content-Type-Options");
		g_autofree char *none = raw_header(&r.raw, "Content-Disposition");

		assert_string_equal(type, "image/png");
		assert_string_equal(cache, "max-age=86400");
		assert_string_equal(guard, "nosniff");
		assert_null(none);
	}
	reply_finish(&r);
	for (size_t i = 0; i < G_N_ELEMENTS(no_download); i++) {
		g_autofree char *none =
			header_of("content", id, no_download[i], "Content-Disposition");

		assert_null(none);
	}
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64, id);
	expected = g_strdup_printf(
		"attachment; filename=\"%s\"", json_get_text(r.json, "filename", ""));
	reply_finish(&r);
	disposition = header_of("content", id, "/?download=true", "Content-Disposition");
	assert_string_equal(disposition, expected);

	with_tag = g_strdup_printf("If-None-Match: W/\"x\", %s\r\n", tag);
	fd = api_send(&stack.api, KEY_ALL, "GET", with_tag, NULL, path);
	a = raw_read(fd, false);
	assert_int_equal(a.status, 304);
	raw_finish(&a);
	(void)close(fd);

	fd = api_send(&stack.api, KEY_ALL, "HEAD", NULL, NULL, path);
	a = raw_read(fd, true);
	assert_int_equal(a.status, 200);
	{
		g_autofree char *length = raw_header(&a, "Content-Length");

		assert_int_equal(g_ascii_strtoll(length, NULL, 10), sizeof bytes - 1);
	}
	raw_finish(&a);
	(void)close(fd);
}

static void large_and_empty_content_comes_whole(void **state)
{
	static const size_t sizes[] = {0, 1048576, 1048577, 5 * 1048576 + 17};
	size_t last = sizes[G_N_ELEMENTS(sizes) - 1];
	g_autofree char *bytes = g_malloc(last + 1);

	(void)state;
	for (size_t i = 0; i <= last; i++) {
		bytes[i] = (char)((i * 2654435761U) >> 13);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		int64_t id = made_png();
		struct reply r;

		hand_finish(&stack, id, bytes, sizes[i]);
		r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64 "/content", id);
		assert_int_equal(r.raw.status, 200);
		assert_int_equal(r.raw.body->len, sizes[i]);
		assert_memory_equal(r.raw.body->str, bytes, sizes[i]);
		reply_finish(&r);
	}
}

static void a_file_that_was_lost_is_not_found(void **state)
{
	int64_t id = made_png();

	(void)state;
	hand_finish(&stack, id, "x", 1);
	private_postgres_run(&stack.postgres, "DELETE FROM export_blobs");
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64 "/content", id),
		404, "invalid_request", "not_found", NULL, "Not found.");
}

static void a_row_that_never_ends_reads_as_failed_until_it_ends(void **state)
{
	int64_t id = made_png();
	struct reply r;

	(void)state;
	private_postgres_run(
		&stack.postgres, "UPDATE exports SET created_at = now() - interval '640 seconds'");
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64, id);
	assert_string_equal(json_get_text(r.json, "exception", ""), STUCK);
	reply_finish(&r);
	assert_int_equal(private_postgres_number(&stack.postgres,
				 "SELECT count(*) FROM exports WHERE exception IS NULL"),
		1);
	hand_finish(&stack, id, "late", 4);
	r = api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS "/%" PRId64, id);
	assert_true(json_is_null(json_object_get(r.json, "exception")));
	assert_true(json_is_true(json_object_get(r.json, "has_content")));
	reply_finish(&r);
}

static void other_methods_are_refused_with_those_that_are_not(void **state)
{
	static const char *const methods[] = {"PUT", "PATCH", "DELETE", "OPTIONS"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(methods); i++) {
		g_autofree char *detail = g_strdup_printf("Method \"%s\" not allowed.", methods[i]);
		struct reply r = api_ask(&stack.api, KEY_ALL, methods[i], NULL, EXPORTS "/7/");
		g_autofree char *allow = raw_header(&r.raw, "Allow");

		assert_string_equal(allow, "GET, HEAD");
		api_refuses(r, 405, "invalid_request", "method_not_allowed", NULL, detail);
	}
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, "/api/projects/1/exportz"), 404,
		"invalid_request", "not_found", NULL, "Not found.");
}

static void two_hundred_creates_at_once_are_all_answered(void **state)
{
	enum { MANY = 200 };
	int fds[MANY];

	(void)state;
	for (int i = 0; i < MANY; i++) {
		fds[i] = api_send(&stack.api, KEY_ALL, "POST", NO_WAIT,
			"{\"export_format\":\"image/png\",\"insight\":12}", EXPORTS);
	}
	for (int i = 0; i < MANY; i++) {
		struct reply r = api_receive(fds[i]);

		assert_int_equal(r.raw.status, 201);
		reply_finish(&r);
	}
	assert_int_equal(
		private_postgres_number(&stack.postgres, "SELECT count(*) FROM exports"), MANY);
}

#define TEST(name) cmocka_unit_test_setup(name, empty)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_create_answers_the_eleven_keys),
		TEST(a_file_lives_as_long_as_its_format_says),
		TEST(a_create_waits_for_its_file),
		TEST(a_create_whose_export_fails_is_201_and_says_why),
		TEST(a_wait_is_bounded),
		TEST(videos_do_not_wait),
		TEST(whoever_hangs_up_leaves_no_wait_behind),
		TEST(creates_are_refused_in_the_words_of_the_wire),
		TEST(what_goes_away_meanwhile_is_the_requests_fault),
		TEST(bodies_come_in_three_kinds),
		TEST(hostile_bodies_are_answered),
		TEST(only_own_living_rows_are_listed_newest_first),
		TEST(pages_follow_each_other),
		TEST(a_page_ends_before_it_is_too_large),
		TEST(what_is_not_ones_own_is_not_there),
		TEST(content_comes_as_it_was_stored),
		TEST(large_and_empty_content_comes_whole),
		TEST(a_file_that_was_lost_is_not_found),
		TEST(a_row_that_never_ends_reads_as_failed_until_it_ends),
		TEST(other_methods_are_refused_with_those_that_are_not),
		TEST(two_hundred_creates_at_once_are_all_answered),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
