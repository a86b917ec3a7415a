#include "tests/unit/insight/brute_trends.h"

#include "tests/unit/insight/brute_facts.h"

#include <math.h>
#include <string.h>

enum { MAX_SERIES = 4 };

/* The facts that share their values, and their numbers: one line. */
struct brute_line {
	char *values[BRUTE_MAX_PARTS];
	GPtrArray *facts; /* borrowed */
	double *numbers, sum;
	bool has_none, is_other;
	guint place; /* in a common ranking */
};

struct context {
	const struct world *world;
	const json_t *query;
	struct world_axis axis;
	size_t count, parts; /* numbers of a line, parts of a breakdown */
	int64_t limit;
	bool is_total, is_cumulative, is_slope, hides_other;
	int64_t smoothing;
	bool is_unclear; /* last digits would decide */
};

static const char *display_of(const json_t *query)
{
	return json_get_text(json_object_get(query, "trendsFilter"), "display", "ActionsLineGraph");
}

static bool is_one_of(const char *text, const char *const *list)
{
	return g_strv_contains(list, text);
}

static void free_line(gpointer data)
{
	struct brute_line *line = data;

	for (size_t i = 0; i < BRUTE_MAX_PARTS; i++) {
		g_free(line->values[i]);
	}
	g_ptr_array_unref(line->facts);
	g_free(line->numbers);
	g_free(line);
}

static struct brute_line *new_line(const struct context *c)
{
	struct brute_line *line = g_new0(struct brute_line, 1);

	line->facts = g_ptr_array_new();
	line->numbers = g_new0(double, c->count);
	return line;
}

static bool has_values(const struct brute_line *line, char *const *values)
{
	for (size_t i = 0; i < BRUTE_MAX_PARTS; i++) {
		if (g_strcmp0(line->values[i], values[i]) != 0) {
			return false;
		}
	}
	return true;
}

static struct brute_line *line_for(const struct context *c, GPtrArray *lines, char *const *values)
{
	struct brute_line *line;

	for (guint i = 0; i < lines->len; i++) {
		line = lines->pdata[i];
		if (has_values(line, values)) {
			return line;
		}
	}
	line = new_line(c);
	for (size_t i = 0; i < c->parts; i++) {
		line->values[i] = g_strdup(values[i]);
		line->has_none = line->has_none || (values[i] && !*values[i]);
	}
	g_ptr_array_add(lines, line);
	return line;
}

static double sum_of(const struct context *c, const struct brute_line *line)
{
	double sum = 0;

	for (size_t i = 0; i < c->count; i++) {
		sum += line->numbers[i];
	}
	return sum;
}

/* A line for each value, in no order. */
static GPtrArray *split(const struct context *c, const struct brute_series *s)
{
	GPtrArray *lines = g_ptr_array_new_with_free_func(free_line);
	const char *math = brute_math(s->node);
	bool is_active = g_str_has_suffix(math, "_active");
	static char *const no_values[BRUTE_MAX_PARTS] = {NULL};

	if (c->parts == 0) {
		line_for(c, lines, no_values);
	}
	for (guint i = 0; i < s->facts->len; i++) {
		const struct brute_fact *fact = s->facts->pdata[i];
		char *session = NULL;

		/* what never counts makes no line */
		if (strcmp(math, "unique_session") == 0 ||
			strcmp(json_get_text(s->node, "math_property", ""), "$session_duration") ==
				0) {
			session =
				g_strdup(json_get_text(fact->event->properties, "$session_id", ""));
		} else if (strcmp(math, "unique_group") == 0) {
			session = g_strdup(fact->event->groups[json_get_int(
				s->node, "math_group_type_index", 0)]);
		}
		if (!session || *session) {
			g_ptr_array_add(
				line_for(c, lines, fact->values)->facts, s->facts->pdata[i]);
		}
		g_free(session);
	}
	for (guint i = lines->len; i-- > 0;) {
		struct brute_line *line = lines->pdata[i];

		brute_numbers(s, line->facts, line->numbers);
		line->sum = sum_of(c, line);
		if (is_active && c->parts > 0 && line->sum == 0) {
			g_ptr_array_remove_index(lines, i);
		}
	}
	return lines;
}

static bool is_near(double a, double b)
{
	return fabs(a - b) <= 1e-9 * MAX(fabs(a), fabs(b)) && !(a == 0 && b == 0) &&
	       (a != b || a != floor(a));
}

