#include "render/card.h"

#include "render/mark.h"
#include "render/state.h"

#include <math.h>
#include <string.h>

enum {
	PADDING = 16,
	RADIUS = 6,
	RIBBON = 6,
	TOP_LINE = 16,
	TITLE_GAP = 2,
	DESCRIPTION_GAP = 4,
	LOW_CARD = 150,
	CHART_PADDING = 8,
	TILE_DESCRIPTION_LINES = 2
};

static const struct type top_type = {.size = 12, .weight = WEIGHT_SEMIBOLD};
static const struct type title_type = {.size = 16, .weight = WEIGHT_SEMIBOLD};
static const struct type description_type = {.size = 14, .weight = WEIGHT_NORMAL};
static const double title_leading = 1.5, description_leading = 1.5715;

static void explain(struct card *card, enum fault_kind kind, const char *why, const char *what)
{
	card->state = CARD_FAILED;
	(void)fault_set(&card->reason, kind, "%s%s", why, what);
}

static bool legend_shown(const struct document *d, const struct tile *tile)
{
	switch (d->legend) {
	case LEGEND_SHOWN:
		return true;
	case LEGEND_HIDDEN:
		return false;
	case LEGEND_AS_INSIGHT_SAYS:
		return json_get_bool(query_filter(tile->query), "showLegend", false);
	}
	return false;
}

static void choose_chart(struct card *card, const struct document *d)
{
	const struct tile *tile = card->tile;
	const json_t *query = query_unwrap(tile->query);
	const struct result_env env = {
		.theme = d->theme, .timezone = d->timezone, .now_us = d->now_us};

	if (tile->error[0] != '\0') {
		explain(card, FAULT_QUERY, tile->error, "");
		return;
	}
	if (query == NULL) {
		explain(card, FAULT_CORRUPT, "The insight has no query.", "");
		return;
	}
	card->chart = chart_for(query);
	if (card->chart == NULL) {
		bool trends = strcmp(query_kind(query), "TrendsQuery") == 0;

		(void)fault_set(&card->reason, FAULT_UNSUPPORTED, "%s %s is not supported.",
			trends ? "Display" : "Kind",
			trends ? query_display(query) : query_kind(query));
		card->state = CARD_FAILED;
		return;
	}
	if (tile->result == NULL || json_is_null(tile->result)) {
		explain(card, FAULT_CORRUPT, "The insight has no result.", "");
		return;
	}
	if (card->chart->needs_series &&
		!result_read(query, tile->result, &env, &card->data, &card->reason)) {
		card->state = CARD_FAILED;
		return;
	}
	card->state = card->data != NULL && !card->data->has_data ? CARD_EMPTY : CARD_CHART;
	card->input = (struct chart_input){.query = query,
		.result = tile->result,
		.data = card->data,
		.theme = d->theme,
		.timezone = d->timezone,
		.now_us = d->now_us,
		.standalone = d->kind == DOCUMENT_INSIGHT,
		.legend = legend_shown(d, tile)};
}

void card_init(struct card *card, const struct document *d, const struct tile *tile)
{
	*card = (struct card){.tile = tile, .theme = d->theme};
	card->input.standalone = d->kind == DOCUMENT_INSIGHT;
	if (tile->kind == TILE_TEXT) {
		card->state = CARD_TEXT;
		card->markdown = markdown_parse(tile->body, d->theme);
	} else {
		choose_chart(card, d);
	}
}

void card_finish(struct card *card)
{
	result_destroy(card->data);
	markdown_destroy(card->markdown);
}

/* What the header has room for.  A tile of one row keeps its chart rather than its top line. */
struct header {
	double padding;
	bool top_line;
	const char *description; /* "" is none */
	int description_lines, title_lines;
};

static struct header header_of(const struct card *card, double card_height)
{
	bool standalone = card->input.standalone;
	bool low = !standalone && card_height < LOW_CARD;
	bool described = standalone || (card->tile->show_description && !low);

	return (struct header){.padding = low ? PADDING / 2 : PADDING,
		.top_line = !low,
		.description = described ? card->tile->description : "",
		.description_lines = standalone ? 0 : TILE_DESCRIPTION_LINES,
		.title_lines = standalone ? 3 : 1};
}

/* A retention insight speaks of cohorts, so its top line has no period (5.26). */
static char *top_line(const struct card *card)
{
	const struct tile *tile = card->tile;
	bool dated =
		tile->period[0] != '\0' && strcmp(query_kind(tile->query), "RetentionQuery") != 0;

	return g_strdup_printf("%s%s%s", tile->kind_text,
		dated && tile->kind_text[0] != '\0' ? " \u2022 " : "", dated ? tile->period : "");
}

static double ribbon_width(const struct card *card)
{
	return card->tile->ribbon.a > 0 ? RIBBON : 0;
}

static double header_text_width(const struct card *card, double width)
{
	double mark = card->input.standalone ? MARK_WIDTH + PADDING : 0;

	return width - 2 * PADDING - ribbon_width(card) - mark;
}

