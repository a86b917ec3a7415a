/* What a kind of canvas has to do: pixels, a trace, nothing at all.
 *
 * canvas.c stands before them: it sees to failures and to text, so that every kind gets the same
 * lines at the same places.  To add one: write canvas_<name>.c with its table and its create
 * function, declared in canvas.h. */
#pragma once
#include "render/canvas.h"
#include "render/text.h"

struct canvas_kind {
	void (*fill_rect)(
		struct canvas *c, struct rect r, double radius, unsigned corners, struct color ink);
	void (*border)(
		struct canvas *c, struct rect r, double radius, double width, struct color ink);
	void (*line)(struct canvas *c, const double *xy, size_t points, struct stroke stroke,
		struct color ink);
	void (*fill_polygon)(struct canvas *c, const double *xy, size_t points, struct color ink);
	void (*hatch)(struct canvas *c, struct rect r, double radius, unsigned corners, double tile,
		double width, struct color ink);
	/* One shaped line with its left end at x, standing on the baseline. */
	void (*line_of_text)(struct canvas *c, const struct text_line *line, double x,
		double baseline, struct color ink);
	void (*clip)(struct canvas *c, struct rect r, double radius);
	void (*unclip)(struct canvas *c);
	void (*finish)(struct canvas *c); /* what the kind itself holds */
};

struct canvas {
	const struct canvas_kind *kind;
	struct text *text;
	struct fault fault;
	bool failed;
	int clips;
};

/* For the create functions: `c` is the first member of the kind's own struct, from g_new0(). */
void canvas_init(struct canvas *c, const struct canvas_kind *kind);
