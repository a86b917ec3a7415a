#include "store/definitions.h"
#include "tests/unit/store/demo_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <string.h>

static struct demo demo;

static int start(void **state)
{
	(void)state;
	demo_start(&demo);
	private_postgres_run(&demo.server,
		"UPDATE insights SET query = '{\"kind\": \"TrendsQuery\"}', result = '[{\"data\": [1, 2.0]}]', "
		"description = 'what it shows' WHERE id = 1;"
		"UPDATE insights SET query = 'null' WHERE id = 3;"
		"INSERT INTO insights (id, project_id, short_id, name, deleted, query) VALUES "
		"(4, 1, 'four', 'deleted', true, NULL), (5, 1, 'five', 'twice', false, '{\"a\": 1, \"a\": 2}');"
		"UPDATE dashboards SET description = 'all', filters = '{\"date_from\": \"-7d\"}', "
		"breakdown_colors = '[]' WHERE id = 1;"
		"INSERT INTO dashboards (id, project_id, name, deleted) VALUES (3, 1, 'deleted', true), (4, 1, NULL, false), "
		"(5, 1, 'broken', false), (6, 1, 'wide', false);"
		"INSERT INTO text_tiles (id, project_id, body) VALUES (1, 1, '# Title'), (2, 2, 'theirs');"
		"INSERT INTO dashboard_tiles (id, dashboard_id, insight_id, text_tile_id, layouts, color, show_description, "
		"transparent_background, filters_overrides, deleted) VALUES "
		"(10, 1, 1, NULL, '{\"sm\": {\"x\": 6, \"y\": 5}}', 'blue', true, false, '{\"x\": 1}', false), "
		"(11, 1, 3, NULL, NULL, NULL, false, true, NULL, false), "
		"(12, 1, NULL, 1, '{\"sm\": {\"x\": 0, \"y\": 0}}', NULL, false, false, NULL, false), "
		"(13, 1, 2, NULL, NULL, NULL, false, false, NULL, false), " /* of another project */
		"(14, 1, 4, NULL, NULL, NULL, false, false, NULL, false), " /* deleted insight */
		"(15, 1, 5, NULL, NULL, NULL, false, false, NULL, true), " /* deleted tile */
		"(16, 1, NULL, 2, NULL, NULL, false, false, NULL, false), " /* text of another
									       project */
		"(9, 1, NULL, 1, '{\"sm\": {\"x\": 0, \"y\": 5}, \"xs\": {\"y\": 0}}', NULL, false, false, NULL, false), "
		"(8, 1, NULL, 1, '{\"sm\": {\"x\": \"0\", \"y\": null}}', NULL, false, false, NULL, false), "
		"(20, 5, 5, NULL, NULL, NULL, false, false, NULL, false);"
		"INSERT INTO dashboard_tiles (id, dashboard_id, text_tile_id) SELECT 1000 + n, 6, 1 FROM generate_series(1, 501) n");
	return 0;
}

static int stop(void **state)
{
	(void)state;
	demo_stop(&demo);
	return 0;
}

struct seen {
	bool is_done;
	struct fault fault;
	char *text;
	int64_t number;
	json_t *kept;
};

static void await_seen(struct seen *s)
{
	assert_false(s->is_done);
	run_until(&demo.loop, is_true, &s->is_done, 10000, "an answer");
}

static void finish_seen(struct seen *s)
{
	g_free(s->text);
	json_decref(s->kept);
	*s = (struct seen){0};
}

static char *json_or_dash(const json_t *value)
{
	return value ? json_write(value) : g_strdup("-");
}

static const char *dash(const char *text)
{
	return text ? text : "-";
}

static void on_project(void *arg, const struct project_row *p, const struct fault *f)
{
	struct seen *s = arg;

	s->is_done = true;
	s->fault = f ? *f : (struct fault){0};
	if (p) {
		g_autofree char *colors = json_or_dash(p->data_colors),
				*filters = json_or_dash(p->test_account_filters);

		s->text = g_strdup_printf("%d %s %s %d %s %s %s", (int)p->id, p->name, p->timezone,
			p->week_start_day, p->organization_id, colors, filters);
	}
}

static void a_project_is_read(void **state)
{
	struct seen s = {0};

	(void)state;
	definitions_project(&demo.store, 1, on_project, &s);
	await_seen(&s);
	assert_string_equal(s.text,
		"1 First Europe/Vienna 1 00000000-0000-0000-0000-000000000001 [\"#123456\"] -");
	finish_seen(&s);
	definitions_project(&demo.store, 77, on_project, &s);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_NOT_FOUND);
}

