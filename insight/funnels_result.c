/* Rows of a funnel to its result (spec/insights.md 3.5, 3.6, 3.7). */
#include "insight/funnels.h"

#include <glib.h>
#include <math.h>

/* The columns of a row's value stand behind its place; these stand behind them. */
enum { COLUMN_PLACE, COLUMN_VALUES };
enum { AFTER_FIRST_COUNT, AFTER_SECOND_STEP };
enum { STEP_COUNT, STEP_MEAN, STEP_MEDIAN, STEP_COLUMNS };
enum { BIN_NUMBER, BIN_COUNT, BIN_LOW, BIN_WIDTH, BIN_BINS, BIN_MEAN, BIN_MEDIAN, BIN_COLUMNS };
enum { AFTER_BUCKET, AFTER_ENTERED, AFTER_DONE, AFTER_BUCKET_COLUMNS };

static bool check_columns(const struct rows *rows, size_t wanted, struct fault *f)
{
	return rows->row_count == 0 || rows->column_count == wanted ||
	       fault_set(f, FAULT_BUG, "rows of a funnel have %zu columns, not %zu",
		       rows->column_count, wanted);
}

static bool wrong_row(size_t row, struct fault *f)
{
	return fault_set(f, FAULT_BUG, "row %zu of a funnel is not one that was asked for", row);
}

/* spec/insights.md 2.2.10 */
static int64_t scaled(const struct funnel *t, int64_t count)
{
	return t->scope.sample < 1 ? (int64_t)llround((double)count / t->scope.sample) : count;
}

static json_t *seconds(const struct rows *rows, size_t row, size_t column)
{
	return rows_text(rows, row, column)
		       ? json_real(rows_real(rows, row, column, 0) / US_PER_SECOND)
		       : json_null();
}

static size_t column_after(const struct funnel *t, size_t after)
{
	return COLUMN_VALUES + funnel_value_count(t) + after;
}

/* The value of a row as results have it: a list of texts, or null where nothing is split. */
static json_t *value_of(const struct funnel *t, const struct rows *rows, size_t row)
{
	size_t count = funnel_value_count(t);
	json_t *list = count > 0 ? json_array() : json_null();

	for (size_t i = 0; i < count; i++) {
		const char *text = rows_text(rows, row, COLUMN_VALUES + i);

		if (rows_int(rows, row, COLUMN_PLACE, 0) == 0) {
			text = BREAKDOWN_OTHER_KEY;
		} else if (!text || !*text) {
			text = BREAKDOWN_NONE_KEY;
		}
		json_array_append_new(list, json_string(text));
	}
	return list;
}

/* Rows by place, the remainder (place 0) last; false for one that was not asked for. */
static bool rows_by_place(const struct funnel *t, struct funnel_pass *pass, const struct rows *rows,
	GArray **out, struct fault *f)
{
	int64_t most = t->breakdown.is_set ? t->breakdown.limit : 1;
	GArray *order = g_array_new(FALSE, FALSE, sizeof(size_t));

	*out = order;
	for (int64_t place = 1; place <= most + 1; place++) {
		for (size_t i = 0; i < rows->row_count; i++) {
			int64_t at = rows_int(rows, i, COLUMN_PLACE, -1);

			if (at < 0 || at > most) {
				return wrong_row(i, f);
			}
			if (at == 0 && t->breakdown.hides_other) {
				pass->has_hidden_values = true;
			} else if (at == place % (most + 1)) {
				g_array_append_val(order, i);
			}
		}
	}
	return true;
}

/* ---- steps */

static json_t *name_step(const struct funnel *t, size_t i)
{
	const struct entity *e = &t->steps[i].entity;
	const json_t *custom = json_object_get(e->node, "custom_name");
	json_t *step = json_object();

	if (t->order == FUNNEL_UNORDERED) {
		json_object_set_new(step, "action_id", json_null());
		json_object_set_new(step, "name",
			json_sprintf("Completed %zu step%s", i + 1, i > 0 ? "s" : ""));
		json_object_set_new(step, "custom_name", json_null());
	} else {
		json_object_set_new(step, "action_id", entity_id(e));
		json_object_set_new(step, "name", json_string(entity_plain_name(e)));
		json_object_set_new(
			step, "custom_name", custom ? json_deep_copy(custom) : json_null());
	}
	json_object_set_new(step, "order", json_integer((json_int_t)i));
	json_object_set_new(step, "type", json_string(entity_type(e)));
	json_object_set_new(step, "people", json_array());
	return step;
}

