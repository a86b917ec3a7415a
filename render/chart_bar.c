#include "render/axis.h"
#include "render/chart.h"
#include "render/goal.h"
#include "render/legend.h"
#include "render/value_label.h"

#include <math.h>
#include <string.h>

enum { RADIUS = 4, HATCH_TILE = 14, HATCH_WIDTH = 4, LEAST_LABELLED = 80 };

/* Neighbours in a stack overlap by half a pixel, so that no seam shines through. */
static const double seam = 0.5;

/* Which bar of a bucket each series stands in: one for all when stacked, one for each period when
 * comparing, one for each series otherwise. */
struct bars {
	const struct result *r;
	size_t *bar_of; /* [series_count] */
	size_t bar_count;
	bool percent;
	double *above, *below; /* heights so far: [bar_count], of the bucket being looked at */
	double *total; /* [bar_count] sums of magnitudes, for shares */
	size_t *highest, *lowest; /* [bar_count] the outermost series up and down */
};

double chart_bar_height(const struct chart_input *in, struct canvas *measure, double width)
{
	(void)in;
	(void)measure;
	(void)width;
	return 0;
}

static struct bars bars_create(const struct chart_input *in)
{
	const struct result *r = in->data;
	struct bars bars = {.r = r, .bar_of = g_new0(size_t, r->series_count + 1)};
	bool apart = strcmp(r->display, "ActionsUnstackedBar") == 0 ||
		     !json_get_bool(query_filter(in->query), "stacked", true);

	for (size_t i = 0; i < r->series_count; i++) {
		if (r->series[i].hidden) {
			continue;
		}
		if (apart) {
			bars.bar_of[i] = bars.bar_count++;
		} else {
			bars.bar_of[i] = r->series[i].previous ? 1 : 0;
			bars.bar_count = MAX(bars.bar_count, bars.bar_of[i] + 1);
		}
	}
	bars.bar_count = MAX(bars.bar_count, 1);
	bars.percent =
		!apart && json_get_bool(query_filter(in->query), "showPercentStackView", false);
	bars.above = g_new0(double, 3 * bars.bar_count);
	bars.below = bars.above + bars.bar_count;
	bars.total = bars.below + bars.bar_count;
	bars.highest = g_new0(size_t, 2 * bars.bar_count);
	bars.lowest = bars.highest + bars.bar_count;
	return bars;
}

static void bars_finish(struct bars *bars)
{
	g_free(bars->bar_of);
	g_free(bars->above);
	g_free(bars->highest);
}

static void begin_bucket(struct bars *bars, size_t bucket)
{
	memset(bars->above, 0, 3 * bars->bar_count * sizeof *bars->above);
	for (size_t i = 0; i < bars->r->series_count; i++) {
		const struct series *s = &bars->r->series[i];
		size_t bar = bars->bar_of[i];
		double value = s->values[bucket];

		if (s->hidden || isnan(value)) {
			continue;
		}
		bars->total[bar] += fabs(value);
		if (value > 0) {
			bars->highest[bar] = i;
		} else if (value < 0) {
			bars->lowest[bar] = i;
		}
	}
}

/* The piece that a series adds to its bar; false when there is none. */
static bool next_segment(struct bars *bars, size_t series, size_t bucket, double *from, double *to)
{
	const struct series *s = &bars->r->series[series];
	size_t bar = bars->bar_of[series];
	double value = s->values[bucket];
	double *pile;

	if (s->hidden || isnan(value) || value == 0) {
		return false;
	}
	if (bars->percent) {
		value = bars->total[bar] > 0 ? value / bars->total[bar] : 0;
	}
	pile = value < 0 ? &bars->below[bar] : &bars->above[bar];
	*from = *pile;
	*to = *pile += value;
	return true;
}

static struct axis_range range_of(struct bars *bars)
{
	struct axis_range range = axis_range_none();

	for (size_t b = 0; b < bars->r->bucket_count; b++) {
		begin_bucket(bars, b);
		for (size_t i = 0; i < bars->r->series_count; i++) {
			double from;
			double to;

			if (next_segment(bars, i, b, &from, &to)) {
				axis_range_add(&range, to);
			}
		}
	}
	return range;
}

static struct rect slot_of(
	const struct bars *bars, const struct axis *axis, size_t series, size_t b)
{
	double start = bands_at(&axis->bands, b);
	struct bands inside = bands_over(
		start, axis->bands.width, bars->bar_count, bars->bar_count > 1 ? 0.1 : 0, 0);

	return (struct rect){.x = bands_at(&inside, bars->bar_of[series]), .w = inside.width};
}

/* A light ground of the same hue under the stripes, opaque so that no grid line shows through. */
static void draw_open(struct canvas *c, struct rect r, double radius, unsigned corners,
	struct color ink, struct color under)
{
	double strength = 0.45 * ink.a;
	struct color light = {
		.r = ink.r * strength + under.r * (1 - strength),
		.g = ink.g * strength + under.g * (1 - strength),
		.b = ink.b * strength + under.b * (1 - strength),
		.a = 1,
	};

	canvas_fill_rect(c, r, radius, corners, light);
	canvas_hatch(c, r, radius, corners, HATCH_TILE, HATCH_WIDTH, ink);
}

static void draw_segment(struct canvas *c, struct rect r, unsigned corners, bool is_open,
	struct color ink, struct color under)
{
	double radius = fmin(fmin(RADIUS, r.w / 2), r.h);

