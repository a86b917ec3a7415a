#include "insight/kind.h"

#include <glib.h>
#include <string.h>

/* What wraps a wrapper more often than this is no query that anyone drew. */
enum { MAX_WRAPPERS = 4 };

#define KIND(name, query_kind, text) extern const struct kind_methods kind_##name;
#include "insight/kind.def"
#undef KIND

static const struct kind kinds[] = {
#define KIND(name, query_kind, text) {#query_kind, text, &kind_##name},
#include "insight/kind.def"
#undef KIND
	/* Refused, and called by their names all the same: a result that was computed elsewhere has
	 * a header too. */
	{"SessionsQuery", "Sessions", NULL},
};

static const char *const wrappers[] = {"InsightVizNode", "DataVisualizationNode", "DataTableNode"};

const struct kind *kind_lookup(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i].name, name) == 0) {
			return &kinds[i];
		}
	}
	return NULL;
}

const char *kind_name(const json_t *query)
{
	return json_get_text(query, "kind", "");
}

static bool is_wrapper(const json_t *query)
{
	for (size_t i = 0; i < G_N_ELEMENTS(wrappers); i++) {
		if (strcmp(kind_name(query), wrappers[i]) == 0) {
			return true;
		}
	}
	return false;
}

const json_t *kind_unwrap(const json_t *query)
{
	for (int i = 0; i < MAX_WRAPPERS && is_wrapper(query); i++) {
		query = json_get_object(query, "source");
	}
	return is_wrapper(query) ? NULL : query;
}
