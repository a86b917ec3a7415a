/* Random trends over random worlds, each compared with the slow count of brute_trends.c. */
#include "tests/unit/insight/brute_facts.h"
#include "tests/unit/insight/brute_pictures.h"
#include "tests/unit/insight/brute_trends.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_filter.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <string.h>

enum { WORLDS = 24, CASES = 2000 };

static struct computed db;
static GPtrArray *worlds;

/* Numbered by the project: an action of two steps, and a cohort of half of the people. */
static const char definitions[] =
	"INSERT INTO actions (id, project_id, name, steps) SELECT id * 10, id, 'An action',"
	" '[{\"event\": \"$pageview\"}, {\"event\": \"pay\", \"properties\":"
	" [{\"key\": \"plan\", \"operator\": \"is_set\"}]}]' FROM projects WHERE id >= 100;"
	"INSERT INTO cohorts (id, project_id, name, is_static) SELECT id * 10, id, 'Low', true"
	" FROM projects WHERE id >= 100;"
	"INSERT INTO cohort_people (project_id, cohort_id, person_id) SELECT DISTINCT project_id,"
	" project_id * 10, person_id FROM events WHERE left(person_id::text, 1) < '8'";

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	worlds = worlds_create(cases_world_seed(), WORLDS);
	worlds_load(&db, worlds);
	computed_run(&db, definitions);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	g_ptr_array_unref(worlds);
	computed_stop(&db);
	return 0;
}

static bool chance(GRand *dice, int one_in)
{
	return world_below(dice, one_in) == 0;
}

static void set_filters(
	GRand *dice, const struct world *w, json_t *object, int one_in, unsigned owners)
{
	json_t *filters = chance(dice, one_in) ? world_random_filters(dice, w, owners) : NULL;

	if (filters) {
		json_object_set_new(object, "properties", filters);
	}
}

static json_t *random_entity(GRand *dice, const struct world *w)
{
	json_t *nodes;

	switch (world_below(dice, 10)) {
	case 0:
		return json_pack(
			"{s:s, s:I}", "kind", "ActionsNode", "id", (json_int_t)w->project_id * 10);
	case 1:
		nodes = json_array();
		for (int i = 0; i < 2; i++) {
			json_t *node = json_pack("{s:s, s:s}", "kind", "EventsNode", "event",
				world_random_name(dice, w));

			set_filters(dice, w, node, 3, WORLD_OF_EVENT);
			json_array_append_new(nodes, node);
		}
		return json_pack(
			"{s:s, s:s, s:o}", "kind", "GroupNode", "operator", "OR", "nodes", nodes);
	default:
		break;
	}
	if (chance(dice, 3)) {
		return json_pack("{s:s, s:n}", "kind", "EventsNode", "event");
	}
	return json_pack("{s:s, s:s}", "kind", "EventsNode", "event", world_random_name(dice, w));
}

static void set_property(GRand *dice, json_t *node)
{
	switch (world_below(dice, 4)) {
	case 0:
		json_object_set_new(node, "math_property", json_string("age"));
		json_object_set_new(node, "math_property_type", json_string("person_properties"));
		break;
	case 1:
		json_object_set_new(node, "math_property", json_string("$session_duration"));
		json_object_set_new(node, "math_property_type", json_string("session_properties"));
		break;
	default:
		json_object_set_new(node, "math_property", json_string("n"));
		break;
	}
}

