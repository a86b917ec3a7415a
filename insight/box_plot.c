#include "insight/box_plot.h"

#include "insight/counting.h"

#include <glib.h>

enum { COLUMN_SERIES, COLUMN_BUCKET, COLUMN_FIRST, COLUMN_COUNT = COLUMN_FIRST + 6 };
enum { NUMBERS = COLUMN_COUNT - COLUMN_FIRST };

static const char *const names[NUMBERS] = {"min", "p25", "median", "p75", "max", "mean"};

static void write_series(struct counting *c, const struct series *s)
{
	static const double quartiles[] = {0.25, 0.5, 0.75};
	struct writer *w = &c->writer;

	sql_addf(w->sql, "SELECT %zu AS series, b, min(x) AS low", s->order);
	for (size_t i = 0; i < G_N_ELEMENTS(quartiles); i++) {
		sql_add(w->sql, ", ");
		w->dialect->percentile(w, quartiles[i], "x");
		sql_addf(w->sql, " AS quartile_%zu", i + 1);
	}
	sql_add(w->sql, ", max(x) AS high, sum(x) / count(x) AS mean FROM (");
	math_write_values(c, s);
	sql_add(w->sql, ") AS facts WHERE x IS NOT NULL GROUP BY b");
}

struct sql *box_plot_statement(
	const struct trends *t, const struct trends_pass *pass, const struct kind_context *c)
{
	struct counting counting = {.trends = t,
		.pass = pass,
		.context = c,
		.writer = writer_open(c->dialect, c->env, pass->window.buckets)};

	for (size_t i = 0; i < t->series.count; i++) {
		sql_add(counting.writer.sql, i ? " UNION ALL " : "");
		write_series(&counting, &t->series.items[i]);
	}
	return counting.writer.sql;
}

static bool read_numbers(const struct rows *rows, size_t series_count, size_t bucket_count,
	double *numbers, struct fault *f)
{
	for (size_t i = 0; i < rows->row_count; i++) {
		int64_t series = rows_int(rows, i, COLUMN_SERIES, -1);
		int64_t bucket = rows_int(rows, i, COLUMN_BUCKET, 0);

		if (rows->column_count != COLUMN_COUNT || series < 0 ||
			(size_t)series >= series_count || bucket < 1 ||
			(size_t)bucket > bucket_count) {
			return fault_set(f, FAULT_BUG,
				"row %zu of a box plot is not one that was asked for", i);
		}
		for (size_t j = 0; j < NUMBERS; j++) {
			size_t box = (size_t)series * bucket_count + (size_t)bucket - 1;

			numbers[box * NUMBERS + j] = rows_real(rows, i, COLUMN_FIRST + j, 0);
		}
	}
	return true;
}

static json_t *box_of(const struct series *s, const double *numbers)
{
	json_t *box = json_object();

	for (size_t i = 0; i < NUMBERS; i++) {
		json_object_set_new(box, names[i], json_real(numbers[i]));
	}
	json_object_set_new(box, "series_index", json_integer((json_int_t)s->order));
	json_object_set_new(
		box, "series_label", json_sprintf("%s - %s", s->entity.name, s->property.key));
	return box;
}

static void append_boxes(const struct trends *t, const struct trends_pass *pass,
	const struct zone *zone, const double *numbers, json_t *results)
{
	const struct buckets *b = pass->window.buckets;
	json_t *days = buckets_days(b);
	json_t *labels = buckets_labels(b, &pass->window.range, zone);

	for (size_t i = 0; i < t->series.count * b->count; i++) {
		json_t *box = box_of(&t->series.items[i / b->count], numbers + i * NUMBERS);

		json_object_set(box, "day", json_array_get(days, i % b->count));
		json_object_set(box, "label", json_array_get(labels, i % b->count));
		json_array_append_new(results, box);
	}
	json_decref(days);
	json_decref(labels);
}

bool box_plot_append_results(const struct trends *t, const struct trends_pass *pass,
	const struct zone *zone, const struct rows *rows, json_t *results, struct fault *f)
{
	size_t bucket_count = pass->window.buckets->count;
	size_t count = t->series.count * bucket_count * NUMBERS;
	double *numbers;
	bool fine;

	if (count > TRENDS_MAX_NUMBERS) {
		return fault_set(f, FAULT_TOO_LARGE,
			"the result has more than %d numbers; take fewer series, a longer interval or"
			" a shorter range",
			TRENDS_MAX_NUMBERS);
	}
	numbers = g_new0(double, count);
	fine = read_numbers(rows, t->series.count, bucket_count, numbers, f);
	if (fine) {
		append_boxes(t, pass, zone, numbers, results);
	}
	g_free(numbers);
	return fine;
}
