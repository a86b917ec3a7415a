#include "render/page.h"

struct page *page_create(const struct document *d)
{
	struct page *page = g_new0(struct page, 1);
	struct canvas *measure = canvas_measure_create();

	page->document = d;
	page->width = d->width;
	page->card_count = d->tile_count;
	page->cards = g_new0(struct card, d->tile_count + 1);
	page->boxes = g_new0(struct rect, d->tile_count + 1);
	for (size_t i = 0; i < d->tile_count; i++) {
		card_init(&page->cards[i], d, &d->tiles[i]);
	}
	switch (d->kind) {
	case DOCUMENT_INSIGHT:
		page_insight_plan(page, measure);
		break;
	case DOCUMENT_DASHBOARD:
		page_dashboard_plan(page, measure);
		break;
	}
	canvas_destroy(measure);
	return page;
}

void page_destroy(struct page *page)
{
	if (page == NULL) {
		return;
	}
	for (size_t i = 0; i < page->card_count; i++) {
		card_finish(&page->cards[i]);
	}
	markdown_destroy(page->description);
	g_free(page->cards);
	g_free(page->boxes);
	g_free(page);
}

void page_draw(const struct page *page, struct canvas *c)
{
	switch (page->document->kind) {
	case DOCUMENT_INSIGHT:
		page_insight_draw(page, c);
		break;
	case DOCUMENT_DASHBOARD:
		page_dashboard_draw(page, c);
		break;
	}
}
