#include "render/result.h"

#include "lib/base/require.h"
#include "render/breakdown.h"
#include "render/bucket.h"

#include <glib.h>
#include <math.h>
#include <stdarg.h>
#include <string.h>

/* What is known while the list is read. */
struct reading {
	const json_t *query, *filter, *list;
	const struct result_env *env;
	GHashTable *ranks; /* (label, order, breakdown) → colour index + 1 */
	bool several; /* events, so that a breakdown value alone would not say which */
	struct result *r;
	struct fault *f;
};

static const char *type_name(const json_t *value)
{
	if (!value) {
		return "missing";
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "a list";
	case JSON_STRING:
		return "a text";
	case JSON_INTEGER:
	case JSON_REAL:
		return "a number";
	case JSON_TRUE:
	case JSON_FALSE:
		return "a boolean";
	case JSON_NULL:
		return "null";
	}
	return "unknown";
}

static bool wrong(struct reading *in, size_t item, const char *member, const json_t *value,
	const char *wanted)
{
	return fault_set(in->f, FAULT_CORRUPT, "results[%zu]%s is %s, not %s", item, member,
		type_name(value), wanted);
}

static bool wrong_at(struct reading *in, size_t item, const char *member, size_t index,
	const json_t *value, const char *wanted)
{
	return fault_set(in->f, FAULT_CORRUPT, "results[%zu].%s[%zu] is %s, not %s", item, member,
		index, type_name(value), wanted);
}

const json_t *result_list(const json_t *result)
{
	const json_t *list;

	if (json_is_array(result)) {
		return result;
	}
	list = json_get_array(result, "results");
	return list ? list : json_get_array(result, "result");
}

static bool find_list(struct reading *in, const json_t *result)
{
	const json_t *there;

	in->list = result_list(result);
	if (in->list) {
		return true;
	}
	if (!json_is_object(result)) {
		return fault_set(in->f, FAULT_CORRUPT, "the result is %s, not a list of series",
			type_name(result));
	}
	there = json_object_get(result, "results");
	if (there) {
		return fault_set(
			in->f, FAULT_CORRUPT, "results is %s, not a list", type_name(there));
	}
	there = json_object_get(result, "result");
	return fault_set(in->f, FAULT_CORRUPT, "result is %s, not a list", type_name(there));
}

static bool is_previous(const json_t *item)
{
	return strcmp(json_get_text(item, "compare_label", ""), "previous") == 0;
}

/* The first series of the current period that has points: its buckets are everyone's. */
static size_t leader_of(const json_t *list)
{
	const json_t *item;
	size_t i;

	json_array_foreach(list, i, item)
	{
		if (!is_previous(item) && json_array_size(json_object_get(item, "data")) > 0) {
			return i;
		}
	}
	return 0;
}

/* Null is as good as missing everywhere in a result. */
static bool optional_list(
	struct reading *in, size_t item, const char *key, const char *member, const json_t **out)
{
	const json_t *value = json_object_get(json_array_get(in->list, item), key);

	*out = NULL;
	if (!value || json_is_null(value)) {
		return true;
	}
	if (!json_is_array(value)) {
		return wrong(in, item, member, value, "a list");
	}
	*out = value;
	return true;
}

static bool optional_number(
	struct reading *in, size_t item, const char *key, const char *member, double *out)
{
	const json_t *value = json_object_get(json_array_get(in->list, item), key);

	*out = NAN;
	if (!value || json_is_null(value)) {
		return true;
	}
	if (!json_is_number(value)) {
		return wrong(in, item, member, value, "a number");
	}
	*out = json_number_value(value);
	return true;
}

static bool read_texts(struct reading *in, size_t item, const char *member, const json_t *list,
	size_t count, char **out)
{
	for (size_t i = 0; i < count; i++) {
		const json_t *value = json_array_get(list, i);

		if (json_is_string(value)) {
			out[i] = g_strdup(json_string_value(value));
		} else if (json_is_integer(value)) {
			out[i] =
				g_strdup_printf("%" JSON_INTEGER_FORMAT, json_integer_value(value));
		} else if (value) {
			return wrong_at(in, item, member, i, value, "a text");
		}
	}
	return true;
}

