/* What a TrendsQuery asks for, its statement, and the lines its rows make (spec/insights.md 2.2).
 *
 * A pass is the query over one window: the current one, and the previous one when comparing. */
#pragma once
#include "insight/activity.h"
#include "insight/breakdown.h"
#include "insight/formula.h"
#include "insight/series.h"

enum {
	TRENDS_MAX_NUMBERS = 1000000, /* 8 MB here and about 30 MB as JSON in memory */
	TRENDS_MAX_SMOOTHING = 1000,
	TRENDS_MAX_FORMULAS = 20,
	TRENDS_MAX_COHORT_LINES = 200 /* each is a query of its own within the statement */
};

enum trends_form {
	TRENDS_OVER_TIME,
	TRENDS_CUMULATIVE,
	TRENDS_SLOPE, /* the first and the last bucket */
	TRENDS_TOTAL, /* one number for the whole range */
	TRENDS_BOXES, /* box_plot.h */
	TRENDS_HEAT, /* heat_map.h */
	TRENDS_REFUSED
};

struct trends_formula {
	struct formula *formula;
	char *label;
};

struct trends {
	struct series_list series;
	struct breakdown breakdown;
	struct scope scope;
	struct trends_formula formulas[TRENDS_MAX_FORMULAS];
	size_t formula_count; /* 0: the series themselves are the result */
	enum trends_form form;
	int smoothing; /* buckets that are averaged; 1: none */
};

struct trends_pass {
	struct window window;
	struct activity activity; /* where a series counts active people */
	GPtrArray *lines; /* struct trends_line */
	bool has_hidden_values;
};

enum line_rank { LINE_VALUE, LINE_NONE, LINE_OTHER };

struct trends_line {
	size_t series; /* or formula, when there are any */
	enum line_rank rank;
	int64_t place; /* from 1; 0 for OTHER */
	char *values[BREAKDOWN_MAX_PARTS]; /* of a breakdown's parts, "" for none; NULL for OTHER */
	double *numbers; /* [bucket count], or one of a total */
};

/* FAULT_QUERY, FAULT_UNSUPPORTED.  The caller finishes *out in either case. */
bool trends_read(const struct kind_context *c, struct trends *out, struct fault *f) MUST_CHECK;
void trends_finish(struct trends *t);

/* With formulas all series keep the same values, so that what stands beside each other is of the
 * same one. */
bool trends_shares_places(const struct trends *t);
/* Active people are counted day by day, unless a bucket is their stretch. */
bool trends_counts_days(const struct trends *t, const struct series *s);

/* One statement for all series of one window; its rows are (series, place, bucket, number, value
 * of each part of the breakdown): place 0 is the remainder past the limit, places from 1 rank the
 * values that are kept, or count the cohorts.  Of active people the bucket is the day, and the
 * number by how many there are more than on the day before. */
struct sql *trends_statement(
	const struct trends *t, const struct trends_pass *pass, const struct kind_context *c);

/* Opens the pass' window, and what its series need beside it. */
bool trends_open(const struct trends *t, const struct kind_context *c, int64_t earliest_us,
	struct trends_pass *pass, struct fault *f) MUST_CHECK;
bool trends_open_previous(const struct trends *t, const struct kind_context *c,
	const struct window *current, const char *compare_to, struct trends_pass *pass,
	struct fault *f) MUST_CHECK;
void trends_pass_finish(struct trends_pass *pass);

/* Adds the rows of the pass to its lines, in the order of the result. */
bool trends_collect(const struct trends *t, struct trends_pass *pass, const struct rows *rows,
	struct fault *f) MUST_CHECK;
/* What a series' numbers are multiplied with. */
double trends_scale(const struct trends *t, const struct series *s);
struct trends_line *trends_line_create(size_t count);
void trends_line_destroy(struct trends_line *line);
size_t trends_numbers_per_line(const struct trends *t, const struct trends_pass *pass);
/* Replaces the lines of series with those of formulas, value by value. */
bool trends_apply_formulas(
	const struct trends *t, struct trends_pass *pass, struct fault *f) MUST_CHECK;

/* Appends the pass's items to `results`.  compare_label is NULL when nothing is compared. */
void trends_append_results(const struct trends *t, const struct trends_pass *pass,
	const struct date_place *place, const char *compare_label, json_t *results);
