#include "render/axis.h"
#include "render/chart.h"
#include "render/value_label.h"

#include <math.h>
#include <stdlib.h>

enum {
	ROW = 32, /* of a page of its own */
	LEAST_ROW = 16, /* below it names would touch */
	LOW_BOX = 140, /* below it rows are worth more than ticks */
	THICKEST = 56,
	TOP = 8,
	BOTTOM = 32,
	EDGE = 8,
	NAME_GAP = 12,
	WIDEST_NAME = 320,
	LETTERS = 50,
	TEXT_HEIGHT = 16,
	RADIUS = 4,
};

struct ranked {
	const struct series *series;
	double value;
	size_t index;
};

struct lying {
	struct rect plot;
	struct scale scale;
	struct bands bands;
	char **values;
	struct ranked *rows;
	size_t count, shown;
	bool has_values, says_more;
};

/* Ordinary values by size, then what has no value, then the remainder. */
static int order_of(const struct series *s)
{
	return s->is_other ? 2 : s->is_none ? 1 : 0;
}

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a;
	const struct ranked *y = b;
	int order = order_of(x->series) - order_of(y->series);

	if (order != 0) {
		return order;
	}
	if (x->value < y->value || x->value > y->value) {
		return x->value < y->value ? 1 : -1;
	}
	return (x->index > y->index) - (x->index < y->index);
}

static void rank_rows(struct lying *l, const struct result *r)
{
	l->rows = g_new0(struct ranked, r->series_count + 1);
	for (size_t i = 0; i < r->series_count; i++) {
		const struct series *s = &r->series[i];
		double value = isnan(s->aggregated) ? s->count : s->aggregated;

		if (!s->hidden) {
			l->rows[l->count++] = (struct ranked){s, isnan(value) ? 0 : value, i};
		}
	}
	qsort(l->rows, l->count, sizeof *l->rows, by_rank);
}

double chart_bar_value_height(const struct chart_input *in, struct canvas *measure, double width)
{
	size_t count = 0;

	(void)measure;
	(void)width;
	if (!in->standalone) {
		return 0;
	}
	for (size_t i = 0; i < in->data->series_count; i++) {
		count += in->data->series[i].hidden ? 0 : 1;
	}
	return TOP + BOTTOM + ROW * (double)count;
}

static char *name_of(const struct series *s)
{
	g_autofree char *head = NULL;

	if (g_utf8_strlen(s->label, -1) <= LETTERS) {
		return g_strdup(s->label);
	}
	head = g_utf8_substring(s->label, 0, LETTERS - 1);
	return g_strconcat(head, "…", NULL);
}

static double widest_name(struct canvas *c, const struct lying *l, double limit)
{
	double width = 0;

	for (size_t i = 0; i < l->shown; i++) {
		g_autofree char *name = name_of(l->rows[i].series);

		width = fmax(width, ceil(canvas_text_width(c, name, axis_type)) + 1);
	}
	return fmin(width, limit);
}

/* Fewer ticks until their texts stand 8 px apart. */
static double fit_ticks(struct lying *l, struct canvas *c, const struct number_format *format)
{
	struct axis_range range = axis_range_none();
	double px = l->plot.w;
	double widest = 0;

	for (size_t i = 0; i < l->count; i++) {
		axis_range_add(&range, l->rows[i].value);
	}
	for (int tries = 0; tries < 16; tries++) {
		g_strfreev(l->values);
		l->scale = scale_linear(range.low, range.high, px);
		l->values = axis_tick_texts(&l->scale, format, false);
		widest = 0;
		for (size_t i = 0; i < l->scale.tick_count; i++) {
			widest = fmax(widest, canvas_text_width(c, l->values[i], axis_type));
		}
		if (l->scale.tick_count <= 2 ||
			widest + EDGE <= l->plot.w / (double)(l->scale.tick_count - 1)) {
			break;
		}
		px *= 0.75;
	}
	return ceil(widest);
}

