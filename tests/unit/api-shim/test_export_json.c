#include "api-shim/export_json.h"

#include "api-shim/file_name.h"
#include "lib/base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define AT_US INT64_C(1629929354252000) /* 2021-08-25T22:09:14.252 */
#define SECOND_US INT64_C(1000000)
#define STUCK                                                                                       \
	"Export failed without throwing an exception. Please try to rerun this export and contact " \
	"support if it fails to complete multiple times."

static struct export_row plain_row(void)
{
	return (struct export_row){
		.id = 7,
		.project_id = 1,
		.created_by = 3,
		.format = "image/png",
		.created_at_us = AT_US,
		.expires_after_us = INT64_C(1645401600) * SECOND_US,
	};
}

static char *written(const struct export_row *row, int64_t now_us)
{
	GString *json = g_string_new(NULL);

	export_json_add(json, row, now_us);
	return g_string_free(json, FALSE);
}

static void eleven_keys_stand_in_the_order_of_the_wire(void **state)
{
	struct export_row row = plain_row();
	g_autofree char *pending = written(&row, AT_US), *done = NULL;

	(void)state;
	assert_string_equal(pending,
		"{\"id\":7,\"dashboard\":null,\"insight\":null,\"export_format\":\"image/png\","
		"\"created_at\":\"2021-08-25T22:09:14.252000Z\",\"has_content\":false,"
		"\"export_context\":null,\"filename\":\"export-2021-08-25-220914.png\","
		"\"expires_after\":\"2022-02-21T00:00:00Z\",\"exception\":null,"
		"\"user_access_level\":\"manager\"}");
	row.dashboard_id = 4;
	row.insight_id = 5;
	row.context = "{\"a\":1.0, \"b\":[]}";
	row.content_location = "exports/x";
	row.expires_after_us = 0;
	row.exception = "say \"no\"\n";
	done = written(&row, AT_US);
	assert_string_equal(done,
		"{\"id\":7,\"dashboard\":4,\"insight\":5,\"export_format\":\"image/png\","
		"\"created_at\":\"2021-08-25T22:09:14.252000Z\",\"has_content\":true,"
		"\"export_context\":{\"a\":1.0, \"b\":[]},"
		"\"filename\":\"export-insight-2021-08-25-220914.png\",\"expires_after\":null,"
		"\"exception\":\"say \\\"no\\\"\\n\",\"user_access_level\":\"manager\"}");
}

