#include "tests/unit/insight/brute_facts.h"

#include "tests/unit/insight/world_filter.h"

#include <math.h>
#include <string.h>

static bool math_is(const struct brute_series *s, const char *name)
{
	return strcmp(brute_math(s->node), name) == 0;
}

const char *brute_math(const json_t *node)
{
	return json_get_text(node, "math", "total");
}

static bool is_property_math(const char *math)
{
	static const char *const names[] = {
		"sum", "avg", "min", "max", "median", "p75", "p90", "p95", "p99", NULL};

	return g_strv_contains(names, math);
}

bool brute_is_additive(const char *math)
{
	return strcmp(math, "sum") == 0 ||
	       !(is_property_math(math) || g_str_has_suffix(math, "_count_per_actor") ||
		       strcmp(math, "hogql") == 0);
}

bool brute_is_whole(const json_t *node)
{
	const char *math = brute_math(node);

	return brute_is_additive(math) && strcmp(math, "sum") != 0 &&
	       !json_object_get(node, "math_multiplier");
}

double brute_real(const char *text)
{
	static GRegex *form;
	double number;

	if (!form) {
		form = g_regex_new("^[+-]?([0-9]+(\\.[0-9]*)?|\\.[0-9]+)([eE][+-]?[0-9]{1,3})?$",
			G_REGEX_DOLLAR_ENDONLY, 0, NULL);
	}
	if (!text || g_utf8_strlen(text, -1) > 64 || !g_regex_match(form, text, 0, NULL)) {
		return NAN;
	}
	number = g_ascii_strtod(text, NULL);
	if (fabs(number) > 1e290) {
		return NAN;
	}
	return fabs(number) < 1e-290 ? 0 : number;
}

static int active_days(const struct brute_series *s)
{
	return math_is(s, "weekly_active") ? 7 : math_is(s, "monthly_active") ? 30 : 0;
}

/* A week's people of a week that is a bucket are its people. */
static bool counts_days(const struct brute_series *s)
{
	const char *interval = json_get_text(s->query, "interval", "day");

	return active_days(s) > 0 && !s->is_total &&
	       strcmp(interval, active_days(s) == 7 ? "week" : "month") != 0;
}

static guint32 day_number(const char *text)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)g_ascii_strtoull(text + 8, NULL, 10),
		(GDateMonth)g_ascii_strtoull(text + 5, NULL, 10),
		(GDateYear)g_ascii_strtoull(text, NULL, 10));
	return g_date_get_julian(&date);
}

static guint32 last_day(const struct brute_series *s)
{
	char wall[WORLD_WALL];

	world_wall(s->world, s->axis->to_us, wall);
	return day_number(wall);
}

static bool is_in_time(const struct brute_series *s, const struct world_event *e)
{
	guint32 first;

	if (e->us > s->axis->to_us) {
		return false;
	}
	if (counts_days(s)) {
		first = day_number(s->axis->days->pdata[0]);
	} else if (active_days(s) > 0 && s->is_total) {
		first = last_day(s);
	} else {
		return e->us >= s->axis->from_us;
	}
	return day_number(e->wall) + (guint32)active_days(s) > first;
}

const char *brute_actor(const json_t *query, const struct world_event *e)
{
	const json_t *group = json_object_get(query, "aggregation_group_type_index");

	return json_is_integer(group) ? e->groups[json_integer_value(group)] : e->person;
}

static bool is_sampled(const json_t *query, const struct world_event *e)
{
	const json_t *factor = json_object_get(query, "samplingFactor");
	g_autofree char *sum = g_compute_checksum_for_string(G_CHECKSUM_MD5, e->distinct_id, -1);

	sum[8] = '\0';
	return !json_is_number(factor) ||
	       (double)g_ascii_strtoull(sum, NULL, 16) < json_number_value(factor) * 4294967296.0;
}

/* The actions of a test are: $pageview, or anything else with a plan (test_random_trends.c). */
static bool is_about(const json_t *node, const struct world *w, const struct world_event *e)
{
	const char *kind = json_get_text(node, "kind", "EventsNode");
	const char *name = json_get_text(node, "event", NULL);
	const json_t *member;
	size_t i;

	if (strcmp(kind, "ActionsNode") == 0) {
		g_autofree char *plan = world_text(e->properties, "plan");

		return strcmp(e->name, "$pageview") == 0 || (strcmp(e->name, "pay") == 0 && plan);
	}
	if (strcmp(kind, "GroupNode") == 0) {
		json_array_foreach(json_object_get(node, "nodes"), i, member)
		{
			if (is_about(member, w, e) &&
				world_filter_holds(json_object_get(member, "properties"), w, e)) {
				return true;
			}
		}
		return false;
	}
	return !name || strcmp(name, e->name) == 0;
}

