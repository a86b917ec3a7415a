/* POST …/query over the wire: results, and why there is none. */
#include "tests/unit/api-shim/api_stack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PATH "/api/projects/1/query/"
#define SERIES "\"series\":[{\"kind\":\"EventsNode\",\"event\":\"seen\"}]"
#define DAYS "\"dateRange\":{\"date_from\":\"2024-01-01\",\"date_to\":\"2024-01-03\"}"
#define TREND "{\"kind\":\"TrendsQuery\"," SERIES "," DAYS "}"

static struct api_stack stack;

static int set_up(void **state)
{
	(void)state;
	api_stack_start(&stack);
	private_postgres_run(&stack.postgres,
		"INSERT INTO events (project_id, uuid, event, distinct_id, person_id, timestamp, "
		"properties) SELECT 1 + (n > 6)::int, gen_random_uuid(), 'seen', 'a', "
		"gen_random_uuid(), timestamptz '2024-01-01 12:00Z' + (n % 3) * interval '1 day', "
		"jsonb_build_object('n', n) FROM generate_series(1, 10) n;"
		"INSERT INTO insights (id, project_id, short_id, name, deleted, query) VALUES "
		"(13, 1, 'trend', 'Trend', false, '{\"kind\":\"InsightVizNode\",\"source\":" TREND
		"}'),"
		"(14, 1, 'gone', 'Gone', true, '" TREND
		"'), (15, 1, 'broken', 'Broken', false, '{\"a\":1,\"a\":2}'),"
		"(23, 2, 'theirs', 'Theirs', false, '" TREND "'),"
		"(16, 1, 'again', 'Again', false, '{\"kind\":\"SavedInsightNode\",\"shortId\":\"again\"}')");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	api_stack_stop(&stack);
	return 0;
}

static struct reply ask(const char *key, const char *body)
{
	return api_ask(&stack.api, key, "POST", body, PATH);
}

/* The data of its only line. */
static void has_data(struct reply r, const char *data)
{
	const json_t *results = json_object_get(r.json, "results");
	g_autofree char *got = NULL;

	if (r.raw.status != 200 || json_array_size(results) != 1) {
		fail_msg("%s%s", r.raw.head, r.raw.body->str);
	}
	got = json_write(json_object_get(json_array_get(results, 0), "data"));
	assert_string_equal(got, data);
	reply_finish(&r);
}

static void a_query_is_answered_with_its_envelope(void **state)
{
	struct reply r = ask(KEY_WRITE, "{\"query\":" TREND "}");
	const json_t *range = json_object_get(r.json, "resolved_date_range");

	(void)state;
	assert_int_equal(r.raw.status, 200);
	assert_true(json_is_false(json_object_get(r.json, "is_cached")));
	assert_true(json_is_false(json_object_get(r.json, "hasMore")));
	assert_string_equal(json_get_text(r.json, "timezone", ""), "UTC");
	assert_non_null(strchr(json_get_text(r.json, "last_refresh", ""), 'Z'));
	assert_non_null(json_get_text(range, "date_from", NULL));
	has_data(r, "[2.0,2.0,2.0]");
}

static void every_spelling_of_the_address_works(void **state)
{
	static const char *const paths[] = {"/api/projects/1/query",
		"/api/projects/@current/query/", "/api/environments/1/query/",
		"/api/environments/@current/query"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(paths); i++) {
		has_data(api_ask(&stack.api, KEY_ALL, "POST", "{\"query\":" TREND "}", "%s",
				 paths[i]),
			"[2.0,2.0,2.0]");
	}
	api_refuses(api_ask(&stack.api, KEY_ALL, "GET", NULL, PATH), 405, "invalid_request",
		"method_not_allowed", NULL, "Method \"GET\" not allowed.");
}

static void filters_are_laid_over_it(void **state)
{
	(void)state;
	has_data(ask(KEY_ALL, "{\"query\":" TREND ",\"filters_override\":"
			      "{\"date_from\":\"2024-01-02\",\"date_to\":\"2024-01-02\"}}"),
		"[2.0]");
	has_data(ask(KEY_ALL,
			 "{\"query\":{\"kind\":\"InsightVizNode\",\"source\":" TREND "},"
			 "\"filters_override\":{\"properties\":[{\"type\":\"event\",\"key\":\"n\","
			 "\"operator\":\"exact\",\"value\":[\"1\"]}]}}"),
		"[0.0,1.0,0.0]");
}

