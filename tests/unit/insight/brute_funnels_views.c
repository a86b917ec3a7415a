#include "tests/unit/insight/brute_funnels_parts.h"

#include <math.h>
#include <string.h>

static const char *text(const json_t *object, const char *key, const char *otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_string(member) ? json_string_value(member) : otherwise;
}

static gint by_double(gconstpointer a, gconstpointer b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static json_t *mean_of(const GArray *seconds)
{
	double sum = 0;

	for (guint i = 0; i < seconds->len; i++) {
		sum += g_array_index(seconds, double, i);
	}
	return seconds->len ? json_real(sum / seconds->len) : json_null();
}

static json_t *median_of(GArray *seconds)
{
	guint n = seconds->len;

	if (n == 0) {
		return json_null();
	}
	g_array_sort(seconds, by_double);
	return json_real((g_array_index(seconds, double, (n - 1) / 2) +
				 g_array_index(seconds, double, n / 2)) /
			 2);
}

struct line {
	const char *value;
	GPtrArray *counted;
	int last, first; /* by which lines are ranked */
};

static gint by_rank(gconstpointer a, gconstpointer b)
{
	const struct line *x = *(struct line *const *)a, *y = *(struct line *const *)b;

	if (x->last != y->last) {
		return y->last - x->last;
	}
	if (x->first != y->first) {
		return y->first - x->first;
	}
	if (!*x->value != !*y->value) {
		return *x->value ? -1 : 1;
	}
	return strcmp(x->value, y->value);
}

static void free_line(gpointer data)
{
	struct line *l = data;

	g_ptr_array_unref(l->counted);
	g_free(l);
}

static struct line *line_for(GPtrArray *lines, const char *value)
{
	struct line *l;

	for (guint i = 0; i < lines->len; i++) {
		l = lines->pdata[i];
		if (strcmp(l->value, value) == 0) {
			return l;
		}
	}
	l = g_new0(struct line, 1);
	l->value = value;
	l->counted = g_ptr_array_new();
	g_ptr_array_add(lines, l);
	return l;
}

/* Per bucket who entered, and of them who came through: "actor\nbucket" to 1 or 2. */
static GHashTable *entries_of(const struct funnel *t, const GPtrArray *counted)
{
	GHashTable *entries = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < counted->len; i++) {
		const struct counted *n = counted->pdata[i];
		struct world_event at = {.us = n->times[t->from]};
		char *key;
		int known;

		if (!n->has[t->from]) {
			continue;
		}
		world_wall(t->w, at.us, at.wall);
		key = g_strdup_printf(
			"%d\n%s\n%s", world_axis_place(&t->axis, &at), n->actor, n->value);
		known = GPOINTER_TO_INT(g_hash_table_lookup(entries, key));
		g_hash_table_replace(
			entries, key, GINT_TO_POINTER(n->has[t->to] ? 2 : MAX(known, 1)));
	}
	return entries;
}

static void rank(const struct funnel *t, GPtrArray *lines)
{
	for (guint i = 0; i < lines->len; i++) {
		struct line *l = lines->pdata[i];

		if (strcmp(t->view, "trends") == 0) {
			GHashTable *entries = entries_of(t, l->counted);
			GHashTableIter at;
			gpointer how;

			g_hash_table_iter_init(&at, entries);
			while (g_hash_table_iter_next(&at, NULL, &how)) {
				l->first++;
				l->last += GPOINTER_TO_INT(how) == 2;
			}
			g_hash_table_unref(entries);
			continue;
		}
		for (guint j = 0; j < l->counted->len; j++) {
			const struct counted *n = l->counted->pdata[j];

			l->first += n->has[0];
			l->last += n->has[t->step_count - 1];
		}
	}
	g_ptr_array_sort(lines, by_rank);
	for (guint i = lines->len; i-- > (guint)t->limit;) {
		struct line *l = lines->pdata[i];
		struct line *other = lines->pdata[t->limit];

		other->value = NULL;
		if (l != other) {
			g_ptr_array_extend(other->counted, l->counted, NULL, NULL);
			g_ptr_array_remove_index(lines, i);
		}
	}
}

static json_t *value_json(const struct line *l)
{
	return json_pack("[s]", !l->value    ? "$$_posthog_breakdown_other_$$"
				: !*l->value ? "$$_posthog_breakdown_null_$$"
					     : l->value);
}

static json_t *step_json(const struct funnel *t, const struct line *l, int k)
{
	const json_t *node = t->steps[k].node;
	const char *event = text(node, "event", NULL);
	bool unordered = strcmp(t->order, "unordered") == 0;
	g_autoptr(GArray) seconds = g_array_new(FALSE, FALSE, sizeof(double));
	int count = 0;
	json_t *step;

	for (guint i = 0; i < l->counted->len; i++) {
		const struct counted *n = l->counted->pdata[i];
		int before = k > 0 ? k - 1 : 0;
		double s;

		if (!n->has[k]) {
			continue;
		}
		count++;
		while (before > 0 && !n->has[before]) {
			before--;
		}
		s = (double)(n->times[k] - n->times[before]) / SECOND;
		g_array_append_val(seconds, s);
	}
	step = json_pack("{s:s?, s:i, s:s, s:[], s:i}", "action_id", unordered ? NULL : event,
		"order", k, "type", "events", "people", "count", count);
	json_object_set_new(step, "custom_name", json_null());
	json_object_set_new(step, "name",
		unordered ? json_sprintf("Completed %d step%s", k + 1, k ? "s" : "")
			  : json_string(event ? event : "All events"));
	json_object_set_new(
		step, "average_conversion_time", k > 0 ? mean_of(seconds) : json_null());
	json_object_set_new(
		step, "median_conversion_time", k > 0 ? median_of(seconds) : json_null());
	if (t->breakdown) {
		json_object_set_new(step, "breakdown", value_json(l));
		json_object_set_new(step, "breakdown_value", value_json(l));
	}
	return step;
}

