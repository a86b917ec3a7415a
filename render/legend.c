#include "render/legend.h"

#include <math.h>
#include <string.h>

enum {
	SWATCH = 10,
	SWATCH_GAP = 6,
	ITEM_GAP = 12,
	ROW = 18,
	ROW_GAP = 4,
	PLOT_GAP = 8,
	LEAST_HEIGHT = 72, /* of the plot and its texts */
	LEAST_WIDTH = 120,
	WIDEST_ITEM = 320,
};

static const struct type text_type = {.size = 12, .weight = WEIGHT_NORMAL};

/* One item where it will be drawn; `item` == count is the text for what is folded away. */
struct place {
	size_t item;
	struct rect box;
};

struct plan {
	GArray *places; /* struct place */
	size_t folded;
	double width, height;
};

static char *folded_text(size_t folded, size_t count)
{
	if (folded == count) {
		return g_strdup_printf("%zu series", count);
	}
	return g_strdup_printf("and %zu more", folded);
}

static double item_width(struct canvas *c, const struct legend_item *item, double limit)
{
	double text = ceil(canvas_text_width(c, item->text, text_type));

	return fmin(fmin(SWATCH + SWATCH_GAP + text, WIDEST_ITEM), limit);
}

static double folded_width(struct canvas *c, size_t count)
{
	g_autofree char *text = folded_text(count > 1 ? count - 1 : 1, count);

	return ceil(canvas_text_width(c, text, text_type));
}

static void centre_row(struct plan *p, guint from, double used, double width)
{
	for (guint i = from; i < p->places->len; i++) {
		g_array_index(p->places, struct place, i).box.x += floor((width - used) / 2);
	}
}

static void put(struct plan *p, size_t item, double x, double y, double w)
{
	struct place place = {item, {x, y, w, ROW}};

	g_array_append_val(p->places, place);
}

/* Room for "and N more" is kept free in the last row while items are still to come. */
static void plan_rows(struct plan *p, struct canvas *c, double width, size_t rows,
	const struct legend_item *items, size_t count)
{
	double more = folded_width(c, count);
	double x = 0;
	size_t row = 0;
	guint row_from = 0;
	size_t i;

	for (i = 0; i < count; i++) {
		double w = item_width(c, &items[i], width);
		double gap = x > 0 ? ITEM_GAP : 0;
		bool is_last_row = row + 1 == rows;
		double reserved = is_last_row && i + 1 < count ? ITEM_GAP + more : 0;

		if (x + gap + w + reserved > width) {
			if (is_last_row) {
				break;
			}
			centre_row(p, row_from, x, width);
			row_from = p->places->len;
			row++;
			x = gap = 0;
			/* The next row may be the last one. */
			reserved = row + 1 == rows && i + 1 < count ? ITEM_GAP + more : 0;
			if (w + reserved > width) {
				w = fmax(width - reserved, 0);
			}
			if (w < 3 * SWATCH) {
				break;
			}
		}
		put(p, i, x + gap, (double)row * (ROW + ROW_GAP), w);
		x += gap + w;
	}
	p->folded = count - i;
	if (p->folded > 0) {
		double gap = x > 0 ? ITEM_GAP : 0;

		put(p, count, x + gap, (double)row * (ROW + ROW_GAP), fmin(more, width - x - gap));
		x += gap + more;
	}
	centre_row(p, row_from, x, width);
	p->width = width;
	p->height = (double)(row + 1) * (ROW + ROW_GAP) - ROW_GAP;
}

static void plan_column(struct plan *p, struct canvas *c, double width, size_t rows,
	const struct legend_item *items, size_t count)
{
	size_t shown = count <= rows ? count : rows - 1;

	for (size_t i = 0; i < shown; i++) {
		double w = item_width(c, &items[i], width);

		put(p, i, 0, (double)i * (ROW + ROW_GAP), w);
		p->width = fmax(p->width, w);
	}
	p->folded = count - shown;
	if (p->folded > 0) {
		put(p, count, 0, (double)shown * (ROW + ROW_GAP), width);
		p->width = fmax(p->width, fmin(folded_width(c, count), width));
		shown++;
	}
	p->height = (double)shown * (ROW + ROW_GAP) - ROW_GAP;
}