/* Without a row nobody came even to the first step. */
static json_t *steps_of(const struct funnel *t, const struct rows *rows, size_t row)
{
	json_t *steps = json_array();

	for (size_t i = 0; i < t->step_count; i++) {
		size_t at = column_after(
			t, i == 0 ? AFTER_FIRST_COUNT : AFTER_SECOND_STEP + (i - 1) * STEP_COLUMNS);
		bool is_there = row < rows->row_count;
		json_t *step = name_step(t, i);

		json_object_set_new(step, "count",
			json_integer(is_there ? scaled(t, rows_int(rows, row, at, 0)) : 0));
		json_object_set_new(step, "average_conversion_time",
			is_there && i > 0 ? seconds(rows, row, at + STEP_MEAN) : json_null());
		json_object_set_new(step, "median_conversion_time",
			is_there && i > 0 ? seconds(rows, row, at + STEP_MEDIAN) : json_null());
		if (t->breakdown.is_set) {
			json_object_set_new(step, "breakdown", value_of(t, rows, row));
			json_object_set_new(step, "breakdown_value", value_of(t, rows, row));
		}
		json_array_append_new(steps, step);
	}
	return steps;
}

static bool collect_steps(
	const struct funnel *t, struct funnel_pass *pass, const struct rows *rows, struct fault *f)
{
	g_autoptr(GArray) order = NULL;

	if (!check_columns(rows,
		    column_after(t, AFTER_SECOND_STEP + (t->step_count - 1) * STEP_COLUMNS), f) ||
		!rows_by_place(t, pass, rows, &order, f)) {
		return false;
	}
	if (!t->breakdown.is_set) {
		pass->results = steps_of(t, rows, 0);
		return true;
	}
	pass->results = json_array();
	for (guint i = 0; i < order->len; i++) {
		json_array_append_new(
			pass->results, steps_of(t, rows, g_array_index(order, size_t, i)));
	}
	return true;
}

/* ---- time to convert */

static bool collect_bins(
	const struct funnel *t, struct funnel_pass *pass, const struct rows *rows, struct fault *f)
{
	json_t *bins = json_array();
	bool any = rows->row_count > 0;
	int64_t count, low, width;
	int64_t counts[FUNNEL_MAX_BINS + 1] = {0};

	pass->results = json_object();
	json_object_set_new(pass->results, "bins", bins);
	if (!check_columns(rows, BIN_COLUMNS, f)) {
		return false;
	}
	json_object_set_new(pass->results, "average_conversion_time",
		any ? seconds(rows, 0, BIN_MEAN) : json_null());
	json_object_set_new(pass->results, "median_conversion_time",
		any ? seconds(rows, 0, BIN_MEDIAN) : json_null());
	if (!any) {
		return true;
	}
	count = rows_int(rows, 0, BIN_BINS, 0);
	low = rows_int(rows, 0, BIN_LOW, 0);
	width = rows_int(rows, 0, BIN_WIDTH, 0);
	if (count < 1 || count > FUNNEL_MAX_BINS) {
		return wrong_row(0, f);
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		int64_t bin = rows_int(rows, i, BIN_NUMBER, -1);

		if (bin < 0 || bin > count) {
			return wrong_row(i, f);
		}
		counts[bin] = rows_int(rows, i, BIN_COUNT, 0);
	}
	for (int64_t i = 0; i <= count; i++) {
		json_int_t at = low + i * width, of_bin = scaled(t, counts[i]);

		json_array_append_new(bins, json_pack("[I, I]", at, of_bin));
	}
	return true;
}

/* ---- trends */

/* spec/insights.md 2.3: percent, to two places */
static double rate(double entered, double done)
{
	return entered > 0 ? round(100 * 100 * done / entered) / 100 : 0;
}

