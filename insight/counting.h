/* What a series of trends counts, as SQL (spec/insights.md 2.2).
 *
 * Facts are what is counted, one row each; cells are the numbers: (b, v1 …, n) for bucket, value of
 * each part of a breakdown, number.  To add a way to count, add its case to each function of
 * math_sql.c. */
#pragma once
#include "insight/trends.h"

/* One statement that counts a pass. */
struct counting {
	const struct trends *trends;
	const struct trends_pass *pass;
	const struct kind_context *context;
	const struct breakdown_cohort *cohort; /* whose people are counted, or NULL: all */
	struct writer writer;
};

/* The shape that is really counted: active people of a week are just the people of a bucket that
 * is a week. */
enum math_shape counting_shape(const struct counting *c, const struct series *s);
/* What happened in the series' time, what the series is about and whom it counts:
 * " FROM events WHERE …". */
void counting_write_rows(struct counting *c, const struct series *s);

/* A property as those rows have it, which persons and groups are joined to; it has the same key. */
struct property counting_joined(const struct property *p, size_t part);
/* Of a series; a session's stays what it is, for it has one value a session. */
struct property counting_math_property(const struct series *s);

/* (b, v1 …, x) of a property's values. */
void math_write_values(struct counting *c, const struct series *s);
/* False for what is counted without facts. */
bool math_has_facts(const struct counting *c, const struct series *s);
void math_write_facts(struct counting *c, const struct series *s);
/* `facts` is their table; NULL: they are written in its place. */
void math_write_cells(struct counting *c, const struct series *s, const char *facts);
/* The number of a place of the ranking, anew from all facts that belong to it: of what does not add
 * up.  " FROM …" joins `facts` with `kept`; selects from "SELECT …" on. */
void math_write_places(
	struct counting *c, const struct series *s, const char *facts, const char *kept);

/* breakdown_sql.c: ", label AS v1 …" of a row of events. */
void breakdown_write_labels(struct counting *c, const struct series *s);
/* ", kept.v1 …", for `prefix` "kept.". */
void breakdown_write_keys(struct counting *c, const char *prefix);
/* "kept.v1 = cells.v1 AND …" */
void breakdown_write_match(struct counting *c, const char *a, const char *b);
/* The same between a table and the labels of the row of events itself. */
void breakdown_write_row_match(struct counting *c, const struct series *s, const char *a);
/* ", label AS v1 …" as results show them, of kept values. */
void breakdown_write_shown(struct counting *c, const struct series *s, const char *prefix);
/* "name AS (…), " for each part that is sorted into bins: of one series, or with NULL of all. */
void breakdown_write_bounds(struct counting *c, const struct series *s);
/* "name AS (…)": the values that have places, by the cells of one series, or with NULL of all. */
void breakdown_write_kept(struct counting *c, const struct series *s, const char *name);
