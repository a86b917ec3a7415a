/* Where everything draws: rectangles, lines, fills and text, in CSS pixels, y growing downwards.
 *
 * A canvas remembers its first failure and ignores what follows, so drawing code has no error
 * paths; canvas_ok() tells at the end.  canvas_cairo.c makes pixels; canvas_trace.c writes each
 * call as a line of text, which is how tests compare words, colours and positions exactly. */
#pragma once
#include "lib/base/fault.h"

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

struct rect {
	double x, y, w, h;
};

struct color {
	double r, g, b, a; /* 0..1, not premultiplied */
};
struct color color_of_hex(const char *hex); /* "#1d4aff" or "#1d4affcc"; black for anything else */
bool color_is_hex(const char *text);
struct color color_with_alpha(struct color c, double alpha);

/* Corners are rounded by one radius where `corners` says. */
enum corners {
	CORNERS_NONE = 0,
	CORNERS_TOP_LEFT = 1,
	CORNERS_TOP_RIGHT = 2,
	CORNERS_BOTTOM_RIGHT = 4,
	CORNERS_BOTTOM_LEFT = 8,
	CORNERS_TOP = 3,
	CORNERS_RIGHT = 6,
	CORNERS_BOTTOM = 12,
	CORNERS_ALL = 15
};

struct stroke {
	double width;
	double dash, gap; /* both 0: solid */
	bool round; /* joins and caps */
};

enum weight { WEIGHT_NORMAL = 400, WEIGHT_MEDIUM = 500, WEIGHT_SEMIBOLD = 600, WEIGHT_BOLD = 700 };
enum align { ALIGN_START, ALIGN_MIDDLE, ALIGN_END };

/* Faces: upright in every weight, italic in 400 and 600, mono in 400 and 600.  Only these are kept
 * warm (warm.c); any other would be read from disk while drawing. */
struct type {
	double size; /* CSS px */
	enum weight weight;
	bool mono, italic, underline;
	double letter_spacing; /* px */
	bool strike;
};

/* A stretch of a paragraph that mixes types. */
struct span {
	const char *text;
	struct type type;
	struct color ink;
	struct color behind; /* a rounded ground, as code has; alpha 0: none */
};

struct canvas;

void canvas_fill_rect(
	struct canvas *c, struct rect r, double radius, unsigned corners, struct color ink);
/* The line lies inside the rectangle, as a CSS border does. */
void canvas_border(struct canvas *c, struct rect r, double radius, double width, struct color ink);
/* Pairs of x, y.  One point draws a dot of the stroke's width. */
void canvas_line(
	struct canvas *c, const double *xy, size_t points, struct stroke stroke, struct color ink);
void canvas_fill_polygon(struct canvas *c, const double *xy, size_t points, struct color ink);
/* Diagonal stripes of `ink` over what fill_rect would fill: tile px apart, width px wide. */
void canvas_hatch(struct canvas *c, struct rect r, double radius, unsigned corners, double tile,
	double width, struct color ink);

/* One line of text in a box: vertically centred, cut with an ellipsis when it is wider than the
 * box.  The text is UTF-8, never markup; control characters are dropped. */
void canvas_text(struct canvas *c, struct rect box, const char *text, struct type type,
	enum align align, struct color ink);
double canvas_text_width(struct canvas *c, const char *text, struct type type);
/* Wrapped text from the top of the box: at most `max_lines` (0: any), the last one cut with an
 * ellipsis.  line_height is a factor of the size.  Returns the height used. */
double canvas_paragraph(struct canvas *c, struct rect box, const char *text, struct type type,
	enum align align, double line_height, int max_lines, struct color ink);
double canvas_paragraph_height(struct canvas *c, double width, const char *text, struct type type,
	double line_height, int max_lines);

/* Spans flow one after another as one paragraph; `type` sets the size that line_height multiplies.
 */
double canvas_spans(struct canvas *c, struct rect box, const struct span *spans, size_t count,
	struct type type, double line_height, int max_lines);
double canvas_spans_height(struct canvas *c, double width, const struct span *spans, size_t count,
	struct type type, double line_height, int max_lines);

void canvas_clip(struct canvas *c, struct rect r, double radius);
void canvas_unclip(struct canvas *c);

void canvas_fail(struct canvas *c, enum fault_kind kind, const char *fmt, ...) PRINTF_LIKE(3, 4);
bool canvas_failed(const struct canvas *c);
bool canvas_ok(const struct canvas *c, struct fault *f) MUST_CHECK;
void canvas_destroy(struct canvas *c); /* NULL is fine */

/* Pixels: width and height in device px, `scale` device px to a CSS px.  The surface starts
 * filled with `background`. */
struct canvas *canvas_cairo_create(
	int width_px, int height_px, double scale, struct color background);
/* Rows of 0xXXRRGGBB in the order of the machine, `stride` bytes apart; borrowed. */
const uint8_t *canvas_cairo_pixels(struct canvas *c, int *stride);
/* Measures only; draws nothing: for laying out before the size is known. */
struct canvas *canvas_measure_create(void);
/* Appends a line per call to `out`, which the caller keeps. */
struct canvas *canvas_trace_create(GString *out);
