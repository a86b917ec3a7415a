/* What a query names by an id only: actions and cohorts of the project.
 *
 * Their definitions are fetched before the query is read, so that reading needs no database.  A
 * cohort may name others: collecting and fetching goes on until nothing new is named.  To add a
 * thing with an id, add where queries name it to references.c and its table to the statement. */
#pragma once
#include "insight/insight.h"

enum { REFERENCES_MAX_COUNT = 200 };

struct references;

struct references *references_create(void);
void references_destroy(struct references *r); /* NULL is fine */

/* Notes what the value names, however deep.  FAULT_QUERY past REFERENCES_MAX_COUNT. */
bool references_collect(struct references *r, const json_t *value, struct fault *f) MUST_CHECK;
/* Fetches what was noted and not fetched yet; NULL when that is nothing. */
struct sql *references_statement(struct references *r, const struct insight_env *env);
/* Takes the rows, and notes what they name in their turn. */
bool references_feed(struct references *r, const struct rows *rows, struct fault *f) MUST_CHECK;

/* Borrowed; NULL for one that the project does not have.
 * An action: {"id", "name", "steps": […]}.  A cohort: {"id", "name", "is_static", "filters"}. */
const json_t *references_action(const struct references *r, int64_t id);
const json_t *references_cohort(const struct references *r, int64_t id);

/* An id as queries write it, 5 or "5"; 0 for anything else. */
int64_t reference_id(const json_t *value);
