#include "tests/unit/insight/brute.h"

#include <math.h>
#include <string.h>

/* What `->>` gives: null for an absent or null property. */
static char *text_of(const json_t *properties, const char *key)
{
	const json_t *value = json_object_get(properties, key);

	if (!value || json_is_null(value)) {
		return NULL;
	}
	if (json_is_string(value)) {
		return g_strdup(json_string_value(value));
	}
	return json_dumps(value, JSON_ENCODE_ANY);
}

static bool one_of(const json_t *values, const char *text)
{
	const json_t *value;
	size_t i;

	if (!text) {
		return false;
	}
	json_array_foreach(values, i, value)
	{
		if (strcmp(json_string_value(value), text) == 0) {
			return true;
		}
	}
	return false;
}

static bool holds(const json_t *filter, const json_t *properties)
{
	const char *op = json_string_value(json_object_get(filter, "operator"));
	const json_t *value = json_object_get(filter, "value");
	g_autofree char *x = text_of(properties, json_string_value(json_object_get(filter, "key")));

	if (strcmp(op, "is_set") == 0) {
		return x != NULL;
	}
	if (strcmp(op, "is_not_set") == 0) {
		return x == NULL;
	}
	if (strcmp(op, "exact") == 0) {
		return one_of(value, x);
	}
	if (strcmp(op, "is_not") == 0) {
		return !one_of(value, x);
	}
	if (strcmp(op, "icontains") == 0) {
		g_autofree char *a = x ? g_utf8_strdown(x, -1) : NULL;
		g_autofree char *b = g_utf8_strdown(json_string_value(value), -1);

		return a && strstr(a, b);
	}
	if (strcmp(op, "gt") == 0) {
		return x && g_ascii_strtod(x, NULL) > json_number_value(value);
	}
	if (strcmp(op, "between") == 0) {
		double n = x ? g_ascii_strtod(x, NULL) : NAN;

		return n >= json_number_value(json_array_get(value, 0)) &&
		       n <= json_number_value(json_array_get(value, 1));
	}
	g_error("no such operator: %s", op);
}

/* The day a week begins with, as a date. */
static GDateTime *week_of(GDateTime *at, int week_start_day)
{
	int since = (g_date_time_get_day_of_week(at) % 7 - week_start_day + 7) % 7;

	return g_date_time_add_days(at, -since);
}

static char *bucket_text(GDateTime *at, const char *interval, int week_start_day)
{
	if (strcmp(interval, "hour") == 0) {
		return g_date_time_format(at, "%Y-%m-%d %H:00:00");
	}
	if (strcmp(interval, "day") == 0) {
		return g_date_time_format(at, "%Y-%m-%d");
	}
	if (strcmp(interval, "month") == 0) {
		return g_date_time_format(at, "%Y-%m-01");
	}
	g_autoptr(GDateTime) first = week_of(at, week_start_day);

	return g_date_time_format(first, "%Y-%m-%d");
}

static GDateTime *midnight(GTimeZone *tz, const char *day)
{
	g_autofree char *text = g_strdup_printf("%s 00:00:00", day);

	return g_date_time_new_from_iso8601(text, tz);
}

struct axis {
	GTimeZone *tz;
	int64_t from_us, to_us;
	GPtrArray *days; /* texts */
	GHashTable *place; /* text to index + 1 */
};

static int64_t us_of(GDateTime *at)
{
	return g_date_time_to_unix(at) * G_USEC_PER_SEC + g_date_time_get_microsecond(at);
}

