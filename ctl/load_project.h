/* What is in a project: insights, dashboards and their tiles, and what queries speak of, from the
 * JSON that PostHog's API answers with.
 *
 * Each is known by what stays the same when it is loaded again: an insight by its short id, a
 * dashboard by its id or its name, an insight's tile by the insight, a text tile by its turn among
 * them.  A dashboard's tiles become those of the file. */
#pragma once
#include "ctl/load.h"
#include "ctl/shape.h"

enum { SHORT_ID_CHARACTERS = 64 };

struct project_load {
	struct pg_wait *pg;
	struct shape shape;
	int64_t project_id; /* 0: none yet */
	struct definitions_loaded *loaded;
};

/* The lists "insights" and "dashboards" of an object, and those of load_subjects.h. */
bool project_load_content(struct project_load *l, const json_t *object, struct fault *f) MUST_CHECK;
/* One insight or one dashboard, whichever it looks like; `arg` is a struct project_load. */
bool project_load_item(void *arg, const json_t *item, struct fault *f) MUST_CHECK;

bool project_load_insight(
	struct project_load *l, const json_t *insight, int64_t *id, struct fault *f) MUST_CHECK;
bool project_load_dashboard(
	struct project_load *l, const json_t *dashboard, struct fault *f) MUST_CHECK;

/* Takes the statement over.  *first is the first cell as a number, untouched without rows; may be
 * NULL.  Faults begin with the path. */
bool project_load_run(
	struct project_load *l, struct sql *q, int64_t *first, struct fault *f) MUST_CHECK;
/* The table's next id comes after those that were given. */
bool project_load_bump(struct project_load *l, const char *table, struct fault *f) MUST_CHECK;
/* Refuses an id that is taken by something else: another project's, or, with a short id, another
 * insight's. */
bool project_load_check_id(struct project_load *l, const char *table, int64_t id,
	const char *short_id, struct fault *f) MUST_CHECK;
/* A member as it is stored: NULL for null, a missing one and an empty one.  g_free() it. */
char *project_load_json(const json_t *object, const char *key);