/* Whoever is in the sample and, where groups are counted, in a group. */
static bool is_someone(const struct brute_series *s, const struct world_event *e)
{
	return *brute_actor(s->query, e) && is_sampled(s->query, e);
}

static bool is_filtered(const struct brute_series *s, const struct world_event *e)
{
	return world_filter_holds(json_object_get(s->node, "properties"), s->world, e) &&
	       world_filter_holds(json_object_get(s->query, "properties"), s->world, e);
}

static bool is_in_cohort(const struct brute_series *s, const struct world_event *e)
{
	return !json_is_integer(s->cohort) || e->person[0] < '8';
}

bool brute_is_counted(const struct brute_series *s, const struct world_event *e)
{
	return is_in_time(s, e) && is_someone(s, e) && is_about(s->node, s->world, e) &&
	       is_filtered(s, e) && is_in_cohort(s, e);
}

static const json_t *part_of(const json_t *query, size_t i)
{
	const json_t *filter = json_object_get(query, "breakdownFilter");

	return json_array_get(json_object_get(filter, "breakdowns"), i);
}

size_t brute_parts(const json_t *query)
{
	const json_t *filter = json_object_get(query, "breakdownFilter");

	return json_array_size(json_object_get(filter, "breakdowns"));
}

/* From when on events may count. */
static int64_t rows_from_us(const struct brute_series *s)
{
	char wall[WORLD_WALL], day[WORLD_BUCKET];

	if (!counts_days(s) && !(active_days(s) > 0 && s->is_total)) {
		return s->axis->from_us;
	}
	world_wall(s->world, s->axis->to_us, wall);
	world_bucket_step(
		s->is_total ? wall : s->axis->days->pdata[0], "day", 1 - active_days(s), day);
	return world_day_start(s->world, day);
}

bool brute_session(
	const struct brute_series *s, const char *id, int64_t *first_us, int64_t *last_us)
{
	int64_t margin = 3 * G_TIME_SPAN_DAY, from_us = rows_from_us(s);
	bool any = false;

	for (guint i = 0; i < s->world->event_count; i++) {
		const struct world_event *e = &s->world->events[i];

		if (e->us >= from_us - margin && e->us <= s->axis->to_us + margin && *id &&
			strcmp(json_get_text(e->properties, "$session_id", ""), id) == 0) {
			*first_us = any ? *first_us : e->us;
			*last_us = e->us;
			any = true;
		}
	}
	return any;
}

static double session_seconds(const struct brute_series *s, const struct world_event *e)
{
	int64_t first_us, last_us;

	if (!brute_session(
		    s, json_get_text(e->properties, "$session_id", ""), &first_us, &last_us)) {
		return NAN;
	}
	return floor((double)(last_us - first_us) / G_USEC_PER_SEC);
}

static char *property_text(
	const struct brute_series *s, const json_t *part, const struct world_event *e)
{
	const char *type = json_get_text(part, "type", "event");
	const char *key = json_get_text(part, "property", "");

	if (strcmp(type, "session") == 0) {
		double seconds = session_seconds(s, e);

		return isnan(seconds) ? NULL : g_strdup_printf("%.0f", seconds);
	}
	if (strcmp(type, "hogql") == 0) {
		return strcmp(key, "event") == 0 ? g_strdup(e->name)
						 : world_text(e->properties, "plan");
	}
	return world_filter_text(
		s->world, e, type, (int)json_get_int(part, "group_type_index", 0), key);
}

static double bin_number(const struct brute_series *s, size_t i, const struct world_event *e)
{
	g_autofree char *text = property_text(s, part_of(s->query, i), e);

	return brute_real(text);
}

static void find_bounds(struct brute_series *s, size_t part)
{
	for (guint i = 0; i < s->world->event_count; i++) {
		const struct world_event *e = &s->world->events[i];
		double x = bin_number(s, part, e);

		if (!isnan(x) && brute_is_counted(s, e)) {
			s->low[part] = MIN(s->low[part], x);
			s->high[part] = MAX(s->high[part], x);
		}
	}
}

