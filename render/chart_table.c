#include "render/chart.h"
#include "render/number.h"
#include "render/sheet.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* The columns before the buckets: name, breakdowns, summary. */
struct detail {
	const struct result *r;
	struct number_format format;
	size_t *rows; /* the series shown, by row */
	size_t row_count;
	size_t breakdown_count;
	bool has_total; /* aggregated values rather than buckets */
	enum { SUM_TOTAL, SUM_AVERAGE, SUM_MEDIAN } summary;
	struct sheet_column *columns;
	size_t column_count;
};

static int by_value(const void *a, const void *b)
{
	const double *x = a;
	const double *y = b;

	return (*x > *y) - (*x < *y);
}

static double median_of(const double *values, size_t count)
{
	double *sorted = g_memdup2(values, count * sizeof *values);
	double median;

	qsort(sorted, count, sizeof *sorted, by_value);
	median = sorted[count / 2];
	if (count % 2 == 0) {
		median = (median + sorted[count / 2 - 1]) / 2;
	}
	g_free(sorted);
	return median;
}

static double sum_of(const double *values, size_t count)
{
	double total = 0;

	for (size_t i = 0; i < count; i++) {
		total += values[i];
	}
	return total;
}

static double summarize(const struct detail *d, const double *values, size_t count)
{
	switch (d->summary) {
	case SUM_TOTAL:
		break;
	case SUM_AVERAGE:
		return sum_of(values, count) / (double)count;
	case SUM_MEDIAN:
		return median_of(values, count);
	}
	return sum_of(values, count);
}

static double summary_of(const struct detail *d, const struct series *s)
{
	double *there;
	size_t count = 0;
	double summary;

	if (d->has_total) {
		return s->aggregated;
	}
	there = g_new(double, d->r->bucket_count + 1);
	for (size_t i = 0; i < d->r->bucket_count; i++) {
		if (!isnan(s->values[i])) {
			there[count++] = s->values[i];
		}
	}
	summary = count > 0 ? summarize(d, there, count) : s->count;
	g_free(there);
	return summary;
}

static char *name_of(const struct detail *d, const struct series *s)
{
	if (d->breakdown_count == 0 || !s->breakdown) {
		return g_strdup(s->label);
	}
	if (!d->r->compares) {
		return g_strdup(s->name);
	}
	return g_strdup_printf("%s - %s", s->name, s->previous ? "previous" : "current");
}

static char *cell_text(const void *from, size_t row, size_t column)
{
	const struct detail *d = from;
	const struct series *s = &d->r->series[d->rows[row]];
	double value;

	if (column == 0) {
		return name_of(d, s);
	}
	if (column <= d->breakdown_count) {
		size_t count = s->breakdown ? g_strv_length(s->breakdown) : 0;

		return g_strdup(column <= count ? s->breakdown[column - 1] : "");
	}
	column -= d->breakdown_count + 1;
	value = column == 0 ? summary_of(d, s) : s->values[column - 1];
	return isnan(value) ? g_strdup("–") : number_text(&d->format, value);
}

static struct color row_color(const void *from, size_t row)
{
	const struct detail *d = from;

	return d->r->series[d->rows[row]].color;
}

static bool has_totals(const struct result *r)
{
	for (size_t i = 0; i < r->series_count; i++) {
		if (!isnan(r->series[i].aggregated)) {
			return true;
		}
	}
	return false;
}

static void add_column(struct detail *d, const char *title, bool numeric)
{
	d->columns[d->column_count++] = (struct sheet_column){title, numeric};
}

static struct detail detail_create(const struct chart_input *in)
{
	const struct result *r = in->data;
	const char *summary =
		json_get_text(query_filter(in->query), "detailedResultsAggregationType", "total");
	struct detail d = {
		.r = r,
		.format = number_format_of(in->query),
		.rows = g_new0(size_t, r->series_count + 1),
		.breakdown_count = g_strv_length(r->breakdowns),
		.has_total = has_totals(r),
	};
	const char *title = "Total Sum";

	if (!d.has_total && strcmp(summary, "average") == 0) {
		d.summary = SUM_AVERAGE;
		title = "Average";
	} else if (!d.has_total && strcmp(summary, "median") == 0) {
		d.summary = SUM_MEDIAN;
		title = "Median";
	}
	d.columns = g_new0(struct sheet_column, d.breakdown_count + r->bucket_count + 2);
	add_column(&d, "Series", false);
	for (size_t i = 0; i < d.breakdown_count; i++) {
		add_column(&d, r->breakdowns[i], false);
	}
	add_column(&d, title, true);
	for (size_t i = 0; !d.has_total && i < r->bucket_count; i++) {
		add_column(&d, r->labels[i], true);
	}
	for (size_t i = 0; i < r->series_count; i++) {
		if (!r->series[i].hidden) {
			d.rows[d.row_count++] = i;
		}
	}
	return d;
}

static struct sheet sheet_of(const struct detail *d)
{
	return (struct sheet){
		.columns = d->columns,
		.column_count = d->column_count,
		.row_count = d->row_count,
		.cell = cell_text,
		.color = row_color,
		.from = d,
	};
}

static void detail_finish(struct detail *d)
{
	g_free(d->rows);
	g_free(d->columns);
}

double chart_table_height(const struct chart_input *in, struct canvas *measure, double width)
{
	struct detail d = detail_create(in);
	struct sheet sheet = sheet_of(&d);
	double height = sheet_height(&sheet);

	(void)measure;
	(void)width;
	detail_finish(&d);
	return height;
}

void chart_table_draw(struct canvas *c, struct rect box, const struct chart_input *in)
{
	struct detail d = detail_create(in);
	struct sheet sheet = sheet_of(&d);

	sheet_draw(c, box, &sheet, in->theme);
	detail_finish(&d);
}
