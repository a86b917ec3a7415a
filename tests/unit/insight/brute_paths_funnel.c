#include "tests/unit/insight/brute_paths_funnel.h"

#include "tests/unit/insight/brute_rows.h"

#include <string.h>

enum { MOST_STEPS = 3 };

static const int64_t hour = 3600LL * G_USEC_PER_SEC;

/* When a chain was at each step; it has come to `reached` of them. */
struct chain {
	int64_t at[MOST_STEPS];
	int reached;
};

void random_paths_funnel(
	GRand *dice, const struct world *w, const struct world_dates *dates, json_t *query)
{
	static const char *const types[] = {
		"funnel_path_before_step", "funnel_path_after_step", "funnel_path_between_steps"};
	json_t *group = json_object_get(query, "aggregation_group_type_index");
	json_t *series = json_array(), *source;
	const char *names[MOST_STEPS] = {NULL}, *type = WORLD_PICK(dice, types);
	int count = 0, step;

	for (int tries = 0; tries < 20 && count < 2 + (tries < 5); tries++) {
		const char *name = world_random_name(dice, w);
		bool is_new = true;

		for (int i = 0; i < count; i++) {
			is_new = is_new && strcmp(names[i], name) != 0;
		}
		if (is_new) {
			names[count++] = name;
			json_array_append_new(series, json_pack("{s:s}", "event", name));
		}
	}
	if (count < 2) {
		json_decref(series);
		return;
	}
	source = json_pack("{s:s, s:o, s:o, s:O?, s:{s:i, s:s}}", "kind", "FunnelsQuery",
		"dateRange", world_date_range(dates), "series", series,
		"aggregation_group_type_index", group, "funnelsFilter", "funnelWindowInterval",
		1 + world_below(dice, 72), "funnelWindowIntervalUnit", "hour");
	step = strstr(type, "between") ? 2 + world_below(dice, count - 1)
				       : 1 + world_below(dice, count);
	if (!strstr(type, "between") && step > 1 && world_below(dice, 3) == 0) {
		step = -step;
	}
	json_object_set_new(query, "funnelPathsFilter",
		json_pack("{s:s, s:i, s:o}", "funnelPathType", type, "funnelStep", step,
			"funnelSource", source));
}

static bool is_step(const struct world_axis *axis, const json_t *source, int step,
	const char *actor, const struct world_event *e)
{
	const json_t *node = json_array_get(json_object_get(source, "series"), (size_t)step);
	const char *of = brute_actor(source, NULL, e);

	return e->us >= axis->from_us && e->us <= axis->to_us && of && strcmp(of, actor) == 0 &&
	       brute_is_of(node, axis->world, e);
}

/* From one event of the first step on. */
static struct chain walk(
	const struct world_axis *axis, const json_t *source, const char *actor, int64_t start_us)
{
	const struct world *w = axis->world;
	int steps = (int)json_array_size(json_object_get(source, "series"));
	int64_t window = hour * json_get_int(json_object_get(source, "funnelsFilter"),
					"funnelWindowInterval", 0);
	struct chain c = {.at = {start_us}, .reached = 1};

	while (c.reached < steps) {
		int64_t next = G_MAXINT64;

		for (guint i = 0; i < w->event_count; i++) {
			const struct world_event *e = &w->events[i];

			if (e->us >= c.at[c.reached - 1] && e->us < next &&
				is_step(axis, source, c.reached, actor, e)) {
				next = e->us;
			}
		}
		if (next == G_MAXINT64 || next - start_us > window) {
			break;
		}
		c.at[c.reached++] = next;
	}
	return c;
}

/* Further is better; complete sooner; begun later. */
static bool is_better(const struct chain *a, const struct chain *b, int steps)
{
	if (a->reached != b->reached) {
		return a->reached > b->reached;
	}
	if (a->reached == steps && a->at[steps - 1] != b->at[steps - 1]) {
		return a->at[steps - 1] < b->at[steps - 1];
	}
	return a->at[0] > b->at[0];
}

static struct chain best_chain(
	const struct world_axis *axis, const json_t *source, const char *actor)
{
	const struct world *w = axis->world;
	int steps = (int)json_array_size(json_object_get(source, "series"));
	struct chain best = {.reached = 0};

	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];

		if (is_step(axis, source, 0, actor, e)) {
			struct chain c = walk(axis, source, actor, e->us);

			if (is_better(&c, &best, steps)) {
				best = c;
			}
		}
	}
	return best;
}

bool brute_paths_bounds(const struct world_axis *axis, const json_t *query, const char *actor,
	int64_t *since_us, int64_t *until_us)
{
	const json_t *filter = json_object_get(query, "funnelPathsFilter");
	const char *type = json_get_text(filter, "funnelPathType", "");
	int step = (int)json_get_int(filter, "funnelStep", 0);
	int came_to = step > 0 ? step : -step - 1;
	struct chain c;

	*since_us = G_MININT64;
	*until_us = G_MAXINT64;
	if (!filter) {
		return true;
	}
	c = best_chain(axis, json_object_get(filter, "funnelSource"), actor);
	if (c.reached < came_to || (step < 0 && c.reached > came_to)) {
		return false;
	}
	if (strstr(type, "between")) {
		*since_us = c.at[came_to - 2];
	}
	if (strstr(type, "after")) {
		*since_us = c.at[came_to - 1];
	} else {
		*until_us = c.at[came_to - 1];
	}
	return true;
}