static gint by_rank(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct brute_line *x = *(struct brute_line *const *)a;
	const struct brute_line *y = *(struct brute_line *const *)b;
	struct context *c = data;

	c->is_unclear = c->is_unclear || is_near(x->sum, y->sum);
	if (x->sum != y->sum) {
		return x->sum > y->sum ? -1 : 1;
	}
	if (x->has_none != y->has_none) {
		return x->has_none ? 1 : -1;
	}
	for (size_t i = 0; i < c->parts; i++) {
		int order = strcmp(x->values[i], y->values[i]);

		if (order) {
			return order;
		}
	}
	return 0;
}

/* The values that are kept: those of `ranked`, in its order.  The rest comes together. */
static GPtrArray *keep(
	struct context *c, const struct brute_series *s, GPtrArray *lines, GPtrArray *ranked)
{
	GPtrArray *kept = g_ptr_array_new_with_free_func(free_line);
	struct brute_line *other = new_line(c);
	bool any = false;

	other->is_other = true;
	for (int none = 0; none < 2; none++) {
		for (guint i = 0; i < MIN(ranked->len, (guint)c->limit); i++) {
			const struct brute_line *wanted = ranked->pdata[i];

			for (guint j = 0; j < lines->len && wanted->has_none == none; j++) {
				if (has_values(lines->pdata[j], wanted->values)) {
					g_ptr_array_add(kept, g_ptr_array_steal_index(lines, j));
				}
			}
		}
	}
	for (guint i = 0; i < lines->len; i++) {
		const struct brute_line *line = lines->pdata[i];

		any = true;
		for (size_t j = 0; j < c->count; j++) {
			other->numbers[j] += line->numbers[j];
		}
		g_ptr_array_extend(other->facts, line->facts, NULL, NULL);
	}
	if (!brute_is_additive(brute_math(s->node))) {
		brute_numbers(s, other->facts, other->numbers);
	}
	if (any && !c->hides_other) {
		g_ptr_array_add(kept, other);
	} else {
		free_line(other);
	}
	return kept;
}

static void smooth_and_add(const struct context *c, double *numbers)
{
	g_autofree double *raw = g_memdup2(numbers, c->count * sizeof *numbers);
	double running = 0;

	if (c->is_total || c->is_slope) {
		return;
	}
	for (int64_t i = 0; i < (int64_t)c->count; i++) {
		double sum = 0;
		int64_t first = MAX(i + 1 - c->smoothing, 0);

		for (int64_t j = first; j <= i; j++) {
			sum += raw[j];
		}
		if (c->smoothing > 1) {
			numbers[i] = floor(sum / (double)(i + 1 - first));
		}
		running += numbers[i];
		numbers[i] = c->is_cumulative ? running : numbers[i];
	}
}

static const char *value_text(const struct brute_line *line, size_t i, bool is_key)
{
	const char *value = line->values[i];
	const char *bin;

	if (line->is_other) {
		return is_key ? "$$_posthog_breakdown_other_$$"
			      : "Other (i.e. all remaining values)";
	}
	if (!*value) {
		return is_key ? "$$_posthog_breakdown_null_$$" : "None (i.e. no value)";
	}
	bin = strchr(value, '[');
	return bin == value + 4 && g_ascii_isdigit(*value) ? bin : value;
}

static json_t *key_of(const struct context *c, const struct brute_line *line)
{
	json_t *list = json_array();

	if (c->parts == 1) {
		json_decref(list);
		return json_string(value_text(line, 0, true));
	}
	for (size_t i = 0; i < c->parts; i++) {
		json_array_append_new(list, json_string(value_text(line, i, true)));
	}
	return list;
}

static char *values_text(const struct context *c, const struct brute_line *line)
{
	GString *text = g_string_new(NULL);

	for (size_t i = 0; i < c->parts; i++) {
		g_string_append_printf(text, "%s%s", i ? "::" : "", value_text(line, i, false));
	}
	return g_string_free(text, FALSE);
}

static void add_item(
	const struct context *c, json_t *results, json_t *label, json_t *key, const double *numbers)
{
	json_t *list = json_array(), *days = c->is_total ? json_array() : world_axis_days(&c->axis);

	for (size_t i = 0; i < c->count; i++) {
		if (!c->is_slope || i == 0 || i == c->count - 1) {
			json_array_append_new(list, json_real(numbers[i]));
		}
	}
	while (c->is_slope && json_array_size(days) > 2) {
		json_array_remove(days, 1);
	}
	json_array_append_new(results, json_pack("{s:o, s:o, s:o, s:o}", "label", label, "key", key,
					       "days", days, "numbers", list));
}

static const char *name_of(const json_t *node)
{
	const char *kind = json_get_text(node, "kind", "");

	if (strcmp(kind, "ActionsNode") == 0) {
		return "An action";
	}
	return strcmp(kind, "GroupNode") == 0 ? "Group"
					      : json_get_text(node, "event", "All events");
}

