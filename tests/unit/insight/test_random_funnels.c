/* Random funnels over random worlds, each compared with the slow count of brute_funnels.c. */
#include "tests/unit/insight/brute_funnels.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_filter.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { WORLDS = 60, CASES = 3000 };

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

static json_t *random_node(GRand *dice, const struct world *w, const char *kind)
{
	const char *event = world_random_event(dice, w);
	json_t *node = json_pack("{s:s, s:s?}", "kind", kind, "event", event);

	if (world_below(dice, 6) == 0) {
		json_t *filters = world_random_filters(dice, w, WORLD_OF_ANYONE);

		json_object_set_new(node, "properties", filters ? filters : json_null());
	}
	return node;
}

static json_t *random_steps(GRand *dice, const struct world *w, bool may_skip)
{
	json_t *list = json_array();

	for (int i = 0, n = 2 + world_below(dice, 3); i < n; i++) {
		json_t *node = random_node(dice, w, "EventsNode");

		if (world_below(dice, 12) == 0) {
			json_object_set_new(node, "math",
				json_string(world_below(dice, 2)
						    ? "first_time_for_user"
						    : "first_time_for_user_with_filters"));
		}
		if (may_skip && i > 0 && world_below(dice, 3) == 0) {
			json_object_set_new(node, "optionalInFunnel", json_true());
		}
		json_array_append_new(list, node);
	}
	return list;
}

static void set_window(GRand *dice, json_t *filter)
{
	static const struct {
		const char *unit;
		int most;
	} units[] = {{"second", 4000}, {"minute", 200}, {"hour", 30}, {"day", 20}, {"week", 3},
		{"month", 2}};
	int i = world_below(dice, G_N_ELEMENTS(units));

	if (world_below(dice, 5)) {
		json_object_set_new(filter, "funnelWindowIntervalUnit", json_string(units[i].unit));
		json_object_set_new(filter, "funnelWindowInterval",
			json_integer(1 + world_below(dice, units[i].most)));
	}
}

static void set_exclusions(
	GRand *dice, const struct world *w, json_t *filter, int steps, bool unordered)
{
	json_t *list = json_array();

	for (int i = 1 + world_below(dice, 2); i > 0; i--) {
		json_t *node = random_node(dice, w, "FunnelExclusionEventsNode");
		int from = unordered ? 0 : world_below(dice, steps - 1);
		int to = unordered ? steps - 1 : from + 1 + world_below(dice, steps - 1 - from);

		json_object_set_new(node, "funnelFromStep", json_integer(from));
		json_object_set_new(node, "funnelToStep", json_integer(to));
		json_array_append_new(list, node);
	}
	json_object_set_new(filter, "exclusions", list);
}

static void set_breakdown(GRand *dice, json_t *query, json_t *filter, int steps)
{
	static const char *const attributions[] = {
		"first_touch", "last_touch", "all_events", "step"};
	static const char *const types[] = {"event", "person", "group"};
	static const enum world_owner owners[] = {WORLD_OF_EVENT, WORLD_OF_PERSON, WORLD_OF_GROUP};
	int i = world_below(dice, 3) ? 0 : world_below(dice, G_N_ELEMENTS(types));
	const char *how = WORLD_PICK(dice, attributions);
	json_t *breakdown = json_pack("{s:s, s:s, s:i}", "breakdown",
		world_random_key(dice, owners[i]), "breakdown_type", types[i], "breakdown_limit",
		1 + world_below(dice, world_below(dice, 2) ? 3 : 30));

	if (i == 2) {
		json_object_set_new(breakdown, "breakdown_group_type_index",
			json_integer(world_below(dice, WORLD_USED_GROUP_TYPES)));
	}
	json_object_set_new(query, "breakdownFilter", breakdown);
	json_object_set_new(filter, "breakdownAttributionType", json_string(how));
	if (strcmp(how, "step") == 0) {
		json_object_set_new(filter, "breakdownAttributionValue",
			json_integer(world_below(dice, steps)));
	}
}

static json_t *random_query(
	GRand *dice, const struct world *w, const char *interval, const char *view)
{
	static const char *const orders[] = {"ordered", "ordered", "strict", "unordered"};
	const char *order = WORLD_PICK(dice, orders);
	bool may_skip = strcmp(order, "unordered") != 0 && strcmp(view, "steps") == 0 &&
			world_below(dice, 4) == 0;
	json_t *steps = random_steps(dice, w, may_skip);
	int n = (int)json_array_size(steps);
	json_t *filter = json_pack("{s:s, s:s}", "funnelVizType", view, "funnelOrderType", order);
	json_t *query = json_pack("{s:s, s:o, s:o, s:s}", "kind", "FunnelsQuery", "series", steps,
		"funnelsFilter", filter, "interval", interval);

	set_window(dice, filter);
	if (strcmp(order, "strict") != 0 && world_below(dice, 4) == 0) {
		set_exclusions(dice, w, filter, n, strcmp(order, "unordered") == 0);
	}
	if (world_below(dice, 2)) {
		set_breakdown(dice, query, filter, n);
	}
	if (strcmp(view, "steps") != 0 && world_below(dice, 2)) {
		int from = world_below(dice, n - 1);

		json_object_set_new(filter, "funnelFromStep", json_integer(from));
		json_object_set_new(filter, "funnelToStep",
			json_integer(from + 1 + world_below(dice, n - 1 - from)));
	}
	if (strcmp(view, "time_to_convert") == 0 && world_below(dice, 2)) {
		json_object_set_new(filter, "binCount", json_integer(1 + world_below(dice, 90)));
	}
	if (world_below(dice, 8) == 0) {
		json_object_set_new(
			filter, "funnelAggregateByHogQL", json_string("properties.$session_id"));
	} else if (world_below(dice, 6) == 0) {
		json_object_set_new(query, "aggregation_group_type_index",
			json_integer(world_below(dice, WORLD_USED_GROUP_TYPES)));
	}
	if (world_below(dice, 6) == 0) {
		json_t *filters = world_random_filters(dice, w, WORLD_OF_ANYONE);

		json_object_set_new(query, "properties", filters ? filters : json_null());
	}
	return query;
}

static json_t *comparable(const json_t *result)
{
	json_t *results = json_deep_copy(json_object_get(result, "results"));
	json_t *item;
	size_t i;

	json_array_foreach(results, i, item)
	{
		json_object_del(item, "labels");
	}
	return results;
}

static bool check_one(GRand *dice, guint32 seed)
{
	static const char *const views[] = {"steps", "steps", "trends", "time_to_convert"};
	static const char *const intervals[] = {"hour", "day", "week", "month"};
	const struct world *w = world_random(dice, worlds);
	const char *view = WORLD_PICK(dice, views);
	const char *interval = strcmp(view, "trends") == 0 ? WORLD_PICK(dice, intervals) : "day";
	struct insight_env env = world_env(w);
	struct world_dates dates;
	json_t *query = random_query(dice, w, interval, view);
	json_t *result, *got, *wanted;
	bool counts;

	world_random_dates(dice, w, interval, &dates);
	json_object_set_new(query, "dateRange", world_date_range(&dates));
	result = computed_result(&db, query, &env);
	got = comparable(result);
	wanted = brute_funnel(w, query, &dates);
	counts = brute_funnel_counts(wanted);
	case_compare(seed, w, query, got, wanted);
	json_decref(query);
	json_decref(result);
	json_decref(got);
	json_decref(wanted);
	return counts;
}

static void random_funnels_agree_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES, check_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_funnels_agree_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
