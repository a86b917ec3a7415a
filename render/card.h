/* One tile as a white card: header, divider, chart (spec/insights.md 5.26, 5.27).
 *
 * A card is prepared once, which reads the result and decides what will be shown, and then
 * measured and drawn.  What cannot be drawn becomes a card that says why. */
#pragma once
#include "render/chart.h"
#include "render/document.h"
#include "render/markdown.h"

enum card_state {
	CARD_CHART,
	CARD_EMPTY, /* the query matched nothing */
	CARD_FAILED, /* `reason` says why there is no chart */
	CARD_TEXT
};

struct card {
	enum card_state state;
	const struct tile *tile;
	const struct theme *theme;
	const struct chart *chart;
	struct chart_input input;
	struct result *data;
	struct markdown *markdown;
	struct fault reason;
};

/* Borrows the document and the tile. */
void card_init(struct card *card, const struct document *d, const struct tile *tile);
void card_finish(struct card *card);

/* Of a card that is the whole page: nothing in its header is cut. */
double card_page_header_height(const struct card *card, struct canvas *measure, double width);
/* The chart's own wish, 0 when it takes what there is. */
double card_chart_height(const struct card *card, struct canvas *measure, double width);
bool card_shows_table(const struct card *card);
void card_draw(const struct card *card, struct canvas *c, struct rect box);