/* Formulas compare what the series have in the same bin. */
static void find_bounds_of_all(struct brute_series *s, size_t part)
{
	const json_t *filter = json_object_get(s->query, "trendsFilter"), *own = s->node;
	size_t i;

	if (!json_object_get(filter, "formula") && !json_object_get(filter, "formulas") &&
		!json_object_get(filter, "formulaNodes")) {
		return;
	}
	json_array_foreach(json_object_get(s->query, "series"), i, s->node)
	{
		find_bounds(s, part);
	}
	s->node = own;
}

/* Numbers of four digits before it, which sort as the bins do. */
static char *bin_of(const struct brute_series *s, size_t i, const struct world_event *e)
{
	double count = (double)json_get_int(part_of(s->query, i), "histogram_bin_count", 0);
	double x = bin_number(s, i, e), low = s->low[i], high = s->high[i];

	if (isnan(x)) {
		return g_strdup("");
	}
	x = x >= high ? count : floor(count * (x - low) / (high - low)) + 1;
	if (low == high) {
		return g_strdup_printf("%g[%.10g,%.10g]", 1000 + x, low, high);
	}
	return g_strdup_printf("%g[%.10g,%.10g]", 1000 + x, low + (high - low) * (x - 1) / count,
		low + (high - low) * x / count);
}

static char *value_of(const struct brute_series *s, size_t i, const struct world_event *e)
{
	const json_t *part = part_of(s->query, i);
	char *text;

	if (json_object_get(part, "histogram_bin_count")) {
		return bin_of(s, i, e);
	}
	text = property_text(s, part, e);
	if (text && *text && json_is_true(json_object_get(part, "normalize_url"))) {
		size_t length = strlen(text);

		while (length > 0 && strchr("/?#", text[length - 1])) {
			text[--length] = '\0';
		}
		if (length == 0) {
			g_free(text);
			text = g_strdup("/");
		}
	}
	return text ? text : g_strdup("");
}

static void free_fact(gpointer data)
{
	struct brute_fact *fact = data;

	for (size_t i = 0; i < BRUTE_MAX_PARTS; i++) {
		g_free(fact->values[i]);
	}
	g_free(fact);
}

static struct brute_fact *fact_of(const struct brute_series *s, const struct world_event *e)
{
	struct brute_fact *fact = g_new0(struct brute_fact, 1);

	fact->event = e;
	fact->bucket = world_axis_place(s->axis, e);
	for (size_t i = 0; i < brute_parts(s->query); i++) {
		fact->values[i] = value_of(s, i, e);
	}
	return fact;
}

static int by_values(const struct brute_fact *a, const struct brute_fact *b)
{
	for (size_t i = 0; i < BRUTE_MAX_PARTS; i++) {
		int order = g_strcmp0(a->values[i], b->values[i]);

		if (order) {
			return order;
		}
	}
	return 0;
}

/* The first time that somebody did it, whether filters knew of it or not. */
static int64_t first_us(const struct brute_series *s, const char *actor)
{
	bool with_filters = math_is(s, "first_matching_event_for_user");

	for (guint i = 0; i < s->world->event_count; i++) {
		const struct world_event *e = &s->world->events[i];

		if (e->us <= s->axis->to_us && is_someone(s, e) && is_about(s->node, s->world, e) &&
			strcmp(brute_actor(s->query, e), actor) == 0 &&
			(!with_filters || is_filtered(s, e))) {
			return e->us;
		}
	}
	return INT64_MAX;
}

/* One fact for each actor: the least of those at that instant. */
static void keep_firsts(struct brute_series *s)
{
	g_autoptr(GHashTable) best = g_hash_table_new(g_str_hash, g_str_equal);
	GPtrArray *kept = g_ptr_array_new_with_free_func(free_fact);

	for (guint i = 0; i < s->facts->len; i++) {
		struct brute_fact *fact = s->facts->pdata[i], *other;
		const char *actor = brute_actor(s->query, fact->event);

		if (first_us(s, actor) != fact->event->us) {
			continue;
		}
		other = g_hash_table_lookup(best, actor);
		if (!other || by_values(fact, other) < 0) {
			g_hash_table_insert(best, (gpointer)(uintptr_t)actor, fact);
		}
	}
	for (guint i = 0; i < s->facts->len; i++) {
		struct brute_fact *fact = s->facts->pdata[i];

		if (g_hash_table_lookup(best, brute_actor(s->query, fact->event)) == fact) {
			g_ptr_array_add(kept, fact);
		} else {
			free_fact(fact);
		}
	}
	g_ptr_array_set_free_func(s->facts, NULL);
	g_ptr_array_unref(s->facts);
	s->facts = kept;
}