	if (is_open) {
		draw_open(c, r, radius, corners, ink, under);
	} else {
		canvas_fill_rect(c, r, radius, corners, ink);
	}
}

/* Only the outermost piece of a bar is rounded: the last one that grew it in its direction. */
static bool is_outermost(const struct bars *bars, size_t series, size_t bucket)
{
	size_t bar = bars->bar_of[series];

	return series == (bars->r->series[series].values[bucket] < 0 ? bars->lowest[bar]
								     : bars->highest[bar]);
}

static void draw_piece(struct canvas *c, const struct bars *bars, const struct axis *axis,
	size_t series, size_t bucket, double from, double to)
{
	const struct series *s = &bars->r->series[series];
	struct rect r = slot_of(bars, axis, series, bucket);
	double start = axis_y(axis, from);
	double end = axis_y(axis, to);
	bool down = to < from;
	bool is_open = bars->r->last_is_open && bucket + 1 == bars->r->bucket_count && !s->previous;
	bool outermost = is_outermost(bars, series, bucket);

	r.y = fmin(start, end);
	r.h = fabs(start - end);
	if (from != 0 && !is_open && s->color.a >= 1) {
		r.h += seam;
		r.y -= down ? seam : 0;
	}
	draw_segment(c, r,
		!outermost ? CORNERS_NONE
		: down     ? CORNERS_BOTTOM
			   : CORNERS_TOP,
		is_open, s->color, axis->theme->surface);
}

static void draw_bars(struct canvas *c, struct bars *bars, const struct axis *axis)
{
	canvas_clip(c, axis_clip(axis), 0);
	for (size_t b = 0; b < bars->r->bucket_count; b++) {
		begin_bucket(bars, b);
		for (size_t i = 0; i < bars->r->series_count; i++) {
			double from;
			double to;

			if (next_segment(bars, i, b, &from, &to)) {
				draw_piece(c, bars, axis, i, b, from, to);
			}
		}
	}
	canvas_unclip(c);
}

/* Grid grey is too faint to say where up and down part. */
static void draw_zero(struct canvas *c, const struct axis *axis)
{
	if (axis->scale.low < 0 && axis->scale.high > 0) {
		struct rect line = {axis->plot.x, round(axis_y(axis, 0) - 0.5), axis->plot.w, 1};

		canvas_fill_rect(c, line, 0, CORNERS_NONE, axis->theme->text_tertiary);
	}
}

static struct value_labels *labels_for(const struct axis *axis, const struct chart_input *in)
{
	struct rect bounds = {
		axis->plot.x, axis->box.y, axis->plot.w, axis->plot.y + axis->plot.h - axis->box.y};
	bool wanted = json_get_bool(query_filter(in->query), "showValuesOnSeries", false);

	/* In a low tile they would hide the bars that they speak of. */
	return wanted && axis->plot.h >= LEAST_LABELLED ? value_labels_create(bounds, in->theme)
							: NULL;
}

/* A label of a stack belongs to its piece, so it hangs inside from the piece's end; the outermost
 * one stands on the bar. */
static void draw_labels(struct canvas *c, struct value_labels *labels, struct bars *bars,
	const struct axis *axis, const struct number_format *format)
{
	for (size_t b = 0; b < bars->r->bucket_count; b++) {
		begin_bucket(bars, b);
		for (size_t i = 0; i < bars->r->series_count; i++) {
			const struct series *s = &bars->r->series[i];
			struct rect slot = slot_of(bars, axis, i, b);
			g_autofree char *text = NULL;
			bool outermost;
			double from;
			double to;

			if (!next_segment(bars, i, b, &from, &to)) {
				continue;
			}
			outermost = is_outermost(bars, i, b);
			text = bars->percent ? number_percent(to - from, 1)
					     : number_text(format, s->values[b]);
			(void)value_label_draw(labels, c, slot.x + slot.w / 2, axis_y(axis, to),
				(to > from) == outermost ? VALUE_ABOVE : VALUE_BELOW, text,
				s->color);
		}
	}
}

void chart_bar_draw(struct canvas *c, struct rect box, const struct chart_input *in)
{
	const json_t *filter = query_filter(in->query);
	struct rect rest = legend_draw_series(c, box, in->data, in->query, in->legend, in->theme);
	struct bars bars = bars_create(in);
	struct axis_input wanted = {
		.theme = in->theme,
		.data = in->data,
		.format = number_format_of(in->query),
		.range = range_of(&bars),
		.percent = bars.percent,
		.bands = true,
		.x_title = json_get_text(filter, "xAxisLabel", NULL),
		.y_title = json_get_text(filter, "yAxisLabel", NULL),
	};
	double high = wanted.range.high;
	struct value_labels *labels;
	struct axis axis;

	wanted.log =
		!bars.percent && strcmp(json_get_text(filter, "yAxisScaleType", ""), "log10") == 0;
	if (!bars.percent) {
		goal_add_to_range(in->query, &wanted.range);
	}
	axis_init(&axis, c, rest, &wanted);
	axis_draw_grid(&axis, c);
	draw_bars(c, &bars, &axis);
	draw_zero(c, &axis);
	labels = labels_for(&axis, in);
	if (!bars.percent) {
		goal_draw(c, &axis, in->query, &wanted.format, high, labels);
	}
	if (labels) {
		draw_labels(c, labels, &bars, &axis, &wanted.format);
	}
	value_labels_destroy(labels);
	axis_draw_texts(&axis, c);
	axis_finish(&axis);
	bars_finish(&bars);
}
