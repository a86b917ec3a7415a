#include "render/canvas.h"

#include "lib/base/require.h"
#include "render/canvas_kind.h"

#include <math.h>
#include <stdarg.h>
#include <string.h>

void canvas_init(struct canvas *c, const struct canvas_kind *kind)
{
	c->kind = kind;
	c->text = text_create();
}

void canvas_destroy(struct canvas *c)
{
	if (c != NULL) {
		if (c->kind->finish != NULL) {
			c->kind->finish(c);
		}
		text_destroy(c->text);
		g_free(c);
	}
}

void canvas_fail(struct canvas *c, enum fault_kind kind, const char *fmt, ...)
{
	if (c->failed) {
		return;
	}
	va_list args;
	va_start(args, fmt);
	g_autofree char *detail = g_strdup_vprintf(fmt, args);
	va_end(args);
	c->failed = true;
	(void)fault_set(&c->fault, kind, "%s", detail);
}

bool canvas_failed(const struct canvas *c)
{
	return c->failed;
}

bool canvas_ok(const struct canvas *c, struct fault *f)
{
	if (c->failed) {
		return fault_pass(f, &c->fault);
	}
	REQUIRE(c->clips == 0);
	return true;
}

/* Cairo's numbers are 24.8 fixed point: what lies further out than this would wrap around, and
 * no page is that large. */
static bool drawable(double value)
{
	return isfinite(value) && fabs(value) < 1e5;
}

static bool drawable_rect(struct rect r)
{
	return drawable(r.x) && drawable(r.y) && drawable(r.w) && drawable(r.h) && r.w > 0 &&
	       r.h > 0;
}

static bool drawable_points(const double *xy, size_t points)
{
	for (size_t i = 0; i < 2 * points; i++) {
		if (!drawable(xy[i])) {
			return false;
		}
	}
	return points > 0;
}

static double fitting_radius(struct rect r, double radius)
{
	double most = fmin(r.w, r.h) / 2;

	return radius > 0 ? fmin(radius, most) : 0;
}

void canvas_fill_rect(
	struct canvas *c, struct rect r, double radius, unsigned corners, struct color ink)
{
	if (!c->failed && drawable_rect(r) && ink.a > 0 && c->kind->fill_rect != NULL) {
		c->kind->fill_rect(c, r, fitting_radius(r, radius), corners, ink);
	}
}

void canvas_border(struct canvas *c, struct rect r, double radius, double width, struct color ink)
{
	if (!c->failed && drawable_rect(r) && width > 0 && ink.a > 0 && c->kind->border != NULL) {
		c->kind->border(c, r, fitting_radius(r, radius), width, ink);
	}
}

void canvas_line(
	struct canvas *c, const double *xy, size_t points, struct stroke stroke, struct color ink)
{
	if (!c->failed && drawable_points(xy, points) && stroke.width > 0 && ink.a > 0 &&
		c->kind->line != NULL) {
		c->kind->line(c, xy, points, stroke, ink);
	}
}

void canvas_fill_polygon(struct canvas *c, const double *xy, size_t points, struct color ink)
{
	if (!c->failed && points >= 3 && drawable_points(xy, points) && ink.a > 0 &&
		c->kind->fill_polygon != NULL) {
		c->kind->fill_polygon(c, xy, points, ink);
	}
}

void canvas_hatch(struct canvas *c, struct rect r, double radius, unsigned corners, double tile,
	double width, struct color ink)
{
	if (!c->failed && drawable_rect(r) && tile > width && width > 0 && ink.a > 0 &&
		c->kind->hatch != NULL) {
		c->kind->hatch(c, r, fitting_radius(r, radius), corners, tile, width, ink);
	}
}

static double aligned(struct rect box, double width, enum align align)
{
	switch (align) {
	case ALIGN_START:
		return box.x;
	case ALIGN_MIDDLE:
		return box.x + (box.w - width) / 2;
	case ALIGN_END:
		return box.x + box.w - width;
	}
	return box.x;
}

static bool drawable_text(const struct canvas *c, const char *text, struct type type)
{
	return !c->failed && text != NULL && text[0] != '\0' && type.size > 0 && type.size < 1e3;
}

