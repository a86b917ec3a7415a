/* The series of a query: which events each is about and what of them is counted
 * (spec/insights.md 1.5).
 *
 * Texts are borrowed from the query. */
#pragma once
#include "insight/filter.h"
#include "insight/math.h"

enum { SERIES_MAX_COUNT = 26 };

struct series {
	size_t order;
	const char *event; /* NULL: all events */
	const char *name; /* what a legend says: custom name, name, event */
	const struct math *math;
	struct filter *filter, *fixed_filter; /* or NULL */
	const json_t *node;
};

struct series_list {
	struct series items[SERIES_MAX_COUNT];
	size_t count;
};

/* FAULT_QUERY and FAULT_UNSUPPORTED begin with "series[0]." and the member. */
bool series_read(const json_t *query, struct filter_reader *r, struct series_list *out,
	struct fault *f) MUST_CHECK;
void series_finish(struct series_list *list);

/* What a legend says of a node of any kind, even of one that is not computed here. */
const char *series_name(const json_t *node);
/* The math's name as the node has it; "total" when it has none. */
const char *series_math(const json_t *node);
/* The `action` of a result (spec/insights.md 3.1); takes over `days`, which may be NULL. */
json_t *series_action(const struct series *s, json_t *days);
