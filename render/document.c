#include "render/document.h"

#include "render/result.h"

#include <math.h>
#include <string.h>

enum { MIN_WIDTH = 200, MAX_WIDTH = 8192, INSIGHT_WIDTH = 800, DASHBOARD_WIDTH = 1920 };

static const double min_scale = 0.5, max_scale = 4, default_scale = 2;

/* spec/insights.md 5.26; black and green are the theme's. */
/* clang-format off */
static const struct {
	const char *name, *hex;
} ribbons[] = {
	{"blue", "#597dce"}, {"cyan", "#41cbc4"}, {"orange", "#f54e00"}, {"pink", "#fe729e"},
	{"purple", "#c278cf"}, {"red", "#db3707"}, {"teal", "#42827e"},
};
/* clang-format on */

static struct color ribbon_named(const char *name, const struct theme *theme)
{
	if (strcmp(name, "black") == 0) {
		return theme->text;
	}
	if (strcmp(name, "green") == 0) {
		return theme->success;
	}
	for (size_t i = 0; i < sizeof ribbons / sizeof *ribbons; i++) {
		if (strcmp(ribbons[i].name, name) == 0) {
			return color_of_hex(ribbons[i].hex);
		}
	}
	return (struct color){0, 0, 0, 0};
}

static bool read_text(const json_t *from, const char *key, const char **out, struct fault *f)
{
	const json_t *value = json_object_get(from, key);

	if (value == NULL || json_is_null(value)) {
		*out = "";
		return true;
	}
	if (!json_is_string(value)) {
		return fault_set(f, FAULT_CORRUPT, "%s is not a text", key);
	}
	*out = json_string_value(value);
	return true;
}

static bool read_bool(const json_t *from, const char *key, bool *out, struct fault *f)
{
	const json_t *value = json_object_get(from, key);

	*out = json_is_true(value);
	if (value != NULL && !json_is_boolean(value) && !json_is_null(value)) {
		return fault_set(f, FAULT_CORRUPT, "%s is neither true nor false", key);
	}
	return true;
}

static bool read_number(const json_t *from, const char *key, double least, double most,
	double otherwise, double *out, struct fault *f)
{
	const json_t *value = json_object_get(from, key);

	*out = otherwise;
	if (value == NULL || json_is_null(value)) {
		return true;
	}
	*out = json_number_value(value);
	if (!json_is_number(value) || !(*out >= least && *out <= most)) {
		return fault_set(
			f, FAULT_CORRUPT, "%s is not a number from %g to %g", key, least, most);
	}
	return true;
}

/* Null and missing members are common in stored layouts; anything that is no number counts as
 * missing too, for a tile that can be placed is better than an export that fails. */
static bool read_grid_number(const json_t *from, const char *key, int *out)
{
	const json_t *value = json_object_get(from, key);
	double number = json_number_value(value);

	if (!json_is_number(value)) {
		return false;
	}
	*out = (int)lround(CLAMP(number, -1e6, 1e6));
	return true;
}

static void read_cell(const json_t *layout, const struct tile *tile, struct cell *cell)
{
	bool text = tile->kind == TILE_TEXT;

	layout_default_size(text ? "text" : query_kind(tile->query),
		text ? "" : query_display(tile->query), &cell->w, &cell->h);
	(void)read_grid_number(layout, "w", &cell->w);
	(void)read_grid_number(layout, "h", &cell->h);
	cell->placed = read_grid_number(layout, "x", &cell->x);
	cell->placed = read_grid_number(layout, "y", &cell->y) && cell->placed;
}

static bool read_tile(
	const json_t *json, const struct theme *theme, struct tile *tile, struct fault *f)
{
	const char *kind = "", *name = "", *derived = "", *color = "";

	if (!json_is_object(json)) {
		return fault_set(f, FAULT_CORRUPT, "it is not an object");
	}
	if (!read_text(json, "kind", &kind, f) || !read_text(json, "name", &name, f) ||
		!read_text(json, "derived_name", &derived, f) ||
		!read_text(json, "description", &tile->description, f) ||
		!read_bool(json, "show_description", &tile->show_description, f) ||
		!read_text(json, "kind_text", &tile->kind_text, f) ||
		!read_text(json, "period", &tile->period, f) ||
		!read_text(json, "error", &tile->error, f) ||
		!read_text(json, "body", &tile->body, f) ||
		!read_bool(json, "transparent_background", &tile->transparent, f) ||
		!read_text(json, "color", &color, f)) {
		return false;
	}
	if (strcmp(kind, "text") == 0) {
		tile->kind = TILE_TEXT;
	} else if (kind[0] != '\0' && strcmp(kind, "insight") != 0) {
		return fault_set(f, FAULT_CORRUPT, "kind %s is neither insight nor text", kind);
	}
	tile->title = name[0] != '\0' ? name : derived;
	tile->query = json_object_get(json, "query");
	tile->result = json_object_get(json, "result");
	tile->ribbon = ribbon_named(color, theme);
	read_cell(json_object_get(json, "layout"), tile, &tile->cell);
	return true;
}

