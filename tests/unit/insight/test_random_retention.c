/* Random queries of retention over random worlds, each compared with the slow count of
 * brute_retention.c.  cases.h says how to repeat one. */
#include "tests/unit/insight/brute_retention.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_filter.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { WORLDS = 24, CASES = 3000, MOST_INTERVALS = 10, DAY_TEXT = 10 };

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

static json_t *rare_filters(GRand *dice, const struct world *w)
{
	return world_below(dice, 5)
		       ? NULL
		       : world_random_filters(dice, w, WORLD_OF_EVENT | WORLD_OF_PERSON);
}

static void random_value(GRand *dice, struct brute_retention *q)
{
	bool of_person = world_below(dice, 4) == 0;

	if (world_below(dice, 3) == 0) {
		q->value = world_below(dice, 2) ? "sum" : "avg";
		q->value_type = of_person ? "person" : "event";
		q->value_key = world_random_key_of(
			dice, of_person ? WORLD_OF_PERSON : WORLD_OF_EVENT, WORLD_NUMBERS);
	}
}

static void random_breakdown(GRand *dice, struct brute_retention *q)
{
	bool of_person = world_below(dice, 4) == 0;

	if (world_below(dice, 3) == 0) {
		q->breakdown_type = of_person ? "person" : "event";
		q->breakdown = world_random_key(dice, of_person ? WORLD_OF_PERSON : WORLD_OF_EVENT);
		q->limit = 1 + world_below(dice, world_below(dice, 2) ? 4 : 30);
		q->hides_other = world_below(dice, 4) == 0;
	}
}

static void random_options(GRand *dice, struct brute_retention *q)
{
	static const char *const types[] = {"recurring", "first_time", "first_ever_occurrence"};
	static const char *const intervals[] = {"hour", "day", "day", "day", "week", "month"};
	struct world_dates dates;

	q->type = WORLD_PICK(dice, types);
	q->interval = WORLD_PICK(dice, intervals);
	/* of two ends the later one, which has more before it */
	world_random_dates(dice, q->world, q->interval, &dates);
	(void)g_strlcpy(q->to, dates.to, sizeof q->to);
	world_random_dates(dice, q->world, q->interval, &dates);
	if (strncmp(dates.to, q->to, DAY_TEXT) > 0) {
		(void)g_strlcpy(q->to, dates.to, sizeof q->to);
	}
	q->count = 2 + world_below(dice, MOST_INTERVALS);
	if (world_below(dice, 9) == 0) {
		q->count = 1;
	}
	for (size_t i = 0; world_below(dice, 3) == 0 && i < G_N_ELEMENTS(q->brackets); i++) {
		q->brackets[i] = 1 + world_below(dice, 4);
	}
	q->occurrences = world_below(dice, 3) ? 1 : 1 + world_below(dice, 3);
	q->is_cumulative = world_below(dice, 4) == 0;
	q->is_rolling = world_below(dice, 3) == 0;
	q->group = world_below(dice, 5) ? -1 : world_below(dice, WORLD_USED_GROUP_TYPES);
	q->sample = world_below(dice, 5) ? 1 : 0.25 + world_below(dice, 3) * 0.25;
	random_value(dice, q);
	random_breakdown(dice, q);
}

static const char *period_of(const char *interval)
{
	return strcmp(interval, "hour") == 0   ? "Hour"
	       : strcmp(interval, "day") == 0  ? "Day"
	       : strcmp(interval, "week") == 0 ? "Week"
					       : "Month";
}

static json_t *entity_json(const struct brute_entity *e)
{
	return json_pack(
		"{s:s?, s:s, s:O*}", "id", e->event, "type", "events", "properties", e->filters);
}

static json_t *filter_json(const struct brute_retention *q)
{
	g_autofree char *type = g_strdup_printf("retention_%s", q->type);
	json_t *brackets = json_array();
	json_t *filter = json_pack("{s:s, s:s, s:i, s:b, s:i, s:s, s:o, s:o, s:s?, s:s?, s:s?}",
		"retentionType", type, "period", period_of(q->interval), "totalIntervals", q->count,
		"cumulative", q->is_cumulative, "minimumOccurrences", q->occurrences,
		"timeWindowMode", q->is_rolling ? "24_hour_windows" : "strict_calendar_dates",
		"targetEntity", entity_json(&q->target), "returningEntity",
		entity_json(&q->returning), "aggregationType", q->value, "aggregationProperty",
		q->value_key, "aggregationPropertyType", q->value_type);

	for (size_t i = 0; i < G_N_ELEMENTS(q->brackets) && q->brackets[i]; i++) {
		json_array_append_new(brackets, json_integer(q->brackets[i]));
	}
	json_object_set_new(filter, "retentionCustomBrackets", brackets);
	return filter;
}

static json_t *query_json(const struct brute_retention *q)
{
	json_t *query = json_pack("{s:s, s:{s:s, s:s}, s:o, s:O*, s:f}", "kind", "RetentionQuery",
		"dateRange", "date_from", "-3d", "date_to", q->to, "retentionFilter",
		filter_json(q), "properties", q->filters, "samplingFactor", q->sample);

	if (q->group >= 0) {
		json_object_set_new(query, "aggregation_group_type_index", json_integer(q->group));
	}
	if (q->breakdown) {
		json_object_set_new(query, "breakdownFilter",
			json_pack("{s:s, s:s, s:i, s:b}", "breakdown", q->breakdown,
				"breakdown_type", q->breakdown_type, "breakdown_limit", q->limit,
				"breakdown_hide_other_aggregation", q->hides_other));
	}
	return query;
}

/* The part of a result that the slow count makes too. */
static json_t *comparable(const json_t *result, bool *any)
{
	json_t *list = json_array();
	const json_t *item, *cell;
	size_t i, j;

	json_array_foreach(json_object_get(result, "results"), i, item)
	{
		json_t *values = json_array();

		json_array_foreach(json_object_get(item, "values"), j, cell)
		{
			json_t *count = json_object_get(cell, "count");
			json_t *value = json_object_get(cell, "aggregation_value");

			*any = *any || json_integer_value(count) > 0;
			json_array_append_new(values,
				value ? json_pack("[O, O]", count, value) : json_incref(count));
		}
		json_array_append_new(list, json_pack("{s:O, s:s%, s:o}", "key",
						    json_object_get(item, "breakdown_value"), "day",
						    json_get_text(item, "date", ""),
						    (size_t)DAY_TEXT, "values", values));
	}
	return list;
}

static bool check_one(GRand *dice, guint32 seed)
{
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	json_t *target = rare_filters(dice, w), *returning = rare_filters(dice, w);
	json_t *filters = rare_filters(dice, w);
	struct brute_retention q = {.world = w, .filters = filters};
	json_t *query, *result, *got, *wanted;
	bool any = false;

	q.target = (struct brute_entity){world_random_event(dice, w), target};
	q.returning = world_below(dice, 3)
			      ? (struct brute_entity){world_random_event(dice, w), returning}
			      : q.target;
	random_options(dice, &q);
	query = query_json(&q);
	result = computed_result(&db, query, &env);
	got = comparable(result, &any);
	wanted = brute_retention(&q);
	case_compare(seed, w, query, got, wanted);
	json_decref(target);
	json_decref(returning);
	json_decref(filters);
	json_decref(query);
	json_decref(result);
	json_decref(got);
	json_decref(wanted);
	return any;
}

static void random_retention_agrees_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES, check_one);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_retention_agrees_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
