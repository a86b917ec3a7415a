/* One insight, 800 px wide (spec/insights.md 6.3): a card that is as high as it needs to be. */
#include "render/mark.h"
#include "render/page.h"

#include <math.h>

enum { MARGIN = 16, FOOTER_GAP = 12 };

/* The chart box is at least three quarters as high as the page is wide; a table has its rows and
 * would only stand in empty space. */
static const double least_height = 0.75;

void page_insight_plan(struct page *page, struct canvas *measure)
{
	const struct card *card = &page->cards[0];
	double width = page->width - 2 * MARGIN;
	double chart = fmax(
		round(page->width * least_height), card_chart_height(card, measure, width - 2));
	double header =
		card->state == CARD_TEXT ? 0 : card_page_header_height(card, measure, width);

	if (card->state == CARD_TEXT) {
		chart = markdown_height(card->markdown, measure, width - 2 * MARGIN) + 2 * MARGIN;
	}
	page->boxes[0] = (struct rect){MARGIN, MARGIN, width, ceil(header + chart + 2)};
	page->footer_height = footer_height(measure, width, page->document);
	page->height = page->boxes[0].h + 2 * MARGIN + FOOTER_GAP + page->footer_height;
}

void page_insight_draw(const struct page *page, struct canvas *c)
{
	card_draw(&page->cards[0], c, page->boxes[0]);
	footer_draw(c,
		(struct rect){MARGIN, page->height - MARGIN - page->footer_height,
			page->width - 2 * MARGIN, page->footer_height},
		page->document);
}
