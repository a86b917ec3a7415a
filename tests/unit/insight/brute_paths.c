#include "tests/unit/insight/brute_paths.h"

#include "tests/unit/insight/brute_paths_funnel.h"
#include "tests/unit/insight/brute_rows.h"

#include <string.h>

static const int64_t longest_pause = 1800LL * G_USEC_PER_SEC;

struct visit {
	int64_t us;
	char *item;
};

struct way {
	GArray *visits; /* of one session, struct visit; the items are not its own */
	GHashTable *edges; /* "1_a\n2_b" to int64_t[2]: how often, how long in all */
};

static bool lists(const json_t *list, const char *text)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		if (strcmp(json_string_value(member), text) == 0) {
			return true;
		}
	}
	return false;
}

/* What it was called before cleaning. */
static char *raw_item(const json_t *filter, const struct world_event *e)
{
	const json_t *types = json_object_get(filter, "includeEventTypes");
	const char *expression = json_get_text(filter, "pathsHogQLExpression", "event");
	bool any = json_array_size(types) == 0;

	if (strcmp(e->name, "$pageview") == 0 && (any || lists(types, "$pageview"))) {
		char *url = world_text(e->properties, "$current_url");
		size_t length = url ? strlen(url) : 0;

		if (length > 1 && url[length - 1] == '/') {
			url[length - 1] = '\0';
		}
		return url;
	}
	if (strcmp(e->name, "$screen") == 0 && (any || lists(types, "$screen"))) {
		return world_text(e->properties, "$screen_name");
	}
	if (lists(types, "hogql")) {
		return strcmp(expression, "event") == 0
			       ? g_strdup(e->name)
			       : g_strdup_printf("%s!%s", e->name, e->distinct_id);
	}
	return e->name[0] != '$' && (any || lists(types, "custom_event")) ? g_strdup(e->name)
									  : NULL;
}

static char *replaced(char *item, const char *regex, const char *alias)
{
	GRegex *compiled = g_regex_new(regex, G_REGEX_DOLLAR_ENDONLY, 0, NULL);
	char *out = g_regex_replace(compiled, item, -1, 0, alias, 0, NULL);

	g_regex_unref(compiled);
	g_free(item);
	return out;
}

/* '*' is anything, the rest itself. */
static bool matches(const char *pattern, const char *text)
{
	if (!*pattern) {
		return !*text;
	}
	if (*pattern == '*') {
		return matches(pattern + 1, text) || (*text && matches(pattern, text + 1));
	}
	return *pattern == *text && matches(pattern + 1, text + 1);
}

char *brute_item(const json_t *filter, const struct world_event *e)
{
	char *item = raw_item(filter, e);
	const json_t *member;
	size_t i;

	if (!item) {
		return NULL;
	}
	json_array_foreach(json_object_get(filter, "localPathCleaningFilters"), i, member)
	{
		item = replaced(item, json_get_text(member, "regex", ""),
			json_get_text(member, "alias", ""));
	}
	json_array_foreach(json_object_get(filter, "pathGroupings"), i, member)
	{
		if (matches(json_string_value(member), item)) {
			g_free(item);
			item = g_strdup(json_string_value(member));
			break;
		}
	}
	if (!*item || lists(json_object_get(filter, "excludeEvents"), item)) {
		g_clear_pointer(&item, g_free);
	}
	return item;
}

static struct visit *at(GArray *visits, guint i)
{
	return &g_array_index(visits, struct visit, i);
}

static int find(GArray *visits, const char *item)
{
	for (guint i = 0; i < visits->len; i++) {
		if (strcmp(at(visits, i)->item, item) == 0) {
			return (int)i;
		}
	}
	return -1;
}

static void keep_last(GArray *visits, guint count)
{
	if (visits->len > count) {
		g_array_remove_range(visits, 0, visits->len - count);
	}
}

static void keep_first(GArray *visits, guint count)
{
	if (visits->len > count) {
		g_array_remove_range(visits, count, visits->len - count);
	}
}

/* The part of a session that counts. */
static void cut(GArray *visits, const json_t *filter)
{
	static char dots[] = "...";
	const char *start = json_get_text(filter, "startPoint", NULL);
	const char *end = json_get_text(filter, "endPoint", NULL);
	guint limit = (guint)json_get_int(filter, "stepLimit", 5), half = limit / 2;

	if (start) {
		int from = find(visits, start);

		g_array_remove_range(visits, 0, from < 0 ? visits->len : (guint)from);
	}
	if (end) {
		keep_first(visits, (guint)(find(visits, end) + 1));
	}
	if (!end) {
		keep_first(visits, limit);
	} else if (!start) {
		keep_last(visits, limit);
	} else if (visits->len > limit) {
		struct visit gap = {.us = at(visits, half)->us, .item = dots};

		g_array_remove_range(visits, half, visits->len - 2 * half);
		g_array_insert_val(visits, half, gap);
	}
}

