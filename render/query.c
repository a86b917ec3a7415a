#include "render/query.h"

#include <string.h>

enum { MAX_WRAPPERS = 8 };

static const struct {
	const char *kind, *filter;
} filters[] = {
	{"FunnelsQuery", "funnelsFilter"},
	{"LifecycleQuery", "lifecycleFilter"},
	{"PathsQuery", "pathsFilter"},
	{"RetentionQuery", "retentionFilter"},
	{"StickinessQuery", "stickinessFilter"},
	{"TrendsQuery", "trendsFilter"},
};

static bool is_wrapper(const char *kind)
{
	return strcmp(kind, "InsightVizNode") == 0 || strcmp(kind, "DataVisualizationNode") == 0 ||
	       strcmp(kind, "DataTableNode") == 0;
}

const json_t *query_unwrap(const json_t *query)
{
	for (int i = 0; i < MAX_WRAPPERS && json_is_object(query); i++) {
		if (!is_wrapper(json_get_text(query, "kind", ""))) {
			return query;
		}
		query = json_get_object(query, "source");
	}
	return NULL;
}

const char *query_kind(const json_t *query)
{
	return json_get_text(query_unwrap(query), "kind", "");
}

const json_t *query_filter(const json_t *query)
{
	const json_t *inner = query_unwrap(query);
	const char *kind = json_get_text(inner, "kind", "");

	for (size_t i = 0; i < sizeof filters / sizeof *filters; i++) {
		if (strcmp(filters[i].kind, kind) == 0) {
			return json_get_object(inner, filters[i].filter);
		}
	}
	return NULL;
}

const char *query_display(const json_t *query)
{
	/* A lifecycle is bars and has no display to choose. */
	if (strcmp(query_kind(query), "LifecycleQuery") == 0) {
		return "ActionsBar";
	}
	return json_get_text(query_filter(query), "display", "ActionsLineGraph");
}