static json_t *steps_json(const struct funnel *t, const struct line *l)
{
	json_t *steps = json_array();

	for (int k = 0; k < t->step_count; k++) {
		json_array_append_new(steps, step_json(t, l, k));
	}
	return steps;
}

static json_t *trend_json(const struct funnel *t, const struct line *l)
{
	guint count = t->axis.days->len;
	g_autoptr(GArray) entered = g_array_set_size(g_array_new(FALSE, TRUE, sizeof(int)), count);
	g_autoptr(GArray) done = g_array_set_size(g_array_new(FALSE, TRUE, sizeof(int)), count);
	GHashTable *entries = entries_of(t, l->counted);
	json_t *data = json_array();
	GHashTableIter at;
	gpointer key, how;

	g_hash_table_iter_init(&at, entries);
	while (g_hash_table_iter_next(&at, &key, &how)) {
		guint place = (guint)g_ascii_strtoull(key, NULL, 10);

		g_array_index(entered, int, place)++;
		g_array_index(done, int, place) += GPOINTER_TO_INT(how) == 2;
	}
	for (guint i = 0; i < count; i++) {
		int all = g_array_index(entered, int, i);
		double percent = all ? 100.0 * g_array_index(done, int, i) / all : 0;

		json_array_append_new(data, json_real(floor(percent * 100 + 0.5) / 100));
	}
	g_hash_table_unref(entries);
	return json_pack("{s:i, s:o, s:o, s:o}", "count", (int)count, "data", data, "days",
		world_axis_days(&t->axis), "breakdown_value",
		t->breakdown ? value_json(l) : json_null());
}

static json_t *bins_json(const struct funnel *t, const struct line *l)
{
	g_autoptr(GArray) seconds = g_array_new(FALSE, FALSE, sizeof(double));
	json_t *bins = json_array();
	int n = 1;

	for (guint i = 0; i < l->counted->len; i++) {
		const struct counted *c = l->counted->pdata[i];
		double s = (double)(c->times[t->to] - c->times[t->from]) / SECOND;

		if (c->has[t->from] && c->has[t->to]) {
			g_array_append_val(seconds, s);
		}
	}
	g_array_sort(seconds, by_double);
	while (n < 60 && n * n * n < (int)seconds->len) {
		n++;
	}
	n = t->bins ? t->bins : n;
	if (seconds->len) {
		double lo = floor(g_array_index(seconds, double, 0));
		double hi = ceil(g_array_index(seconds, double, seconds->len - 1));
		double width = ceil((hi - lo) / n);

		width = width > 0 ? width : 60;
		for (int b = 0; b <= n; b++) {
			int count = 0;

			for (guint i = 0; i < seconds->len; i++) {
				double s = g_array_index(seconds, double, i);

				count += s >= lo + b * width && s < lo + (b + 1) * width;
			}
			json_array_append_new(
				bins, json_pack("[i, i]", (int)(lo + b * width), count));
		}
	}
	return json_pack("{s:o, s:o, s:o}", "bins", bins, "average_conversion_time",
		mean_of(seconds), "median_conversion_time", median_of(seconds));
}

json_t *brute_funnel_view(const struct funnel *t, const GArray *counted)
{
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(free_line);
	json_t *list = json_array();

	if (!t->breakdown) {
		line_for(lines, "");
	}
	for (guint i = 0; i < counted->len; i++) {
		struct counted *n = &g_array_index(counted, struct counted, i);

		n->value = t->breakdown ? n->value : "";
		if (strcmp(t->view, "trends") != 0 || n->has[t->from]) {
			g_ptr_array_add(line_for(lines, n->value)->counted, n);
		}
	}
	if (strcmp(t->view, "time_to_convert") == 0) {
		json_decref(list);
		return bins_json(t, lines->pdata[0]);
	}
	if (t->breakdown) {
		rank(t, lines);
	}
	for (guint i = 0; i < lines->len; i++) {
		json_array_append_new(list, strcmp(t->view, "trends") == 0
						    ? trend_json(t, lines->pdata[i])
						    : steps_json(t, lines->pdata[i]));
	}
	if (strcmp(t->view, "steps") == 0 && !t->breakdown) {
		json_t *only = json_incref(json_array_get(list, 0));

		json_decref(list);
		return only;
	}
	return list;
}

bool brute_funnel_counts(const json_t *results)
{
	const json_t *item, *number_of;
	size_t i, j;

	if (json_is_object(results)) {
		return json_array_size(json_object_get(results, "bins")) > 0;
	}
	json_array_foreach(results, i, item)
	{
		const json_t *steps = json_is_array(item) ? item : results;

		json_array_foreach(json_object_get(item, "data"), j, number_of)
		{
			if (json_real_value(number_of) > 0) {
				return true;
			}
		}
		if (json_integer_value(json_object_get(json_array_get(steps, 1), "count")) > 0 &&
			json_object_get(json_array_get(steps, 1), "order")) {
			return true;
		}
	}
	return false;
}