static struct brute_series open_series(struct context *c, const json_t *node, const json_t *cohort)
{
	struct brute_series s = {.world = c->world,
		.query = c->query,
		.node = node,
		.axis = &c->axis,
		.is_total = c->is_total,
		.is_cumulative = c->is_cumulative,
		.cohort = cohort};

	brute_gather(&s);
	return s;
}

static void add_series(
	const struct context *c, json_t *results, const json_t *node, const GPtrArray *lines)
{
	bool several = json_array_size(json_object_get(c->query, "series")) > 1;

	for (guint i = 0; i < lines->len; i++) {
		const struct brute_line *line = lines->pdata[i];
		g_autofree char *text = values_text(c, line);

		add_item(c, results,
			c->parts == 0 ? json_string(name_of(node))
			: several     ? json_sprintf("%s - %s", name_of(node), text)
				      : json_string(text),
			c->parts == 0 ? json_null() : key_of(c, line), line->numbers);
	}
}

/* What the formulas of the test mean. */
static double formula(const char *text, double a, double b)
{
	if (strcmp(text, "A / B * 100") == 0) {
		return b != 0 ? a / b * 100 : 0;
	}
	if (strcmp(text, "(A+B)*2") == 0) {
		return (a + b) * 2;
	}
	if (strcmp(text, "a - B") == 0) {
		return a - b;
	}
	if (strcmp(text, "-A + 1") == 0) {
		return -a + 1;
	}
	g_assert(strcmp(text, "A^2") == 0);
	return a * a;
}

static gint by_formula(gconstpointer a, gconstpointer b, gpointer data)
{
	const struct brute_line *x = *(struct brute_line *const *)a;
	const struct brute_line *y = *(struct brute_line *const *)b;
	struct context *c = data;

	if (x->is_other != y->is_other) {
		return x->is_other ? 1 : -1;
	}
	if (x->has_none != y->has_none) {
		return x->has_none ? 1 : -1;
	}
	c->is_unclear = c->is_unclear || is_near(x->sum, y->sum);
	if (x->sum != y->sum) {
		return x->sum > y->sum ? -1 : 1;
	}
	return x->place < y->place ? -1 : 1;
}

static void add_formula(struct context *c, json_t *results, const json_t *given,
	const GPtrArray *ranked, GPtrArray *const *series, size_t series_count)
{
	const char *text = json_is_object(given) ? json_get_text(given, "formula", "")
						 : json_string_value(given);
	const char *name = json_get_text(given, "custom_name", NULL);
	g_autoptr(GPtrArray) lines = g_ptr_array_new_with_free_func(free_line);

	for (size_t i = 0; i < series_count; i++) {
		for (guint j = 0; j < series[i]->len; j++) {
			const struct brute_line *from = series[i]->pdata[j];
			struct brute_line *line = line_for(c, lines, from->values);

			line->is_other = from->is_other;
			line->has_none = from->has_none;
			for (guint k = 0; k < ranked->len; k++) {
				line->place = has_values(ranked->pdata[k], line->values)
						      ? k
						      : line->place;
			}
		}
	}
	for (guint i = 0; i < lines->len; i++) {
		struct brute_line *line = lines->pdata[i];

		for (size_t k = 0; k < c->count; k++) {
			double letters[MAX_SERIES] = {0};

			for (size_t j = 0; j < series_count; j++) {
				for (guint n = 0; n < series[j]->len; n++) {
					const struct brute_line *from = series[j]->pdata[n];

					if (has_values(from, line->values)) {
						letters[j] = from->numbers[k];
					}
				}
			}
			line->numbers[k] = formula(text, letters[0], letters[1]);
		}
		line->sum = sum_of(c, line);
	}
	g_ptr_array_sort_with_data(lines, by_formula, c);
	for (guint i = 0; i < lines->len; i++) {
		const struct brute_line *line = lines->pdata[i];

		add_item(c, results, name ? json_string(name) : json_sprintf("Formula (%s)", text),
			c->parts == 0 ? json_null() : key_of(c, line), line->numbers);
	}
}

static void add_formulas(struct context *c, json_t *results, const GPtrArray *ranked,
	GPtrArray *const *series, size_t count)
{
	const json_t *filter = json_object_get(c->query, "trendsFilter"), *given;
	const json_t *list = json_object_get(filter, "formulaNodes");
	size_t i;

	list = list ? list : json_object_get(filter, "formulas");
	json_array_foreach(list, i, given)
	{
		add_formula(c, results, given, ranked, series, count);
	}
	if (!list) {
		add_formula(c, results, json_object_get(filter, "formula"), ranked, series, count);
	}
}

