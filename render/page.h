/* A document on its page: first planned, which settles every rectangle, then drawn on any canvas.
 *
 * Formats see only this: they ask for the size, make their canvas and draw.  To add a kind of
 * page: write page_<kind>.c and its line in page.c. */
#pragma once
#include "render/card.h"

struct page {
	const struct document *document;
	double width, height; /* CSS px */
	struct card *cards;
	struct rect *boxes; /* [card_count], where each card lies */
	size_t card_count;
	struct markdown *description; /* of a dashboard, or NULL */
	double description_height, footer_height;
};

/* Borrows the document. */
struct page *page_create(const struct document *d);
void page_destroy(struct page *page); /* NULL is fine */
void page_draw(const struct page *page, struct canvas *c);

/* One for each kind of document. */
void page_insight_plan(struct page *page, struct canvas *measure);
void page_insight_draw(const struct page *page, struct canvas *c);
void page_dashboard_plan(struct page *page, struct canvas *measure);
void page_dashboard_draw(const struct page *page, struct canvas *c);
