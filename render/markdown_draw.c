/* Blocks set one under another.  A block that does not fit is cut at a line; a table or a block
 * of code at a row. */
#include "render/markdown_type.h"

#include <math.h>

enum { INDENT = 22, QUOTE = 14, CODE_PADDING = 10, CELL_X = 10, CELL_Y = 5, MIN_COLUMN = 40 };

static const double text_leading = 1.5715, heading_leading = 1.3, code_leading = 1.45;

/* Where blocks go: `y` moves down to `bottom`; NULL canvas would not do, so measuring uses a
 * canvas that draws nothing. */
struct flow {
	struct canvas *c;
	const struct theme *theme;
	double x, width, y, bottom;
	bool cut; /* something was left out */
	bool marked; /* and an ellipsis already says so */
};

static double leading_of(const struct block *b)
{
	if (b->kind == BLOCK_HEADING) {
		return heading_leading;
	}
	return b->kind == BLOCK_CODE ? code_leading : text_leading;
}

static double space_above(const struct block *b)
{
	if (b->close) {
		return 2;
	}
	if (b->kind == BLOCK_HEADING) {
		return b->level <= 2 ? 14 : 10;
	}
	return 8;
}

static double inset_of(const struct block *b)
{
	return (double)(b->lists * INDENT + b->quotes * QUOTE);
}

/* How many lines of a pitch fit: a hair of tolerance, for heights are sums of fractions. */
static int lines_that_fit(double room, double pitch)
{
	return room <= 0 ? 0 : (int)fmin(floor(room / pitch + 0.01), 1e6);
}

static void draw_check_box(struct flow *flow, struct rect box, bool done)
{
	if (!done) {
		canvas_border(flow->c, box, 3, 1.5, flow->theme->text_tertiary);
		return;
	}
	const double tick[] = {
		box.x + 3, box.y + 6.5, box.x + 5.5, box.y + 9, box.x + 10, box.y + 4};

	canvas_fill_rect(flow->c, box, 3, CORNERS_ALL, flow->theme->accent);
	canvas_line(flow->c, tick, 3, (struct stroke){.width = 1.5, .round = true},
		flow->theme->surface);
}

static void draw_marker(struct flow *flow, const struct block *b, double x, double middle)
{
	const struct type type = {.size = 14, .weight = WEIGHT_NORMAL};
	char number[16];

	switch (b->marker) {
	case MARKER_NONE:
		break;
	case MARKER_BULLET:
		if (b->lists % 2 == 1) {
			canvas_fill_rect(flow->c, (struct rect){x - 14, middle - 2.5, 5, 5}, 2.5,
				CORNERS_ALL, flow->theme->text_secondary);
		} else {
			canvas_border(flow->c, (struct rect){x - 14, middle - 2.5, 5, 5}, 2.5, 1,
				flow->theme->text_secondary);
		}
		break;
	case MARKER_NUMBER:
		g_snprintf(number, sizeof number, "%u.", b->number % 1000000);
		canvas_text(flow->c, (struct rect){x - 66, middle - 11, 60, 22}, number, type,
			ALIGN_END, flow->theme->text_secondary);
		break;
	case MARKER_OPEN_TASK:
	case MARKER_DONE_TASK:
		draw_check_box(flow, (struct rect){x - 19, middle - 6.5, 13, 13},
			b->marker == MARKER_DONE_TASK);
		break;
	}
}

static void draw_quote_bars(struct flow *flow, const struct block *b, double top)
{
	for (int i = 0; i < b->quotes; i++) {
		canvas_fill_rect(flow->c,
			(struct rect){flow->x + (double)(i * QUOTE), top, 3, flow->y - top}, 1.5,
			CORNERS_ALL, flow->theme->border);
	}
}

static void set_lines(struct flow *flow, const struct block *b)
{
	const struct type type = markdown_type(b);
	double inset = inset_of(b), pitch = type.size * leading_of(b);
	const struct rect box = {flow->x + inset, flow->y, flow->width - inset, pitch};
	const struct span *spans = (const struct span *)(const void *)b->spans->data;
	double whole =
		canvas_spans_height(flow->c, box.w, spans, b->spans->len, type, leading_of(b), 0);
	int room = lines_that_fit(flow->bottom - flow->y, pitch);

	if (room == 0) {
		flow->cut = true;
		return;
	}
	draw_marker(flow, b, box.x, flow->y + pitch / 2);
	if (lines_that_fit(whole, pitch) > room) {
		flow->cut = flow->marked = true;
		flow->y +=
			canvas_spans(flow->c, box, spans, b->spans->len, type, leading_of(b), room);
	} else {
		flow->y += fmax(pitch,
			canvas_spans(flow->c, box, spans, b->spans->len, type, leading_of(b), 0));
	}
}