static void on_where(void *arg, int64_t project_id, const struct fault *f)
{
	struct seen *s = arg;

	s->is_done = true;
	s->fault = f ? *f : (struct fault){0};
	s->number = project_id;
}

static void a_definition_says_whose_it_is(void **state)
{
	static const struct {
		enum definition_kind kind;
		int64_t id, project;
	} cases[] = {
		{DEFINITION_INSIGHT, 1, 1},
		{DEFINITION_INSIGHT, 2, 2},
		{DEFINITION_INSIGHT, 4, 0},
		{DEFINITION_INSIGHT, 4711, 0},
		{DEFINITION_INSIGHT, INT64_MAX, 0},
		{DEFINITION_DASHBOARD, 1, 1},
		{DEFINITION_DASHBOARD, 2, 2},
		{DEFINITION_DASHBOARD, 3, 0},
		{DEFINITION_DASHBOARD, 4711, 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen s = {0};

		definitions_where(&demo.store, cases[i].kind, cases[i].id, on_where, &s);
		await_seen(&s);
		assert_int_equal(s.fault.kind, FAULT_NONE);
		assert_int_equal(s.number, cases[i].project);
	}
}

static char *insight_text(const struct insight_row *i)
{
	g_autofree char *query = json_or_dash(i->query), *result = json_or_dash(i->result);

	return g_strdup_printf("%d %s %s %s %s %s %s", (int)i->id, i->short_id, dash(i->name),
		dash(i->derived_name), dash(i->description), query, result);
}

static void on_insight(void *arg, const struct insight_row *i, const struct fault *f)
{
	struct seen *s = arg;

	s->is_done = true;
	s->fault = f ? *f : (struct fault){0};
	if (i) {
		s->text = insight_text(i);
		s->kept = json_incref(i->query);
	}
}

static void an_insight_is_read(void **state)
{
	struct seen s = {0};

	(void)state;
	definitions_insight(&demo.store, 1, 1, on_insight, &s);
	await_seen(&s);
	/* 2.0 stays 2.0: tables print it so. */
	assert_string_equal(s.text,
		"1 one Daily users derived what it shows {\"kind\":\"TrendsQuery\"} [{\"data\":[1,2.0]}]");
	assert_string_equal(json_get_text(s.kept, "kind", ""), "TrendsQuery");
	finish_seen(&s);
	definitions_insight(&demo.store, 1, 3, on_insight, &s);
	await_seen(&s);
	assert_string_equal(s.text, "3 three  - - - -");
	finish_seen(&s);
}

static void what_is_not_the_projects_is_not_found(void **state)
{
	static const int64_t pairs[][2] = {{1, 2}, {2, 1}, {1, 4}, {1, 4711}, {4711, 1}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(pairs); i++) {
		struct seen s = {0};

		definitions_insight(&demo.store, pairs[i][0], pairs[i][1], on_insight, &s);
		await_seen(&s);
		assert_int_equal(s.fault.kind, FAULT_NOT_FOUND);
	}
}

static void an_insight_is_found_by_its_short_id_within_its_project(void **state)
{
	static const struct {
		int64_t project;
		const char *short_id;
		int64_t id; /* 0: none */
	} cases[] = {
		{1, "one", 1},
		{2, "two", 2},
		{1, "two", 0},
		{1, "four", 0}, /* deleted */
		{1, "ONE", 0},
		{1, "", 0},
		{1, "' OR true --", 0},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen s = {0};

		definitions_insight_short(
			&demo.store, cases[i].project, cases[i].short_id, on_insight, &s);
		await_seen(&s);
		if (cases[i].id) {
			assert_int_equal(s.fault.kind, FAULT_NONE);
			assert_int_equal(g_ascii_strtoll(s.text, NULL, 10), cases[i].id);
		} else {
			g_autofree char *detail =
				g_strdup_printf("There is no insight '%s'.", cases[i].short_id);

			assert_int_equal(s.fault.kind, FAULT_NOT_FOUND);
			assert_string_equal(s.fault.detail, detail);
		}
		finish_seen(&s);
	}
}

static void json_that_is_none_of_ours_is_corrupt_and_named(void **state)
{
	struct seen s = {0};

	(void)state;
	definitions_insight(&demo.store, 1, 5, on_insight, &s);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_CORRUPT);
	assert_non_null(strstr(s.fault.detail, "insight 5: query: "));
}

