/* What a TrendsQuery asks for, its statement, and the lines its rows make (spec/insights.md 2.2).
 *
 * A pass is the query over one window: the current one, and the previous one when comparing.  Its
 * rows are (series, place, value, bucket, number): place 0 with a value NULL is the remainder past
 * the breakdown's limit; places from 1 rank the values that are kept. */
#pragma once
#include "insight/breakdown.h"
#include "insight/series.h"
#include "insight/window.h"

/* A million numbers are 8 MB here and about 30 MB as JSON in memory. */
enum { TRENDS_MAX_NUMBERS = 1000000, TRENDS_MAX_SMOOTHING = 1000 };

enum trends_form {
	TRENDS_OVER_TIME,
	TRENDS_CUMULATIVE,
	TRENDS_TOTAL, /* one number for the whole range */
	TRENDS_REFUSED /* a structure of its own */
};

struct trends {
	struct series_list series;
	struct breakdown breakdown;
	struct scope scope;
	enum trends_form form;
	int smoothing; /* buckets that are averaged; 1: none */
};

struct trends_pass {
	struct window window;
	GPtrArray *lines; /* struct trends_line */
	bool has_hidden_values;
};

enum line_rank { LINE_VALUE, LINE_NONE, LINE_OTHER };

struct trends_line {
	size_t series;
	enum line_rank rank;
	int64_t place;
	char *value; /* of LINE_VALUE, when there is a breakdown; else NULL */
	double *numbers; /* [bucket count], or one of a total */
};

/* FAULT_QUERY, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool trends_read(const struct kind_context *c, struct trends *out, struct fault *f) MUST_CHECK;
void trends_finish(struct trends *t);

/* One statement for all series of one window. */
struct sql *trends_statement(
	const struct trends *t, const struct trends_pass *pass, const struct kind_context *c);

/* Adds the rows of the pass to its lines, in the order of the result. */
bool trends_collect(const struct trends *t, struct trends_pass *pass, const struct rows *rows,
	struct fault *f) MUST_CHECK;
void trends_pass_finish(struct trends_pass *pass);
/* Appends the pass's items to `results`.  compare_label is NULL when nothing is compared. */
void trends_append_results(const struct trends *t, const struct trends_pass *pass,
	const struct zone *zone, const char *compare_label, json_t *results);
