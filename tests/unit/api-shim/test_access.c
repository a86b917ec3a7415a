/* Who may do what (spec/exports.md 2.8), over the wire. */
#include "api-shim/route.h"
#include "store/keys.h"
#include "tests/unit/api-shim/api_stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define EXPORTS "/api/projects/1/exports"
#define PNG "{\"export_format\":\"image/png\",\"insight\":12}"
#define FORM "Content-Type: application/x-www-form-urlencoded\r\n"

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

static void forbids(struct reply r, const char *detail)
{
	api_refuses(r, 403, "authentication_error", "permission_denied", NULL, detail);
}

static void answers(struct reply r, int status)
{
	if (r.raw.status != status) {
		fail_msg("wanted %d: %s%s", status, r.raw.head, r.raw.body->str);
	}
	reply_finish(&r);
}

static void fails_with(struct reply r, const char *place)
{
	g_autofree char *detail =
		g_strdup_printf("Personal API key found in request %s is invalid.", place);

	api_refuses(r, 401, "authentication_error", "authentication_failed", NULL, detail);
}

static struct reply with_header(const char *authorization, const char *path)
{
	g_autofree char *header = g_strdup_printf("Authorization: %s\r\n", authorization);

	return api_receive(api_send(&stack.api, NULL, "GET", header, NULL, path));
}

static void without_a_key_no_one_comes_in(void **state)
{
	static const char *const none[] = {"Basic YTpi", "bearer phx_all", "Bearer", "Bearer ",
		"Bearerphx_all", "Token phx_all"};
	struct reply r = api_ask(&stack.api, NULL, "GET", NULL, EXPORTS);
	g_autofree char *challenge = raw_header(&r.raw, "WWW-Authenticate");

	(void)state;
	assert_string_equal(challenge, "Bearer");
	api_refuses(r, 401, "authentication_error", "not_authenticated", NULL,
		"Authentication credentials were not provided.");
	for (size_t i = 0; i < G_N_ELEMENTS(none); i++) {
		api_refuses(with_header(none[i], EXPORTS), 401, "authentication_error",
			"not_authenticated", NULL, "Authentication credentials were not provided.");
	}
	/* A body that cannot be read holds no key. */
	api_refuses(api_ask(&stack.api, NULL, "POST", "{", EXPORTS), 401, "authentication_error",
		"not_authenticated", NULL, "Authentication credentials were not provided.");
}

static void a_wrong_key_is_told_where_it_was_found(void **state)
{
	(void)state;
	fails_with(with_header("Bearer phx_wrong", EXPORTS), "Authorization header");
	fails_with(with_header("Bearer " KEY_INACTIVE, EXPORTS), "Authorization header");
	fails_with(with_header("Bearer \xff\xfe", EXPORTS), "Authorization header");
	fails_with(with_header("Bearer ' OR 1=1 --", EXPORTS), "Authorization header");
	fails_with(api_ask(&stack.api, NULL, "GET", NULL, EXPORTS "?personal_api_key=phx_wrong"),
		"query string");
	fails_with(api_ask(&stack.api, NULL, "GET", NULL, EXPORTS "?personal_api_key="),
		"query string");
	fails_with(
		api_ask(&stack.api, NULL, "POST", "{\"personal_api_key\":\"phx_wrong\"}", EXPORTS),
		"body");
	fails_with(api_ask(&stack.api, NULL, "POST", "{\"personal_api_key\":7}", EXPORTS), "body");
}

static void a_key_is_looked_for_in_three_places_in_order(void **state)
{
	(void)state;
	answers(with_header("Bearer " KEY_ALL, EXPORTS), 200);
	answers(with_header("Bearer    " KEY_ALL "  ", EXPORTS), 200);
	answers(with_header("Bearer\t" KEY_ALL, EXPORTS), 200);
	answers(api_ask(&stack.api, NULL, "GET", NULL, EXPORTS "?personal_api_key=" KEY_ALL), 200);
	answers(api_receive(api_send(&stack.api, NULL, "POST", "Prefer: wait=0\r\n",
			"{\"personal_api_key\":\"" KEY_ALL "\",\"export_format\":\"image/png\","
			"\"insight\":12}",
			EXPORTS)),
		201);
	answers(api_receive(api_send(&stack.api, NULL, "POST", "Prefer: wait=0\r\n" FORM,
			"personal_api_key=" KEY_ALL "&export_format=image/png&insight=12",
			EXPORTS)),
		201);
	/* Only the first one found is tried. */
	fails_with(with_header("Bearer phx_wrong", EXPORTS "?personal_api_key=" KEY_ALL),
		"Authorization header");
	fails_with(api_ask(&stack.api, NULL, "POST", "{\"personal_api_key\":\"phx_wrong\"}",
			   EXPORTS "?personal_api_key=" KEY_ALL),
		"body");
}

