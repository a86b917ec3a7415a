#include "render/sheet.h"

#include <math.h>

enum {
	ROW = 40,
	LOW_ROW = 28, /* in a tile that would show next to nothing otherwise */
	LOW_BOX = 170,
	PADDING = 16,
	LOW_PADDING = 10,
	SWATCH = 12,
	SWATCH_GAP = 8,
	WIDEST_TEXT = 360,
	LEAST_TEXT = 72,
	NOTE = 28,
	MOST_COLUMNS = 200, /* more than any picture has room for */
	MOST_ROWS = 200, /* of a page, about 8,000 px */
};

static const struct type head_type = {.size = 12, .weight = WEIGHT_BOLD, .letter_spacing = 0.36};
static const struct type cell_type = {.size = 14, .weight = WEIGHT_NORMAL};
static const struct type low_type = {.size = 12, .weight = WEIGHT_NORMAL};
static const struct type note_type = {.size = 12, .weight = WEIGHT_NORMAL};

static const char null_text[] = "null";

struct plan {
	double row, padding;
	struct type type;
	size_t rows, columns; /* shown */
	double *widths, *least;
	struct rect box;
};

double sheet_height(const struct sheet *s)
{
	if (s->row_count > MOST_ROWS) {
		return ROW * (MOST_ROWS + 1) + NOTE;
	}
	return ROW * (double)(s->row_count + 1);
}

static double swatch_width(const struct sheet *s, size_t column)
{
	return column == 0 && s->color ? SWATCH + SWATCH_GAP : 0;
}

/* What the cells of a column need, and what its title needs. */
static void measure(struct plan *p, struct canvas *c, const struct sheet *s, size_t column)
{
	double sides = swatch_width(s, column) + 2 * p->padding;
	double title = ceil(canvas_text_width(c, s->columns[column].title, head_type)) + 1;
	double cells = 0;
	double least;

	for (size_t row = 0; row < p->rows; row++) {
		g_autofree char *text = s->cell(s->from, row, column);

		cells = fmax(cells, canvas_text_width(c, text ? text : null_text, p->type));
	}
	/* A text is cut at its widest, and so is a number no one could compare any more. */
	cells = fmin(ceil(cells) + 1, WIDEST_TEXT);
	title = fmin(title, WIDEST_TEXT);
	least = s->columns[column].numeric ? cells : fmin(cells, LEAST_TEXT);
	p->widths[column] = fmax(cells, title) + sides;
	p->least[column] = fmax(least, fmin(title, LEAST_TEXT)) + sides;
}

static double sum(const double *widths, size_t count)
{
	double total = 0;

	for (size_t i = 0; i < count; i++) {
		total += widths[i];
	}
	return total;
}

static double width_under(const struct plan *p, size_t column, double cap)
{
	return fmax(fmin(p->widths[column], cap), p->least[column]);
}

/* The widest columns give up width, down to one cap for all, until they fit; a date of ten letters
 * is not cut because a name beside it has a hundred. */
static void shrink(struct plan *p)
{
	double low = 0;
	double high = p->box.w;

	if (sum(p->widths, p->columns) <= p->box.w) {
		return;
	}
	for (int i = 0; i < 40; i++) {
		double cap = (low + high) / 2;
		double total = 0;

		for (size_t column = 0; column < p->columns; column++) {
			total += width_under(p, column, cap);
		}
		if (total > p->box.w) {
			high = cap;
		} else {
			low = cap;
		}
	}
	for (size_t column = 0; column < p->columns; column++) {
		p->widths[column] = width_under(p, column, low);
	}
}

/* Spare width goes to all columns alike in proportion, as a browser lays a table out. */
static void stretch(struct plan *p)
{
	double total = sum(p->widths, p->columns);

	for (size_t i = 0; total > 0 && i < p->columns; i++) {
		p->widths[i] *= p->box.w / total;
	}
}

/* Columns from the left for as long as their least widths fit. */
static void plan_columns(struct plan *p, struct canvas *c, const struct sheet *s)
{
	size_t most = MIN(s->column_count, MOST_COLUMNS);
	double used = 0;

	p->widths = g_new0(double, most + 1);
	p->least = g_new0(double, most + 1);
	for (size_t i = 0; i < most; i++) {
		measure(p, c, s, i);
		/* The first column is shown however narrow the box. */
		if (i > 0 && used + p->least[i] > p->box.w) {
			break;
		}
		used += p->least[i];
		p->columns = i + 1;
	}
	shrink(p);
	stretch(p);
}

static size_t rows_in(const struct plan *p, double height)
{
	return height < p->row ? 0 : (size_t)(height / p->row);
}

