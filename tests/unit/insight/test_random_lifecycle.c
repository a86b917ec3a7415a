/* Random lifecycles over random worlds, counted twice. */
#include "tests/unit/insight/brute_lifecycle.h"
#include "tests/unit/insight/brute_rows.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

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

static json_t *random_query(
	GRand *dice, const struct world *w, const char *interval, const struct world_dates *dates)
{
	static const char *const statuses[] = {"new", "returning", "resurrecting", "dormant"};
	json_t *query = json_pack("{s:s, s:o, s:s, s:[o]}", "kind", "LifecycleQuery", "dateRange",
		world_date_range(dates), "interval", interval, "series",
		random_actor_series(dice, w));

	if (world_below(dice, 4) == 0) {
		json_t *list = json_array();

		for (int i = 1 + world_below(dice, 3); i > 0; i--) {
			json_array_append_new(list, json_string(WORLD_PICK(dice, statuses)));
		}
		json_object_set_new(
			query, "lifecycleFilter", json_pack("{s:o}", "toggledLifecycles", list));
	}
	random_rows(dice, w, query);
	return query;
}

static bool is_any(const json_t *results)
{
	const json_t *item;
	size_t i;

	json_array_foreach(results, i, item)
	{
		if (json_real_value(json_object_get(item, "count")) != 0) {
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
	struct world_dates dates;
	struct world_axis axis;
	json_t *query, *result, *got, *wanted, *item;
	bool any;
	size_t i;

	world_random_dates(dice, w, interval, &dates);
	query = random_query(dice, w, interval, &dates);
	world_axis_open(&axis, w, &dates, interval);
	wanted = brute_lifecycle(&axis, query);
	world_axis_close(&axis);
	result = computed_result(&db, query, &env);
	got = json_object_get(result, "results");
	json_array_foreach(got, i, item)
	{
		json_object_del(item, "action");
		json_object_del(item, "labels");
	}
	case_compare(seed, w, query, got, wanted);
	any = is_any(wanted);
	json_decref(query);
	json_decref(result);
	json_decref(wanted);
	return any;
}

static void random_lifecycles_agree_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES, check_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_lifecycles_agree_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
