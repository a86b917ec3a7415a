/* What a series of trends counts, gathered the slow way: straight over a world's events, with texts
 * for buckets and values and hash tables for people.  It shares no line with insight/. */
#pragma once
#include "tests/unit/insight/world_axis.h"

enum { BRUTE_MAX_PARTS = 3 };

/* One thing that is counted. */
struct brute_fact {
	const struct world_event *event;
	int bucket; /* -1: before the first, where only days count */
	char *values[BRUTE_MAX_PARTS]; /* of the breakdown; "" for none */
};

struct brute_series {
	const struct world *world;
	const json_t *query, *node; /* the series itself */
	const struct world_axis *axis;
	bool is_total, is_cumulative;
	const json_t *cohort; /* an id or "all"; NULL: no cohorts */
	GPtrArray *facts; /* struct brute_fact */
	double low[BRUTE_MAX_PARTS], high[BRUTE_MAX_PARTS]; /* of parts that have bins */
};

/* Fills `facts`; unref them. */
void brute_gather(struct brute_series *s);
/* The numbers of the buckets (or the one of a total), counted over some of the facts. */
void brute_numbers(const struct brute_series *s, const GPtrArray *facts, double *numbers);

const char *brute_math(const json_t *node);
/* Sums and counts. */
bool brute_is_additive(const char *math);
/* Counted by whole numbers. */
bool brute_is_whole(const json_t *node);
/* The property as a number; NAN for none. */
double brute_real(const char *text);
/* How many parts the breakdown has. */
size_t brute_parts(const json_t *query);
/* People, or groups where the query counts those. */
const char *brute_actor(const json_t *query, const struct world_event *e);
/* When a session began and ended; false for none. */
bool brute_session(
	const struct brute_series *s, const char *id, int64_t *first_us, int64_t *last_us);
bool brute_is_counted(const struct brute_series *s, const struct world_event *e);