/* Every route of the table with every kind of key: whoever adds a route is tested here. */
static void scopes_hold_for_every_route(void **state)
{
	static const struct {
		const char *key, *scopes[8];
	} keys[] = {
		{KEY_ALL, {"*", NULL}},
		{KEY_WRITE, {"export:write", "insight:read", "dashboard:read", "query:read", NULL}},
		{KEY_READ, {"export:read", NULL}},
		{KEY_BARE_WRITE, {"export:write", NULL}},
		{KEY_NO_SCOPE, {NULL}},
	};
	static const char *const names[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"};
	size_t cells = 0;

	(void)state;
	for (size_t i = 0; i < route_count(); i++) {
		const struct route *route = route_at(i);
		g_auto(GStrv) parts = g_strsplit(route->pattern, ":id", -1);
		g_autofree char *filled = g_strjoinv("999999", parts);
		g_autofree char *path = g_strconcat(
			route->kind == ROUTE_PROJECT ? "/api/projects/1/" : "/", filled, NULL);

		for (size_t k = 0; k < G_N_ELEMENTS(keys); k++, cells++) {
			bool allowed = route->kind == ROUTE_OPEN ||
				       scopes_allow(keys[k].scopes, route->scope);
			struct reply r = api_ask(&stack.api, keys[k].key, names[route->method],
				route->method == REQUEST_GET ? NULL : "{}", "%s", path);

			if (allowed) {
				assert_int_not_equal(r.raw.status, 401);
				assert_int_not_equal(r.raw.status, 403);
				reply_finish(&r);
			} else {
				g_autofree char *detail = g_strdup_printf(
					"API key missing required scope '%s'", route->scope);

				forbids(r, detail);
			}
		}
		if (route->kind == ROUTE_PROJECT) {
			answers(api_ask(&stack.api, NULL, names[route->method], NULL, "%s", path),
				401);
		}
	}
	assert_int_equal(cells, route_count() * G_N_ELEMENTS(keys));
}

static void a_create_needs_to_read_what_it_shows(void **state)
{
	static const char *const cases[][2] = {
		{"{\"insight\":12}", "insight:read"},
		{"{\"dashboard\":11}", "dashboard:read"},
		{"{\"dashboard\":11,\"insight\":12}", "insight:read"},
		{"{\"export_context\":{\"session_recording_id\":\"x\"}}", "session_recording:read"},
		{"{\"export_context\":{\"heatmap_url\":\"x\"}}", "heatmap:read"},
		{"{\"export_context\":{\"source\":{\"kind\":\"TrendsQuery\"}}}", "query:read"},
		{"{\"insight\":\"nonsense\"}", "insight:read"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *detail =
			g_strdup_printf("API key missing required scope '%s'", cases[i][1]);

		forbids(api_ask(&stack.api, KEY_BARE_WRITE, "POST", cases[i][0], EXPORTS), detail);
	}
	answers(api_receive(api_send(
			&stack.api, KEY_WRITE, "POST", "Prefer: wait=0\r\n", PNG, EXPORTS)),
		201);
	/* A body that cannot be read is told before what it would have asked for. */
	answers(api_ask(&stack.api, KEY_BARE_WRITE, "POST", "{", EXPORTS), 400);
	forbids(api_ask(&stack.api, KEY_READ, "POST", "{", EXPORTS),
		"API key missing required scope 'export:write'");
}

static void projects_are_found_by_number_and_as_current(void **state)
{
	static const char *const unknown[] = {"999999", "0", "-1", "abc", "1x", "@Current", "1.0",
		"99999999999999999999", "%20", "%27"};

	(void)state;
	answers(api_ask(&stack.api, KEY_ALL, "GET", NULL, "/api/projects/@current/exports"), 200);
	answers(api_ask(&stack.api, KEY_ALL, "GET", NULL, "/api/projects/%%40current/exports/"),
		200);
	answers(api_ask(&stack.api, KEY_ALL, "GET", NULL, "/api/environments/1/exports"), 200);
	for (size_t i = 0; i < G_N_ELEMENTS(unknown); i++) {
		api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, "/api/projects/%s/exports",
				    unknown[i]),
			404, "invalid_request", "not_found", NULL, "Project not found.");
	}
	api_refuses(
		api_ask(&stack.api, KEY_STRANGER, "GET", NULL, "/api/projects/@current/exports"),
		404, "invalid_request", "not_found", NULL, "Project not found.");
}

