#include "render/axis.h"

#include <math.h>

enum {
	TOP = 16,
	RIGHT = 16,
	BOTTOM = 32,
	TITLE = 22,
	EDGE = 8, /* a side without texts */
	LOW_BOX = 140, /* below it every pixel goes to the plot */
	LOW_TOP = 10,
	LOW_BOTTOM = 26,
	LOW_GAP = 6,
	TEXT_HEIGHT = 16,
	TEXT_GAP = 20, /* between bucket texts */
	VALUE_GAP = 12, /* from value texts to the plot */
	WIDEST_TEXT = 160,
	LEAST_STEP = 3, /* from bar to bar, with a gap */
	LEAST_PLOT = 24, /* below it texts give way to marks */
};

const struct type axis_type = {.size = 12, .weight = WEIGHT_NORMAL};

struct axis_range axis_range_none(void)
{
	return (struct axis_range){NAN, NAN, NAN};
}

void axis_range_add(struct axis_range *r, double value)
{
	if (isnan(value)) {
		return;
	}
	/* fmin() and fmax() prefer any number to NAN. */
	r->low = fmin(r->low, value);
	r->high = fmax(r->high, value);
	if (value > 0) {
		r->smallest = fmin(r->smallest, value);
	}
}

char **axis_tick_texts(const struct scale *s, const struct number_format *format, bool percent)
{
	struct number_format f = *format;
	char **texts = g_new0(char *, s->tick_count + 1);

	f.decimals = MAX(f.decimals, scale_decimals(s));
	for (size_t i = 0; i < s->tick_count; i++) {
		texts[i] = percent ? number_percent(s->ticks[i], 0) : number_text(&f, s->ticks[i]);
	}
	return texts;
}

static double widest(struct canvas *c, char **texts)
{
	double width = 0;

	for (size_t i = 0; texts[i]; i++) {
		width = fmax(width, canvas_text_width(c, texts[i], axis_type));
	}
	return ceil(width);
}

static double text_width(struct canvas *c, const char *text)
{
	return fmin(ceil(canvas_text_width(c, text, axis_type)), WIDEST_TEXT);
}

static struct scale scale_for(const struct axis_input *in, double px)
{
	if (in->log) {
		return scale_log(in->range.smallest, in->range.high, px);
	}
	if (in->percent) {
		return scale_percent(in->range.low, px);
	}
	return scale_linear(in->range.low, in->range.high, px);
}

/* Long numbers in a narrow tile would leave no room for the plot: 1.2 M says as much. */
static void write_values(struct axis *a, struct canvas *c, const struct axis_input *in)
{
	struct number_format format = in->format;

	a->values = axis_tick_texts(&a->scale, &format, in->percent);
	if (widest(c, a->values) > 0.3 * a->box.w && format.style == NUMBER_NUMERIC) {
		g_strfreev(a->values);
		format.style = NUMBER_SHORT;
		a->values = axis_tick_texts(&a->scale, &format, in->percent);
	}
}

static bool has_text(const char *text)
{
	return text && text[0] != '\0';
}

/* Half of the outermost text hangs over the plot's end. */
static double overhang(struct canvas *c, const struct axis *a, bool first)
{
	double inset = a->has_bands ? 0.5 * a->plot.w / fmax((double)a->buckets.count, 1) : 0;

	for (size_t i = 0; i < a->buckets.count; i++) {
		const char *text = a->buckets.texts[first ? i : a->buckets.count - 1 - i];

		if (text) {
			return i == 0 ? fmax(text_width(c, text) / 2 + 4 - inset, 0) : 0;
		}
	}
	return 0;
}

/* Bucket texts that stand TEXT_GAP apart from left to right.  One that does not ends the try, or
 * is dropped when `drop` says so. */
static bool thin(struct axis *a, struct canvas *c, bool drop)
{
	double right = -INFINITY;

	for (size_t i = 0; i < a->buckets.count; i++) {
		char *text = a->buckets.texts[i];
		double x = axis_x(a, i);
		double half;

		if (!text) {
			continue;
		}
		/* Where not even an empty text would fit, there is nothing to measure. */
		half = x - right < TEXT_GAP ? INFINITY : text_width(c, text) / 2;
		if (x - half - right >= TEXT_GAP) {
			right = x + half;
			continue;
		}
		if (!drop) {
			return false;
		}
		g_free(text);
		a->buckets.texts[i] = NULL;
	}
	return true;
}

static void thin_buckets(struct axis *a, struct canvas *c, const struct axis_input *in)
{
	for (size_t level = 1; !thin(a, c, false); level++) {
		if (!a->buckets.has_coarser) {
			(void)thin(a, c, true);
			return;
		}
		bucket_texts_destroy(&a->buckets);
		a->buckets = bucket_texts_create(in->data, level);
	}
}

static void place_plot(struct axis *a, double left, double top, double right, double bottom)
{
	double x = round(a->box.x + left);
	double y = round(a->box.y + top);

	a->plot = (struct rect){
		.x = x,
		.y = y,
		.w = fmax(floor(a->box.x + a->box.w - right) - x, 0),
		.h = fmax(floor(a->box.y + a->box.h - bottom) - y, 0),
	};
	a->bands = bands_over(a->plot.x, a->plot.w, a->buckets.count, 0.2, 0.1);
	/* Gaps of less than a pixel only pale the bars. */
	if (a->bands.step < LEAST_STEP) {
		a->bands = bands_over(a->plot.x, a->plot.w, a->buckets.count, 0, 0);
	}
}