static void set_math(GRand *dice, json_t *node)
{
	static const char *const counts[] = {"total", "dau", "weekly_active", "monthly_active",
		"unique_session", "first_time_for_user", "first_matching_event_for_user",
		"unique_group"};
	static const char *const aggregates[] = {
		"sum", "avg", "min", "max", "median", "p75", "p90", "p95", "p99"};
	static const char *const expressions[] = {"count() * 2", "count(DISTINCT person_id)"};
	const char *name = WORLD_PICK(dice, aggregates);

	switch (world_below(dice, 8)) {
	case 0:
	case 1:
		json_object_set_new(node, "math", json_string(name));
		set_property(dice, node);
		break;
	case 2:
		if (strcmp(name, "sum") != 0) {
			json_object_set_new(node, "math", json_sprintf("%s_count_per_actor", name));
		}
		break;
	case 3:
		json_object_set_new(node, "math", json_string("hogql"));
		json_object_set_new(node, "math_hogql", json_string(WORLD_PICK(dice, expressions)));
		break;
	default:
		json_object_set_new(node, "math", json_string(WORLD_PICK(dice, counts)));
		json_object_set_new(
			node, "math_group_type_index", json_integer(world_below(dice, 3)));
		break;
	}
	if (chance(dice, 10)) {
		json_object_set_new(node, "math_multiplier", json_real(chance(dice, 2) ? 0.5 : -2));
	}
}

static json_t *random_series(GRand *dice, const struct world *w)
{
	json_t *node = random_entity(dice, w);

	set_math(dice, node);
	set_filters(dice, w, node, 4, WORLD_OF_EVENT | WORLD_OF_PERSON);
	return node;
}

static json_t *random_part(GRand *dice)
{
	static const char *const columns[] = {"event", "distinct_id", "person_id"};
	static const char *const expressions[] = {"event", "properties.plan"};
	json_t *part;
	int group;

	switch (world_below(dice, 9)) {
	case 0:
		return json_pack("{s:s, s:s}", "property", world_random_key(dice, WORLD_OF_PERSON),
			"type", "person");
	case 1:
		group = world_below(dice, 2);
		return json_pack("{s:s, s:s, s:i}", "property",
			world_random_key(dice, WORLD_OF_GROUP), "type", "group", "group_type_index",
			group);
	case 2:
		return json_pack("{s:s, s:s}", "property", "$session_duration", "type", "session");
	case 3:
		return json_pack("{s:s, s:s}", "property", WORLD_PICK(dice, columns), "type",
			"event_metadata");
	case 4:
		return json_pack(
			"{s:s, s:s}", "property", WORLD_PICK(dice, expressions), "type", "hogql");
	case 5:
		part = json_pack("{s:s, s:i}", "property", "n", "histogram_bin_count",
			1 + world_below(dice, 12));
		return part;
	case 6:
		return json_pack("{s:s, s:b}", "property", "$current_url", "normalize_url", 1);
	default:
		break;
	}
	return json_pack("{s:s}", "property", world_random_key(dice, WORLD_OF_EVENT));
}

static json_t *random_breakdown(GRand *dice, const struct world *w)
{
	json_t *parts = json_array();
	json_t *filter = json_pack("{s:i, s:b}", "breakdown_limit", 1 + world_below(dice, 12),
		"breakdown_hide_other_aggregation", chance(dice, 4));

	if (chance(dice, 8)) {
		json_decref(parts);
		json_decref(filter);
		return json_pack("{s:s, s:[I, s]}", "breakdown_type", "cohort", "breakdown",
			(json_int_t)w->project_id * 10, "all");
	}
	for (int i = chance(dice, 3) ? 2 + world_below(dice, 2) : 1; i > 0; i--) {
		json_array_append_new(parts, random_part(dice));
	}
	json_object_set_new(filter, "breakdowns", parts);
	return filter;
}

static bool is_whole(const json_t *series)
{
	const json_t *node;
	size_t i;

	json_array_foreach(series, i, node)
	{
		if (!brute_is_whole(node)) {
			return false;
		}
	}
	return true;
}

