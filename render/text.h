/* Words to shaped lines, with pango: measuring, wrapping, ellipses.
 *
 * Everything is in CSS pixels and knows nothing of the scale of a picture, so that a page is laid
 * out the same at every scale and in every format.  Shaping is what costs; a struct text keeps
 * what it has shaped, so that measuring a label and then drawing it costs once.
 *
 * Every text is shaped at one size, TEXT_EM, and drawn through a zoom.  Nothing is hinted, so the
 * letters are the same; and a new size asks nothing of fontconfig, which would read files and start
 * threads where a page is drawn. */
#pragma once
#include "render/canvas.h"

#include <stddef.h>

struct _PangoLayoutLine;

enum { TEXT_EM = 64 };

/* A line ready to be drawn, borrowed from the struct text that shaped it. */
struct text_line {
	struct _PangoLayoutLine *shaped; /* at TEXT_EM */
	double zoom; /* from there to its size */
	const char *words; /* what it says, not terminated: `length` bytes; whole even when cut */
	size_t length;
	size_t start; /* of the words in their paragraph, in bytes */
	double width;
	bool cut; /* ends with an ellipsis */
	struct type type;
	/* Of a paragraph of several types: span i has the bytes span_starts[i] to [i + 1] of it. */
	const struct span *spans;
	const size_t *span_starts;
	size_t span_count;
};

struct text_lines {
	struct text_line *lines;
	size_t count;
};

struct text;

struct text *text_create(void);
void text_destroy(struct text *t); /* NULL is fine */

/* The line is cut with an ellipsis where it is wider than `limit`; a negative limit never cuts.
 * Valid until the next call with the same `t`. */
const struct text_line *text_line(
	struct text *t, const char *words, struct type type, double limit);
/* Wrapped lines; `max_lines` 0 is any number.  Valid until the next call with the same `t`. */
const struct text_lines *text_wrap(
	struct text *t, const char *words, struct type type, double width, int max_lines);
const struct text_lines *text_wrap_spans(struct text *t, const struct span *spans, size_t count,
	struct type type, double width, int max_lines);

/* From the middle of a line box down to the baseline, as CSS centres a font in its line. */
double text_baseline_below_middle(struct text *t, struct type type);
/* Where a span lies in a line, from the line's left end; false when none of it is there. */
bool text_span_extent(const struct text_line *line, size_t span, double *from, double *to);