static void plan_rows(struct plan *p, const struct sheet *s, double height)
{
	size_t fitting = rows_in(p, height - p->row);

	p->rows = MIN(s->row_count, MIN(fitting, MOST_ROWS));
}

static struct plan plan_sheet(struct canvas *c, const struct sheet *s, struct rect box)
{
	bool low = box.h < LOW_BOX || box.w < 2 * LOW_BOX;
	struct plan p = {
		.row = low ? LOW_ROW : ROW,
		.padding = low ? LOW_PADDING : PADDING,
		.type = low ? low_type : cell_type,
		.box = box,
	};

	plan_rows(&p, s, box.h);
	plan_columns(&p, c, s);
	if (p.rows < s->row_count || p.columns < s->column_count) {
		plan_rows(&p, s, box.h - NOTE);
	}
	return p;
}

static void draw_cell(struct canvas *c, struct rect cell, const struct plan *p, const char *text,
	struct type type, bool numeric, struct color ink)
{
	struct rect inner = cell;

	inner.x += p->padding;
	inner.w = fmax(inner.w - 2 * p->padding + 1, 0);
	canvas_text(c, inner, text, type, numeric ? ALIGN_END : ALIGN_START, ink);
}

static void draw_header(
	struct canvas *c, const struct plan *p, const struct sheet *s, const struct theme *theme)
{
	struct rect cell = {p->box.x, p->box.y, 0, p->row};

	canvas_fill_rect(c, (struct rect){p->box.x, p->box.y, p->box.w, p->row}, 0, CORNERS_NONE,
		theme->surface_secondary);
	for (size_t i = 0; i < p->columns; i++) {
		cell.w = p->widths[i];
		draw_cell(c, cell, p, s->columns[i].title, head_type, s->columns[i].numeric,
			theme->text);
		cell.x += cell.w;
	}
}

static void draw_row(struct canvas *c, const struct plan *p, const struct sheet *s, size_t row,
	const struct theme *theme)
{
	double y = p->box.y + p->row * (double)(row + 1);
	struct rect cell = {p->box.x, y, 0, p->row};

	canvas_fill_rect(
		c, (struct rect){p->box.x, y, p->box.w, 1}, 0, CORNERS_NONE, theme->border);
	for (size_t i = 0; i < p->columns; i++) {
		g_autofree char *text = s->cell(s->from, row, i);
		struct rect rest = cell;
		double swatch = swatch_width(s, i);

		rest.w = p->widths[i] - swatch;
		rest.x += swatch;
		if (swatch > 0) {
			canvas_fill_rect(c,
				(struct rect){cell.x + p->padding, y + (p->row - SWATCH) / 2,
					SWATCH, SWATCH},
				3, CORNERS_ALL, s->color(s->from, row));
		}
		draw_cell(c, rest, p, text ? text : null_text, p->type, s->columns[i].numeric,
			text ? theme->text : theme->text_tertiary);
		cell.x += p->widths[i];
	}
}

static void draw_note(
	struct canvas *c, const struct plan *p, const struct sheet *s, const struct theme *theme)
{
	size_t rows = s->row_count - p->rows;
	size_t columns = s->column_count - p->columns;
	double y = p->box.y + p->row * (double)(p->rows + 1);
	g_autofree char *row_part =
		rows > 0 ? g_strdup_printf("%zu more row%s", rows, rows == 1 ? "" : "s") : NULL;
	g_autofree char *column_part =
		columns > 0 ? g_strdup_printf("%zu more column%s", columns, columns == 1 ? "" : "s")
			    : NULL;
	g_autofree char *text = g_strdup_printf("and %s%s%s", row_part ? row_part : "",
		row_part && column_part ? " and " : "", column_part ? column_part : "");
	struct rect line = {p->box.x + p->padding, y, p->box.w - 2 * p->padding, NOTE};

	/* The line under the last row, where there is room below it for anything. */
	if (y + 1 < p->box.y + p->box.h) {
		canvas_fill_rect(
			c, (struct rect){p->box.x, y, p->box.w, 1}, 0, CORNERS_NONE, theme->border);
	}
	if (rows + columns == 0 || y + NOTE > p->box.y + p->box.h + 1) {
		return;
	}
	canvas_text(c, line, text, note_type, ALIGN_START, theme->text_tertiary);
}

void sheet_draw(struct canvas *c, struct rect box, const struct sheet *s, const struct theme *theme)
{
	struct plan p;

	if (s->column_count == 0 || box.h < LOW_ROW || box.w < 4 * LOW_PADDING) {
		return;
	}
	p = plan_sheet(c, s, box);
	draw_header(c, &p, s, theme);
	for (size_t row = 0; row < p.rows; row++) {
		draw_row(c, &p, s, row, theme);
	}
	draw_note(c, &p, s, theme);
	g_free(p.widths);
	g_free(p.least);
}
