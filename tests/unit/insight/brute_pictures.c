#include "tests/unit/insight/brute_pictures.h"

#include "tests/unit/insight/brute_facts.h"

#include <string.h>

/* A quarter from below is a quarter from above of what is turned over. */
static const struct {
	const char *name, *math;
	int sign;
} numbers[] = {{"min", "min", 1}, {"p25", "p75", -1}, {"median", "median", 1}, {"p75", "p75", 1},
	{"max", "max", 1}, {"mean", "avg", 1}};

static double *count_one(const struct brute_series *s, const char *math, int sign)
{
	struct brute_series other = *s;
	json_t *node = json_copy((json_t *)(uintptr_t)s->node);
	double *result = g_new0(double, s->axis->days->len);

	json_object_set_new(node, "math", json_string(math));
	json_object_set_new(node, "math_multiplier", json_integer(sign));
	other.node = node;
	brute_numbers(&other, s->facts, result);
	json_decref(node);
	return result;
}

static void add_boxes(json_t *list, const struct brute_series *s, size_t index)
{
	g_autofree char *label =
		g_strdup_printf("%s - %s", json_get_text(s->node, "event", "All events"),
			json_get_text(s->node, "math_property", ""));
	size_t first = json_array_size(list);

	for (guint i = 0; i < s->axis->days->len; i++) {
		json_array_append_new(
			list, json_pack("{s:s, s:i, s:s}", "day", (char *)s->axis->days->pdata[i],
				      "series_index", (int)index, "series_label", label));
	}
	for (size_t i = 0; i < G_N_ELEMENTS(numbers); i++) {
		g_autofree double *values = count_one(s, numbers[i].math, numbers[i].sign);

		for (guint j = 0; j < s->axis->days->len; j++) {
			json_object_set_new(json_array_get(list, first + j), numbers[i].name,
				json_real(values[j] * numbers[i].sign + 0.0));
		}
	}
}

json_t *brute_boxes(const struct world *w, const json_t *query, const struct world_dates *dates)
{
	const json_t *series = json_object_get(query, "series"), *node;
	json_t *list = json_array();
	struct world_axis axis;
	size_t i;

	world_axis_open(&axis, w, dates, json_get_text(query, "interval", "day"));
	json_array_foreach(series, i, node)
	{
		struct brute_series s = {.world = w, .query = query, .node = node, .axis = &axis};

		brute_gather(&s);
		add_boxes(list, &s, i);
		g_ptr_array_unref(s.facts);
	}
	world_axis_close(&axis);
	return list;
}

/* The hour of the week at which it counts: for people, when their session began. */
static int place_of(const struct brute_series *s, const struct world_event *e, bool people)
{
	const char *id = json_get_text(e->properties, "$session_id", "");
	g_autoptr(GDateTime) utc = NULL;
	g_autoptr(GDateTime) at = NULL;
	int64_t us = e->us, last_us;

	if (people && !brute_session(s, id, &us, &last_us)) {
		us = e->us;
	}
	utc = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
	at = g_date_time_to_timezone(utc, s->world->tz);
	return (g_date_time_get_day_of_week(at) - 1) * 24 + g_date_time_get_hour(at);
}

/* Of the facts whose place divided and then taken modulo is this one. */
static json_t *count_places(const struct brute_series *s, const int *places, bool people,
	int divisor, int modulus, int wanted)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	int count = 0;

	for (guint i = 0; i < s->facts->len; i++) {
		const struct world_event *e = ((struct brute_fact *)s->facts->pdata[i])->event;
		const char *who = brute_actor(s->query, e);

		if (places[i] / divisor % modulus == wanted &&
			(g_hash_table_add(seen, (gpointer)(uintptr_t)who) || !people)) {
			count++;
		}
	}
	return json_integer(count);
}

json_t *brute_heat(const struct world *w, const json_t *query, const struct world_dates *dates)
{
	const json_t *node = json_array_get(json_object_get(query, "series"), 0);
	bool people = strcmp(brute_math(node), "dau") == 0;
	json_t *cells = json_array(), *rows = json_array(), *columns = json_array(), *n;
	struct world_axis axis;
	struct brute_series s = {.world = w, .query = query, .node = node, .axis = &axis};
	g_autofree int *places = NULL;

	world_axis_open(&axis, w, dates,
		strcmp(json_get_text(query, "interval", ""), "hour") == 0 ? "hour" : "day");
	brute_gather(&s);
	places = g_new(int, s.facts->len + 1);
	for (guint i = 0; i < s.facts->len; i++) {
		places[i] = place_of(&s, ((struct brute_fact *)s.facts->pdata[i])->event, people);
	}
	for (int i = 0; i < 168; i++) {
		n = count_places(&s, places, people, 1, 168, i);
		if (json_integer_value(n) > 0) {
			json_array_append_new(cells, json_pack("{s:i, s:i, s:O}", "row", i / 24 + 1,
							     "column", i % 24, "value", n));
		}
		json_decref(n);
	}
	for (int i = 0; i < 7; i++) {
		n = count_places(&s, places, people, 24, 7, i);
		if (json_integer_value(n) > 0) {
			json_array_append_new(
				rows, json_pack("{s:i, s:O}", "row", i + 1, "value", n));
		}
		json_decref(n);
	}
	for (int i = 0; i < 24; i++) {
		n = count_places(&s, places, people, 1, 24, i);
		if (json_integer_value(n) > 0) {
			json_array_append_new(
				columns, json_pack("{s:i, s:O}", "column", i, "value", n));
		}
		json_decref(n);
	}
	n = count_places(&s, places, people, 168, 1, 0);
	g_ptr_array_unref(s.facts);
	world_axis_close(&axis);
	return json_pack("{s:o, s:o, s:o, s:o}", "data", cells, "rowAggregations", rows,
		"columnAggregations", columns, "allAggregations", n);
}