static void set_code(struct flow *flow, const struct block *b)
{
	const struct type type = markdown_type(b);
	double inset = inset_of(b), pitch = type.size * code_leading;
	struct rect box = {flow->x + inset, flow->y, flow->width - inset, 0};
	double inner = fmax(box.w - 2 * CODE_PADDING, 1);
	const struct span *spans = (const struct span *)(const void *)b->spans->data;
	double whole =
		canvas_spans_height(flow->c, inner, spans, b->spans->len, type, code_leading, 0);
	int lines = MAX(lines_that_fit(whole, pitch), 1);
	int room = lines_that_fit(flow->bottom - flow->y - 2 * CODE_PADDING, pitch);

	if (room == 0) {
		flow->cut = true;
		return;
	}
	if (lines > room) {
		flow->cut = flow->marked = true;
	}
	box.h = MIN(lines, room) * pitch + 2 * CODE_PADDING;
	canvas_fill_rect(flow->c, box, 4, CORNERS_ALL, color_with_alpha(flow->theme->text, 0.05));
	(void)canvas_spans(flow->c,
		(struct rect){box.x + CODE_PADDING, box.y + CODE_PADDING, inner,
			box.h - 2 * CODE_PADDING},
		spans, b->spans->len, type, code_leading, lines > room ? room : 0);
	flow->y += box.h;
}

static const struct table_cell *cell_at(const struct block *b, size_t row, size_t column)
{
	return &g_array_index(b->cells, struct table_cell, row * b->columns + column);
}

static const struct span *spans_of(const struct table_cell *cell)
{
	return (const struct span *)(const void *)cell->spans->data;
}

/* Each column as wide as its widest cell; when that is too much, wide columns give way first. */
static double *column_widths(struct canvas *c, const struct block *b, size_t rows, double width)
{
	double *widths = g_new0(double, b->columns);
	double sum = 0;

	for (size_t i = 0; i < b->columns; i++) {
		for (size_t row = 0; row < rows; row++) {
			const struct table_cell *cell = cell_at(b, row, i);
			double wide = 0;

			for (guint s = 0; s < cell->spans->len; s++) {
				wide += canvas_text_width(
					c, spans_of(cell)[s].text, spans_of(cell)[s].type);
			}
			widths[i] = fmax(widths[i], ceil(wide) + 2 * CELL_X + 1);
		}
		sum += widths[i];
	}
	if (sum > width) {
		double share = width / (double)b->columns, over = 0, room = width;

		for (size_t i = 0; i < b->columns; i++) {
			if (widths[i] > share) {
				over += widths[i];
			} else {
				room -= widths[i];
			}
		}
		for (size_t i = 0; i < b->columns; i++) {
			if (widths[i] > share) {
				widths[i] *= room / over;
			}
		}
	}
	return widths;
}

static double row_height(struct canvas *c, const struct block *b, size_t row, const double *widths)
{
	const struct type type = {.size = 14, .weight = WEIGHT_NORMAL};
	double tall = type.size * text_leading;

	for (size_t i = 0; i < b->columns; i++) {
		const struct table_cell *cell = cell_at(b, row, i);

		tall = fmax(tall, canvas_spans_height(c, fmax(widths[i] - 2 * CELL_X, 1),
					  spans_of(cell), cell->spans->len, type, text_leading, 0));
	}
	return ceil(tall) + 2 * CELL_Y;
}