/* A chart needs days to place its ticks and labels to say them; each stands in for the other. */
static bool read_buckets(struct reading *in)
{
	struct result *r = in->r;
	size_t leader = leader_of(in->list);
	const json_t *days;
	const json_t *labels;
	const json_t *data;

	if (!optional_list(in, leader, "days", ".days", &days) ||
		!optional_list(in, leader, "labels", ".labels", &labels) ||
		!optional_list(in, leader, "data", ".data", &data)) {
		return false;
	}
	/* Total values come with the days they were summed over and no data. */
	if (json_array_size(data) > 0) {
		r->bucket_count = json_array_size(days);
		if (r->bucket_count == 0) {
			r->bucket_count = json_array_size(labels);
		}
		if (r->bucket_count == 0) {
			r->bucket_count = json_array_size(data);
		}
	}
	if (r->bucket_count > RESULT_MAX_POINTS / json_array_size(in->list)) {
		return fault_set(in->f, FAULT_TOO_LARGE,
			"a chart of %zu series with %zu points each is larger than the limit of "
			"%d points",
			json_array_size(in->list), r->bucket_count, RESULT_MAX_POINTS);
	}
	r->days = g_new0(char *, r->bucket_count + 1);
	r->labels = g_new0(char *, r->bucket_count + 1);
	if (!read_texts(in, leader, "days", days, r->bucket_count, r->days) ||
		!read_texts(in, leader, "labels", labels, r->bucket_count, r->labels)) {
		return false;
	}
	for (size_t i = 0; i < r->bucket_count; i++) {
		if (!r->days[i]) {
			r->days[i] = r->labels[i] ? g_strdup(r->labels[i])
						  : g_strdup_printf("%zu", i + 1);
		}
		if (!r->labels[i]) {
			r->labels[i] = g_strdup(r->days[i]);
		}
	}
	return true;
}

static bool read_values(struct reading *in, size_t item, struct series *s)
{
	const json_t *data;
	size_t count;

	if (!optional_list(in, item, "data", ".data", &data)) {
		return false;
	}
	s->values = g_new(double, in->r->bucket_count + 1);
	for (size_t i = 0; i < in->r->bucket_count; i++) {
		s->values[i] = NAN;
	}
	/* A compared month may be longer than the current one; what has no place is left out. */
	count = MIN(json_array_size(data), in->r->bucket_count);
	for (size_t i = 0; i < json_array_size(data); i++) {
		const json_t *value = json_array_get(data, i);

		if (!json_is_number(value) && !json_is_null(value)) {
			return wrong_at(in, item, "data", i, value, "a number");
		}
		if (i < count && json_is_number(value)) {
			s->values[i] = json_number_value(value);
		}
	}
	return true;
}

static bool is_cohort_breakdown(const json_t *query)
{
	const json_t *filter = json_get_object(query, "breakdownFilter");

	return strcmp(json_get_text(filter, "breakdown_type", ""), "cohort") == 0;
}

/* breakdown_value is a text or, for several breakdowns, a list of them. */
static void read_breakdown(struct reading *in, const json_t *item, struct series *s)
{
	const json_t *value = json_object_get(item, "breakdown_value");
	size_t count = json_is_array(value) ? json_array_size(value) : 1;

	if (!value || count == 0) {
		return;
	}
	s->breakdown = g_new0(char *, count + 1);
	for (size_t i = 0; i < count; i++) {
		const json_t *part = json_is_array(value) ? json_array_get(value, i) : value;
		const char *cohort = json_get_text(item, "label", NULL);

		s->is_other = s->is_other || breakdown_is_other(part);
		s->is_none = s->is_none || breakdown_is_none(part);
		/* A cohort's value is its id; what it is called stands in the label. */
		s->breakdown[i] = count == 1 && cohort && is_cohort_breakdown(in->query)
					  ? g_strdup(cohort)
					  : breakdown_text(part);
	}
}