static double header_height(
	const struct card *card, struct canvas *c, const struct header *header, double width)
{
	double inner = header_text_width(card, width);
	g_autofree char *top = top_line(card);
	double height = 2 * header->padding;

	height += header->top_line && top[0] != '\0' ? TOP_LINE + TITLE_GAP : 0;
	height += canvas_paragraph_height(
		c, inner, card->tile->title, title_type, title_leading, header->title_lines);
	if (header->description[0] != '\0') {
		height += DESCRIPTION_GAP + canvas_paragraph_height(c, inner, header->description,
						    description_type, description_leading,
						    header->description_lines);
	}
	return ceil(height);
}

double card_page_header_height(const struct card *card, struct canvas *measure, double width)
{
	const struct header header = header_of(card, 0);

	return header_height(card, measure, &header, width);
}

static void draw_header(
	const struct card *card, struct canvas *c, const struct header *header, struct rect box)
{
	const struct theme *theme = card->theme;
	double x = box.x + PADDING + ribbon_width(card), y = box.y + header->padding;
	double width = header_text_width(card, box.w);
	g_autofree char *top = top_line(card);

	if (header->top_line && top[0] != '\0') {
		canvas_text(c, (struct rect){x, y, width, TOP_LINE}, top, top_type, ALIGN_START,
			theme->text_secondary);
		y += TOP_LINE + TITLE_GAP;
	}
	y += canvas_paragraph(c, (struct rect){x, y, width, box.h}, card->tile->title, title_type,
		ALIGN_START, title_leading, header->title_lines, theme->text);
	(void)canvas_paragraph(c, (struct rect){x, y + DESCRIPTION_GAP, width, box.h},
		header->description, description_type, ALIGN_START, description_leading,
		header->description_lines, theme->text_secondary);
	if (card->input.standalone) {
		mark_draw(c, box.x + box.w - PADDING - MARK_WIDTH, box.y + PADDING, theme);
	}
}

bool card_shows_table(const struct card *card)
{
	return card->state == CARD_CHART &&
	       (card->chart->draw == chart_table_draw || card->chart->draw == chart_rows_draw);
}

/* Cartesian charts bring margins for their axes; tables reach from edge to edge. */
static struct rect chart_box(const struct card *card, struct rect box)
{
	double pad = card_shows_table(card) ? 0 : CHART_PADDING;

	return (struct rect){box.x + pad, box.y + pad, box.w - 2 * pad, box.h - 2 * pad};
}

double card_chart_height(const struct card *card, struct canvas *measure, double width)
{
	struct rect inner = chart_box(card, (struct rect){0, 0, width, 0});

	if (card->state != CARD_CHART || card->chart->height == NULL) {
		return 0;
	}
	double wish = card->chart->height(&card->input, measure, inner.w);

	return wish > 0 ? ceil(wish) - inner.h : 0;
}

static void draw_body(const struct card *card, struct canvas *c, struct rect box)
{
	struct rect inner = chart_box(card, box);

	if (inner.w <= 0 || inner.h <= 0) {
		return;
	}
	canvas_clip(c, inner, 0);
	switch (card->state) {
	case CARD_CHART:
		card->chart->draw(c, inner, &card->input);
		break;
	case CARD_EMPTY:
		state_draw_empty(c, inner, card->theme);
		break;
	case CARD_FAILED:
		state_draw_failed(c, inner, fault_text(&card->reason), card->theme);
		break;
	case CARD_TEXT:
		break;
	}
	canvas_unclip(c);
}

static void draw_text_tile(const struct card *card, struct canvas *c, struct rect box)
{
	double ribbon = ribbon_width(card);
	/* Without a ground there is no edge to keep away from, but texts of neighbours line up. */
	const struct rect inner = {box.x + PADDING + ribbon, box.y + PADDING,
		box.w - 2 * PADDING - ribbon, box.h - 2 * PADDING};

	if (inner.w > 0 && inner.h > 0) {
		markdown_draw(card->markdown, c, inner);
	}
}

static void draw_insight(const struct card *card, struct canvas *c, struct rect box)
{
	const struct header header = header_of(card, box.h);
	double height = header_height(card, c, &header, box.w), ribbon = ribbon_width(card);
	bool wide = card->input.standalone || card_shows_table(card);
	double side = wide ? 1 : PADDING;

	canvas_clip(c, box, RADIUS);
	draw_header(card, c, &header, box);
	canvas_unclip(c);
	canvas_fill_rect(c,
		(struct rect){box.x + ribbon + side, box.y + height, box.w - ribbon - 2 * side, 1},
		0, CORNERS_NONE, card->theme->border);
	draw_body(card, c,
		(struct rect){box.x + 1 + ribbon, box.y + height + 1, box.w - 2 - ribbon,
			box.h - height - 2});
}

void card_draw(const struct card *card, struct canvas *c, struct rect box)
{
	bool grounded = !(card->state == CARD_TEXT && card->tile->transparent);

	if (grounded) {
		canvas_fill_rect(c, box, RADIUS, CORNERS_ALL, card->theme->surface);
	}
	if (grounded && card->tile->ribbon.a > 0) {
		canvas_clip(c, box, RADIUS);
		canvas_fill_rect(c, (struct rect){box.x, box.y, RIBBON, box.h}, 0, CORNERS_NONE,
			card->tile->ribbon);
		canvas_unclip(c);
	}
	if (card->state == CARD_TEXT) {
		draw_text_tile(card, c, box);
	} else {
		draw_insight(card, c, box);
	}
	if (grounded) {
		canvas_border(c, box, RADIUS, 1, card->theme->border);
	}
}
