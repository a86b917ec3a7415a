#include "render/value_label.h"

#include <math.h>
#include <string.h>

enum { HEIGHT = 22, BORDER = 2, PADDING = 4, GAP = 3, RADIUS = 4 };

static const struct type text_type = {.size = 12, .weight = WEIGHT_SEMIBOLD};

/* Placed boxes lie in rows as high as a box, so that only three rows are searched. */
struct value_labels {
	struct rect bounds;
	const struct theme *theme;
	GArray **rows; /* of struct rect */
	size_t row_count;
};

struct value_labels *value_labels_create(struct rect bounds, const struct theme *theme)
{
	struct value_labels *l = g_new0(struct value_labels, 1);

	l->bounds = bounds;
	l->theme = theme;
	l->row_count = (size_t)fmin(fmax(bounds.h, 0) / HEIGHT, 10000) + 2;
	l->rows = g_new0(GArray *, l->row_count);
	return l;
}

void value_labels_destroy(struct value_labels *l)
{
	if (!l) {
		return;
	}
	for (size_t i = 0; i < l->row_count; i++) {
		if (l->rows[i]) {
			g_array_free(l->rows[i], TRUE);
		}
	}
	g_free(l->rows);
	g_free(l);
}

static size_t row_of(const struct value_labels *l, double y)
{
	double row = floor((y - l->bounds.y) / HEIGHT);

	return (size_t)fmin(fmax(row, 0), (double)(l->row_count - 1));
}

void value_labels_keep_clear(struct value_labels *l, struct rect r)
{
	GArray **row = &l->rows[row_of(l, r.y)];

	if (!*row) {
		*row = g_array_new(FALSE, FALSE, sizeof(struct rect));
	}
	g_array_append_val(*row, r);
}

static bool touch(const struct rect *a, const struct rect *b)
{
	return a->x < b->x + b->w && b->x < a->x + a->w && a->y < b->y + b->h && b->y < a->y + a->h;
}

static bool is_free(const struct value_labels *l, const struct rect *r)
{
	size_t last = MIN(row_of(l, r->y + r->h), l->row_count - 1);
	size_t first = row_of(l, r->y);

	/* A box is kept in the row of its top, so one that reaches down from above counts too. */
	for (size_t row = first > 0 ? first - 1 : 0; row <= last; row++) {
		const GArray *placed = l->rows[row];

		for (guint i = 0; placed && i < placed->len; i++) {
			if (touch(&g_array_index(placed, struct rect, i), r)) {
				return false;
			}
		}
	}
	return true;
}

static bool is_inside(const struct rect *bounds, const struct rect *r)
{
	return r->x >= bounds->x && r->y >= bounds->y && r->x + r->w <= bounds->x + bounds->w &&
	       r->y + r->h <= bounds->y + bounds->h;
}

static struct rect box_at(double x, double y, double width, enum value_side side)
{
	struct rect box = {x - width / 2, y - HEIGHT / 2.0, width, HEIGHT};

	switch (side) {
	case VALUE_ABOVE:
		box.y = y - GAP - HEIGHT;
		break;
	case VALUE_BELOW:
		box.y = y + GAP;
		break;
	case VALUE_RIGHT:
		box.x = x + GAP;
		break;
	case VALUE_LEFT:
		box.x = x - GAP - width;
		break;
	}
	return box;
}

static enum value_side opposite(enum value_side side)
{
	switch (side) {
	case VALUE_ABOVE:
		return VALUE_BELOW;
	case VALUE_BELOW:
		return VALUE_ABOVE;
	case VALUE_RIGHT:
		return VALUE_LEFT;
	case VALUE_LEFT:
		break;
	}
	return VALUE_RIGHT;
}

static void keep_across(struct rect *box, const struct rect *bounds)
{
	box->x = fmax(fmin(box->x, bounds->x + bounds->w - box->w), bounds->x);
}

/* Of a half-strength series the colour that is seen: over the surface. */
static struct color opaque(struct color c, struct color under)
{
	return (struct color){
		.r = c.r * c.a + under.r * (1 - c.a),
		.g = c.g * c.a + under.g * (1 - c.a),
		.b = c.b * c.a + under.b * (1 - c.a),
		.a = 1,
	};
}

/* A label that would be clipped is placed inside the mark instead. */
static bool place(const struct value_labels *l, double x, double y, double width,
	enum value_side side, struct rect *box)
{
	*box = box_at(x, y, width, side);
	if (side == VALUE_ABOVE || side == VALUE_BELOW) {
		keep_across(box, &l->bounds);
	}
	if (!is_inside(&l->bounds, box)) {
		*box = box_at(x, y, width, opposite(side));
		if (side == VALUE_ABOVE || side == VALUE_BELOW) {
			keep_across(box, &l->bounds);
		}
	}
	return is_inside(&l->bounds, box) && is_free(l, box);
}

bool value_label_draw(struct value_labels *l, struct canvas *c, double x, double y,
	enum value_side side, const char *text, struct color color)
{
	struct rect box;
	struct rect inner;
	double width;

	/* Shaping costs far more than a comparison: what has no room for the narrowest text is
	 * not measured. */
	if (!text || !place(l, x, y, 2.0 * PADDING + 5, side, &box)) {
		return false;
	}
	width = ceil(canvas_text_width(c, text, text_type)) + 2.0 * (PADDING + BORDER);
	if (!place(l, x, y, width, side, &box)) {
		return false;
	}
	value_labels_keep_clear(l, box);
	inner = (struct rect){
		box.x + BORDER, box.y + BORDER, box.w - 2 * BORDER, box.h - 2 * BORDER};
	canvas_fill_rect(c, box, RADIUS + BORDER, CORNERS_ALL, l->theme->surface);
	canvas_fill_rect(c, inner, RADIUS, CORNERS_ALL, opaque(color, l->theme->surface));
	canvas_text(c, inner, text, text_type, ALIGN_MIDDLE, (struct color){1, 1, 1, 1});
	return true;
}