static void microseconds_show_only_when_there_are_any(void **state)
{
	static const struct {
		int64_t us;
		const char *text;
	} cases[] = {
		{0, "1970-01-01T00:00:00Z"},
		{1, "1970-01-01T00:00:00.000001Z"},
		{-1, "1969-12-31T23:59:59.999999Z"},
		{AT_US, "2021-08-25T22:09:14.252000Z"},
		{INT64_C(1645401600) * SECOND_US, "2022-02-21T00:00:00Z"},
		{INT64_C(253402300799) * SECOND_US, "9999-12-31T23:59:59Z"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		export_json_add_time(text, cases[i].us);
		assert_string_equal(text->str, cases[i].text);
	}
}

static void shows(const struct export_row *row, int64_t age_s, const char *exception)
{
	g_autofree char *text = written(row, row->created_at_us + age_s * SECOND_US);
	json_t *json = json_loads(text, 0, NULL);

	assert_non_null(json);
	if (exception) {
		assert_string_equal(json_get_text(json, "exception", ""), exception);
	} else {
		assert_true(json_is_null(json_object_get(json, "exception")));
	}
	json_decref(json);
}

static void a_row_that_never_ends_reads_as_failed(void **state)
{
	struct export_row row = plain_row();

	(void)state;
	shows(&row, 0, NULL);
	shows(&row, 630, NULL);
	shows(&row, 631, STUCK);
	row.format = "video/mp4";
	shows(&row, 4530, NULL);
	shows(&row, 4531, STUCK);
	row.format = "application/x-ndjson";
	shows(&row, 2130, NULL);
	shows(&row, 2131, STUCK);
	row.exception = "own words";
	shows(&row, 99999, "own words");
	row.exception = NULL;
	row.content_location = "exports/x";
	shows(&row, 99999, NULL);
}

static void is_named(struct export_row row, const char *name)
{
	g_autoptr(GString) text = g_string_new(NULL);

	file_name_add(text, &row);
	assert_string_equal(text->str, name);
}

#define WITH(...) ((struct export_row){.created_at_us = AT_US, __VA_ARGS__})

static void files_are_named_after_what_they_show(void **state)
{
	(void)state;
	is_named(WITH(.format = "text/csv"), "export-2021-08-25-220914.csv");
	is_named(WITH(.format = "image/png", .dashboard_id = 1,
			 .dashboard_name = "example dashboard"),
		"export-example-dashboard-2021-08-25-220914.png");
	is_named(WITH(.format = "image/png", .insight_id = 1, .insight_name = "Daily users"),
		"export-daily-users-2021-08-25-220914.png");
	is_named(WITH(.format = "image/png", .insight_id = 1),
		"export-insight-2021-08-25-220914.png");
	is_named(WITH(.format = "image/png", .insight_id = 1, .insight_name = ""),
		"export-insight-2021-08-25-220914.png");
	is_named(WITH(.format = "image/png", .dashboard_id = 1, .dashboard_name = "d",
			 .insight_id = 1, .insight_name = "i"),
		"export-d-2021-08-25-220914.png");
	is_named(WITH(.format = "image/png", .dashboard_id = 1, .insight_id = 1,
			 .insight_name = "i"),
		"export-i-2021-08-25-220914.png");
	is_named(WITH(.format = "image/png", .dashboard_id = 1,
			 .dashboard_name = "\xe6\x97\xa5\xe6\x9c\xac"),
		"export--2021-08-25-220914.png");
	is_named(
		WITH(.format = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
		"export-2021-08-25-220914.xlsx");
	is_named(WITH(.format = "application/x-ndjson"), "export-2021-08-25-220914.jsonl");
}

static void a_name_in_the_context_stands_alone(void **state)
{
	(void)state;
	is_named(WITH(.format = "text/csv", .dashboard_id = 1, .dashboard_name = "d",
			 .context = "{\"filename\":\"My report.csv\"}"),
		"my-reportcsv-2021-08-25-220914.csv");
	is_named(WITH(.format = "text/csv", .context = "{\"filename\":\"\"}"),
		"export-2021-08-25-220914.csv");
	is_named(WITH(.format = "text/csv", .context = "{\"filename\":null}"),
		"export-2021-08-25-220914.csv");
	is_named(WITH(.format = "text/csv", .context = "{\"filename\":2024}"),
		"2024-2021-08-25-220914.csv");
	is_named(WITH(.format = "text/csv", .context = "{\"filename\":\"\xe6\x97\xa5\"}"),
		"-2021-08-25-220914.csv");
	is_named(WITH(.format = "text/csv", .context = "{\"other\":{\"filename\":\"x\"}}"),
		"export-2021-08-25-220914.csv");
}

static void slugs_are_those_of_django(void **state)
{
	static const char *const cases[][2] = {
		{"Cr\xc3\xa8me Br\xc3\xbbl\xc3\xa9"
		 "e!",
			"creme-brulee"},
		{"Weekly (7d) / KPIs", "weekly-7d-kpis"},
		{"report.csv", "reportcsv"},
		{"", ""},
		{"\xe6\x97\xa5\xe6\x9c\xac", ""},
		{"  a  b  ", "a-b"},
		{"--a__b--", "a__b"},
		{"__a_-", "a"},
		{"a - ! - b", "a-b"},
		{"a\t\n\v\x1f"
		 "b",
			"a-b"},
		{"\xef\xac\x81nance \xc2\xbd", "finance-12"},
		{"../../etc/passwd", "etcpasswd"},
		{"a\r\nSet-Cookie: x\";y", "a-set-cookie-xy"},
		{"\xe2\x80\xae"
		 "gnp",
			"gnp"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) text = g_string_new(NULL);

		file_name_add_slug(text, cases[i][0]);
		assert_string_equal(text->str, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(eleven_keys_stand_in_the_order_of_the_wire),
		cmocka_unit_test(microseconds_show_only_when_there_are_any),
		cmocka_unit_test(a_row_that_never_ends_reads_as_failed),
		cmocka_unit_test(files_are_named_after_what_they_show),
		cmocka_unit_test(a_name_in_the_context_stands_alone),
		cmocka_unit_test(slugs_are_those_of_django),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