/* Walks the range half an hour at a time and notes every new text. */
static void open_axis(struct axis *a, const struct brute_query *q)
{
	g_autoptr(GDateTime) first = NULL;
	g_autoptr(GDateTime) end = NULL;
	g_autoptr(GDateTime) start = NULL;
	g_autofree char *text = NULL;
	char after[16];
	GDate next;

	a->tz = g_time_zone_new_identifier(q->zone);
	first = midnight(a->tz, q->first);
	/* by the calendar: a day may begin at one o'clock, the next one does not */
	g_date_clear(&next, 1);
	g_date_set_parse(&next, q->last);
	g_date_add_days(&next, 1);
	(void)g_date_strftime(after, sizeof after, "%Y-%m-%d", &next);
	end = midnight(a->tz, after);
	/* a total is about the days that were asked for */
	text = bucket_text(first, q->is_total ? "day" : q->interval, q->week_start_day);
	text[10] = '\0';
	start = midnight(a->tz, text);
	a->from_us = us_of(start);
	a->to_us = us_of(end) - 1;
	a->days = g_ptr_array_new_with_free_func(g_free);
	a->place = g_hash_table_new(g_str_hash, g_str_equal);
	for (int64_t us = a->from_us; us <= a->to_us; us += (int64_t)1800 * G_USEC_PER_SEC) {
		g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
		g_autoptr(GDateTime) at = g_date_time_to_timezone(utc, a->tz);
		char *day = bucket_text(at, q->interval, q->week_start_day);

		if (g_hash_table_contains(a->place, day)) {
			g_free(day);
			continue;
		}
		g_ptr_array_add(a->days, day);
		g_hash_table_insert(a->place, day, GUINT_TO_POINTER(a->days->len));
	}
}

static void close_axis(struct axis *a)
{
	g_time_zone_unref(a->tz);
	g_ptr_array_unref(a->days);
	g_hash_table_unref(a->place);
}

struct value {
	char *key;
	double *numbers, sum;
	GHashTable *seen;
};

static void free_value(gpointer data)
{
	struct value *v = data;

	g_free(v->key);
	g_free(v->numbers);
	g_hash_table_unref(v->seen);
	g_free(v);
}

static struct value *value_for(GHashTable *values, const char *key, size_t count)
{
	struct value *v = g_hash_table_lookup(values, key);

	if (!v) {
		v = g_new0(struct value, 1);
		v->key = g_strdup(key);
		v->numbers = g_new0(double, count);
		v->seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
		g_hash_table_insert(values, v->key, v);
	}
	return v;
}

static size_t count_of(const struct axis *a, const struct brute_query *q)
{
	return q->is_total ? 1 : a->days->len;
}

static void count_event(const struct axis *a, const struct brute_query *q,
	const struct brute_event *e, bool people, GHashTable *values)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(e->us / G_USEC_PER_SEC);
	g_autoptr(GDateTime) at = g_date_time_to_timezone(utc, a->tz);
	g_autofree char *day = bucket_text(at, q->interval, q->week_start_day);
	g_autofree char *key = q->breakdown ? text_of(e->properties, q->breakdown) : NULL;
	guint place = GPOINTER_TO_UINT(g_hash_table_lookup(a->place, day));
	struct value *v = value_for(values, key ? key : "", count_of(a, q));
	/* who counts once: per bucket, or once in all */
	g_autofree char *who =
		g_strdup_printf("%s%s", e->person, q->is_total || q->is_cumulative ? "" : day);

	g_assert(place > 0);
	if (people && !g_hash_table_add(v->seen, g_steal_pointer(&who))) {
		return;
	}
	v->numbers[q->is_total ? 0 : place - 1] += 1;
	v->sum += 1;
}

static gint by_sum(gconstpointer a, gconstpointer b)
{
	const struct value *x = *(struct value *const *)a, *y = *(struct value *const *)b;

	if (x->sum != y->sum) {
		return x->sum > y->sum ? -1 : 1;
	}
	if (!*x->key != !*y->key) {
		return *x->key ? -1 : 1;
	}
	return strcmp(x->key, y->key);
}