/* Differences of what has last digits are nothing but last digits, and so is what is rounded. */
static void set_formulas(GRand *dice, json_t *filter, bool whole)
{
	static const char *const formulas[] = {"A / B * 100", "(A+B)*2", "A^2", "-A + 1", "a - B"};
	const char *one = formulas[world_below(dice, whole ? 5 : 3)];
	const char *other = formulas[world_below(dice, whole ? 5 : 3)];

	switch (world_below(dice, 3)) {
	case 0:
		json_object_set_new(filter, "formula", json_string(one));
		break;
	case 1:
		json_object_set_new(filter, "formulas", json_pack("[s, s]", one, other));
		break;
	default:
		json_object_set_new(filter, "formulaNodes",
			json_pack("[{s:s, s:s}, {s:s}]", "formula", one, "custom_name", "Named",
				"formula", other));
		break;
	}
}

static json_t *random_query(GRand *dice, const struct world *w, struct world_dates *dates)
{
	static const char *const intervals[] = {"hour", "day", "day", "day", "week", "month"};
	static const char *const displays[] = {"ActionsLineGraph", "ActionsBar", "ActionsAreaGraph",
		"ActionsLineGraphCumulative", "ActionsLineGraphCumulative", "SlopeGraph", "Metric",
		"BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap"};
	const char *interval = WORLD_PICK(dice, intervals);
	json_t *series = json_array(), *query, *filter = json_object();
	bool is_split = chance(dice, 2);

	for (int i = chance(dice, 3) ? 2 : 1; i > 0; i--) {
		json_array_append_new(series, random_series(dice, w));
	}
	json_object_set_new(filter, "display", json_string(WORLD_PICK(dice, displays)));
	if (json_array_size(series) == 2 && chance(dice, 2)) {
		set_formulas(dice, filter, is_whole(series));
	}
	if (is_whole(series) && chance(dice, 4)) {
		json_object_set_new(
			filter, "smoothingIntervals", json_integer(1 + world_below(dice, 9)));
	}
	world_random_dates(dice, w, interval, dates);
	query = json_pack("{s:s, s:s, s:o, s:o, s:o}", "kind", "TrendsQuery", "interval", interval,
		"dateRange", world_date_range(dates), "series", series, "trendsFilter", filter);
	set_filters(dice, w, query, 3, WORLD_OF_ANYONE);
	if (is_split) {
		json_object_set_new(query, "breakdownFilter", random_breakdown(dice, w));
	}
	/* what a formula says of cohorts is told by hand (test_trends_formulas.c) */
	if (json_object_get(json_object_get(query, "breakdownFilter"), "breakdown")) {
		json_object_del(filter, "formula");
		json_object_del(filter, "formulas");
		json_object_del(filter, "formulaNodes");
	}
	if (chance(dice, 6)) {
		json_object_set_new(
			query, "aggregation_group_type_index", json_integer(world_below(dice, 2)));
	}
	/* a power of two, so that whole numbers stay exact */
	if (chance(dice, 6)) {
		json_object_set_new(
			query, "samplingFactor", json_real(chance(dice, 2) ? 0.5 : 0.25));
	}
	return query;
}

static gboolean shorten_bin(const GMatchInfo *match, GString *out, gpointer data)
{
	g_autofree char *low = g_match_info_fetch(match, 1), *high = g_match_info_fetch(match, 2);

	(void)data;
	g_string_append_printf(
		out, "[%.10g,%.10g]", g_ascii_strtod(low, NULL), g_ascii_strtod(high, NULL));
	return FALSE;
}

static json_t *shorten_bins(json_t *value)
{
	static GRegex *bins;
	g_autofree char *text = NULL;
	json_t *list, *member;
	size_t i;

	if (!bins) {
		bins = g_regex_new("\\[(-?[0-9.]+),(-?[0-9.]+)\\]", 0, 0, NULL);
	}
	if (json_is_array(value)) {
		list = json_array();
		json_array_foreach(value, i, member)
		{
			json_array_append_new(list, shorten_bins(member));
		}
		return list;
	}
	if (!json_is_string(value)) {
		return value ? json_incref(value) : json_null();
	}
	text = g_regex_replace_eval(
		bins, json_string_value(value), -1, 0, 0, shorten_bin, NULL, NULL);
	return json_string(text);
}