static void count_session(struct way *way, const json_t *filter)
{
	cut(way->visits, filter);
	for (guint i = 1; i < way->visits->len; i++) {
		const struct visit *from = at(way->visits, i - 1), *to = at(way->visits, i);
		char *key = g_strdup_printf("%u_%s\n%u_%s", i, from->item, i + 1, to->item);
		int64_t *sums = g_hash_table_lookup(way->edges, key);

		if (!sums) {
			sums = g_new0(int64_t, 2);
			g_hash_table_insert(way->edges, g_strdup(key), sums);
		}
		sums[0]++;
		sums[1] += to->us - from->us;
		g_free(key);
	}
	g_array_set_size(way->visits, 0);
}

static void walk(struct way *way, const struct world_axis *axis, const json_t *query,
	const char *actor, GPtrArray *items)
{
	const struct world *w = axis->world;
	const json_t *filter = json_object_get(query, "pathsFilter");
	int64_t last_us = G_MININT64 / 2, since_us, until_us;

	if (!brute_paths_bounds(axis, query, actor, &since_us, &until_us)) {
		return;
	}
	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];
		const char *of = brute_actor(query, NULL, e);
		struct visit v = {.us = e->us};

		if (!of || strcmp(of, actor) != 0 || e->us < axis->from_us || e->us > axis->to_us ||
			e->us < since_us || e->us > until_us || !brute_counts(query, w, e)) {
			continue;
		}
		v.item = brute_item(filter, e);
		if (!v.item) {
			continue;
		}
		g_ptr_array_add(items, v.item);
		if (v.us - last_us >= longest_pause) {
			count_session(way, filter);
		}
		last_us = v.us;
		if (way->visits->len == 0 ||
			strcmp(at(way->visits, way->visits->len - 1)->item, v.item) != 0) {
			g_array_append_val(way->visits, v);
		}
	}
	count_session(way, filter);
}

static gint by_weight(gconstpointer a, gconstpointer b)
{
	const json_t *x = *(json_t *const *)a, *y = *(json_t *const *)b;
	int64_t more = json_get_int(y, "value", 0) - json_get_int(x, "value", 0);
	int source = strcmp(json_get_text(x, "source", ""), json_get_text(y, "source", ""));

	if (more) {
		return more > 0 ? 1 : -1;
	}
	return source ? source
		      : strcmp(json_get_text(x, "target", ""), json_get_text(y, "target", ""));
}

static GPtrArray *sorted_edges(GHashTable *edges)
{
	GPtrArray *list = g_ptr_array_new_with_free_func((GDestroyNotify)json_decref);
	GHashTableIter iter;
	gpointer key, value;

	g_hash_table_iter_init(&iter, edges);
	while (g_hash_table_iter_next(&iter, &key, &value)) {
		const int64_t *sums = value;
		char **ends = g_strsplit(key, "\n", 2);

		g_ptr_array_add(list,
			json_pack("{s:s, s:s, s:I, s:f}", "source", ends[0], "target", ends[1],
				"value", (json_int_t)sums[0], "average_conversion_time",
				(double)sums[1] / (double)sums[0] / 1000));
		g_strfreev(ends);
	}
	g_ptr_array_sort(list, by_weight);
	return list;
}

static bool is_reached(const json_t *edges, const char *node)
{
	const json_t *edge;
	size_t i;

	if (g_str_has_prefix(node, "1_")) {
		return true;
	}
	json_array_foreach(edges, i, edge)
	{
		if (strcmp(json_get_text(edge, "target", ""), node) == 0 &&
			is_reached(edges, json_get_text(edge, "source", ""))) {
			return true;
		}
	}
	return false;
}

static json_t *strongest(GHashTable *edges, const json_t *query)
{
	const json_t *filter = json_object_get(query, "pathsFilter");
	int64_t most = json_get_int(filter, "maxEdgeWeight", G_MAXINT64);
	GPtrArray *sorted = sorted_edges(edges);
	json_t *heavy = json_array(), *results = json_array(), *edge;
	size_t i;

	for (guint k = 0; k < sorted->len && k < json_get_int(filter, "edgeLimit", 50); k++) {
		json_t *one = sorted->pdata[k];
		int64_t weight = brute_scaled(query, json_get_int(one, "value", 0));

		json_object_set_new(one, "value", json_integer(weight));
		if (weight >= json_get_int(filter, "minEdgeWeight", 0) && weight <= most) {
			json_array_append(heavy, one);
		}
	}
	json_array_foreach(heavy, i, edge)
	{
		if (is_reached(heavy, json_get_text(edge, "source", ""))) {
			json_array_append(results, edge);
		}
	}
	g_ptr_array_unref(sorted);
	json_decref(heavy);
	return results;
}

json_t *brute_paths(const struct world_axis *axis, const json_t *query)
{
	const struct world *w = axis->world;
	GHashTable *actors = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *items = g_ptr_array_new_with_free_func(g_free);
	struct way way = {.visits = g_array_new(FALSE, FALSE, sizeof(struct visit)),
		.edges = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
	json_t *results;

	for (guint i = 0; i < w->event_count; i++) {
		const char *actor = brute_actor(query, NULL, &w->events[i]);

		if (actor && g_hash_table_add(actors, (gpointer)(uintptr_t)actor)) {
			walk(&way, axis, query, actor, items);
		}
	}
	results = strongest(way.edges, query);
	g_array_unref(way.visits);
	g_hash_table_unref(way.edges);
	g_hash_table_unref(actors);
	g_ptr_array_unref(items);
	return results;
}