static void keys_reach_as_far_as_they_say(void **state)
{
	(void)state;
	forbids(api_ask(&stack.api, KEY_PROJECT_2, "GET", NULL, EXPORTS),
		"API key does not have access to the requested project: ID 1.");
	answers(api_ask(&stack.api, KEY_PROJECT_2, "GET", NULL, "/api/projects/2/exports"), 200);
	forbids(api_ask(&stack.api, KEY_OTHER_ORG, "GET", NULL, EXPORTS),
		"API key does not have access to the requested organization: ID "
		"00000000-0000-0000-0000-000000000001.");
	forbids(api_ask(&stack.api, KEY_STRANGER, "GET", NULL, EXPORTS),
		"You don't have access to the project.");
	forbids(api_ask(&stack.api, KEY_ALL, "GET", NULL, "/api/projects/3/exports"),
		"You don't have access to the project.");
	/* A missing scope is told even for a project that the key cannot see. */
	forbids(api_ask(&stack.api, KEY_NO_SCOPE, "GET", NULL, "/api/projects/3/exports"),
		"API key missing required scope 'export:read'");
	/* What a key may not reach it cannot reach with a body either. */
	forbids(api_ask(&stack.api, KEY_STRANGER, "POST", PNG, EXPORTS),
		"You don't have access to the project.");
}

static void a_key_that_is_withdrawn_ends_within_seconds(void **state)
{
	int64_t until_ms = 5000;
	struct reply r;
	int status = 200;

	(void)state;
	answers(api_ask(&stack.api, KEY_COLLEAGUE, "GET", NULL, EXPORTS), 200);
	private_postgres_run(&stack.postgres, "UPDATE users SET is_active = false WHERE id = 2");
	for (int64_t waited = 0; status == 200 && waited < until_ms; waited += 10) {
		r = api_ask(&stack.api, KEY_COLLEAGUE, "GET", NULL, EXPORTS);
		status = r.raw.status;
		reply_finish(&r);
		g_usleep(10000);
	}
	assert_int_equal(status, 401);
	private_postgres_run(&stack.postgres, "UPDATE users SET is_active = true WHERE id = 2");
}

static void a_throttled_key_is_told_when_to_come_back(void **state)
{
	static const char *const flags[] = {"--api-throttle=1", NULL};
	struct api_process limited = api_start(&stack, flags);
	g_autofree char *after = NULL;
	struct reply r;

	(void)state;
	for (int i = 0; i < 480; i++) {
		answers(api_ask(&limited, KEY_READ, "GET", NULL, EXPORTS "?limit=1"), 200);
	}
	r = api_ask(&limited, KEY_READ, "GET", NULL, EXPORTS "?limit=1");
	after = raw_header(&r.raw, "Retry-After");
	assert_int_equal(r.raw.status, 429);
	assert_string_equal(json_get_text(r.json, "type", ""), "throttled_error");
	assert_string_equal(json_get_text(r.json, "code", ""), "throttled");
	assert_true(g_str_has_prefix(json_get_text(r.json, "detail", ""),
		"Request was throttled. Expected available in "));
	assert_in_range(g_ascii_strtoll(after, NULL, 10), 1, 60);
	reply_finish(&r);
	answers(api_ask(&limited, KEY_ALL, "GET", NULL, EXPORTS "?limit=1"), 200);
	assert_int_equal(api_stop(&limited), 0);
}

static void no_key_stands_in_the_log(void **state)
{
	g_autofree char *log = NULL;

	(void)state;
	answers(api_ask(&stack.api, KEY_ALL, "GET", NULL, EXPORTS), 200);
	assert_true(g_file_get_contents(stack.api.log, &log, NULL, NULL));
	assert_non_null(strstr(log, "GET " EXPORTS));
	assert_null(strstr(log, "phx_"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_a_key_no_one_comes_in),
		cmocka_unit_test(a_wrong_key_is_told_where_it_was_found),
		cmocka_unit_test(a_key_is_looked_for_in_three_places_in_order),
		cmocka_unit_test(scopes_hold_for_every_route),
		cmocka_unit_test(a_create_needs_to_read_what_it_shows),
		cmocka_unit_test(projects_are_found_by_number_and_as_current),
		cmocka_unit_test(keys_reach_as_far_as_they_say),
		cmocka_unit_test(a_key_that_is_withdrawn_ends_within_seconds),
		cmocka_unit_test(a_throttled_key_is_told_when_to_come_back),
		cmocka_unit_test(no_key_stands_in_the_log),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