/* Room at the bars' ends for what draw_values() writes there. */
static double widest_value(
	struct canvas *c, const struct lying *l, const struct number_format *format)
{
	double width = 0;

	for (size_t i = 0; i < l->shown; i++) {
		g_autofree char *text = number_text(format, l->rows[i].value);

		width = fmax(width, ceil(canvas_text_width(c, text, axis_type)) + 1);
	}
	return width + EDGE;
}

static void lay_out(
	struct lying *l, struct canvas *c, struct rect box, const struct number_format *format)
{
	double names;
	double widest;
	double right;

	l->has_values = box.h >= LOW_BOX;
	l->plot.y = round(box.y + (l->has_values ? TOP : 0));
	l->plot.h = fmax(floor(box.y + box.h - (l->has_values ? BOTTOM : 0)) - l->plot.y, 0);
	l->shown = l->count;
	/* One row's room is kept for the line that counts the others. */
	if ((double)l->count * LEAST_ROW > l->plot.h) {
		l->shown = (size_t)fmax(floor(l->plot.h / LEAST_ROW) - 1, 1);
		l->shown = MIN(l->shown, l->count);
	}
	names = widest_name(c, l, floor(fmin(WIDEST_NAME, box.w * 0.38)));
	l->plot.x = round(box.x + names + NAME_GAP + 6);
	l->plot.w = fmax(floor(box.x + box.w - 16) - l->plot.x, 0);
	widest = fit_ticks(l, c, format);
	right = l->has_values ? fmax(16, widest / 2 + 4)
			      : fmin(widest_value(c, l, format), l->plot.w / 2);
	l->plot.w = fmax(floor(box.x + box.w - right) - l->plot.x, 0);
	(void)fit_ticks(l, c, format);
	l->says_more = l->shown < l->count && l->plot.h >= 2 * LEAST_ROW;
	l->bands = bands_over(
		l->plot.y, l->says_more ? l->plot.h - LEAST_ROW : l->plot.h, l->shown, 0.2, 0.1);
	if (l->bands.width > THICKEST) {
		l->bands.start += (l->bands.width - THICKEST) / 2;
		l->bands.width = THICKEST;
	}
}

static double x_at(const struct lying *l, double value)
{
	return l->plot.x + l->plot.w * scale_at(&l->scale, value);
}

static void draw_grid(struct canvas *c, const struct lying *l, const struct theme *theme)
{
	for (size_t i = 0; i < l->scale.tick_count; i++) {
		double x = round(x_at(l, l->scale.ticks[i]) - 0.5);

		canvas_fill_rect(
			c, (struct rect){x, l->plot.y, 1, l->plot.h}, 0, CORNERS_NONE, theme->grid);
	}
}

static void draw_bar(struct canvas *c, const struct lying *l, size_t row)
{
	double value = l->rows[row].value;
	double zero = x_at(l, 0);
	double end = x_at(l, value);
	struct rect bar = {
		fmin(zero, end), bands_at(&l->bands, row), fabs(end - zero), l->bands.width};

	if (bar.w > 0) {
		canvas_fill_rect(c, bar, fmin(fmin(RADIUS, bar.w), bar.h / 2),
			value < 0 ? CORNERS_TOP_LEFT | CORNERS_BOTTOM_LEFT : CORNERS_RIGHT,
			l->rows[row].series->color);
	}
}

static void draw_names(
	struct canvas *c, const struct lying *l, struct rect box, const struct theme *theme)
{
	double width = l->plot.x - NAME_GAP - box.x;

