/* A whole dashboard, 1920 px wide (spec/insights.md 6.3): name, description, grid, footer. */
#include "render/mark.h"
#include "render/page.h"

#include <math.h>

enum { MARGIN = 16, NAME_LINE = 32, NAME_LINES = 2, GAP = 8, SECTION = 16 };

static const struct type name_type = {.size = 24, .weight = WEIGHT_BOLD};

/* Long lines are hard to read: a description is set no wider than this. */
static const double widest_text = 1100;

static double description_width(const struct page *page)
{
	return fmin(page->width - 2 * MARGIN, widest_text);
}

static double name_height(const struct page *page, struct canvas *c)
{
	return canvas_paragraph_height(c, page->width - 2 * MARGIN, page->document->title,
		name_type, NAME_LINE / name_type.size, NAME_LINES);
}

void page_dashboard_plan(struct page *page, struct canvas *measure)
{
	const struct document *d = page->document;
	double width = page->width - 2 * MARGIN, y = MARGIN;
	g_autofree struct cell *cells = g_new0(struct cell, d->tile_count + 1);

	if (d->title[0] != '\0') {
		y += name_height(page, measure) + GAP;
	}
	if (d->description[0] != '\0') {
		page->description = markdown_parse(d->description, d->theme);
		page->description_height =
			ceil(markdown_height(page->description, measure, description_width(page)));
		y += page->description_height + SECTION;
	}
	for (size_t i = 0; i < d->tile_count; i++) {
		cells[i] = d->tiles[i].cell;
	}
	layout_place(cells, d->tile_count, width);
	for (size_t i = 0; i < d->tile_count; i++) {
		page->boxes[i] = layout_rect(&cells[i], width);
		page->boxes[i].x += MARGIN;
		page->boxes[i].y += y;
	}
	y += layout_height(cells, d->tile_count) + SECTION;
	page->footer_height = footer_height(measure, width, d);
	page->height = y + page->footer_height + MARGIN;
}

void page_dashboard_draw(const struct page *page, struct canvas *c)
{
	const struct document *d = page->document;
	double width = page->width - 2 * MARGIN, y = MARGIN;

	if (d->title[0] != '\0') {
		y += canvas_paragraph(c, (struct rect){MARGIN, y, width, NAME_LINE}, d->title,
			name_type, ALIGN_START, NAME_LINE / name_type.size, NAME_LINES,
			d->theme->text);
		y += GAP;
	}
	if (page->description != NULL) {
		markdown_draw(page->description, c,
			(struct rect){
				MARGIN, y, description_width(page), page->description_height});
	}
	for (size_t i = 0; i < page->card_count; i++) {
		card_draw(&page->cards[i], c, page->boxes[i]);
	}
	footer_draw(c,
		(struct rect){MARGIN, page->height - MARGIN - page->footer_height, width,
			page->footer_height},
		d);
}
