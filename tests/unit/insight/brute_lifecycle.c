#include "tests/unit/insight/brute_lifecycle.h"

#include "tests/unit/insight/brute_rows.h"

#include <string.h>

/* "actor\nbucket" of all that happened up to the range's end. */
static GHashTable *visits_of(
	const struct world_axis *axis, const json_t *query, const json_t *node, GHashTable *actors)
{
	const struct world *w = axis->world;
	GHashTable *visits = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];
		const char *actor = brute_actor(query, node, e);
		char bucket[WORLD_BUCKET];

		if (e->us > axis->to_us || !actor || !brute_counts(query, w, e) ||
			!brute_is_of(node, w, e)) {
			continue;
		}
		world_bucket(w, e->wall, axis->interval, bucket);
		g_hash_table_add(visits, g_strdup_printf("%s\n%s", actor, bucket));
		g_hash_table_add(actors, (gpointer)(uintptr_t)actor);
	}
	return visits;
}

static bool was_there(GHashTable *visits, const char *actor, const char *bucket)
{
	g_autofree char *key = g_strdup_printf("%s\n%s", actor, bucket);

	return g_hash_table_contains(visits, key);
}

/* Which bucket they were made in, "" for never; false: people who do not count. */
static bool born_in(
	const struct world_axis *axis, int group, const char *actor, char out[WORLD_BUCKET])
{
	const struct world *w = axis->world;
	const struct world_person *p = group < 0 ? world_person(w, actor) : NULL;
	const struct world_group *g = group < 0 ? NULL : world_group(w, group, actor);
	char wall[WORLD_WALL];

	out[0] = '\0';
	if (p || g) {
		world_wall(w, p ? p->created_us : g->created_us, wall);
		world_bucket(w, wall, axis->interval, out);
	}
	return p || group >= 0;
}

static const char *status_of(GHashTable *visits, const char *actor, const char *born,
	const char *before, const char *bucket)
{
	if (!was_there(visits, actor, bucket)) {
		return was_there(visits, actor, before) ? "dormant" : NULL;
	}
	if (strcmp(born, bucket) == 0) {
		return "new";
	}
	return was_there(visits, actor, before) ? "returning" : "resurrecting";
}

static json_t *item_of(
	const struct world_axis *axis, const json_t *query, const json_t *node, const char *status)
{
	GHashTable *actors = g_hash_table_new(g_str_hash, g_str_equal);
	GHashTable *visits = visits_of(axis, query, node, actors);
	char before[WORLD_BUCKET], born[WORLD_BUCKET], wall[WORLD_WALL];
	json_t *data = json_array();
	double sum = 0;

	world_wall(axis->world, axis->from_us - 1, wall);
	world_bucket(axis->world, wall, axis->interval, before);
	for (guint i = 0; i < axis->days->len; i++) {
		const char *bucket = axis->days->pdata[i];
		GHashTableIter at;
		gpointer actor;
		int64_t count = 0;
		double number;

		g_hash_table_iter_init(&at, actors);
		while (g_hash_table_iter_next(&at, &actor, NULL)) {
			const char *is = born_in(axis, brute_group(query, node), actor, born)
						 ? status_of(visits, actor, born, before, bucket)
						 : NULL;

			count += is && strcmp(is, status) == 0;
		}
		number = (double)brute_scaled(query, count);
		number = strcmp(status, "dormant") == 0 && count > 0 ? -number : number;
		json_array_append_new(data, json_real(number));
		sum += number;
		(void)g_strlcpy(before, bucket, sizeof before);
	}
	g_hash_table_unref(visits);
	g_hash_table_unref(actors);
	return json_pack("{s:o, s:s, s:o, s:f, s:o}", "label",
		json_sprintf("%s - %s", json_get_text(node, "event", "All events"), status),
		"status", status, "data", data, "count", sum, "days", world_axis_days(axis));
}

static bool is_wanted(const json_t *list, const char *status)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		if (strcmp(json_string_value(member), status) == 0) {
			return true;
		}
	}
	return !list;
}

json_t *brute_lifecycle(const struct world_axis *axis, const json_t *query)
{
	static const char *const statuses[] = {"new", "returning", "resurrecting", "dormant"};
	const json_t *node = json_array_get(json_object_get(query, "series"), 0);
	const json_t *toggled =
		json_object_get(json_object_get(query, "lifecycleFilter"), "toggledLifecycles");
	json_t *results = json_array();

	for (size_t i = 0; i < G_N_ELEMENTS(statuses); i++) {
		if (is_wanted(toggled, statuses[i])) {
			json_array_append_new(results, item_of(axis, query, node, statuses[i]));
		}
	}
	return results;
}
