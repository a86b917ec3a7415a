#include "tests/unit/insight/brute_funnels_parts.h"
#include "tests/unit/insight/world_filter.h"

#include <string.h>

static int number(const json_t *object, const char *key, int otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_integer(member) ? (int)json_integer_value(member) : otherwise;
}

static const char *text(const json_t *object, const char *key, const char *otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_string(member) ? json_string_value(member) : otherwise;
}

static const char *actor_of(const struct funnel *t, const struct world_event *e)
{
	int group = number(t->query, "aggregation_group_type_index", -1);
	const json_t *filter = json_object_get(t->query, "funnelsFilter");

	if (json_object_get(filter, "funnelAggregateByHogQL")) {
		return text(e->properties, "$session_id", "");
	}
	return group < 0 ? e->person : e->groups[group];
}

static bool is_named(const json_t *node, const struct world_event *e)
{
	const char *name = text(node, "event", NULL);

	return !name || strcmp(name, e->name) == 0;
}

static bool matches(const struct funnel *t, const json_t *node, const struct world_event *e)
{
	return is_named(node, e) &&
	       world_filter_holds(json_object_get(node, "properties"), t->w, e);
}

static bool in_scope(const struct funnel *t, const struct world_event *e)
{
	return world_filter_holds(json_object_get(t->query, "properties"), t->w, e);
}

static void find_first_times(struct funnel *t, struct step *s)
{
	const char *math = text(s->node, "math", "total");
	bool filtered = strcmp(math, "first_time_for_user_with_filters") == 0;

	if (!g_str_has_prefix(math, "first_time")) {
		return;
	}
	s->first = g_hash_table_new(g_str_hash, g_str_equal);
	for (guint i = 0; i < t->w->event_count; i++) {
		const struct world_event *e = &t->w->events[i];
		bool fits =
			filtered ? matches(t, s->node, e) && in_scope(t, e) : is_named(s->node, e);

		/* events stand in their order */
		if (fits && !g_hash_table_contains(s->first, actor_of(t, e))) {
			g_hash_table_insert(s->first, (gpointer)(uintptr_t)actor_of(t, e),
				(gpointer)(uintptr_t)e);
		}
	}
}

static int64_t window_of(const json_t *filter)
{
	static const struct {
		const char *name;
		int64_t seconds;
	} units[] = {{"second", 1}, {"minute", 60}, {"hour", 3600}, {"day", 86400},
		{"week", 604800}, {"month", 2678400}};
	const char *unit = text(filter, "funnelWindowIntervalUnit", "day");

	for (size_t i = 0; i < G_N_ELEMENTS(units); i++) {
		if (strcmp(units[i].name, unit) == 0) {
			return number(filter, "funnelWindowInterval", 14) * units[i].seconds *
			       SECOND;
		}
	}
	return 0;
}

static void read_query(struct funnel *t)
{
	const json_t *filter = json_object_get(t->query, "funnelsFilter");
	const json_t *breakdown = json_object_get(t->query, "breakdownFilter");
	const json_t *node;
	size_t i;

	t->order = text(filter, "funnelOrderType", "ordered");
	t->view = text(filter, "funnelVizType", "steps");
	t->attribution = text(filter, "breakdownAttributionType", "first_touch");
	t->attribution_step = number(filter, "breakdownAttributionValue", 0);
	t->window = window_of(filter);
	json_array_foreach(json_object_get(t->query, "series"), i, node)
	{
		struct step *s = &t->steps[t->step_count++];

		s->node = node;
		s->optional = json_is_true(json_object_get(node, "optionalInFunnel"));
		find_first_times(t, s);
	}
	json_array_foreach(json_object_get(filter, "exclusions"), i, node)
	{
		struct exclusion *x = &t->exclusions[t->exclusion_count++];

		x->node = node;
		x->from = number(node, "funnelFromStep", 0);
		x->to = number(node, "funnelToStep", 0);
	}
	t->from = number(filter, "funnelFromStep", 0);
	t->to = number(filter, "funnelToStep", t->step_count - 1);
	t->bins = number(filter, "binCount", 0);
	t->breakdown =
		strcmp(t->view, "time_to_convert") == 0 ? NULL : text(breakdown, "breakdown", NULL);
	t->breakdown_type = text(breakdown, "breakdown_type", "event");
	t->breakdown_group = number(breakdown, "breakdown_group_type_index", 0);
	t->limit = number(breakdown, "breakdown_limit", 25);
}