static void draw_plan(const struct plan *p, struct canvas *c, double x, double y,
	const struct legend_item *items, size_t count, const struct theme *theme)
{
	for (guint i = 0; i < p->places->len; i++) {
		const struct place *place = &g_array_index(p->places, struct place, i);
		struct rect box = {x + place->box.x, y + place->box.y, place->box.w, ROW};

		if (place->item == count) {
			g_autofree char *text = folded_text(p->folded, count);

			canvas_text(c, box, text, text_type, ALIGN_START, theme->text_tertiary);
			continue;
		}
		canvas_fill_rect(c,
			(struct rect){box.x, box.y + (ROW - SWATCH) / 2.0, SWATCH, SWATCH}, 2,
			CORNERS_ALL, items[place->item].color);
		box.x += SWATCH + SWATCH_GAP;
		box.w -= SWATCH + SWATCH_GAP;
		/* A pixel more than was measured, so that rounding does not cost a letter. */
		box.w += 1;
		canvas_text(c, box, items[place->item].text, text_type, ALIGN_START,
			theme->text_secondary);
	}
}

static size_t rows_in(double height)
{
	return height < ROW ? 0 : (size_t)((height + ROW_GAP) / (ROW + ROW_GAP));
}

static struct rect beside(struct canvas *c, struct rect box, const struct legend_item *items,
	size_t count, bool left, const struct theme *theme)
{
	struct plan p = {.width = 0};
	struct rect rest = box;
	size_t rows = rows_in(box.h - PLOT_GAP);
	double limit = floor(fmin(box.w / 3, WIDEST_ITEM));
	double x;

	if (rows == 0 || box.w - limit - PLOT_GAP < LEAST_WIDTH) {
		return box;
	}
	p.places = g_array_new(FALSE, FALSE, sizeof(struct place));
	plan_column(&p, c, limit, rows, items, count);
	rest.w -= p.width + 2 * PLOT_GAP;
	x = box.x + PLOT_GAP;
	if (left) {
		rest.x += p.width + 2 * PLOT_GAP;
	} else {
		x = box.x + box.w - p.width - PLOT_GAP;
	}
	draw_plan(&p, c, x, box.y + PLOT_GAP, items, count, theme);
	g_array_free(p.places, TRUE);
	return rest;
}

static struct rect above_or_below(struct canvas *c, struct rect box,
	const struct legend_item *items, size_t count, bool above, const struct theme *theme)
{
	struct plan p = {.width = 0};
	struct rect rest = box;
	double room = fmin(box.h / 3, box.h - LEAST_HEIGHT);
	size_t rows = rows_in(room - PLOT_GAP);
	double width = box.w - 2 * PLOT_GAP;

	/* A tile's low plot keeps one row as long as the plot is left its least. */
	if (rows == 0 && box.h - LEAST_HEIGHT >= ROW) {
		rows = 1;
	}
	if (rows == 0 || width < LEAST_WIDTH) {
		return box;
	}
	p.places = g_array_new(FALSE, FALSE, sizeof(struct place));
	plan_rows(&p, c, width, rows, items, count);
	rest.h -= p.height + fmin(PLOT_GAP, room);
	if (above) {
		rest.y += box.h - rest.h;
	}
	draw_plan(&p, c, box.x + PLOT_GAP, above ? box.y : box.y + box.h - p.height, items, count,
		theme);
	g_array_free(p.places, TRUE);
	return rest;
}

struct rect legend_draw(struct canvas *c, struct rect box, const struct legend_item *items,
	size_t count, enum legend_side side, const struct theme *theme)
{
	if (count == 0) {
		return box;
	}
	switch (side) {
	case LEGEND_BOTTOM:
		return above_or_below(c, box, items, count, false, theme);
	case LEGEND_TOP:
		return above_or_below(c, box, items, count, true, theme);
	case LEGEND_LEFT:
		return beside(c, box, items, count, true, theme);
	case LEGEND_RIGHT:
		return beside(c, box, items, count, false, theme);
	}
	return box;
}

static enum legend_side side_of(const json_t *query)
{
	const char *name = json_get_text(query_filter(query), "legendPosition", "bottom");

	if (strcmp(name, "top") == 0) {
		return LEGEND_TOP;
	}
	if (strcmp(name, "left") == 0) {
		return LEGEND_LEFT;
	}
	return strcmp(name, "right") == 0 ? LEGEND_RIGHT : LEGEND_BOTTOM;
}

struct rect legend_draw_series(struct canvas *c, struct rect box, const struct result *r,
	const json_t *query, bool wanted, const struct theme *theme)
{
	struct legend_item *items;
	size_t count = 0;
	struct rect rest;

	if (!wanted || r->series_count < 2) {
		return box;
	}
	items = g_new(struct legend_item, r->series_count);
	for (size_t i = 0; i < r->series_count; i++) {
		const struct series *s = &r->series[i];

		if (!s->hidden) {
			items[count++] = (struct legend_item){s->label, s->color};
		}
	}
	rest = legend_draw(c, box, items, count, side_of(query), theme);
	g_free(items);
	return rest;
}
