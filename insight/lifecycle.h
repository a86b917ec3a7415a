/* What a LifecycleQuery asks for, its statement, and the items its rows make: who of a bucket's
 * actors is new, came back, returned after a pause, and who stays away
 * (spec/insights.md 1.15, 2.7).
 *
 * "One interval later" is the next bucket, however long the clock made it, so the statement counts
 * over buckets that begin one before the range: number 1 is the one before, number 2 the range's
 * first.  Its rows are (status, bucket, whether they stay away from the next, actors). */
#pragma once
#include "insight/entity.h"
#include "insight/window.h"

enum lifecycle_status {
	LIFECYCLE_NEW,
	LIFECYCLE_RETURNING,
	LIFECYCLE_RESURRECTING,
	LIFECYCLE_DORMANT,
	LIFECYCLE_STATUS_COUNT
};

struct lifecycle {
	struct entity entity;
	struct scope scope;
	bool is_shown[LIFECYCLE_STATUS_COUNT]; /* toggledLifecycles */
};

struct lifecycle_pass {
	struct window window;
	struct buckets *buckets; /* one more, before the window's; whole ones at both ends */
	int64_t end_us; /* the last instant of the last of them */
	double *numbers[LIFECYCLE_STATUS_COUNT]; /* [count of the window's buckets] */
};

/* FAULT_QUERY, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool lifecycle_read(
	const struct kind_context *c, struct lifecycle *out, struct fault *f) MUST_CHECK;
void lifecycle_finish(struct lifecycle *l);

/* Finish *out in either case. */
bool lifecycle_open(const struct lifecycle *l, const struct kind_context *c, int64_t earliest_us,
	struct lifecycle_pass *out, struct fault *f) MUST_CHECK;
struct sql *lifecycle_statement(
	const struct lifecycle *l, const struct lifecycle_pass *pass, const struct kind_context *c);
bool lifecycle_collect(const struct lifecycle *l, struct lifecycle_pass *pass,
	const struct rows *rows, struct fault *f) MUST_CHECK;
void lifecycle_pass_finish(struct lifecycle_pass *pass);

/* The list of items; the caller owns it. */
json_t *lifecycle_results(
	const struct lifecycle *l, const struct lifecycle_pass *pass, const struct zone *zone);
/* "new" */
const char *lifecycle_status_name(enum lifecycle_status status);
