/* Retention counted the slow way: for every start every event, straight over a world's array.
 *
 * It knows what random queries need: entities of events with filters, absolute ends of ranges. */
#pragma once
#include "tests/unit/insight/world.h"

struct brute_entity {
	const char *event; /* NULL: all events */
	const json_t *filters; /* or NULL */
};

struct brute_retention {
	const struct world *world;
	const char *type; /* recurring, first_time, first_ever_occurrence */
	const char *interval; /* hour, day, week, month */
	char to[WORLD_BUCKET]; /* the end of the range */
	struct brute_entity target, returning;
	const json_t *filters;
	int count; /* of cohorts */
	int brackets[3]; /* 0: none */
	int occurrences;
	bool is_cumulative, is_rolling;
	int group; /* -1: people */
	double sample;
	const char *value; /* NULL, "sum" or "avg" */
	const char *value_key, *value_type;
	const char *breakdown, *breakdown_type; /* or NULL */
	int limit;
	bool hides_other;
};

/* [{"key", "day", "values": [count or [count, value]]}]; the caller owns it. */
json_t *brute_retention(const struct brute_retention *q);