void brute_gather(struct brute_series *s)
{
	s->facts = g_ptr_array_new_with_free_func(free_fact);
	for (size_t i = 0; i < brute_parts(s->query); i++) {
		if (json_object_get(part_of(s->query, i), "histogram_bin_count")) {
			s->low[i] = INFINITY;
			s->high[i] = -INFINITY;
			find_bounds(s, i);
			find_bounds_of_all(s, i);
		}
	}
	for (guint i = 0; i < s->world->event_count; i++) {
		if (brute_is_counted(s, &s->world->events[i])) {
			g_ptr_array_add(s->facts, fact_of(s, &s->world->events[i]));
		}
	}
	if (math_is(s, "first_time_for_user") || math_is(s, "first_matching_event_for_user")) {
		keep_firsts(s);
	}
}

/* Who or what counts once; NULL: not at all. */
static char *who_of(const struct brute_series *s, const struct world_event *e)
{
	if (math_is(s, "unique_session")) {
		const char *id = json_get_text(e->properties, "$session_id", "");

		return *id ? g_strdup(id) : NULL;
	}
	if (math_is(s, "unique_group")) {
		const char *key = e->groups[json_get_int(s->node, "math_group_type_index", 0)];

		return *key ? g_strdup(key) : NULL;
	}
	/* count(DISTINCT person_id) */
	return g_strdup(math_is(s, "hogql") ? e->person : brute_actor(s->query, e));
}

static bool is_in_bucket(const struct brute_series *s, const struct brute_fact *fact, int bucket)
{
	guint32 day, end;

	if (s->is_total) {
		return true;
	}
	if (!counts_days(s)) {
		return fact->bucket == bucket;
	}
	day = day_number(fact->event->wall);
	end = day_number(s->axis->days->pdata[bucket]);
	return day <= end && day + (guint32)active_days(s) > end;
}

static double count_different(const struct brute_series *s, const GPtrArray *facts, int bucket)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < facts->len; i++) {
		const struct brute_fact *fact = facts->pdata[i];
		char *who = is_in_bucket(s, fact, bucket) ? who_of(s, fact->event) : NULL;

		if (who) {
			g_hash_table_add(seen, who);
		}
	}
	return (double)g_hash_table_size(seen);
}

static gint by_size(gconstpointer a, gconstpointer b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static double aggregate(const char *math, GArray *xs)
{
	static const struct {
		const char *name;
		double part;
	} percentiles[] = {
		{"median", 0.5}, {"p75", 0.75}, {"p90", 0.9}, {"p95", 0.95}, {"p99", 0.99}};
	double sum = 0, at;
	guint low;

	if (xs->len == 0) {
		return 0;
	}
	for (guint i = 0; i < xs->len; i++) {
		sum += g_array_index(xs, double, i);
	}
	if (g_str_has_prefix(math, "sum")) {
		return sum;
	}
	if (g_str_has_prefix(math, "avg")) {
		return sum / xs->len;
	}
	g_array_sort(xs, by_size);
	if (g_str_has_prefix(math, "min")) {
		return g_array_index(xs, double, 0);
	}
	if (g_str_has_prefix(math, "max")) {
		return g_array_index(xs, double, xs->len - 1);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(percentiles); i++) {
		if (g_str_has_prefix(math, percentiles[i].name)) {
			at = percentiles[i].part * (xs->len - 1);
			low = (guint)at;
			sum = g_array_index(xs, double, low);
			return low + 1 < xs->len
				       ? sum + (g_array_index(xs, double, low + 1) - sum) *
							 (at - low)
				       : sum;
		}
	}
	g_error("no such math: %s", math);
}

static double x_of(const struct brute_series *s, const struct world_event *e)
{
	static const struct {
		const char *name, *type;
	} types[] = {{"event_properties", "event"}, {"person_properties", "person"}};
	const char *name = json_get_text(s->node, "math_property_type", "event_properties");
	const char *type = "";
	g_autofree char *text = NULL;

	if (strcmp(name, "session_properties") == 0) {
		return session_seconds(s, e);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		type = strcmp(types[i].name, name) == 0 ? types[i].type : type;
	}
	text = world_filter_text(s->world, e, type, 0, json_get_text(s->node, "math_property", ""));
	return brute_real(text);
}

static double measure(const struct brute_series *s, const GPtrArray *facts, int bucket)
{
	g_autoptr(GArray) xs = g_array_new(FALSE, FALSE, sizeof(double));
	g_autoptr(GHashTable) sessions =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	const json_t *multiplier = json_object_get(s->node, "math_multiplier");
	bool of_session =
		strcmp(json_get_text(s->node, "math_property", ""), "$session_duration") == 0;

	for (guint i = 0; i < facts->len; i++) {
		const struct brute_fact *fact = facts->pdata[i];
		const char *id = json_get_text(fact->event->properties, "$session_id", "");
		double x = is_in_bucket(s, fact, bucket) ? x_of(s, fact->event) : NAN;

		if (isnan(x) || (of_session && !g_hash_table_add(sessions, g_strdup(id)))) {
			continue;
		}
		x *= multiplier ? json_number_value(multiplier) : 1;
		g_array_append_val(xs, x);
	}
	return aggregate(brute_math(s->node), xs);
}

static double times(const struct brute_series *s, const GPtrArray *facts, int bucket)
{
	g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GArray) xs = g_array_new(FALSE, FALSE, sizeof(double));
	GHashTableIter iter;
	gpointer count;

	for (guint i = 0; i < facts->len; i++) {
		const struct brute_fact *fact = facts->pdata[i];
		char *who = (char *)(uintptr_t)brute_actor(s->query, fact->event);

		if (is_in_bucket(s, fact, bucket)) {
			guint so_far = GPOINTER_TO_UINT(g_hash_table_lookup(counts, who));

			g_hash_table_insert(counts, who, GUINT_TO_POINTER(so_far + 1));
		}
	}
	g_hash_table_iter_init(&iter, counts);
	while (g_hash_table_iter_next(&iter, NULL, &count)) {
		double x = GPOINTER_TO_UINT(count);

		g_array_append_val(xs, x);
	}
	return aggregate(brute_math(s->node), xs);
}