void canvas_text(struct canvas *c, struct rect box, const char *text, struct type type,
	enum align align, struct color ink)
{
	if (!drawable_text(c, text, type) || !drawable_rect(box) || c->kind->line_of_text == NULL) {
		return;
	}
	const struct text_line *line = text_line(c->text, text, type, box.w);
	double middle = box.y + box.h / 2;

	/* A box narrower than an ellipsis shows nothing rather than half a letter. */
	if (line->width > box.w + 0.5 && line->cut) {
		return;
	}
	c->kind->line_of_text(c, line, aligned(box, line->width, align),
		middle + text_baseline_below_middle(c->text, type), ink);
}

double canvas_text_width(struct canvas *c, const char *text, struct type type)
{
	if (!drawable_text(c, text, type)) {
		return 0;
	}
	return text_line(c->text, text, type, -1)->width;
}

/* Neighbouring spans share one ground. */
static void draw_grounds(struct canvas *c, const struct text_line *line, double x, double middle)
{
	double left = 0, right = 0, tall = 0;
	bool open = false;

	for (size_t s = 0; s <= line->span_count; s++) {
		double from, to;
		bool grounded = s < line->span_count && line->spans[s].behind.a > 0 &&
				text_span_extent(line, s, &from, &to);

		if (grounded) {
			left = open ? fmin(left, from) : from;
			right = open ? fmax(right, to) : to;
			tall = line->spans[s].type.size * 1.35;
		} else if (open) {
			canvas_fill_rect(c,
				(struct rect){x + left, middle - tall / 2, right - left, tall}, 4,
				CORNERS_ALL, line->spans[s - 1].behind);
		}
		open = grounded;
	}
}

static double show_lines(struct canvas *c, struct rect box, const struct text_lines *lines,
	struct type type, enum align align, double line_height, struct color ink)
{
	double pitch = type.size * line_height;
	double below = text_baseline_below_middle(c->text, type);

	for (size_t i = 0; i < lines->count; i++) {
		const struct text_line *line = &lines->lines[i];
		double middle = box.y + pitch * ((double)i + 0.5);
		double x = aligned(box, line->width, align);

		if (line->length > 0 && c->kind->line_of_text != NULL && drawable(middle)) {
			draw_grounds(c, line, x, middle);
			c->kind->line_of_text(c, line, x, middle + below, ink);
		}
	}
	return pitch * (double)lines->count;
}

double canvas_paragraph(struct canvas *c, struct rect box, const char *text, struct type type,
	enum align align, double line_height, int max_lines, struct color ink)
{
	if (!drawable_text(c, text, type) || !(box.w > 0)) {
		return 0;
	}
	return show_lines(c, box, text_wrap(c->text, text, type, box.w, max_lines), type, align,
		line_height, ink);
}

double canvas_paragraph_height(struct canvas *c, double width, const char *text, struct type type,
	double line_height, int max_lines)
{
	if (!drawable_text(c, text, type) || !(width > 0)) {
		return 0;
	}
	return type.size * line_height *
	       (double)text_wrap(c->text, text, type, width, max_lines)->count;
}

double canvas_spans(struct canvas *c, struct rect box, const struct span *spans, size_t count,
	struct type type, double line_height, int max_lines)
{
	if (c->failed || count == 0 || !(box.w > 0)) {
		return 0;
	}
	return show_lines(c, box, text_wrap_spans(c->text, spans, count, type, box.w, max_lines),
		type, ALIGN_START, line_height, spans[0].ink);
}

double canvas_spans_height(struct canvas *c, double width, const struct span *spans, size_t count,
	struct type type, double line_height, int max_lines)
{
	if (c->failed || count == 0 || !(width > 0)) {
		return 0;
	}
	return type.size * line_height *
	       (double)text_wrap_spans(c->text, spans, count, type, width, max_lines)->count;
}

void canvas_clip(struct canvas *c, struct rect r, double radius)
{
	c->clips++;
	if (!c->failed && c->kind->clip != NULL) {
		c->kind->clip(c, r, fitting_radius(r, radius));
	}
}

void canvas_unclip(struct canvas *c)
{
	REQUIRE(c->clips > 0);
	c->clips--;
	if (!c->failed && c->kind->unclip != NULL) {
		c->kind->unclip(c);
	}
}

static const struct canvas_kind measure_kind = {0};

struct canvas *canvas_measure_create(void)
{
	struct canvas *c = g_new0(struct canvas, 1);

	canvas_init(c, &measure_kind);
	return c;
}
