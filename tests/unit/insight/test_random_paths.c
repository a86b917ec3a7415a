/* Random paths over random worlds, counted twice. */
#include "tests/unit/insight/brute_paths.h"
#include "tests/unit/insight/brute_paths_funnel.h"
#include "tests/unit/insight/brute_rows.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { WORLDS = 24, CASES = 3000 };

static struct computed db;
static GPtrArray *worlds;

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	worlds = worlds_create(cases_world_seed(), WORLDS);
	worlds_load(&db, worlds);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	g_ptr_array_unref(worlds);
	computed_stop(&db);
	return 0;
}

static void add_types(GRand *dice, json_t *filter)
{
	static const char *const types[] = {"$pageview", "$screen", "custom_event", "hogql"};
	json_t *list = json_array();

	for (int i = world_below(dice, 4); i > 0; i--) {
		json_array_append_new(list, json_string(WORLD_PICK(dice, types)));
	}
	json_object_set_new(filter, "includeEventTypes", list);
	if (world_below(dice, 2)) {
		json_object_set_new(filter, "pathsHogQLExpression",
			json_string(world_below(dice, 2) ? "event"
							 : "concat(event, '!', distinct_id)"));
	}
}

/* What some event of the world is called so far, rarely something else. */
static char *some_item(GRand *dice, const struct world *w, const json_t *filter)
{
	for (int tries = 0; tries < 20 && world_below(dice, 20); tries++) {
		const struct world_event *e = &w->events[world_below(dice, (int)w->event_count)];
		char *item = brute_item(filter, e);

		if (item) {
			return item;
		}
	}
	return g_strdup("/nowhere");
}

static void add_replacements(GRand *dice, json_t *filter)
{
	static const char *const rules[][2] = {{"[0-9]+", "N"}, {"^https?://[^/]*", ""},
		{"/(docs|pricing)", "/<\\1>"}, {"[?#].*$", ""}, {"(i|e)(n|w)", "\\2\\1"},
		{"^view item$", "Home"}, {"a|e|y", ""}};
	json_t *list = json_array();

	for (int i = 1 + world_below(dice, 2); i > 0; i--) {
		int rule = world_below(dice, G_N_ELEMENTS(rules));

		json_array_append_new(list,
			json_pack("{s:s, s:s}", "regex", rules[rule][0], "alias", rules[rule][1]));
	}
	json_object_set_new(filter, "localPathCleaningFilters", list);
}

/* Items with a part of them made a wildcard. */
static void add_groupings(GRand *dice, const struct world *w, json_t *filter)
{
	json_t *list = json_array();

	for (int i = 1 + world_below(dice, 2); i > 0; i--) {
		g_autofree char *item = some_item(dice, w, filter);
		int from = world_below(dice, (int)strlen(item) + 1);
		int to = from + world_below(dice, (int)strlen(item) - from + 1);
		g_autofree char *grouping = g_strdup_printf("%.*s*%s", from, item, item + to);

		if (g_utf8_validate(grouping, -1, NULL)) {
			json_array_append_new(list, json_string(grouping));
		}
	}
	json_object_set_new(filter, "pathGroupings", list);
}

static void add_point(GRand *dice, const struct world *w, json_t *filter, const char *key)
{
	g_autofree char *item = some_item(dice, w, filter);

	json_object_set_new(filter, key, json_string(item));
}

static void add_number(GRand *dice, json_t *filter, const char *key, int most)
{
	json_object_set_new(filter, key, json_integer(1 + world_below(dice, most)));
}

static json_t *random_filter(GRand *dice, const struct world *w)
{
	json_t *filter = json_object();

	if (world_below(dice, 2)) {
		add_types(dice, filter);
	}
	if (world_below(dice, 4) == 0) {
		add_replacements(dice, filter);
	}
	if (world_below(dice, 4) == 0) {
		add_groupings(dice, w, filter);
	}
	if (world_below(dice, 4) == 0) {
		g_autofree char *item = some_item(dice, w, filter);

		json_object_set_new(filter, "excludeEvents", json_pack("[s, s]", item, "pay"));
	}
	if (world_below(dice, 3) == 0) {
		add_point(dice, w, filter, "startPoint");
	}
	if (world_below(dice, 3) == 0) {
		add_point(dice, w, filter, "endPoint");
	}
	if (world_below(dice, 2)) {
		add_number(dice, filter, "stepLimit", 8);
	}
	if (world_below(dice, 3) == 0) {
		add_number(dice, filter, "edgeLimit", 20);
	}
	if (world_below(dice, 6) == 0) {
		add_number(dice, filter, "minEdgeWeight", 4);
	}
	if (world_below(dice, 6) == 0) {
		add_number(dice, filter, "maxEdgeWeight", 4);
	}
	return filter;
}

static bool check_one(GRand *dice, guint32 seed)
{
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	struct world_dates dates;
	struct world_axis axis;
	json_t *query, *result, *wanted;
	bool any;

	world_random_dates(dice, w, "day", &dates);
	query = json_pack("{s:s, s:o, s:o}", "kind", "PathsQuery", "dateRange",
		world_date_range(&dates), "pathsFilter", random_filter(dice, w));
	random_rows(dice, w, query);
	if (world_below(dice, 4) == 0) {
		random_paths_funnel(dice, w, &dates, query);
	}
	world_axis_open(&axis, w, &dates, "day");
	wanted = brute_paths(&axis, query);
	world_axis_close(&axis);
	result = computed_result(&db, query, &env);
	case_compare(seed, w, query, json_object_get(result, "results"), wanted);
	any = json_array_size(wanted) > 0;
	json_decref(query);
	json_decref(result);
	json_decref(wanted);
	return any;
}

static void random_paths_agree_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES, check_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_paths_agree_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
