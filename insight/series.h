/* The series of a query: which events each is about and what of them is counted
 * (spec/insights.md 1.5).
 *
 * Texts are borrowed from the query. */
#pragma once
#include "insight/entity.h"
#include "insight/math.h"

enum { SERIES_MAX_COUNT = 26 };

struct series {
	size_t order;
	struct entity entity;
	const struct math *math;
};

struct series_list {
	struct series items[SERIES_MAX_COUNT];
	size_t count;
};

/* FAULT_QUERY and FAULT_UNSUPPORTED begin with "series[0]." and the member. */
bool series_read(const json_t *query, struct filter_reader *r, struct series_list *out,
	struct fault *f) MUST_CHECK;
void series_finish(struct series_list *list);

/* The math's name as the node has it; "total" when it has none. */
const char *series_math(const json_t *node);
/* The `action` of a result (spec/insights.md 3.1); takes over `days`, which may be NULL. */
json_t *series_action(const struct series *s, json_t *days);
