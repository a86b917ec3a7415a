/* Paths of those who came to a step of a funnel: before it, after it, or on the way to it
 * (spec/insights.md 1.13).
 *
 * The funnel tells who and when; its queries stand before those of the paths in one statement. */
#pragma once
#include "insight/funnels.h"

enum paths_funnel_type { PATHS_BEFORE_STEP, PATHS_AFTER_STEP, PATHS_BETWEEN_STEPS };

struct paths_funnel {
	bool is_set;
	enum paths_funnel_type type;
	size_t step; /* from 1, as PostHog numbers them here */
	bool is_dropped; /* of those who came to the step before it and no further */
	struct kind_context context; /* the funnel's own query */
	struct funnel funnel;
	struct window window;
};

/* `funnelPathsFilter` of a query.  FAULT_QUERY, FAULT_DATE and FAULT_UNSUPPORTED begin with it.
 * The caller finishes *out in either case. */
bool paths_funnel_read(
	const struct kind_context *c, struct paths_funnel *out, struct fault *f) MUST_CHECK;
void paths_funnel_finish(struct paths_funnel *p);

/* What is asked before the funnel can be, where its range is all time. */
struct sql *paths_funnel_earliest(const struct paths_funnel *p);
bool paths_funnel_open(struct paths_funnel *p, int64_t earliest_us, struct fault *f) MUST_CHECK;

/* "targets": an actor p and the microseconds since the range's beginning between which their events
 * count, `since` and `until`, each null where there is no such bound. */
void paths_funnel_write_targets(const struct paths_funnel *p, struct writer *w);
/* " AND …": the row's actor is one of them. */
void paths_funnel_write_is_target(const struct paths_funnel *p, struct writer *w);
/* " JOIN targets ON …", of a row with columns actor and at. */
void paths_funnel_write_join(const struct paths_funnel *p, struct writer *w, const char *from);