/* The part of a result that the slow count makes too. */
static json_t *comparable(const json_t *result)
{
	json_t *list = json_array();
	const json_t *item;
	size_t i;

	json_array_foreach(json_object_get(result, "results"), i, item)
	{
		json_t *total = json_object_get(item, "aggregated_value");
		json_t *numbers = total ? json_pack("[O]", total)
					: json_incref(json_object_get(item, "data"));
		json_t *days = total ? json_array() : json_incref(json_object_get(item, "days"));

		json_array_append_new(
			list, json_pack("{s:o, s:o, s:o, s:o}", "label",
				      shorten_bins(json_object_get(item, "label")), "key",
				      shorten_bins(json_object_get(item, "breakdown_value")),
				      "days", days, "numbers", numbers));
	}
	return list;
}

static bool has_numbers(const json_t *value)
{
	const json_t *member;
	json_t *under;
	const char *key;
	size_t i;

	json_array_foreach(value, i, member)
	{
		if (has_numbers(member)) {
			return true;
		}
	}
	if (json_is_object(value)) {
		json_object_foreach((json_t *)(uintptr_t)value, key, under)
		{
			if (has_numbers(under)) {
				return true;
			}
		}
	}
	return json_is_number(value) && json_number_value(value) != 0;
}

static bool compare_and_free(
	guint32 seed, const struct world *w, json_t *query, json_t *got, json_t *wanted)
{
	bool any = wanted && has_numbers(wanted);

	if (wanted) {
		case_compare(seed, w, query, got, wanted);
	}
	json_decref(query);
	json_decref(got);
	json_decref(wanted);
	return any;
}

static bool check_trend(GRand *dice, guint32 seed)
{
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	struct world_dates dates;
	json_t *query = random_query(dice, w, &dates);
	json_t *result = computed_result(&db, query, &env);
	json_t *got = comparable(result);

	json_decref(result);
	return compare_and_free(seed, w, query, got, brute_results(w, query, &dates));
}

static void random_trends_agree_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES, check_trend);
}

static bool check_picture(GRand *dice, guint32 seed)
{
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	struct world_dates dates;
	bool is_heat = chance(dice, 2);
	json_t *node = json_pack("{s:s, s:s?, s:s}", "kind", "EventsNode", "event",
		world_random_event(dice, w), "math", chance(dice, 2) ? "total" : "dau");
	json_t *query = json_pack("{s:s, s:[O], s:s, s:{s:s}}", "kind", "TrendsQuery", "series",
		node, "interval", chance(dice, 3) ? "week" : "day", "trendsFilter", "display",
		is_heat ? "CalendarHeatmap" : "BoxPlot");
	json_t *result, *got, *first;

	set_property(dice, node);
	set_filters(dice, w, node, 3, WORLD_OF_ANYONE);
	set_filters(dice, w, query, 3, WORLD_OF_EVENT);
	world_random_dates(dice, w, json_get_text(query, "interval", ""), &dates);
	json_object_set_new(query, "dateRange", world_date_range(&dates));
	result = computed_result(&db, query, &env);
	got = json_incref(json_object_get(result, "results"));
	if (is_heat) {
		first = json_array_get(got, 0);
		json_decref(got);
		got = json_incref(json_object_get(first, "calendar_heatmap_data"));
	}
	for (size_t i = 0; i < json_array_size(got); i++) {
		json_object_del(json_array_get(got, i), "label");
	}
	json_decref(result);
	json_decref(node);
	return compare_and_free(seed, w, query, got,
		is_heat ? brute_heat(w, query, &dates) : brute_boxes(w, query, &dates));
}

static void random_boxes_and_heat_maps_agree_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(CASES / 10, check_picture);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(random_trends_agree_with_a_slow_count),
		cmocka_unit_test(random_boxes_and_heat_maps_agree_with_a_slow_count),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
