#include "tests/unit/insight/world_session.h"

#include <inttypes.h>
#include <string.h>

/* As the API writes instants. */
static char *instant_text(int64_t us)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_unix_utc(us / G_USEC_PER_SEC);
	g_autofree char *seconds = g_date_time_format(at, "%Y-%m-%dT%H:%M:%S");

	return g_strdup_printf("%s.%06dZ", seconds, (int)(us % G_USEC_PER_SEC));
}

struct session {
	const struct world_event *first, *last;
	int pageviews;
	char *entry, *end; /* URLs */
};

static struct session look_up(const struct world *w, const char *id)
{
	struct session s = {0};

	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];
		char *url;

		if (g_strcmp0(json_get_text(e->properties, "$session_id", NULL), id) != 0) {
			continue;
		}
		s.first = s.first ? s.first : e;
		s.last = e;
		s.pageviews += strcmp(e->name, "$pageview") == 0;
		url = world_text(e->properties, "$current_url");
		if (url) {
			s.entry = s.entry ? s.entry : g_strdup(url);
			g_free(s.end);
			s.end = url;
		}
	}
	return s;
}

static char *text_of(const struct session *s, const char *key)
{
	int64_t length_us = s->last->us - s->first->us;

	if (strcmp(key, "$entry_current_url") == 0) {
		return g_strdup(s->entry);
	}
	if (strcmp(key, "$end_current_url") == 0) {
		return g_strdup(s->end);
	}
	if (strcmp(key, "$start_timestamp") == 0) {
		return instant_text(s->first->us);
	}
	if (strcmp(key, "$end_timestamp") == 0) {
		return instant_text(s->last->us);
	}
	if (strcmp(key, "$pageview_count") == 0) {
		return g_strdup_printf("%d", s->pageviews);
	}
	if (strcmp(key, "$session_duration") == 0) {
		return g_strdup_printf("%" PRId64, length_us / G_USEC_PER_SEC);
	}
	g_assert(strcmp(key, "$is_bounce") == 0);
	return g_strdup(s->pageviews == 1 && length_us < 10LL * G_USEC_PER_SEC ? "true" : "false");
}

char *world_session_text(const struct world *w, const struct world_event *e, const char *key)
{
	const char *id = json_get_text(e->properties, "$session_id", NULL);
	struct session s;
	char *text;

	if (!id || !*id) {
		return NULL;
	}
	s = look_up(w, id);
	g_assert(s.first && s.last);
	text = text_of(&s, key);
	g_free(s.entry);
	g_free(s.end);
	return text;
}

char *world_metadata_text(const struct world_event *e, const char *key)
{
	if (strcmp(key, "event") == 0) {
		return g_strdup(e->name);
	}
	if (strcmp(key, "distinct_id") == 0) {
		return g_strdup(e->distinct_id);
	}
	if (strcmp(key, "person_id") == 0) {
		return g_strdup(e->person);
	}
	if (strcmp(key, "uuid") == 0) {
		return g_strdup(e->uuid);
	}
	g_assert(strcmp(key, "timestamp") == 0);
	return instant_text(e->us);
}
