#include "tests/unit/insight/brute_stickiness.h"

#include "tests/unit/insight/brute_rows.h"

#include <string.h>

/* Does so many times in one interval make it one that counts? */
static bool is_enough(const json_t *query, int64_t times)
{
	const json_t *criteria =
		json_object_get(json_object_get(query, "stickinessFilter"), "stickinessCriteria");
	const char *operator= json_get_text(criteria, "operator", "gte");
	int64_t value = json_get_int(criteria, "value", 1);

	if (times == 0) {
		return false;
	}
	if (strcmp(operator, "gte") == 0) {
		return times >= value;
	}
	return strcmp(operator, "lte") == 0 ? times <= value : times == value;
}

/* actor to [how often in each interval] */
static GHashTable *times_of(const struct world_axis *axis, const json_t *query, const json_t *node,
	int64_t each, guint length)
{
	const struct world *w = axis->world;
	GHashTable *actors = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, g_free);

	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];
		const char *actor = brute_actor(query, node, e);
		int place = world_axis_place(axis, e);
		int64_t *times;

		if (place < 0 || !actor || !brute_counts(query, w, e) || !brute_is_of(node, w, e)) {
			continue;
		}
		times = g_hash_table_lookup(actors, actor);
		if (!times) {
			times = g_new0(int64_t, length);
			g_hash_table_insert(actors, (gpointer)(uintptr_t)actor, times);
		}
		times[place / each]++;
	}
	return actors;
}

static json_t *data_of(const struct world_axis *axis, const json_t *query, const json_t *node,
	int64_t each, guint length, int64_t *sum)
{
	bool cumulative =
		strcmp(json_get_text(json_object_get(query, "stickinessFilter"), "computedAs", ""),
			"cumulative") == 0;
	GHashTable *actors = times_of(axis, query, node, each, length);
	int64_t *exactly = g_new0(int64_t, length + 1);
	json_t *data = json_array();
	GHashTableIter at;
	gpointer value;

	g_hash_table_iter_init(&at, actors);
	while (g_hash_table_iter_next(&at, NULL, &value)) {
		guint intervals = 0;

		for (guint i = 0; i < length; i++) {
			intervals += is_enough(query, ((int64_t *)value)[i]);
		}
		exactly[intervals]++;
	}
	*sum = 0;
	for (guint x = 1; x <= length; x++) {
		int64_t number = 0;

		for (guint k = x; k <= (cumulative ? length : x); k++) {
			number += brute_scaled(query, exactly[k]);
		}
		json_array_append_new(data, json_integer(number));
		*sum += number;
	}
	g_hash_table_unref(actors);
	g_free(exactly);
	return data;
}

json_t *brute_stickiness(
	const struct world_axis *axis, const json_t *query, const char *compare_label)
{
	bool cumulative =
		strcmp(json_get_text(json_object_get(query, "stickinessFilter"), "computedAs", ""),
			"cumulative") == 0;
	int64_t each = json_get_int(query, "intervalCount", 1);
	guint length = (axis->days->len + (guint)each - 1) / (guint)each;
	json_t *results = json_array(), *node;
	size_t i;

	json_array_foreach(json_object_get(query, "series"), i, node)
	{
		json_t *days = json_array(), *labels = json_array(), *data, *item;
		int64_t sum;

		for (guint x = 1; x <= length; x++) {
			json_array_append_new(days, json_integer(x));
			json_array_append_new(
				labels, json_sprintf(x == 1 ? "%u %s%s" : "%u %ss%s", x,
						axis->interval, cumulative ? " or more" : ""));
		}
		data = data_of(axis, query, node, each, length, &sum);
		item = json_pack("{s:s, s:I, s:o, s:o, s:o}", "label",
			json_get_text(node, "event", "All events"), "count", (json_int_t)sum,
			"data", data, "days", days, "labels", labels);
		if (compare_label) {
			json_object_set_new(item, "compare", json_true());
			json_object_set_new(item, "compare_label", json_string(compare_label));
		}
		json_array_append_new(results, item);
	}
	return results;
}
