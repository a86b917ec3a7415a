#include "render/axis.h"
#include "render/chart.h"
#include "render/goal.h"
#include "render/legend.h"
#include "render/polyline.h"
#include "render/value_label.h"

#include <math.h>
#include <string.h>

enum { LEAST_LABELLED = 80 }; /* height of a plot whose marks carry values */

double chart_line_height(const struct chart_input *in, struct canvas *measure, double width)
{
	(void)in;
	(void)measure;
	(void)width;
	return 0;
}

static bool is_log(const json_t *query)
{
	return strcmp(json_get_text(query_filter(query), "yAxisScaleType", ""), "log10") == 0;
}

static struct axis_range range_of(const struct result *r)
{
	struct axis_range range = axis_range_none();

	for (size_t i = 0; i < r->series_count; i++) {
		for (size_t b = 0; !r->series[i].hidden && b < r->bucket_count; b++) {
			axis_range_add(&range, r->series[i].values[b]);
		}
	}
	return range;
}

static void draw_lines(struct canvas *c, const struct axis *axis, const struct result *r)
{
	canvas_clip(c, axis_clip(axis), 0);
	for (size_t i = 0; i < r->series_count; i++) {
		const struct series *s = &r->series[i];

		if (!s->hidden) {
			polyline_draw(c, axis, s->values, r->bucket_count,
				r->last_is_open && !s->previous, s->color);
		}
	}
	canvas_unclip(c);
}

static struct value_labels *labels_for(const struct axis *axis, const struct chart_input *in)
{
	struct rect bounds = {axis->plot.x - 8, axis->box.y, axis->plot.w + 16,
		axis->plot.y + axis->plot.h - axis->box.y};
	bool wanted = json_get_bool(query_filter(in->query), "showValuesOnSeries", false);

	/* In a low tile they would hide the lines that they speak of. */
	return wanted && axis->plot.h >= LEAST_LABELLED ? value_labels_create(bounds, in->theme)
							: NULL;
}

static void draw_labels(struct canvas *c, struct value_labels *labels, const struct axis *axis,
	const struct result *r, const struct number_format *format)
{
	for (size_t i = 0; i < r->series_count; i++) {
		const struct series *s = &r->series[i];
		double last = -INFINITY;

		for (size_t b = 0; !s->hidden && b < r->bucket_count; b++) {
			double x = axis_x(axis, b);
			g_autofree char *text = NULL;

			/* A label is never narrower than this, and its neighbour begins after it.
			 */
			if (isnan(s->values[b]) || s->values[b] == 0 || x - last < 20) {
				continue;
			}
			text = number_text(format, s->values[b]);
			if (value_label_draw(labels, c, x, axis_y(axis, s->values[b]),
				    s->values[b] < 0 ? VALUE_BELOW : VALUE_ABOVE, text, s->color)) {
				last = x;
			}
		}
	}
}

void chart_line_draw(struct canvas *c, struct rect box, const struct chart_input *in)
{
	const json_t *filter = query_filter(in->query);
	struct rect rest = legend_draw_series(c, box, in->data, in->query, in->legend, in->theme);
	struct axis_input wanted = {
		.theme = in->theme,
		.data = in->data,
		.format = number_format_of(in->query),
		.range = range_of(in->data),
		.log = is_log(in->query),
		.x_title = json_get_text(filter, "xAxisLabel", NULL),
		.y_title = json_get_text(filter, "yAxisLabel", NULL),
	};
	double high = wanted.range.high;
	struct value_labels *labels;
	struct axis axis;

	goal_add_to_range(in->query, &wanted.range);
	axis_init(&axis, c, rest, &wanted);
	axis_draw_grid(&axis, c);
	draw_lines(c, &axis, in->data);
	labels = labels_for(&axis, in);
	goal_draw(c, &axis, in->query, &wanted.format, high, labels);
	if (labels) {
		draw_labels(c, labels, &axis, in->data, &wanted.format);
	}
	value_labels_destroy(labels);
	axis_draw_texts(&axis, c);
	axis_finish(&axis);
}
