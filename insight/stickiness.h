/* What a StickinessQuery asks for, its statement, and the items its rows make: how many actors were
 * active in one, two, three … intervals of a range (spec/insights.md 1.14, 2.6).
 *
 * A pass is the query over one window.  Its rows are (series, intervals, actors). */
#pragma once
#include "insight/series.h"
#include "insight/window.h"

enum { STICKINESS_MAX_INTERVAL_COUNT = 10000, STICKINESS_MAX_NUMBERS = 1000000 };

/* How often an actor must do it for an interval to count; at least once in any case. */
enum stickiness_operator { STICKINESS_AT_LEAST, STICKINESS_AT_MOST, STICKINESS_EXACTLY };

struct stickiness_criteria {
	bool is_set;
	enum stickiness_operator operator;
	int64_t value;
};

struct stickiness_series {
	struct entity entity;
	struct scope scope; /* the query's, with the series' own actor; borrowed */
};

struct stickiness {
	struct stickiness_series series[SERIES_MAX_COUNT];
	size_t series_count;
	struct scope scope;
	struct stickiness_criteria criteria;
	int64_t interval_count; /* buckets that are one interval */
	bool is_cumulative;
};

struct stickiness_pass {
	struct window window;
	size_t length; /* intervals of the window */
	int64_t *numbers; /* [series_count * length] */
};

/* FAULT_QUERY, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool stickiness_read(
	const struct kind_context *c, struct stickiness *out, struct fault *f) MUST_CHECK;
void stickiness_finish(struct stickiness *s);

/* One statement for all series of one window. */
struct sql *stickiness_statement(const struct stickiness *s, const struct stickiness_pass *pass,
	const struct kind_context *c);

bool stickiness_collect(const struct stickiness *s, struct stickiness_pass *pass,
	const struct rows *rows, struct fault *f) MUST_CHECK;
void stickiness_pass_finish(struct stickiness_pass *pass);
/* Appends the pass's items to `results`.  compare_label is NULL when nothing is compared. */
void stickiness_append_results(const struct stickiness *s, const struct stickiness_pass *pass,
	const char *compare_label, json_t *results);
