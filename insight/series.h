/* The series of a query: which events each is about and what of them is counted
 * (spec/insights.md 1.5).
 *
 * Texts are borrowed from the query. */
#pragma once
#include "insight/entity.h"
#include "insight/expression.h"
#include "insight/math.h"

enum { SERIES_MAX_COUNT = 26 };

struct series {
	size_t order;
	struct entity entity;
	const struct math *math;
	struct property property; /* of MATH_PROPERTY and series_read_property(); or no key */
	int group_index; /* of MATH_GROUPS */
	struct expression *expression; /* of MATH_EXPRESSION */
	double multiplier; /* of every number; of MATH_PROPERTY, of every value */
};

struct series_list {
	struct series items[SERIES_MAX_COUNT];
	size_t count;
};

/* FAULT_QUERY and FAULT_UNSUPPORTED begin with "series[0]." and the member.  Finish *out in either
 * case. */
bool series_read(const json_t *query, struct filter_reader *r, struct series_list *out,
	struct fault *f) MUST_CHECK;
void series_finish(struct series_list *list);

/* Reads the property of a series whose math may have none; `whose` says what needs it. */
bool series_read_property(struct series *s, const char *whose, struct fault *f) MUST_CHECK;

/* True where MATH_PROPERTY has one value a session, not one an event. */
bool series_is_of_session(const struct series *s);

/* The math's name as the node has it; "total" when it has none. */
const char *series_math(const json_t *node);
/* The `action` of a result (spec/insights.md 3.1); takes over `days`, which may be NULL. */
json_t *series_action(const struct series *s, json_t *days);