static void a_saved_insight_is_resolved_in_its_project(void **state)
{
	static const char *const missing[] = {"theirs", "gone", "none"};

	(void)state;
	has_data(ask(KEY_ALL, "{\"query\":{\"kind\":\"SavedInsightNode\",\"shortId\":\"trend\"}}"),
		"[2.0,2.0,2.0]");
	has_data(ask(KEY_ALL, "{\"query\":{\"kind\":\"InsightVizNode\",\"source\":{\"kind\":"
			      "\"SavedInsightNode\",\"shortId\":\"trend\"}},\"filters_override\":"
			      "{\"date_from\":\"2024-01-03\",\"date_to\":\"2024-01-03\"}}"),
		"[2.0]");
	for (size_t i = 0; i < G_N_ELEMENTS(missing); i++) {
		g_autofree char *body = g_strdup_printf(
			"{\"query\":{\"kind\":\"SavedInsightNode\",\"shortId\":\"%s\"}}",
			missing[i]);
		g_autofree char *detail =
			g_strdup_printf("shortId: There is no insight '%s'.", missing[i]);

		api_refuses(ask(KEY_ALL, body), 404, "validation_error", "does_not_exist", "query",
			detail);
	}
	api_refuses(ask(KEY_ALL, "{\"query\":{\"kind\":\"SavedInsightNode\",\"shortId\":\"own\"}}"),
		400, "validation_error", "invalid_input", "query",
		"shortId: insight 'own' has no query.");
	api_refuses(
		ask(KEY_ALL, "{\"query\":{\"kind\":\"SavedInsightNode\",\"shortId\":\"again\"}}"),
		400, "validation_error", "unsupported", "query",
		"A query of kind 'SavedInsightNode' is not computed here");
	api_refuses(ask(KEY_ALL, "{\"query\":{\"kind\":\"SavedInsightNode\"}}"), 400,
		"validation_error", "invalid_input", "query",
		"shortId: a saved insight is called by a text");
}

static void what_is_wrong_is_told_with_its_path(void **state)
{
	(void)state;
	api_refuses(ask(KEY_ALL, "{"), 400, "invalid_request", "parse_error", NULL,
		"JSON parse error - string or '}' expected near end of file: line 1 column 1 (char 1)");
	api_refuses(ask(KEY_ALL, "{}"), 400, "validation_error", "required", "query",
		"This field is required.");
	api_refuses(ask(KEY_ALL, "{\"query\":{\"kind\":\"Nonsense\"}}"), 400, "validation_error",
		"invalid_input", "query", "Unknown query kind 'Nonsense'");
	api_refuses(ask(KEY_ALL,
			    "{\"query\":{\"kind\":\"TrendsQuery\",\"series\":[{\"kind\":"
			    "\"EventsNode\",\"event\":\"seen\",\"properties\":[{\"type\":\"event\","
			    "\"key\":\"n\",\"operator\":\"like\",\"value\":1}]}]}}"),
		400, "validation_error", "invalid_input", "query",
		"series[0].properties[0].operator: 'like' is not an operator");
}

static void a_stored_query_that_cannot_be_read_is_not_the_callers_fault(void **state)
{
	struct reply r =
		ask(KEY_ALL, "{\"query\":{\"kind\":\"SavedInsightNode\",\"shortId\":\"broken\"}}");

	(void)state;
	assert_int_equal(r.raw.status, 502);
	assert_string_equal(json_get_text(r.json, "type", ""), "server_error");
	assert_string_equal(json_get_text(r.json, "code", ""), "invalid_result");
	reply_finish(&r);
}

static void whoever_may_not_is_told_why(void **state)
{
	(void)state;
	api_refuses(ask(KEY_READ, "{\"query\":" TREND "}"), 403, "authentication_error",
		"permission_denied", NULL, "API key missing required scope 'query:read'");
	api_refuses(api_ask(&stack.api, KEY_ALL, "POST", "{\"query\":" TREND "}",
			    "/api/projects/3/query/"),
		403, "authentication_error", "permission_denied", NULL,
		"You don't have access to the project.");
	/* Another project of one's own has its own events. */
	has_data(api_ask(&stack.api, KEY_ALL, "POST", "{\"query\":" TREND "}",
			 "/api/projects/2/query/"),
		"[1.0,2.0,1.0]");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_query_is_answered_with_its_envelope),
		cmocka_unit_test(every_spelling_of_the_address_works),
		cmocka_unit_test(filters_are_laid_over_it),
		cmocka_unit_test(a_saved_insight_is_resolved_in_its_project),
		cmocka_unit_test(what_is_wrong_is_told_with_its_path),
		cmocka_unit_test(a_stored_query_that_cannot_be_read_is_not_the_callers_fault),
		cmocka_unit_test(whoever_may_not_is_told_why),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