static const char *event_name(const json_t *item, const char *label, bool broken_down)
{
	const json_t *action = json_get_object(item, "action");
	const char *custom = json_get_text(action, "custom_name", "");
	const char *name = json_get_text(action, "name", "");

	if (custom[0] != '\0') {
		return custom;
	}
	return broken_down && name[0] != '\0' ? name : label;
}

static bool read_names(struct reading *in, size_t index, struct series *s)
{
	const json_t *item = json_array_get(in->list, index);
	const json_t *given = json_object_get(item, "label");
	g_autofree char *numbered = g_strdup_printf("Series #%zu", index + 1);
	const char *label = json_is_string(given) ? json_string_value(given) : numbered;
	g_autofree char *values = NULL;
	g_autofree char *text = NULL;

	if (given && !json_is_string(given) && !json_is_null(given)) {
		return wrong(in, index, ".label", given, "a text");
	}
	label = breakdown_words(label);
	read_breakdown(in, item, s);
	s->name = g_strdup(event_name(item, label, s->breakdown != NULL));
	if (s->breakdown) {
		values = g_strjoinv("::", s->breakdown);
		text = in->several && !is_cohort_breakdown(in->query)
			       ? g_strdup_printf("%s - %s", s->name, values)
			       : g_strdup(values);
	} else {
		text = g_strdup(s->name);
	}
	s->previous = is_previous(item);
	if (json_get_bool(item, "compare", false)) {
		in->r->compares = true;
		s->label = g_strdup_printf("%s - %s", text, s->previous ? "previous" : "current");
	} else {
		s->label = g_steal_pointer(&text);
	}
	return true;
}

/* Series of two periods share the triple and so the colour. */
static size_t rank_of(struct reading *in, const json_t *item, size_t index)
{
	g_autofree char *numbered = g_strdup_printf("#%zu", index);
	const json_t *value = json_object_get(item, "breakdown_value");
	g_autofree char *breakdown = value ? json_write(value) : g_strdup("");
	g_autofree char *key = g_strdup_printf("%s\x1f%" JSON_INTEGER_FORMAT "\x1f%s",
		json_get_text(item, "label", numbered),
		json_get_int(json_get_object(item, "action"), "order", -1), breakdown);
	gpointer known = g_hash_table_lookup(in->ranks, key);

	if (!known) {
		known = GUINT_TO_POINTER(g_hash_table_size(in->ranks) + 1);
		g_hash_table_insert(in->ranks, g_steal_pointer(&key), known);
	}
	return GPOINTER_TO_UINT(known) - 1;
}

/* The key a browser makes of a series: {"series":0,"breakdown_value":["Chrome"]}. */
static char *value_key(const json_t *item, bool with_period)
{
	const json_t *order = json_object_get(json_get_object(item, "action"), "order");
	const json_t *value = json_object_get(item, "breakdown_value");
	GString *key = g_string_new("{\"series\":");

	if (json_is_integer(order)) {
		g_string_append_printf(key, "%" JSON_INTEGER_FORMAT, json_integer_value(order));
	} else {
		g_string_append(key, "\"formula\"");
	}
	if (json_truthy(value)) {
		g_autofree char *text = json_write(value);

		g_string_append_printf(key,
			json_is_array(value) ? ",\"breakdown_value\":%s"
					     : ",\"breakdown_value\":[%s]",
			text);
	}
	if (with_period && json_get_bool(item, "compare", false)) {
		g_string_append_printf(key, ",\"compare_label\":\"%s\"",
			is_previous(item) ? "previous" : "current");
	}
	g_string_append_c(key, '}');
	return g_string_free(key, FALSE);
}