static double count_rows(const struct brute_series *s, const GPtrArray *facts, int bucket)
{
	double count = 0;

	for (guint i = 0; i < facts->len; i++) {
		count += is_in_bucket(s, facts->pdata[i], bucket);
	}
	return count;
}

static double number(const struct brute_series *s, const GPtrArray *facts, int bucket)
{
	const char *math = brute_math(s->node);

	if (is_property_math(math)) {
		return measure(s, facts, bucket);
	}
	if (g_str_has_suffix(math, "_count_per_actor")) {
		return times(s, facts, bucket);
	}
	if (strcmp(math, "hogql") == 0) {
		return strstr(json_get_text(s->node, "math_hogql", ""), "DISTINCT")
			       ? count_different(s, facts, bucket)
			       : 2 * count_rows(s, facts, bucket);
	}
	if (strcmp(math, "total") == 0 || g_str_has_prefix(math, "first_")) {
		return count_rows(s, facts, bucket);
	}
	return count_different(s, facts, bucket);
}

/* Of those who were not there before. */
static void count_newcomers(const struct brute_series *s, const GPtrArray *facts, double *numbers)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (int bucket = 0; bucket < (int)s->axis->days->len; bucket++) {
		numbers[bucket] = 0;
		for (guint i = 0; i < facts->len; i++) {
			const struct brute_fact *fact = facts->pdata[i];
			char *who = fact->bucket == bucket ? who_of(s, fact->event) : NULL;

			numbers[bucket] += who && g_hash_table_add(seen, who);
		}
	}
}

void brute_numbers(const struct brute_series *s, const GPtrArray *facts, double *numbers)
{
	int count = s->is_total ? 1 : (int)s->axis->days->len;
	const json_t *multiplier = json_object_get(s->node, "math_multiplier");
	const json_t *factor = json_object_get(s->query, "samplingFactor");
	double scale = 1;

	if (s->is_cumulative && (math_is(s, "dau") || math_is(s, "unique_group"))) {
		count_newcomers(s, facts, numbers);
	} else {
		for (int i = 0; i < count; i++) {
			numbers[i] = number(s, facts, i);
		}
	}
	if (multiplier && !is_property_math(brute_math(s->node))) {
		scale = json_number_value(multiplier);
	}
	if (json_is_number(factor) && brute_is_additive(brute_math(s->node))) {
		scale /= json_number_value(factor);
	}
	for (int i = 0; i < count; i++) {
		numbers[i] *= scale;
	}
}
