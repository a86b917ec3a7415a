#include "render/chart.h"

#include <string.h>

static const struct chart charts[] = {
#define CHART(name, needs_series, display, also)                                                   \
	{#display, also, needs_series, chart_##name##_height, chart_##name##_draw},
#include "render/chart.def"
#undef CHART
};

static bool lists_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *p = list; *p; p += strspn(p, " ")) {
		size_t end = strcspn(p, " ");

		if (end == length && strncmp(p, word, length) == 0) {
			return true;
		}
		p += end;
	}
	return false;
}

static const struct chart *chart_named(const char *display)
{
	for (size_t i = 0; i < sizeof charts / sizeof *charts; i++) {
		if (strcmp(charts[i].display, display) == 0 ||
			lists_word(charts[i].also, display)) {
			return &charts[i];
		}
	}
	return NULL;
}

/* Kinds whose result is series; the display says how they are shown. */
static bool has_display(const char *kind)
{
	return strcmp(kind, "TrendsQuery") == 0 || strcmp(kind, "LifecycleQuery") == 0;
}

const struct chart *chart_for(const json_t *query)
{
	const char *kind = query_kind(query);
	const struct chart *chart;

	if (has_display(kind)) {
		return chart_named(query_display(query));
	}
	chart = chart_named(kind);
	return chart ? chart : chart_named("HogQLQuery");
}