/* NULL for rates: zeros. */
static json_t *line_of(const struct funnel_pass *pass, const struct zone *zone, const double *rates)
{
	const struct buckets *b = pass->window.buckets;
	json_t *line = json_object(), *data = json_array();

	for (size_t i = 0; i < b->count; i++) {
		json_array_append_new(data, json_real(rates ? rates[i] : 0));
	}
	json_object_set_new(line, "count", json_integer((json_int_t)b->count));
	json_object_set_new(line, "data", data);
	json_object_set_new(line, "days", buckets_days(b));
	json_object_set_new(line, "labels", buckets_labels(b, &pass->window.range, zone));
	return line;
}

/* The rates of one place, from its rows, which stand one after another in `order` from *at on. */
static bool read_rates(const struct funnel *t, const struct rows *rows, const GArray *order,
	guint *at, size_t count, double *rates, struct fault *f)
{
	int64_t place = rows_int(rows, g_array_index(order, size_t, *at), COLUMN_PLACE, 0);

	for (; *at < order->len; (*at)++) {
		size_t row = g_array_index(order, size_t, *at);
		int64_t bucket = rows_int(rows, row, column_after(t, AFTER_BUCKET), 0);

		if (rows_int(rows, row, COLUMN_PLACE, 0) != place) {
			break;
		}
		if (bucket < 1 || (size_t)bucket > count) {
			return wrong_row(row, f);
		}
		rates[bucket - 1] = rate(rows_real(rows, row, column_after(t, AFTER_ENTERED), 0),
			rows_real(rows, row, column_after(t, AFTER_DONE), 0));
	}
	return true;
}

static bool read_line(const struct funnel *t, struct funnel_pass *pass, const struct zone *zone,
	const struct rows *rows, const GArray *order, guint *at, struct fault *f)
{
	size_t count = pass->window.buckets->count;
	size_t first = g_array_index(order, size_t, *at);
	double *rates = g_new0(double, count);
	bool fine = read_rates(t, rows, order, at, count, rates, f);

	if (fine) {
		json_t *line = line_of(pass, zone, rates);

		json_object_set_new(line, "breakdown_value", value_of(t, rows, first));
		json_array_append_new(pass->results, line);
	}
	g_free(rates);
	return fine;
}

static bool collect_trends(const struct funnel *t, struct funnel_pass *pass,
	const struct zone *zone, const struct rows *rows, struct fault *f)
{
	size_t count = pass->window.buckets->count;
	g_autoptr(GArray) order = NULL;
	guint at = 0;

	pass->results = json_array();
	if (!check_columns(rows, column_after(t, AFTER_BUCKET_COLUMNS), f) ||
		!rows_by_place(t, pass, rows, &order, f)) {
		return false;
	}
	if (!t->breakdown.is_set && order->len == 0) {
		json_t *line = line_of(pass, zone, NULL);

		json_object_set_new(line, "breakdown_value", json_null());
		json_array_append_new(pass->results, line);
	}
	while (at < order->len) {
		if ((json_array_size(pass->results) + 1) * count > FUNNEL_MAX_NUMBERS) {
			return fault_set(f, FAULT_TOO_LARGE,
				"the result has more than %d numbers; take a smaller"
				" breakdown_limit, a longer interval or a shorter range",
				FUNNEL_MAX_NUMBERS);
		}
		if (!read_line(t, pass, zone, rows, order, &at, f)) {
			return false;
		}
	}
	return true;
}

bool funnel_collect(const struct funnel *t, struct funnel_pass *pass, const struct kind_context *c,
	const struct rows *rows, struct fault *f)
{
	switch (t->view) {
	case FUNNEL_STEPS:
		return collect_steps(t, pass, rows, f);
	case FUNNEL_TIME_TO_CONVERT:
		return collect_bins(t, pass, rows, f);
	case FUNNEL_TRENDS:
		return collect_trends(t, pass, c->place.zone, rows, f);
	}
	return false;
}

void funnel_pass_finish(struct funnel_pass *pass)
{
	window_finish(&pass->window);
	json_decref(pass->results);
}
