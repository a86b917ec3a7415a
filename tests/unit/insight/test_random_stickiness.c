/* Random stickiness over random worlds, counted twice. */
#include "tests/unit/insight/brute_rows.h"
#include "tests/unit/insight/brute_stickiness.h"
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

static json_t *random_filter(GRand *dice)
{
	static const char *const operators[] = {"gte", "lte", "exact"};
	json_t *filter = json_object();

	if (world_below(dice, 2)) {
		json_object_set_new(filter, "computedAs",
			json_string(world_below(dice, 3) ? "cumulative" : "non_cumulative"));
	}
	if (world_below(dice, 2)) {
		json_object_set_new(filter, "stickinessCriteria",
			json_pack("{s:s, s:i}", "operator", WORLD_PICK(dice, operators), "value",
				world_below(dice, 4)));
	}
	return filter;
}

/* So many days earlier, where both ends are whole days that the zone had. */
static bool compare_dates(GRand *dice, const struct world *w, const char *interval,
	const struct world_dates *dates, struct world_dates *out, int *days)
{
	*days = 1 + world_below(dice, 10);
	if (strlen(dates->from) > strlen("2024-03-31") ||
		strlen(dates->to) > strlen("2024-03-31") || strcmp(interval, "month") == 0 ||
		strcmp(interval, "week") == 0) {
		return false;
	}
	world_bucket_step(dates->from, "day", -*days, out->from);
	world_bucket_step(dates->to, "day", -*days, out->to);
	return world_has_day(w, out->from) && world_has_day(w, out->to);
}

static json_t *random_query(
	GRand *dice, const struct world *w, const char *interval, const struct world_dates *dates)
{
	json_t *query = json_pack("{s:s, s:o, s:s, s:[]}", "kind", "StickinessQuery", "dateRange",
		world_date_range(dates), "interval", interval, "series");

	for (int i = 1 + world_below(dice, 3); i > 0; i--) {
		json_array_append_new(
			json_object_get(query, "series"), random_actor_series(dice, w));
	}
	if (world_below(dice, 3) == 0) {
		json_object_set_new(query, "intervalCount", json_integer(1 + world_below(dice, 5)));
	}
	json_object_set_new(query, "stickinessFilter", random_filter(dice));
	random_rows(dice, w, query);
	return query;
}

static json_t *count(const struct world *w, const json_t *query, const char *interval,
	const struct world_dates *dates, const char *compare_label)
{
	struct world_axis axis;
	json_t *results;

	world_axis_open(&axis, w, dates, interval);
	results = brute_stickiness(&axis, query, compare_label);
	world_axis_close(&axis);
	return results;
}

static bool is_any(const json_t *results)
{
	const json_t *item;
	size_t i;

	json_array_foreach(results, i, item)
	{
		if (json_get_int(item, "count", 0) > 0) {
			return true;
		}
	}
	return false;
}

static bool check_one(GRand *dice, guint32 seed)
{
	static const char *const intervals[] = {"hour", "day", "day", "week", "month"};
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	const char *interval = WORLD_PICK(dice, intervals);
	struct world_dates dates, before;
	json_t *query, *result, *got, *wanted, *item;
	bool any;
	size_t i;
	int days;

	world_random_dates(dice, w, interval, &dates);
	query = random_query(dice, w, interval, &dates);
	if (world_below(dice, 3) == 0 && compare_dates(dice, w, interval, &dates, &before, &days)) {
		json_t *more = count(w, query, interval, &before, "previous");

		json_object_set_new(query, "compareFilter",
			json_pack("{s:b, s:o}", "compare", 1, "compare_to",
				json_sprintf("-%dd", days)));
		wanted = count(w, query, interval, &dates, "current");
		json_array_extend(wanted, more);
		json_decref(more);
	} else {
		wanted = count(w, query, interval, &dates, NULL);
	}
	result = computed_result(&db, query, &env);
	got = json_object_get(result, "results");
	json_array_foreach(got, i, item)
	{
		json_object_del(item, "action");
	}
	case_compare(seed, w, query, got, wanted);
	any = is_any(wanted);
	json_decref(query);
	json_decref(result);
	json_decref(wanted);
	return any;
}

static void random_stickiness_agrees_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES, check_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_stickiness_agrees_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
