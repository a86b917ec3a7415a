#include "tests/unit/insight/brute_rows.h"

#include "tests/unit/insight/world_filter.h"

#include <math.h>
#include <string.h>

static const double whole_hash = 4294967296.0;

void random_rows(GRand *dice, const struct world *w, json_t *query)
{
	json_t *filters =
		world_below(dice, 3) ? NULL : world_random_filters(dice, w, WORLD_OF_ANYONE);

	if (filters) {
		json_object_set_new(query, "properties", filters);
	}
	if (world_below(dice, 10) == 0) {
		json_object_set_new(
			query, "samplingFactor", json_real((1 + world_below(dice, 10)) / 10.0));
	}
	if (world_below(dice, 6) == 0) {
		json_object_set_new(query, "aggregation_group_type_index",
			json_integer(world_below(dice, WORLD_USED_GROUP_TYPES)));
	}
}

json_t *random_actor_series(GRand *dice, const struct world *w)
{
	static const char *const maths[] = {NULL, "total", "dau", "unique_group"};
	const char *event = world_random_event(dice, w);
	const char *math = maths[world_below(dice, 5) % (int)G_N_ELEMENTS(maths)];
	json_t *node =
		json_pack("{s:s, s:s?, s:s?}", "kind", "EventsNode", "event", event, "math", math);
	json_t *filters =
		world_below(dice, 4) ? NULL : world_random_filters(dice, w, WORLD_OF_ANYONE);

	if (math && strcmp(math, "unique_group") == 0) {
		json_object_set_new(node, "math_group_type_index",
			json_integer(world_below(dice, WORLD_USED_GROUP_TYPES)));
	}
	if (filters) {
		json_object_set_new(node, "properties", filters);
	}
	return node;
}

static double sample_of(const json_t *query)
{
	const json_t *sample = json_object_get(query, "samplingFactor");

	return sample ? json_number_value(sample) : 1;
}

bool brute_counts(const json_t *query, const struct world *w, const struct world_event *e)
{
	g_autofree char *hash = g_compute_checksum_for_string(G_CHECKSUM_MD5, e->distinct_id, -1);
	double sample = sample_of(query);

	hash[8] = '\0';
	return (sample >= 1 || (double)g_ascii_strtoull(hash, NULL, 16) < sample * whole_hash) &&
	       world_filter_holds(json_object_get(query, "properties"), w, e);
}

bool brute_is_of(const json_t *node, const struct world *w, const struct world_event *e)
{
	const char *event = json_get_text(node, "event", NULL);

	return (!event || strcmp(event, e->name) == 0) &&
	       world_filter_holds(json_object_get(node, "properties"), w, e);
}

int brute_group(const json_t *query, const json_t *node)
{
	json_int_t of_query = json_get_int(query, "aggregation_group_type_index", -1);

	return (int)json_get_int(node, "math_group_type_index", of_query);
}

const char *brute_actor(const json_t *query, const json_t *node, const struct world_event *e)
{
	int group = brute_group(query, node);

	if (group < 0) {
		return e->person;
	}
	return *e->groups[group] ? e->groups[group] : NULL;
}

int64_t brute_scaled(const json_t *query, int64_t count)
{
	return llround((double)count / sample_of(query));
}