static bool has_formulas(const json_t *query)
{
	const json_t *filter = json_object_get(query, "trendsFilter");

	return json_object_get(filter, "formula") || json_object_get(filter, "formulas") ||
	       json_object_get(filter, "formulaNodes");
}

/* One ranking for all series, by what they have together. */
static GPtrArray *rank_together(struct context *c, GPtrArray *const *all, size_t count)
{
	GPtrArray *ranked = g_ptr_array_new_with_free_func(free_line);

	for (size_t i = 0; i < count; i++) {
		for (guint j = 0; j < all[i]->len; j++) {
			const struct brute_line *line = all[i]->pdata[j];

			line_for(c, ranked, line->values)->sum += line->sum;
		}
	}
	g_ptr_array_sort_with_data(ranked, by_rank, c);
	return ranked;
}

static void count_series(struct context *c, json_t *results)
{
	const json_t *list = json_object_get(c->query, "series");
	size_t count = json_array_size(list), i;
	struct brute_series series[MAX_SERIES];
	GPtrArray *lines[MAX_SERIES], *kept[MAX_SERIES];
	g_autoptr(GPtrArray) together = NULL;

	for (i = 0; i < count; i++) {
		series[i] = open_series(c, json_array_get(list, i), NULL);
		lines[i] = split(c, &series[i]);
	}
	together = has_formulas(c->query) ? rank_together(c, lines, count) : NULL;
	for (i = 0; i < count; i++) {
		GPtrArray *own = rank_together(c, &lines[i], 1);

		kept[i] = keep(c, &series[i], lines[i], together ? together : own);
		for (guint j = 0; j < kept[i]->len; j++) {
			smooth_and_add(c, ((struct brute_line *)kept[i]->pdata[j])->numbers);
		}
		if (!together) {
			add_series(c, results, series[i].node, kept[i]);
		}
		g_ptr_array_unref(own);
	}
	if (together) {
		add_formulas(c, results, together, kept, count);
	}
	for (i = 0; i < count; i++) {
		g_ptr_array_unref(lines[i]);
		g_ptr_array_unref(kept[i]);
		g_ptr_array_unref(series[i].facts);
	}
}

static void count_cohorts(struct context *c, json_t *results, const json_t *cohorts)
{
	const json_t *list = json_object_get(c->query, "series"), *node, *cohort;
	size_t i, j;

	json_array_foreach(list, i, node)
	{
		json_array_foreach(cohorts, j, cohort)
		{
			struct brute_series s = open_series(c, node, cohort);
			g_autofree double *numbers = g_new0(double, c->count);
			const char *name = json_is_integer(cohort) ? "Low" : "all users";

			brute_numbers(&s, s.facts, numbers);
			smooth_and_add(c, numbers);
			add_item(c, results,
				json_array_size(list) > 1
					? json_sprintf("%s - %s", name_of(node), name)
					: json_string(name),
				json_copy((json_t *)(uintptr_t)cohort), numbers);
			g_ptr_array_unref(s.facts);
		}
	}
}

json_t *brute_results(const struct world *w, const json_t *query, const struct world_dates *dates)
{
	static const char *const totals[] = {
		"BoldNumber", "ActionsPie", "ActionsBarValue", "ActionsTable", "WorldMap", NULL};
	const json_t *breakdown = json_object_get(query, "breakdownFilter");
	const json_t *cohorts = json_object_get(breakdown, "breakdown");
	const json_t *filter = json_object_get(query, "trendsFilter");
	const char *interval = json_get_text(query, "interval", "day");
	struct context c = {.world = w,
		.query = query,
		.parts = brute_parts(query),
		.is_total = is_one_of(display_of(query), totals),
		.is_cumulative = strcmp(display_of(query), "ActionsLineGraphCumulative") == 0,
		.is_slope = strcmp(display_of(query), "SlopeGraph") == 0,
		.limit = json_get_int(breakdown, "breakdown_limit",
			strcmp(display_of(query), "WorldMap") == 0 ? 250 : 25),
		.hides_other = json_get_bool(breakdown, "breakdown_hide_other_aggregation", false),
		.smoothing = json_get_int(filter, "smoothingIntervals", 1)};
	json_t *results = json_array();

	if (c.is_total && strcmp(interval, "hour") != 0) {
		interval = "day";
	}
	world_axis_open(&c.axis, w, dates, interval);
	c.count = c.is_total ? 1 : c.axis.days->len;
	if (json_is_array(cohorts)) {
		count_cohorts(&c, results, cohorts);
	} else {
		count_series(&c, results);
	}
	world_axis_close(&c.axis);
	if (c.is_unclear) {
		json_decref(results);
		return NULL;
	}
	return results;
}