/* ---- an actor's events */

static unsigned steps_of(const struct funnel *t, const struct world_event *e)
{
	unsigned steps = 0;

	for (int k = 0; k < t->step_count; k++) {
		const struct step *s = &t->steps[k];
		const struct world_event *first =
			s->first ? g_hash_table_lookup(s->first, actor_of(t, e)) : NULL;

		if (matches(t, s->node, e) && (!s->first || (first && first->us == e->us))) {
			steps |= 1u << k;
		}
	}
	return steps;
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct happening *x = *(struct happening *const *)a;
	const struct happening *y = *(struct happening *const *)b;

	if (x->us != y->us) {
		return x->us < y->us ? -1 : 1;
	}
	return x->lowest != y->lowest ? x->lowest - y->lowest : strcmp(x->e->uuid, y->e->uuid);
}

static void free_happening(gpointer data)
{
	struct happening *h = data;

	g_free(h->value);
	g_free(h);
}

static void free_list(gpointer data)
{
	g_ptr_array_unref(data);
}

static struct happening *happening_of(const struct funnel *t, const struct world_event *e)
{
	struct happening *h = g_new0(struct happening, 1);

	h->us = e->us;
	h->e = e;
	h->steps = steps_of(t, e);
	for (int i = 0; i < t->exclusion_count; i++) {
		h->excluded |= matches(t, t->exclusions[i].node, e) ? 1u << i : 0;
	}
	while (h->lowest < t->step_count && !(h->steps & (1u << h->lowest))) {
		h->lowest++;
	}
	if (t->breakdown) {
		h->value = world_filter_text(
			t->w, e, t->breakdown_type, t->breakdown_group, t->breakdown);
	}
	h->value = h->value ? h->value : g_strdup("");
	return h;
}

/* Lists of happenings by actor; where a chain shares its value, by both. */
static GHashTable *actors_of(const struct funnel *t)
{
	GHashTable *actors = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
	bool shared = t->breakdown && strcmp(t->attribution, "all_events") == 0;

	for (guint i = 0; i < t->w->event_count; i++) {
		const struct world_event *e = &t->w->events[i];
		struct happening *h;
		GPtrArray *list;
		char *key;

		if (e->us < t->axis.from_us || e->us > t->axis.to_us || !*actor_of(t, e) ||
			!in_scope(t, e)) {
			continue;
		}
		h = happening_of(t, e);
		if (!h->steps && !h->excluded && strcmp(t->order, "strict") != 0) {
			free_happening(h);
			continue;
		}
		key = g_strconcat(actor_of(t, e), "\n", shared ? h->value : "", NULL);
		list = g_hash_table_lookup(actors, key);
		if (!list) {
			list = g_ptr_array_new_with_free_func(free_happening);
			g_hash_table_insert(actors, g_strdup(key), list);
		}
		g_ptr_array_add(list, h);
		g_free(key);
	}
	return actors;
}

/* ---- chains */

static int furthest(const struct funnel *t, const struct chain *c)
{
	int reached = -1;

	for (int k = 0; k < t->step_count; k++) {
		reached = c->at[k] ? k : reached;
	}
	return reached;
}

/* From a step a chain goes to the next one, or over optional ones to one behind them. */
static int next_step(const struct funnel *t, int at, const struct happening *h)
{
	int last = at + 1;

	while (last < t->step_count - 1 && t->steps[last].optional) {
		last++;
	}
	for (int k = last; k > at && last < t->step_count; k--) {
		if (h->steps & (1u << k)) {
			return k;
		}
	}
	return -1;
}

