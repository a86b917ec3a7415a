#include "worker/document.h"

#include "insight/insight.h"

#include <glib.h>
#include <inttypes.h>

static void set_text(json_t *object, const char *key, const char *value)
{
	if (value) {
		json_object_set_new(object, key, json_string(value));
	}
}

static json_t *tile_of(const struct job *j, const struct tile *t)
{
	json_t *about = json_copy(t->about);
	struct insight_env env = {
		.project_id = j->claim.project_id,
		.timezone = j->timezone,
		.week_start_day = j->week_start_day,
		.now_us = j->now_us,
	};

	if (!t->query) {
		return about;
	}
	json_object_set(about, "query", t->query);
	json_object_set(about, "result", t->result);
	set_text(about, "kind_text", insight_kind_text(t->query));
	{
		g_autofree char *period = insight_period_text(t->query, &env);

		set_text(about, "period", period);
	}
	if (!json_get_text(about, "name", NULL) && !json_get_text(about, "derived_name", NULL)) {
		g_autofree char *name = insight_derived_name(t->query);

		set_text(about, "derived_name", name);
	}
	if (t->fault.kind != FAULT_NONE) {
		set_text(about, "error", fault_text(&t->fault));
	}
	return about;
}

/* A dashboard's title, else what the one insight is called. */
static const char *title_of(const struct job *j, const json_t *tiles)
{
	const json_t *first = json_array_get(tiles, 0);

	if (j->is_dashboard) {
		return j->title ? j->title : "Dashboard";
	}
	return json_get_text(first, "name", json_get_text(first, "derived_name", "Insight"));
}

json_t *document_of(const struct job *j)
{
	/* What the request may say about the picture, under the names the document has for it. */
	static const struct {
		const char *asked, *member;
	} options[] = {{"theme", "theme"}, {"scale", "scale"}, {"width", "width"},
		{"show_legend", "legend"}};
	json_t *document = json_object(), *tiles = json_array(), *metadata = json_object();
	char text[32];

	for (guint i = 0; i < j->tiles->len; i++) {
		json_array_append_new(tiles, tile_of(j, j->tiles->pdata[i]));
	}
	json_object_set_new(
		document, "kind", json_string(j->is_dashboard ? "dashboard" : "insight"));
	set_text(document, "title", title_of(j, tiles));
	set_text(document, "description", j->description);
	set_text(document, "timezone", j->timezone);
	json_object_set_new(document, "week_start_day", json_integer(j->week_start_day));
	json_object_set_new(document, "now_us", json_integer(j->now_us));
	for (size_t i = 0; i < G_N_ELEMENTS(options); i++) {
		json_t *value = json_object_get(j->context, options[i].asked);

		if (value) {
			json_object_set(document, options[i].member, value);
		}
	}
	(void)g_snprintf(text, sizeof text, "%" PRId64, j->claim.id);
	set_text(metadata, "export_id", text);
	set_text(metadata, "title", title_of(j, tiles));
	{
		g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(j->now_us / 1000000);
		g_autofree char *stamp = g_date_time_format(at, "%Y-%m-%dT%H:%M:%SZ");

		set_text(metadata, "created_at", stamp);
	}
	json_object_set_new(document, "metadata", metadata);
	json_object_set_new(document, "tiles", tiles);
	return document;
}