	for (size_t i = 0; i < l->shown; i++) {
		g_autofree char *name = name_of(l->rows[i].series);
		double y = bands_at(&l->bands, i) + l->bands.width / 2 - TEXT_HEIGHT / 2.0;

		canvas_text(c, (struct rect){box.x, y, width, TEXT_HEIGHT}, name, axis_type,
			ALIGN_END, theme->text_secondary);
	}
	if (l->says_more) {
		g_autofree char *more = g_strdup_printf("and %zu more", l->count - l->shown);
		double y = l->plot.y + l->plot.h - LEAST_ROW + 1;
		double least = ceil(canvas_text_width(c, more, axis_type)) + 1;

		/* Short names leave it no room: the plot's row beside it is empty then. */
		canvas_text(c,
			(struct rect){box.x, y, fmin(fmax(width, least), box.w), TEXT_HEIGHT}, more,
			axis_type, ALIGN_END, theme->text_tertiary);
	}
}

static void draw_ticks(
	struct canvas *c, const struct lying *l, struct rect box, const struct theme *theme)
{
	double right = -INFINITY;

	for (size_t i = 0; i < l->scale.tick_count; i++) {
		double width = ceil(canvas_text_width(c, l->values[i], axis_type)) + 1;
		double x = x_at(l, l->scale.ticks[i]) - width / 2;

		x = fmax(fmin(x, box.x + box.w - width), box.x);
		if (x - right < EDGE) {
			continue;
		}
		canvas_text(c, (struct rect){x, l->plot.y + l->plot.h + EDGE, width, TEXT_HEIGHT},
			l->values[i], axis_type, ALIGN_MIDDLE, theme->text_secondary);
		right = x + width;
	}
}

static void draw_labels(struct canvas *c, const struct lying *l, struct rect box,
	const struct number_format *format, const struct theme *theme)
{
	struct rect bounds = {
		l->plot.x, l->plot.y - EDGE, box.x + box.w - l->plot.x, l->plot.h + 2 * EDGE};
	struct value_labels *labels = value_labels_create(bounds, theme);

	for (size_t i = 0; i < l->shown; i++) {
		double value = l->rows[i].value;
		g_autofree char *text = value == 0 ? NULL : number_text(format, value);

		(void)value_label_draw(labels, c, x_at(l, value),
			bands_at(&l->bands, i) + l->bands.width / 2,
			value < 0 ? VALUE_LEFT : VALUE_RIGHT, text, l->rows[i].series->color);
	}
	value_labels_destroy(labels);
}

/* Without ticks below, each bar says its value itself. */
static void draw_values(struct canvas *c, const struct lying *l, struct rect box,
	const struct number_format *format, const struct theme *theme)
{
	for (size_t i = 0; i < l->shown; i++) {
		double value = l->rows[i].value;
		g_autofree char *text = number_text(format, value);
		double width = ceil(canvas_text_width(c, text, axis_type)) + 1;
		double x = fmax(x_at(l, value), x_at(l, 0)) + EDGE / 2.0;
		double y = bands_at(&l->bands, i) + l->bands.width / 2 - TEXT_HEIGHT / 2.0;

		if (x + width <= box.x + box.w) {
			canvas_text(c, (struct rect){x, y, width, TEXT_HEIGHT}, text, axis_type,
				ALIGN_START, theme->text_secondary);
		}
	}
}

void chart_bar_value_draw(struct canvas *c, struct rect box, const struct chart_input *in)
{
	struct number_format format = number_format_of(in->query);
	struct lying l = {.count = 0};

	rank_rows(&l, in->data);
	lay_out(&l, c, box, &format);
	if (l.plot.w > 0 && l.plot.h >= LEAST_ROW) {
		if (l.has_values) {
			draw_grid(c, &l, in->theme);
		}
		for (size_t i = 0; i < l.shown; i++) {
			draw_bar(c, &l, i);
		}
		draw_names(c, &l, box, in->theme);
		if (!l.has_values) {
			draw_values(c, &l, box, &format, in->theme);
		} else {
			draw_ticks(c, &l, box, in->theme);
			if (json_get_bool(query_filter(in->query), "showValuesOnSeries", false)) {
				draw_labels(c, &l, box, &format, in->theme);
			}
		}
	}
	g_strfreev(l.values);
	g_free(l.rows);
}