static void walk(const struct funnel *t, const GPtrArray *list, guint start, struct chain *c)
{
	const struct happening *first = list->pdata[start];
	int at = 0;

	*c = (struct chain){.at = {first}};
	for (guint i = start + 1; i < list->len && at < t->step_count - 1; i++) {
		const struct happening *h = list->pdata[i];
		int k = next_step(t, at, h);

		if (h->us - first->us > t->window) {
			return;
		}
		if (k >= 0) {
			c->at[k] = h;
			at = k;
		} else if (strcmp(t->order, "strict") == 0) {
			return;
		}
	}
}

static gint by_instant(gconstpointer a, gconstpointer b)
{
	const struct happening *x = *(struct happening *const *)a;
	const struct happening *y = *(struct happening *const *)b;

	return x->us < y->us ? -1 : x->us > y->us;
}

/* In any order: *of_steps is where each step is, *c the same by when they complete. */
static void look_around(const struct funnel *t, const GPtrArray *list, guint start,
	struct chain *of_steps, struct chain *c)
{
	const struct happening *first = list->pdata[start];
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();

	*of_steps = *c = (struct chain){.at = {NULL}};
	for (guint i = list->len; i-- > 0;) {
		const struct happening *h = list->pdata[i];

		for (int k = 0; k < t->step_count; k++) {
			if ((h->steps & (1u << k)) && h->us >= first->us &&
				h->us - first->us <= t->window) {
				of_steps->at[k] = h;
			}
		}
	}
	for (int k = 0; k < t->step_count; k++) {
		if (of_steps->at[k]) {
			g_ptr_array_add(sorted, (gpointer)(uintptr_t)of_steps->at[k]);
		}
	}
	g_ptr_array_sort(sorted, by_instant);
	for (guint k = 0; k < sorted->len; k++) {
		c->at[k] = sorted->pdata[k];
	}
}

static bool is_void(const struct funnel *t, const GPtrArray *list, const struct chain *c)
{
	for (int x = 0; x < t->exclusion_count; x++) {
		const struct exclusion *ex = &t->exclusions[x];
		const struct happening *after = NULL;

		for (int k = t->step_count - 1; k >= ex->to; k--) {
			after = c->at[k] ? c->at[k] : after;
		}
		for (guint i = 0; c->at[ex->from] && i < list->len; i++) {
			const struct happening *h = list->pdata[i];

			if ((h->excluded & (1u << x)) && h->us > c->at[ex->from]->us &&
				(after ? h->us < after->us : h->us <= c->at[0]->us + t->window)) {
				return true;
			}
		}
	}
	return false;
}

static const char *touched(const GPtrArray *list, bool last)
{
	const char *value = "";

	for (guint i = 0; i < list->len; i++) {
		const struct happening *h = list->pdata[i];

		if (*h->value && (last || !*value)) {
			value = h->value;
		}
	}
	return value;
}

static const char *value_of(const struct funnel *t, const GPtrArray *list, const struct chain *c)
{
	const struct happening *first = list->pdata[0];

	if (strcmp(t->attribution, "all_events") == 0) {
		return first->value;
	}
	if (strcmp(t->attribution, "step") == 0) {
		return c->at[t->attribution_step] ? c->at[t->attribution_step]->value : "";
	}
	return touched(list, strcmp(t->attribution, "last_touch") == 0);
}

static void count_chain(const struct funnel *t, GArray *out, const char *actor,
	const GPtrArray *list, const struct chain *c, const struct chain *of_steps)
{
	struct counted n = {.actor = actor, .value = value_of(t, list, of_steps)};

	for (int k = 0; k < t->step_count; k++) {
		n.has[k] = c->at[k] != NULL;
		n.times[k] = n.has[k] ? c->at[k]->us : 0;
	}
	g_array_append_val(out, n);
}

/* Furthest; of complete ones the first to be; then the one that began last. */
static bool is_better(const struct funnel *t, const struct chain *a, const struct chain *b)
{
	int x = furthest(t, a), y = furthest(t, b), last = t->step_count - 1;

	if (x != y) {
		return x > y;
	}
	if (x == last && a->at[last]->us != b->at[last]->us) {
		return a->at[last]->us < b->at[last]->us;
	}
	return true;
}

