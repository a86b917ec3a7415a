/* What one picture shows: a title and tiles (README.md has the JSON).
 *
 * Read and checked here once, so that pages meet only values that make sense.  An insight alone is
 * a document with one tile.  To add a member: its field, its line in document.c, its row in
 * README.md. */
#pragma once
#include "lib/base/json.h"
#include "render/layout.h"
#include "render/theme.h"

enum { DOCUMENT_MAX_TILES = 100 };

enum document_kind { DOCUMENT_INSIGHT, DOCUMENT_DASHBOARD };
enum tile_kind { TILE_INSIGHT, TILE_TEXT };

/* Whether legends are shown. */
enum legend_choice { LEGEND_AS_INSIGHT_SAYS, LEGEND_SHOWN, LEGEND_HIDDEN };

/* Texts are never NULL; "" is none. */
struct tile {
	enum tile_kind kind;
	const char *title; /* the name, or what was derived from the query */
	const char *description;
	bool show_description;
	const char *kind_text, *period;
	const json_t *query, *result; /* or NULL */
	const char *error; /* why there is no result; "": there is one */
	const char *body; /* markdown */
	bool transparent;
	struct cell cell;
	struct color ribbon; /* alpha 0: none */
};

struct document {
	enum document_kind kind;
	const char *title, *description;
	const char *timezone;
	/* The zone itself: GLib keeps what it has read as long as someone holds it, so charts that
	 * ask by name again read no file. */
	GTimeZone *zone;
	int week_start_day;
	int64_t now_us; /* 0: unknown */
	const struct theme *theme;
	double scale, width;
	enum legend_choice legend;
	const char *export_id, *file_title, *created_at;
	struct tile *tiles;
	size_t tile_count;
};

/* Borrows from `json`, which must outlive it.  FAULT_CORRUPT names the member that is wrong,
 * FAULT_TOO_LARGE the limit.  Cells are as asked for; page_dashboard places them. */
bool document_read(const json_t *json, struct document **out, struct fault *f) MUST_CHECK;
void document_destroy(struct document *d); /* NULL is fine */