void axis_init(struct axis *a, struct canvas *c, struct rect box, const struct axis_input *in)
{
	double top = has_text(in->y_title) ? TOP + TITLE : TOP;
	double bottom = has_text(in->x_title) ? BOTTOM + TITLE : BOTTOM;
	double left;
	double right = RIGHT;
	double value_width;

	*a = (struct axis){
		.box = box,
		.theme = in->theme,
		.has_bands = in->bands,
		.x_title = in->x_title,
		.y_title = in->y_title,
		.has_buckets = true,
		.has_values = true,
	};
	if (box.h < LOW_BOX && !has_text(in->y_title) && !has_text(in->x_title)) {
		top = LOW_TOP;
		bottom = LOW_BOTTOM;
	}
	if (box.h - top - bottom < LEAST_PLOT) {
		a->x_title = a->y_title = NULL;
		a->has_buckets = box.h - EDGE - BOTTOM >= LEAST_PLOT;
		top = EDGE;
		bottom = a->has_buckets ? BOTTOM : EDGE;
	}
	a->buckets = bucket_texts_create(in->data, 0);
	place_plot(a, EDGE, top, right, bottom);
	a->scale = scale_for(in, a->plot.h);
	write_values(a, c, in);
	value_width = fmin(widest(c, a->values), 0.4 * box.w);
	left = fmax(20, value_width + VALUE_GAP + 6);
	if (box.w - left - right < 2 * LEAST_PLOT || a->plot.h < TEXT_HEIGHT) {
		a->has_values = false;
		left = EDGE;
	}
	place_plot(a, left, top, right, bottom);
	if (a->has_buckets) {
		left = fmax(left, fmin(overhang(c, a, true), box.w / 4));
		right = fmax(right, fmin(overhang(c, a, false), box.w / 4));
		place_plot(a, left, top, right, bottom);
		thin_buckets(a, c, in);
	}
}

void axis_finish(struct axis *a)
{
	g_strfreev(a->values);
	a->values = NULL;
	bucket_texts_destroy(&a->buckets);
}

double axis_x(const struct axis *a, size_t bucket)
{
	if (a->has_bands) {
		return bands_at(&a->bands, bucket) + a->bands.width / 2;
	}
	if (a->buckets.count < 2) {
		return a->plot.x + a->plot.w / 2;
	}
	return a->plot.x + a->plot.w * (double)bucket / (double)(a->buckets.count - 1);
}

double axis_y(const struct axis *a, double value)
{
	return a->plot.y + a->plot.h * (1 - scale_at(&a->scale, value));
}

struct rect axis_clip(const struct axis *a)
{
	return (struct rect){
		a->plot.x - EDGE, a->plot.y - EDGE, a->plot.w + 2 * EDGE, a->plot.h + 2 * EDGE};
}

/* Lines lie on whole pixels, for half a pixel of grey reads as a thicker, fainter line. */
static double line_at(double at)
{
	return round(at - 0.5);
}

void axis_draw_grid(const struct axis *a, struct canvas *c)
{
	const struct rect p = a->plot;

	for (size_t i = 0; i < a->scale.tick_count; i++) {
		double y = line_at(axis_y(a, a->scale.ticks[i]));

		canvas_fill_rect(c, (struct rect){p.x, y, p.w, 1}, 0, CORNERS_NONE, a->theme->grid);
	}
	canvas_fill_rect(
		c, (struct rect){line_at(p.x), p.y, 1, p.h}, 0, CORNERS_NONE, a->theme->grid);
	canvas_fill_rect(
		c, (struct rect){line_at(p.x + p.w), p.y, 1, p.h}, 0, CORNERS_NONE, a->theme->grid);
}

static void draw_values(const struct axis *a, struct canvas *c)
{
	double left = a->box.x;
	double width = a->plot.x - VALUE_GAP - left;

	for (size_t i = 0; i < a->scale.tick_count; i++) {
		double y = axis_y(a, a->scale.ticks[i]) - TEXT_HEIGHT / 2.0;

		canvas_text(c, (struct rect){left, y, width, TEXT_HEIGHT}, a->values[i], axis_type,
			ALIGN_END, a->theme->text_secondary);
	}
}

static void draw_buckets(const struct axis *a, struct canvas *c)
{
	double y = a->plot.y + a->plot.h + (a->box.h < LOW_BOX ? LOW_GAP : EDGE);
	double end = a->box.x + a->box.w;

	for (size_t i = 0; i < a->buckets.count; i++) {
		const char *text = a->buckets.texts[i];
		double width;
		double x;

		if (!text) {
			continue;
		}
		width = text_width(c, text);
		x = fmax(fmin(axis_x(a, i) - width / 2, end - width), a->box.x);
		canvas_text(c, (struct rect){x, y, fmin(width, a->box.w), TEXT_HEIGHT}, text,
			axis_type, ALIGN_MIDDLE, a->theme->text_secondary);
	}
}

void axis_draw_texts(const struct axis *a, struct canvas *c)
{
	struct rect line = {a->plot.x, a->box.y + a->box.h - TITLE, a->plot.w, TEXT_HEIGHT};

	if (a->has_values) {
		draw_values(a, c);
	}
	if (a->has_buckets) {
		draw_buckets(a, c);
	}
	if (has_text(a->x_title)) {
		canvas_text(c, line, a->x_title, axis_type, ALIGN_MIDDLE, a->theme->text_secondary);
	}
	/* Written across rather than turned: a title that is read without tilting the head. */
	if (has_text(a->y_title)) {
		line = (struct rect){a->box.x, a->box.y + 4, a->box.w, TEXT_HEIGHT};
		canvas_text(c, line, a->y_title, axis_type, ALIGN_START, a->theme->text_secondary);
	}
}
