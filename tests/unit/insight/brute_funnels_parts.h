/* What brute_funnels.c counts and brute_funnels_views.c shows. */
#pragma once
#include "tests/unit/insight/brute_funnels.h"

enum { STEPS = 5, EXCLUSIONS = 3, SECOND = 1000000 };

struct step {
	const json_t *node;
	GHashTable *first; /* actor to when it first happened, of a first time; NULL: any time */
	bool optional;
};

struct exclusion {
	const json_t *node;
	int from, to;
};

struct funnel {
	const struct world *w;
	const json_t *query;
	struct world_axis axis;
	struct step steps[STEPS];
	struct exclusion exclusions[EXCLUSIONS];
	int step_count, exclusion_count;
	const char *order, *view, *attribution;
	int attribution_step, from, to, bins;
	int64_t window;
	const char *breakdown, *breakdown_type;
	int breakdown_group, limit;
};

struct happening {
	int64_t us;
	const struct world_event *e;
	unsigned steps, excluded; /* sets of them */
	int lowest;
	char *value;
};

/* A way through the steps: where it was when, NULL for a step that it has not. */
struct chain {
	const struct happening *at[STEPS];
};

/* What is counted: a chain and its value. */
struct counted {
	const char *actor, *value;
	int64_t times[STEPS];
	bool has[STEPS];
};

/* `counted` holds struct counted. */
json_t *brute_funnel_view(const struct funnel *t, const GArray *counted);