static const json_t *customization_of(struct reading *in, size_t index, const struct series *s)
{
	const json_t *all = json_get_object(in->filter, "resultCustomizations");
	const json_t *item = json_array_get(in->list, index);
	bool by_position = strcmp(json_get_text(in->filter, "resultCustomizationBy", "value"),
				   "position") == 0;
	g_autofree char *position = NULL;
	g_autofree char *exact = NULL;
	g_autofree char *either = NULL;
	g_autofree char *values = NULL;
	const char *keys[6] = {NULL};

	if (json_object_size(all) == 0) {
		return NULL;
	}
	if (by_position) {
		position = g_strdup_printf("%zu", index);
		return json_get_object(all, position);
	}
	exact = value_key(item, true);
	either = value_key(item, false);
	values = s->breakdown ? g_strjoinv("::", s->breakdown) : NULL;
	keys[0] = exact;
	keys[1] = either;
	keys[2] = s->label;
	keys[3] = json_get_text(item, "label", s->name);
	keys[4] = json_get_text(item, "breakdown_value", s->name);
	keys[5] = values;
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const json_t *found = keys[i] ? json_get_object(all, keys[i]) : NULL;

		if (found) {
			return found;
		}
	}
	return NULL;
}

static bool lists_index(const json_t *list, size_t index)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		if (json_is_integer(member) && json_integer_value(member) == (json_int_t)index) {
			return true;
		}
	}
	return false;
}

/* Lifecycles have colours of their own (spec/insights.md 5.1). */
static const char *lifecycle_color(const json_t *item)
{
	static const struct {
		const char *status, *color;
	} colors[] = {
		{"dormant", "#db3707"},
		{"new", "#1d4aff"},
		{"resurrecting", "#a56eff"},
		{"returning", "#388600"},
	};
	const char *status = json_get_text(item, "status", "");

	for (size_t i = 0; i < sizeof colors / sizeof *colors; i++) {
		if (strcmp(colors[i].status, status) == 0) {
			return colors[i].color;
		}
	}
	return NULL;
}

static bool is_toggled_off(struct reading *in, const json_t *item)
{
	const json_t *kept = json_get_array(in->filter, "toggledLifecycles");
	const char *status = json_get_text(item, "status", NULL);
	const json_t *member;
	size_t i;

	if (!kept || !status) {
		return false;
	}
	json_array_foreach(kept, i, member)
	{
		if (json_is_string(member) && strcmp(json_string_value(member), status) == 0) {
			return false;
		}
	}
	return true;
}

static void read_look(struct reading *in, size_t index, struct series *s)
{
	const json_t *item = json_array_get(in->list, index);
	const json_t *custom = customization_of(in, index, s);
	const char *preset = json_get_text(custom, "color", lifecycle_color(item));

	s->color = theme_preset(in->env->theme, preset, rank_of(in, item, index));
	if (s->previous) {
		s->color = color_with_alpha(s->color, 0.5);
	}
	s->hidden = json_get_bool(custom, "hidden", false) || is_toggled_off(in, item) ||
		    lists_index(json_get_array(in->filter, "hiddenLegendIndexes"), index);
}

static bool read_series(struct reading *in, size_t index)
{
	const json_t *item = json_array_get(in->list, index);
	struct series *s = &in->r->series[index];

	if (!json_is_object(item)) {
		return wrong(in, index, "", item, "an object");
	}
	in->r->series_count = index + 1;
	if (!read_names(in, index, s) || !read_values(in, index, s) ||
		!optional_number(
			in, index, "aggregated_value", ".aggregated_value", &s->aggregated) ||
		!optional_number(in, index, "count", ".count", &s->count)) {
		return false;
	}
	read_look(in, index, s);
	return true;
}