static json_t *numbers_json(const struct axis *a, const struct brute_query *q, const double *raw)
{
	json_t *list = json_array();
	double running = 0;

	for (size_t i = 0; i < count_of(a, q); i++) {
		double n = raw[i];

		if (q->smoothing > 1 && !q->is_total) {
			size_t first =
				i + 1 > (size_t)q->smoothing ? i + 1 - (size_t)q->smoothing : 0;
			double sum = 0;

			for (size_t j = first; j <= i; j++) {
				sum += raw[j];
			}
			n = floor(sum / (double)(i + 1 - first));
		}
		running += n;
		json_array_append_new(list, json_real(q->is_cumulative ? running : n));
	}
	return list;
}

static void add_item(json_t *results, const struct axis *a, const struct brute_query *q,
	const char *name, const char *key, const double *numbers)
{
	const char *text = key;
	json_t *days = json_array();
	bool none = key && !*key, other = key && strcmp(key, "\1") == 0;

	for (guint i = 0; i < a->days->len; i++) {
		json_array_append_new(days, json_string(a->days->pdata[i]));
	}
	if (none) {
		key = "$$_posthog_breakdown_null_$$";
		text = "None (i.e. no value)";
	} else if (other) {
		key = "$$_posthog_breakdown_other_$$";
		text = "Other (i.e. all remaining values)";
	}
	json_array_append_new(results,
		json_pack("{s:o, s:s?, s:o, s:o}", "label",
			!key                             ? json_string(name)
			: json_array_size(q->series) > 1 ? json_sprintf("%s - %s", name, text)
							 : json_string(text),
			"key", key, "days", days, "numbers", numbers_json(a, q, numbers)));
}

static void add_series(json_t *results, const struct axis *a, const struct brute_query *q,
	const char *name, GHashTable *values)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_new();
	double *rest;
	const struct value *none = NULL;
	GHashTableIter iter;
	gpointer v;
	bool any = false;

	if (!q->breakdown) {
		add_item(results, a, q, name, NULL, value_for(values, "", count_of(a, q))->numbers);
		return;
	}
	rest = g_new0(double, count_of(a, q));
	g_hash_table_iter_init(&iter, values);
	while (g_hash_table_iter_next(&iter, NULL, &v)) {
		g_ptr_array_add(sorted, v);
	}
	g_ptr_array_sort(sorted, by_sum);
	for (guint i = 0; i < sorted->len; i++) {
		const struct value *one = g_ptr_array_index(sorted, i);

		if (i >= (guint)q->limit) {
			any = true;
			for (size_t j = 0; j < count_of(a, q); j++) {
				rest[j] += one->numbers[j];
			}
		} else if (*one->key) {
			add_item(results, a, q, name, one->key, one->numbers);
		} else {
			none = one;
		}
	}
	if (none) {
		add_item(results, a, q, name, "", none->numbers);
	}
	if (any && !q->hides_other) {
		add_item(results, a, q, name, "\1", rest);
	}
	g_free(rest);
}

json_t *brute_results(const GPtrArray *events, const struct brute_query *q)
{
	json_t *results = json_array();
	const json_t *series, *filter;
	struct axis a;
	size_t i, j;

	open_axis(&a, q);
	json_array_foreach(q->series, i, series)
	{
		g_autoptr(GHashTable) values =
			g_hash_table_new_full(g_str_hash, g_str_equal, NULL, free_value);
		const char *name = json_string_value(json_object_get(series, "event"));
		const char *math = json_string_value(json_object_get(series, "math"));

		for (guint n = 0; n < events->len; n++) {
			const struct brute_event *e = g_ptr_array_index(events, n);
			bool in = e->us >= a.from_us && e->us <= a.to_us &&
				  (!name || strcmp(name, e->name) == 0);

			json_array_foreach(q->filters, j, filter)
			{
				in = in && holds(filter, e->properties);
			}
			if (in) {
				count_event(&a, q, e, strcmp(math, "dau") == 0, values);
			}
		}
		add_series(results, &a, q, name ? name : "All events", values);
	}
	close_axis(&a);
	return results;
}
