/* The frame of a Cartesian chart: margins, grid, value texts at the left, bucket texts below
 * (spec/insights.md 5.4).
 *
 * Create it, draw the grid, then the marks, then its texts; marks are placed with axis_x() and
 * axis_y() only.  Texts never overlap and never leave the box: they are thinned by rule. */
#pragma once
#include "render/bucket.h"
#include "render/canvas.h"
#include "render/number.h"
#include "render/scale.h"
#include "render/theme.h"

struct axis_range {
	double low, high; /* of the values drawn; NAN: there are none */
	double smallest; /* the smallest above zero, for logarithms; NAN: none */
};
struct axis_range axis_range_none(void);
void axis_range_add(struct axis_range *r, double value); /* NAN changes nothing */

struct axis_input {
	const struct theme *theme;
	const struct result *data; /* its buckets lie along x */
	struct number_format format;
	struct axis_range range;
	bool log, percent;
	bool bands; /* bars, rather than points with the outer ones on the edges */
	const char *x_title, *y_title; /* NULL or "": none */
};

struct axis {
	struct rect box, plot;
	struct scale scale;
	struct bands bands;
	bool has_bands;
	const struct theme *theme;
	char **values; /* a text for each tick of the scale */
	struct bucket_texts buckets;
	bool has_values, has_buckets;
	const char *x_title, *y_title;
};

/* Borrows theme and titles; free with axis_finish(). */
void axis_init(struct axis *a, struct canvas *c, struct rect box, const struct axis_input *in);
void axis_finish(struct axis *a);

void axis_draw_grid(const struct axis *a, struct canvas *c);
void axis_draw_texts(const struct axis *a, struct canvas *c);

double axis_x(const struct axis *a, size_t bucket); /* the middle of a bucket */
double axis_y(const struct axis *a, double value);
/* What marks may cover: the plot and 8 px above and below, so that lines on an edge stay whole. */
struct rect axis_clip(const struct axis *a);

/* A text for each tick, as many digits as keep neighbours apart.  g_strfreev() it. */
char **axis_tick_texts(const struct scale *s, const struct number_format *format, bool percent);

/* Texts on axes and in legends. */
extern const struct type axis_type;