static void set_cell(struct flow *flow, const struct table_cell *cell, struct rect box)
{
	const struct type type = {.size = 14, .weight = WEIGHT_NORMAL};
	double inner = fmax(box.w - 2 * CELL_X, 1), wide = 0;

	for (guint s = 0; s < cell->spans->len; s++) {
		wide += canvas_text_width(flow->c, spans_of(cell)[s].text, spans_of(cell)[s].type);
	}
	double slack = fmax(inner - wide, 0);
	double shift = cell->align == ALIGN_END      ? slack
		       : cell->align == ALIGN_MIDDLE ? slack / 2
						     : 0;

	(void)canvas_spans(flow->c,
		(struct rect){box.x + CELL_X + shift, box.y + CELL_Y, inner - shift + 1, box.h},
		spans_of(cell), cell->spans->len, type, text_leading, 0);
}

static void set_table(struct flow *flow, const struct block *b)
{
	size_t rows = b->columns > 0 ? b->cells->len / b->columns : 0;
	double x = flow->x + inset_of(b), width = flow->width - inset_of(b), top = flow->y;
	double *widths = column_widths(flow->c, b, rows, width);
	double wide = 0;

	for (size_t i = 0; i < b->columns; i++) {
		wide += widths[i];
	}
	for (size_t row = 0; row < rows; row++) {
		double tall = row_height(flow->c, b, row, widths), left = x;

		if (flow->y + tall > flow->bottom + 0.01) {
			flow->cut = true;
			break;
		}
		if (cell_at(b, row, 0)->head) {
			canvas_fill_rect(flow->c, (struct rect){x, flow->y, wide, tall}, 4,
				CORNERS_TOP, flow->theme->surface_secondary);
		} else {
			canvas_fill_rect(flow->c, (struct rect){x, flow->y, wide, 1}, 0,
				CORNERS_NONE, flow->theme->border);
		}
		for (size_t i = 0; i < b->columns; i++) {
			set_cell(flow, cell_at(b, row, i),
				(struct rect){left, flow->y, widths[i], tall});
			left += widths[i];
		}
		flow->y += tall;
	}
	if (flow->y > top) {
		canvas_border(flow->c, (struct rect){x, top, wide, flow->y - top}, 4, 1,
			flow->theme->border);
	}
	g_free(widths);
}

static void set_block(struct flow *flow, const struct block *b, bool first)
{
	double above = flow->y;

	if (!first) {
		flow->y += space_above(b);
	}
	double top = flow->y;

	switch (b->kind) {
	case BLOCK_PARAGRAPH:
	case BLOCK_HEADING:
		set_lines(flow, b);
		break;
	case BLOCK_CODE:
		set_code(flow, b);
		break;
	case BLOCK_TABLE:
		set_table(flow, b);
		break;
	case BLOCK_RULE:
		if (flow->y + 9 > flow->bottom) {
			flow->cut = true;
			break;
		}
		canvas_fill_rect(flow->c,
			(struct rect){
				flow->x + inset_of(b), flow->y + 4, flow->width - inset_of(b), 1},
			0, CORNERS_NONE, flow->theme->border);
		flow->y += 9;
		break;
	}
	if (flow->y == top) {
		flow->y = above;
	} else {
		draw_quote_bars(flow, b, top);
	}
}

static void run(const struct markdown *m, struct flow *flow)
{
	for (guint i = 0; i < m->blocks->len && !flow->cut; i++) {
		set_block(flow, &g_array_index(m->blocks, struct block, i), i == 0);
	}
}

double markdown_height(const struct markdown *m, struct canvas *measure, double width)
{
	struct flow flow = {.c = measure, .theme = m->theme, .width = width, .bottom = 1e9};

	run(m, &flow);
	return flow.y;
}

void markdown_draw(const struct markdown *m, struct canvas *c, struct rect box)
{
	const struct type type = {.size = 14, .weight = WEIGHT_NORMAL};
	struct canvas *measure = canvas_measure_create();
	double ellipsis = type.size * text_leading;
	struct flow flow = {.c = measure,
		.theme = m->theme,
		.x = box.x,
		.width = box.w,
		.y = box.y,
		.bottom = box.y + box.h};
	struct flow trial = flow;

	run(m, &trial);
	if (trial.cut && !trial.marked && box.h > 2 * ellipsis) {
		/* Room for the line that says that there is more. */
		flow.bottom -= ellipsis;
	}
	flow.c = c;
	run(m, &flow);
	if (flow.cut && !flow.marked) {
		canvas_text(c, (struct rect){box.x, flow.y, box.w, ellipsis}, "\u2026", type,
			ALIGN_START, m->theme->text_tertiary);
	}
	canvas_destroy(measure);
}