static void on_dashboard(void *arg, const struct dashboard_row *d, const struct fault *f)
{
	struct seen *s = arg;
	GString *text = g_string_new(NULL);

	s->is_done = true;
	s->fault = f ? *f : (struct fault){0};
	if (d) {
		g_autofree char *filters = json_or_dash(d->filters),
				*variables = json_or_dash(d->variables);
		g_autofree char *colors = json_or_dash(d->breakdown_colors);

		g_string_printf(text, "%d %s %s %s %s %s\n", (int)d->id, dash(d->name),
			dash(d->description), filters, variables, colors);
		s->number = (int64_t)d->tile_count;
	}
	for (size_t i = 0; d && i < d->tile_count && i < 20; i++) {
		const struct tile_row *t = &d->tiles[i];
		g_autofree char *insight = t->insight ? insight_text(t->insight) : NULL;
		g_autofree char *overrides = json_or_dash(t->filters_overrides);

		g_string_append_printf(text, "%d %s %s %d%d %s | %s\n", (int)t->id, dash(t->text),
			dash(t->color), t->show_description, t->transparent_background, overrides,
			dash(insight));
	}
	s->text = g_string_free(text, FALSE);
}

static void a_dashboard_comes_with_its_tiles_in_reading_order(void **state)
{
	struct seen s = {0};

	(void)state;
	definitions_dashboard(&demo.store, 1, 1, on_dashboard, &s);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_NONE);
	assert_string_equal(s.text,
		"1 Overview all {\"date_from\":\"-7d\"} - []\n"
		"12 # Title - 00 - | -\n"
		"9 # Title - 00 - | -\n"
		"10 - blue 10 {\"x\":1} | 1 one Daily users derived what it shows {\"kind\":\"TrendsQuery\"} "
		"[{\"data\":[1,2.0]}]\n"
		"8 # Title - 00 - | -\n"
		"11 - - 01 - | 3 three  - - - -\n");
	finish_seen(&s);
}

static void a_dashboard_may_be_empty(void **state)
{
	struct seen s = {0};

	(void)state;
	definitions_dashboard(&demo.store, 1, 4, on_dashboard, &s);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_NONE);
	assert_string_equal(s.text, "4 - - - - -\n");
	finish_seen(&s);
}

static void dashboards_that_cannot_be_read_say_why(void **state)
{
	static const struct {
		int64_t project, id;
		enum fault_kind kind;
		const char *says;
	} cases[] = {
		{1, 2, FAULT_NOT_FOUND, "dashboard 2"},
		{2, 1, FAULT_NOT_FOUND, "dashboard 1"},
		{1, 3, FAULT_NOT_FOUND, "dashboard 3"},
		{1, 4711, FAULT_NOT_FOUND, "dashboard 4711"},
		{1, 5, FAULT_CORRUPT, "insight 5: query"},
		{1, 6, FAULT_TOO_LARGE, "500 tiles"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen s = {0};

		definitions_dashboard(&demo.store, cases[i].project, cases[i].id, on_dashboard, &s);
		await_seen(&s);
		assert_int_equal(s.fault.kind, cases[i].kind);
		assert_non_null(strstr(s.fault.detail, cases[i].says));
		finish_seen(&s);
	}
}

static void a_dashboard_whose_results_are_too_much_is_refused_unread(void **state)
{
	struct seen s = {0};

	(void)state;
	private_postgres_run(&demo.server,
		"INSERT INTO dashboards (id, project_id) VALUES (7, 1);"
		"INSERT INTO insights (id, project_id, short_id, result) SELECT 100 + n, 1, 'big' || n, "
		"to_json(repeat('x', 20000000)) FROM generate_series(1, 4) n;"
		"INSERT INTO dashboard_tiles (id, dashboard_id, insight_id) SELECT 2000 + n, 7, 100 + n FROM generate_series(1, 4) n");
	definitions_dashboard(&demo.store, 1, 7, on_dashboard, &s);
	await_seen(&s);
	assert_int_equal(s.fault.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(s.fault.detail, "67108864"));
	finish_seen(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_project_is_read),
		cmocka_unit_test(a_definition_says_whose_it_is),
		cmocka_unit_test(an_insight_is_read),
		cmocka_unit_test(what_is_not_the_projects_is_not_found),
		cmocka_unit_test(an_insight_is_found_by_its_short_id_within_its_project),
		cmocka_unit_test(json_that_is_none_of_ours_is_corrupt_and_named),
		cmocka_unit_test(a_dashboard_comes_with_its_tiles_in_reading_order),
		cmocka_unit_test(a_dashboard_may_be_empty),
		cmocka_unit_test(dashboards_that_cannot_be_read_say_why),
		cmocka_unit_test(a_dashboard_whose_results_are_too_much_is_refused_unread),
	};

	return cmocka_run_group_tests_name("store_definitions", tests, start, stop);
}
