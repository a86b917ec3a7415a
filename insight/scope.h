/* What all insight queries have in common: whose events count, of which time, cut into which
 * buckets (spec/insights.md 1.2, 2.1).
 *
 * Read once with the query; scope_write_rows() is then the only way to the rows of events.  To add
 * a field that every query has, add it here. */
#pragma once
#include "insight/filter.h"
#include "insight/kind.h"

enum { ACTOR_IS_PERSON = -1, ACTOR_MAX_GROUP = 4 };

struct scope {
	struct filter *filter, *test_filter; /* or NULL */
	double sample; /* the part of people that counts; 1: all */
	int actor; /* ACTOR_IS_PERSON, or the index of the type of group that is counted */
	enum interval interval;
	struct date_request dates;
	bool excludes_incomplete; /* dateRange.excludeIncompletePeriods */
};

/* FAULT_QUERY, FAULT_DATE and FAULT_UNSUPPORTED begin with the member.  Finish *out in either
 * case. */
bool scope_read(const struct kind_context *c, struct filter_reader *r, struct scope *out,
	struct fault *f) MUST_CHECK;
void scope_finish(struct scope *s);

/* Who did it: "events.person_id" or "events.group_1". */
void scope_write_actor(const struct scope *s, struct writer *w);
/* " FROM events WHERE …" of what counts between two instants, both included. */
void scope_write_rows(const struct scope *s, struct writer *w, int64_t from_us, int64_t to_us);
/* The same without a beginning: all history up to an instant. */
void scope_write_history(const struct scope *s, struct writer *w, int64_t to_us);
/* History before the query's filters chose from it, and " AND …" of those filters: for what must
 * have happened first of all. */
void scope_write_unfiltered_history(const struct scope *s, struct writer *w, int64_t to_us);
void scope_write_filters(const struct scope *s, struct writer *w);