/* The spec's own telling, for funnels without more: of each step the latest start that has come so
 * far is kept; an event is tried as the highest step first; the instant of the last step ends it.
 */
static void keep_latest(const struct funnel *t, const GPtrArray *list, struct chain *best)
{
	struct chain kept[STEPS] = {{{NULL}}};
	int last = t->step_count - 1;

	for (guint i = 0; i < list->len; i++) {
		const struct happening *h = list->pdata[i];
		bool strict = strcmp(t->order, "strict") == 0;

		if (kept[last].at[0] && h->us > kept[last].at[last]->us) {
			break;
		}
		for (int k = last; k >= 0; k--) {
			struct chain *before = k > 0 ? &kept[k - 1] : NULL;

			if (!(h->steps & (1u << k))) {
				continue;
			}
			if (k == 0) {
				kept[0] = (struct chain){.at = {h}};
			} else if (before->at[0] && h->us - before->at[0]->us <= t->window &&
				   (!strict || before->at[k - 1] == list->pdata[i - 1]) &&
				   kept[k].at[0] != before->at[0]) {
				kept[k] = *before;
				kept[k].at[k] = h;
			}
		}
	}
	for (int k = 0; k <= last; k++) {
		*best = kept[k].at[0] ? kept[k] : *best;
	}
}

static GArray *count_actors(const struct funnel *t, GHashTable *actors)
{
	GArray *out = g_array_new(FALSE, TRUE, sizeof(struct counted));
	bool each = strcmp(t->view, "trends") == 0;
	bool unordered = strcmp(t->order, "unordered") == 0;
	bool simple = !each && !unordered && t->exclusion_count == 0;
	GHashTableIter at;
	gpointer key, value;

	for (int k = 0; k < t->step_count; k++) {
		simple = simple && !t->steps[k].optional;
	}
	g_hash_table_iter_init(&at, actors);
	while (g_hash_table_iter_next(&at, &key, &value)) {
		const GPtrArray *list = value;
		struct chain best = {.at = {NULL}}, best_of_steps = best;

		for (guint i = 0; i < list->len && !simple; i++) {
			const struct happening *h = list->pdata[i];
			struct chain c, of_steps;

			if (unordered ? !h->steps : !(h->steps & 1)) {
				continue;
			}
			if (unordered) {
				look_around(t, list, i, &of_steps, &c);
			} else {
				walk(t, list, i, &c);
				of_steps = c;
			}
			if (is_void(t, list, &c)) {
				continue;
			}
			if (each) {
				count_chain(t, out, key, list, &c, &of_steps);
			} else if (is_better(t, &c, &best)) {
				best = c;
				best_of_steps = of_steps;
			}
		}
		if (simple) {
			keep_latest(t, list, &best);
			best_of_steps = best;
		}
		if (!each && best.at[0]) {
			count_chain(t, out, key, list, &best, &best_of_steps);
		}
	}
	return out;
}

json_t *brute_funnel(const struct world *w, const json_t *query, const struct world_dates *dates)
{
	struct funnel t = {.w = w, .query = query};
	GHashTable *actors;
	GHashTableIter at;
	gpointer list;
	GArray *counted;
	json_t *results;

	read_query(&t);
	world_axis_open(&t.axis, w, dates, text(query, "interval", "day"));
	actors = actors_of(&t);
	g_hash_table_iter_init(&at, actors);
	while (g_hash_table_iter_next(&at, NULL, &list)) {
		g_ptr_array_sort(list, by_time);
	}
	counted = count_actors(&t, actors);
	results = brute_funnel_view(&t, counted);
	g_array_unref(counted);
	g_hash_table_unref(actors);
	world_axis_close(&t.axis);
	for (int k = 0; k < t.step_count; k++) {
		if (t.steps[k].first) {
			g_hash_table_unref(t.steps[k].first);
		}
	}
	return results;
}
