#include "render/polyline.h"

#include <math.h>
#include <string.h>

enum { LINE_WIDTH = 2, LONE_DOT = 6, DASH = 10 };

struct kept {
	size_t at[4];
	size_t count;
};

static void keep(struct kept *k, size_t index)
{
	size_t i = k->count;

	for (size_t j = 0; j < k->count; j++) {
		if (k->at[j] == index) {
			return;
		}
	}
	while (i > 0 && k->at[i - 1] > index) {
		k->at[i] = k->at[i - 1];
		i--;
	}
	k->at[i] = index;
	k->count++;
}

static struct kept extremes(const double *xy, size_t from, size_t to)
{
	struct kept k = {.count = 0};
	size_t low = from;
	size_t high = from;

	for (size_t i = from; i < to; i++) {
		if (xy[2 * i + 1] < xy[2 * low + 1]) {
			low = i;
		}
		if (xy[2 * i + 1] > xy[2 * high + 1]) {
			high = i;
		}
	}
	keep(&k, from);
	keep(&k, low);
	keep(&k, high);
	keep(&k, to - 1);
	return k;
}

size_t polyline_thin(double *xy, size_t count)
{
	size_t kept = 0;
	size_t from = 0;

	while (from < count) {
		double column = floor(xy[2 * from] * 2);
		size_t to = from + 1;
		struct kept k;

		while (to < count && floor(xy[2 * to] * 2) == column) {
			to++;
		}
		k = extremes(xy, from, to);
		for (size_t i = 0; i < k.count; i++) {
			memmove(&xy[2 * kept], &xy[2 * k.at[i]], 2 * sizeof *xy);
			kept++;
		}
		from = to;
	}
	return kept;
}

/* A short segment gets two or three dashes that fill it, for one dash and a speck of the next
 * would read as a line that ends early.  Round caps eat two pixels of each gap. */
static struct stroke tail_stroke(const double *tail)
{
	double length = hypot(tail[2] - tail[0], tail[3] - tail[1]);
	double dashes = length >= 30 ? 3 : 2;
	double dash = (length - LINE_WIDTH * (dashes - 1)) / (2 * dashes - 1);
	struct stroke stroke = {.width = LINE_WIDTH, .dash = DASH, .gap = DASH, .round = true};

	if (dash < DASH) {
		stroke.dash = dash < 2 ? 0 : dash;
		stroke.gap = dash < 2 ? 0 : dash + LINE_WIDTH;
	}
	return stroke;
}

/* A value between two missing ones has no line to be on: a dot shows that it is there. */
static void draw_run(struct canvas *c, double *xy, size_t count, struct color ink)
{
	struct stroke stroke = {.width = count == 1 ? LONE_DOT : LINE_WIDTH, .round = true};

	if (count > 0) {
		canvas_line(c, xy, polyline_thin(xy, count), stroke, ink);
	}
}

void polyline_draw(struct canvas *c, const struct axis *axis, const double *values, size_t count,
	bool dashed_tail, struct color ink)
{
	double *xy = g_new(double, 2 * count + 2);
	bool has_tail =
		dashed_tail && count >= 2 && !isnan(values[count - 1]) && !isnan(values[count - 2]);
	size_t solid = has_tail ? count - 1 : count;
	size_t run = 0;

	for (size_t i = 0; i < solid; i++) {
		if (isnan(values[i])) {
			draw_run(c, xy, run, ink);
			run = 0;
			continue;
		}
		xy[2 * run] = axis_x(axis, i);
		xy[2 * run + 1] = axis_y(axis, values[i]);
		run++;
	}
	/* The lone point before a dashed tail is on that line. */
	if (!(has_tail && run == 1)) {
		draw_run(c, xy, run, ink);
	}
	if (has_tail) {
		double tail[] = {
			axis_x(axis, count - 2),
			axis_y(axis, values[count - 2]),
			axis_x(axis, count - 1),
			axis_y(axis, values[count - 1]),
		};

		canvas_line(c, tail, 2, tail_stroke(tail), ink);
	}
	g_free(xy);
}
