/* Property filters: a list that must all hold, or a tree of AND and OR (spec/insights.md 1.2, 1.4).
 *
 * Read with the query, so that what is wrong with it is said before anything runs; written into
 * every statement that it restricts. */
#pragma once
#include "insight/expression.h"
#include "insight/references.h"

enum { FILTER_MAX_COUNT = 100, FILTER_MAX_DEPTH = 8 };

struct filter;

/* What all filters of one query share.  Filters over rows of persons are about the person, those
 * over rows of groups about the group; the statement calls its table persons or groups. */
struct filter_reader {
	enum expression_table rows; /* of events, unless it says otherwise */
	int group_index; /* of rows of groups */
	const struct date_place *place;
	const struct references *references;
	unsigned count; /* filters so far */
	unsigned cohort_depth; /* cohorts that are being read, one within another */
};

/* `properties` may be NULL, null, a list or a group.  Faults name the place below it, so callers
 * wrap them with the member's own name. */
bool filter_read(struct filter_reader *r, const json_t *properties, struct filter **out,
	struct fault *f) MUST_CHECK;
void filter_destroy(struct filter *filter); /* NULL is fine */

/* Writes " AND (…)", or nothing where the filter is always true. */
void filter_write_and(const struct filter *filter, struct writer *w);