static bool has_several_events(const struct reading *in)
{
	const json_t *item;
	json_int_t first = 0;
	size_t i;

	/* A formula makes one series of many events, several formulas make several. */
	json_array_foreach(in->list, i, item)
	{
		json_int_t order = json_get_int(json_get_object(item, "action"), "order", -1);

		if (i > 0 && order != first) {
			return true;
		}
		first = order;
	}
	return json_array_size(json_get_array(in->filter, "formulaNodes")) > 1 ||
	       json_array_size(json_get_array(in->filter, "formulas")) > 1;
}

static enum interval interval_of(const json_t *query)
{
	static const struct {
		const char *name;
		enum interval interval;
	} intervals[] = {
		{"hour", INTERVAL_HOUR},
		{"minute", INTERVAL_MINUTE},
		{"month", INTERVAL_MONTH},
		{"second", INTERVAL_MINUTE},
		{"week", INTERVAL_WEEK},
	};
	const char *name = json_get_text(query, "interval", "day");

	for (size_t i = 0; i < sizeof intervals / sizeof *intervals; i++) {
		if (strcmp(intervals[i].name, name) == 0) {
			return intervals[i].interval;
		}
	}
	return INTERVAL_DAY;
}

static bool has_data(const struct result *r)
{
	bool is_number = strcmp(r->display, "BoldNumber") == 0;

	for (size_t i = 0; i < r->series_count; i++) {
		const struct series *s = &r->series[i];

		/* A big 0 is an answer; axes without marks are not. */
		if (is_number && !isnan(s->aggregated)) {
			return true;
		}
		if (s->aggregated < 0 || s->aggregated > 0) {
			return true;
		}
		for (size_t b = 0; b < r->bucket_count; b++) {
			if (s->values[b] < 0 || s->values[b] > 0) {
				return true;
			}
		}
	}
	return false;
}

static bool read_all(struct reading *in, const json_t *result)
{
	struct result *r = in->r;
	size_t count;

	if (!find_list(in, result)) {
		return false;
	}
	count = json_array_size(in->list);
	if (count > RESULT_MAX_SERIES) {
		return fault_set(in->f, FAULT_TOO_LARGE,
			"a chart of %zu series is larger than the limit of %d series", count,
			RESULT_MAX_SERIES);
	}
	r->series = g_new0(struct series, count + 1);
	r->interval = interval_of(in->query);
	r->display = g_strdup(query_display(in->query));
	r->breakdowns = breakdown_names(in->query);
	if (count == 0) {
		r->days = g_new0(char *, 1);
		r->labels = g_new0(char *, 1);
		return true;
	}
	in->several = has_several_events(in);
	if (!read_buckets(in)) {
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		if (!read_series(in, i)) {
			return false;
		}
	}
	REQUIRE(r->days != NULL);
	r->has_data = has_data(r);
	r->last_is_open =
		r->bucket_count > 0 && bucket_is_open(r->days[r->bucket_count - 1], r->interval,
					       in->env->timezone, in->env->now_us);
	return true;
}

bool result_read(const json_t *query, const json_t *result, const struct result_env *env,
	struct result **out, struct fault *f)
{
	struct reading in = {
		.query = query_unwrap(query),
		.filter = query_filter(query),
		.env = env,
		.ranks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL),
		.r = g_new0(struct result, 1),
		.f = f,
	};
	bool fine = read_all(&in, result);

	g_hash_table_destroy(in.ranks);
	if (!fine) {
		result_destroy(in.r);
		return false;
	}
	*out = in.r;
	return true;
}

void result_destroy(struct result *r)
{
	if (!r) {
		return;
	}
	for (size_t i = 0; i < r->series_count; i++) {
		g_free(r->series[i].label);
		g_free(r->series[i].name);
		g_strfreev(r->series[i].breakdown);
		g_free(r->series[i].values);
	}
	g_free(r->series);
	if (r->days && r->labels) {
		for (size_t i = 0; i < r->bucket_count; i++) {
			g_free(r->days[i]);
			g_free(r->labels[i]);
		}
	}
	g_free(r->days);
	g_free(r->labels);
	g_strfreev(r->breakdowns);
	g_free(r->display);
	g_free(r);
}