static bool read_tiles(const json_t *json, struct document *d, struct fault *f)
{
	const json_t *tiles = json_object_get(json, "tiles");

	if (!json_is_array(tiles)) {
		return fault_set(f, FAULT_CORRUPT, "tiles is not a list");
	}
	d->tile_count = json_array_size(tiles);
	if (d->kind == DOCUMENT_INSIGHT && d->tile_count != 1) {
		return fault_set(
			f, FAULT_CORRUPT, "an insight page shows one tile, not %zu", d->tile_count);
	}
	if (d->tile_count > DOCUMENT_MAX_TILES) {
		return fault_set(f, FAULT_TOO_LARGE,
			"The dashboard has %zu tiles; at most %d can be drawn.", d->tile_count,
			DOCUMENT_MAX_TILES);
	}
	d->tiles = g_new0(struct tile, d->tile_count + 1);
	for (size_t i = 0; i < d->tile_count; i++) {
		if (!read_tile(json_array_get(tiles, i), d->theme, &d->tiles[i], f)) {
			return fault_wrap(f, "tiles[%zu]: ", i);
		}
	}
	return true;
}

static bool read_look(const json_t *json, struct document *d, struct fault *f)
{
	const json_t *legend = json_object_get(json, "legend");
	const char *theme = "";
	bool shown = false;

	if (!read_text(json, "theme", &theme, f) || !read_bool(json, "legend", &shown, f)) {
		return false;
	}
	d->theme = theme_named(theme);
	if (json_is_boolean(legend)) {
		d->legend = shown ? LEGEND_SHOWN : LEGEND_HIDDEN;
	}
	return read_number(json, "scale", min_scale, max_scale, default_scale, &d->scale, f) &&
	       read_number(json, "width", MIN_WIDTH, MAX_WIDTH,
		       d->kind == DOCUMENT_INSIGHT ? INSIGHT_WIDTH : DASHBOARD_WIDTH, &d->width, f);
}

static bool read_time(const json_t *json, struct document *d, struct fault *f)
{
	double week_start = 0;

	if (!read_text(json, "timezone", &d->timezone, f) ||
		!read_number(json, "week_start_day", 0, 1, 0, &week_start, f)) {
		return false;
	}
	if (d->timezone[0] == '\0') {
		d->timezone = "UTC";
	}
	d->zone = g_time_zone_new_identifier(d->timezone);
	if (d->zone == NULL) {
		return fault_set(f, FAULT_CORRUPT, "timezone %s is not known", d->timezone);
	}
	d->week_start_day = week_start >= 0.5 ? 1 : 0;
	d->now_us = (int64_t)json_get_int(json, "now_us", 0);
	return true;
}

static bool read_kind(const json_t *json, struct document *d, struct fault *f)
{
	const char *kind = "";

	if (!read_text(json, "kind", &kind, f)) {
		return false;
	}
	if (strcmp(kind, "insight") == 0) {
		d->kind = DOCUMENT_INSIGHT;
	} else if (strcmp(kind, "dashboard") == 0) {
		d->kind = DOCUMENT_DASHBOARD;
	} else {
		return fault_set(f, FAULT_CORRUPT, "kind is neither insight nor dashboard");
	}
	return true;
}

static bool read_all(const json_t *json, struct document *d, struct fault *f)
{
	const json_t *metadata = json_object_get(json, "metadata");

	if (!json_is_object(json)) {
		return fault_set(f, FAULT_CORRUPT, "it is not an object");
	}
	return read_kind(json, d, f) && read_text(json, "title", &d->title, f) &&
	       read_text(json, "description", &d->description, f) && read_time(json, d, f) &&
	       read_text(metadata, "export_id", &d->export_id, f) &&
	       read_text(metadata, "title", &d->file_title, f) &&
	       read_text(metadata, "created_at", &d->created_at, f) && read_look(json, d, f) &&
	       read_tiles(json, d, f);
}

bool document_read(const json_t *json, struct document **out, struct fault *f)
{
	struct document *d = g_new0(struct document, 1);

	d->timezone = "";

	if (!read_all(json, d, f)) {
		document_destroy(d);
		/* A limit speaks to whoever asked for the export, and needs no such context. */
		return f->kind == FAULT_CORRUPT ? fault_wrap(f, "document: ") : false;
	}
	*out = d;
	return true;
}

void document_destroy(struct document *d)
{
	if (d != NULL) {
		g_clear_pointer(&d->zone, g_time_zone_unref);
		g_free(d->tiles);
		g_free(d);
	}
}
