/* Each call as a line of text: what it is, where to 0.01 px, how, the words last.
 *
 *   rect 16.00 16.00 768.00 92.50 r=6.00 corners=15 ink=#ffffff
 *   text 32.00 38.73 w=412.30 "Weekly signups" size=16.00/600 ink=#0d0d0d
 */
#include "render/canvas_kind.h"

#include <math.h>

struct canvas_trace {
	struct canvas canvas;
	GString *out;
};

static GString *out_of(struct canvas *c)
{
	return ((struct canvas_trace *)c)->out;
}

/* Minus zero would make two equal pictures differ in their traces. */
static void put_number(GString *out, double value)
{
	double rounded = round(value * 100) / 100;

	g_string_append_printf(out, " %.2f", rounded == 0 ? 0.0 : rounded);
}

static void put_rect(GString *out, const char *what, struct rect r)
{
	g_string_append(out, what);
	put_number(out, r.x);
	put_number(out, r.y);
	put_number(out, r.w);
	put_number(out, r.h);
}

static void put_points(GString *out, const char *what, const double *xy, size_t points)
{
	g_string_append(out, what);
	for (size_t i = 0; i < 2 * points; i++) {
		put_number(out, xy[i]);
	}
}

static void put_ink(GString *out, struct color ink)
{
	g_string_append_printf(out, " ink=#%02x%02x%02x", (unsigned)lround(ink.r * 255),
		(unsigned)lround(ink.g * 255), (unsigned)lround(ink.b * 255));
	if (ink.a < 1) {
		g_string_append_printf(out, "%02x", (unsigned)lround(ink.a * 255));
	}
}

static void put_corners(GString *out, double radius, unsigned corners)
{
	if (radius > 0) {
		g_string_append_printf(out, " r=%.2f corners=%u", radius, corners);
	}
}

static void put_words(GString *out, const char *words, size_t length)
{
	g_string_append(out, " \"");
	for (size_t i = 0; i < length; i++) {
		if (words[i] == '"' || words[i] == '\\') {
			g_string_append_c(out, '\\');
		}
		g_string_append_c(out, words[i]);
	}
	g_string_append_c(out, '"');
}

static void put_type(GString *out, const struct type *type)
{
	g_string_append_printf(out, " size=%.2f/%d%s%s%s%s", type->size, (int)type->weight,
		type->mono ? " mono" : "", type->italic ? " italic" : "",
		type->underline ? " underline" : "", type->strike ? " strike" : "");
	if (type->letter_spacing != 0) {
		g_string_append_printf(out, " spacing=%.2f", type->letter_spacing);
	}
}

static void end_line(GString *out, struct color ink)
{
	put_ink(out, ink);
	g_string_append_c(out, '\n');
}

static void fill_rect(
	struct canvas *c, struct rect r, double radius, unsigned corners, struct color ink)
{
	GString *out = out_of(c);

	put_rect(out, "rect", r);
	put_corners(out, radius, corners);
	end_line(out, ink);
}

static void border(struct canvas *c, struct rect r, double radius, double width, struct color ink)
{
	GString *out = out_of(c);

	put_rect(out, "border", r);
	put_corners(out, radius, CORNERS_ALL);
	g_string_append_printf(out, " width=%.2f", width);
	end_line(out, ink);
}

static void line(
	struct canvas *c, const double *xy, size_t points, struct stroke stroke, struct color ink)
{
	GString *out = out_of(c);

	put_points(out, "line", xy, points);
	g_string_append_printf(out, " width=%.2f%s", stroke.width, stroke.round ? " round" : "");
	if (stroke.dash > 0 && stroke.gap > 0) {
		g_string_append_printf(out, " dash=%.2f,%.2f", stroke.dash, stroke.gap);
	}
	end_line(out, ink);
}

static void fill_polygon(struct canvas *c, const double *xy, size_t points, struct color ink)
{
	GString *out = out_of(c);

	put_points(out, "polygon", xy, points);
	end_line(out, ink);
}

static void hatch(struct canvas *c, struct rect r, double radius, unsigned corners, double tile,
	double width, struct color ink)
{
	GString *out = out_of(c);

	put_rect(out, "hatch", r);
	put_corners(out, radius, corners);
	g_string_append_printf(out, " tile=%.2f width=%.2f", tile, width);
	end_line(out, ink);
}

static void put_text(struct canvas *c, double x, double baseline, double width, const char *words,
	size_t length, bool cut, const struct type *type, struct color ink)
{
	GString *out = out_of(c);

	g_string_append(out, "text");
	put_number(out, x);
	put_number(out, baseline);
	g_string_append(out, " w=");
	g_string_append_printf(out, "%.2f", width);
	put_words(out, words, length);
	put_type(out, type);
	if (cut) {
		g_string_append(out, " cut");
	}
	end_line(out, ink);
}

static void line_of_text(
	struct canvas *c, const struct text_line *line, double x, double baseline, struct color ink)
{
	if (line->spans == NULL) {
		put_text(c, x, baseline, line->width, line->words, line->length, line->cut,
			&line->type, ink);
		return;
	}
	for (size_t s = 0; s < line->span_count; s++) {
		double from, to;

		if (text_span_extent(line, s, &from, &to)) {
			size_t first = MAX(line->span_starts[s], line->start);
			size_t end = MIN(line->span_starts[s + 1], line->start + line->length);

			put_text(c, x + from, baseline, to - from,
				line->words + (first - line->start), end - first, line->cut,
				&line->spans[s].type, line->spans[s].ink);
		}
	}
}

static void clip(struct canvas *c, struct rect r, double radius)
{
	GString *out = out_of(c);

	put_rect(out, "clip", r);
	put_corners(out, radius, CORNERS_ALL);
	g_string_append_c(out, '\n');
}

static void unclip(struct canvas *c)
{
	g_string_append(out_of(c), "unclip\n");
}

static const struct canvas_kind trace_kind = {
	.fill_rect = fill_rect,
	.border = border,
	.line = line,
	.fill_polygon = fill_polygon,
	.hatch = hatch,
	.line_of_text = line_of_text,
	.clip = clip,
	.unclip = unclip,
};

struct canvas *canvas_trace_create(GString *out)
{
	struct canvas_trace *own = g_new0(struct canvas_trace, 1);

	canvas_init(&own->canvas, &trace_kind);
	own->out = out;
	return &own->canvas;
}
