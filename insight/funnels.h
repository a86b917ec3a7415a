/* What a FunnelsQuery asks for, its statement, and the result its rows make (spec/insights.md
 * 1.11, 2.3).
 *
 * A chain is one way of an actor through the steps: it begins with an event of the first step and
 * goes on with the next event that is a step it waits for.  Every start has its own chain; what is
 * counted are chains, never events.  Steps are numbered from 0, as queries number them.  To add a
 * view, add its enumerator, a statement to funnels_cells_sql.c and a result to funnels_result.c. */
#pragma once
#include "insight/breakdown.h"
#include "insight/entity.h"
#include "insight/expression.h"
#include "insight/window.h"

enum {
	FUNNEL_MIN_STEPS = 2,
	FUNNEL_MAX_STEPS = 30,
	FUNNEL_MAX_EXCLUSIONS = 10,
	FUNNEL_MAX_BINS = 90,
	FUNNEL_MAX_OWN_BINS = 60, /* where the query names no number */
	FUNNEL_MAX_WINDOW = 100000, /* units */
	FUNNEL_MAX_NUMBERS = 1000000
};

enum funnel_view { FUNNEL_STEPS, FUNNEL_TIME_TO_CONVERT, FUNNEL_TRENDS };
enum funnel_order { FUNNEL_ORDERED, FUNNEL_STRICT, FUNNEL_UNORDERED };
enum funnel_attribution { ATTRIBUTE_FIRST, ATTRIBUTE_LAST, ATTRIBUTE_ALL, ATTRIBUTE_STEP };

/* Which of an actor's events are a step. */
enum funnel_once {
	STEP_ALWAYS,
	STEP_FIRST_TIME, /* the first one ever, if it matches the filters */
	STEP_FIRST_TIME_WITH_FILTERS /* the first one ever that matches the filters */
};

struct funnel_step {
	struct entity entity;
	enum funnel_once once;
	bool is_optional;
};

struct funnel_exclusion {
	struct entity entity;
	size_t from, to; /* steps */
};

struct funnel {
	struct funnel_step steps[FUNNEL_MAX_STEPS];
	struct funnel_exclusion exclusions[FUNNEL_MAX_EXCLUSIONS];
	size_t step_count, exclusion_count;
	enum funnel_view view;
	enum funnel_order order;
	int64_t window_us; /* from the first step */
	size_t from, to; /* steps, of the views that look at two of them */
	int64_t bins; /* 0: as many as suit */
	struct breakdown breakdown; /* not set in views that have none */
	enum funnel_attribution attribution;
	size_t attribution_step;
	struct expression *actor; /* whoever has the same value is one actor; NULL: as in `scope` */
	struct scope scope;
	/* Every event is at most one step or exclusion, told by its name. */
	bool is_plain;
	bool has_optional, has_once;
};

/* FAULT_QUERY, FAULT_DATE, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool funnel_read(const struct kind_context *c, struct funnel *out, struct fault *f) MUST_CHECK;
void funnel_finish(struct funnel *t);

/* `series` and `exclusions`, for funnel_read(). */
bool funnel_read_steps(const json_t *query, struct filter_reader *r, struct funnel *out,
	struct fault *f) MUST_CHECK;
bool funnel_read_exclusions(const json_t *filter, struct filter_reader *r, struct funnel *out,
	struct fault *f) MUST_CHECK;

/* One window's rows, and what is kept of them. */
struct funnel_pass {
	struct window window;
	json_t *results; /* of the view */
	bool has_hidden_values;
};

/* How many texts a value of the breakdown has; 0 without one. */
size_t funnel_value_count(const struct funnel *t);
struct sql *funnel_statement(
	const struct funnel *t, const struct funnel_pass *pass, const struct kind_context *c);
bool funnel_collect(const struct funnel *t, struct funnel_pass *pass, const struct kind_context *c,
	const struct rows *rows, struct fault *f) MUST_CHECK;
void funnel_pass_finish(struct funnel_pass *pass);
