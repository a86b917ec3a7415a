#include "ctl/picture.h"

#include "insight/insight.h"

#include <glib.h>
#include <string.h>

enum input_kind { INPUT_DOCUMENT, INPUT_INSIGHT, INPUT_RESULT };

static bool is_there(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return member && !json_is_null(member);
}

static bool kind_of(const json_t *input, enum input_kind *kind, struct fault *f)
{
	const char *named = json_get_text(input, "kind", "");

	if (is_there(input, "tiles") &&
		(strcmp(named, "insight") == 0 || strcmp(named, "dashboard") == 0)) {
		*kind = INPUT_DOCUMENT;
	} else if (is_there(input, "query") &&
		   (is_there(input, "result") || is_there(input, "results"))) {
		*kind = INPUT_INSIGHT;
	} else if (json_is_array(input) || is_there(input, "result") ||
		   is_there(input, "results")) {
		*kind = INPUT_RESULT;
	} else {
		return fault_set(f, FAULT_INPUT,
			"is neither a document (kind and tiles) nor an insight (query and result) "
			"nor a result (a list, or an object with results)");
	}
	return true;
}

/* A saved insight has its result beside its query; a table's columns stand beside the result. */
static const json_t *result_of(const json_t *insight)
{
	const json_t *result = json_object_get(insight, "result");
	bool stands_alone = json_is_object(result) ||
			    (is_there(insight, "result") && !is_there(insight, "columns"));

	return stands_alone ? result : insight;
}

bool picture_result(
	const json_t *input, const json_t **query, const json_t **result, struct fault *f)
{
	const json_t *tiles, *tile;
	enum input_kind kind = INPUT_DOCUMENT;

	if (!kind_of(input, &kind, f)) {
		return false;
	}
	if (kind == INPUT_RESULT) {
		*query = NULL;
		*result = input;
		return true;
	}
	if (kind == INPUT_INSIGHT) {
		*query = json_object_get(input, "query");
		*result = result_of(input);
		return true;
	}
	tiles = json_object_get(input, "tiles");
	tile = json_array_get(tiles, 0);
	if (json_array_size(tiles) != 1 || !is_there(tile, "result")) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"a table is made of one insight; this document has %zu tiles",
			json_array_size(tiles));
	}
	*query = json_object_get(tile, "query");
	*result = json_object_get(tile, "result");
	return true;
}

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value) {
		(void)json_object_set_new(object, key, json_string(value));
	}
}

/* What the API would have said beside the picture's title. */
static void describe(json_t *tile, const json_t *query, const char *zone_name, int64_t now_us)
{
	const struct insight_env env = {.timezone = zone_name, .now_us = now_us};
	g_autofree char *period = insight_period_text(query, &env);

	set_text(tile, "kind_text", insight_kind_text(query));
	set_text(tile, "period", period);
	if (!json_get_text(tile, "name", NULL) && !json_get_text(tile, "derived_name", NULL)) {
		g_autofree char *name = insight_derived_name(query);

		set_text(tile, "derived_name", name);
	}
}

/* A series of a total has no points in time, and a line of them would be empty. */
static json_t *guessed_query(const json_t *result)
{
	const json_t *list = json_is_array(result) ? result : json_object_get(result, "results");
	const json_t *first;

	list = list ? list : json_object_get(result, "result");
	first = json_array_get(list, 0);
	if (is_there(result, "columns")) {
		return json_pack("{s:s}", "kind", "HogQLQuery");
	}
	return json_pack("{s:s, s:[], s:{s:s}}", "kind", "TrendsQuery", "series", "trendsFilter",
		"display",
		is_there(first, "data") && json_array_size(json_object_get(first, "data")) > 0
			? "ActionsLineGraph"
			: "ActionsBarValue");
}

static json_t *tile_of(
	const json_t *input, enum input_kind kind, const char *zone_name, int64_t now_us)
{
	static const char *const kept[] = {"name", "derived_name", "description"};
	json_t *tile = json_object();

	if (kind == INPUT_RESULT) {
		(void)json_object_set_new(tile, "query", guessed_query(input));
		(void)json_object_set(tile, "result", (json_t *)(uintptr_t)input);
		set_text(tile, "name", "Result");
		return tile;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(kept); i++) {
		set_text(tile, kept[i], json_get_text(input, kept[i], NULL));
	}
	(void)json_object_set(tile, "query", json_object_get(input, "query"));
	(void)json_object_set(tile, "result", (json_t *)(uintptr_t)result_of(input));
	describe(tile, json_object_get(input, "query"), zone_name, now_us);
	return tile;
}

static bool check_timezone(const char *name, struct fault *f)
{
	g_autoptr(GTimeZone) zone = g_time_zone_new_identifier(name);

	return zone ? true : fault_set(f, FAULT_INPUT, "\"%.80s\" is no time zone", name);
}

bool picture_document(const json_t *input, const struct picture_wishes *wishes, json_t **document,
	struct fault *f)
{
	const char *zone_name =
		wishes->timezone ? wishes->timezone : json_get_text(input, "timezone", "UTC");
	enum input_kind kind = INPUT_DOCUMENT;
	json_t *made;

	if (!kind_of(input, &kind, f) || !check_timezone(zone_name, f)) {
		return false;
	}
	if (kind == INPUT_DOCUMENT) {
		made = json_copy((json_t *)(uintptr_t)input);
	} else {
		json_t *tile = tile_of(input, kind, zone_name, wishes->now_us);

		made = json_pack("{s:s, s:s, s:[o]}", "kind", "insight", "timezone", zone_name,
			"tiles", tile);
		set_text(made, "title",
			json_get_text(tile, "name", json_get_text(tile, "derived_name", NULL)));
	}
	set_text(made, "timezone", wishes->timezone);
	set_text(made, "theme", wishes->theme);
	if (wishes->scale > 0) {
		(void)json_object_set_new(made, "scale", json_real(wishes->scale));
	}
	if (wishes->width > 0) {
		(void)json_object_set_new(made, "width", json_integer(wishes->width));
	}
	if (!is_there(made, "now_us")) {
		(void)json_object_set_new(made, "now_us", json_integer(wishes->now_us));
	}
	*document = made;
	return true;
}
