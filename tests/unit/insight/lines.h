/* Results of trends as one line of text, which is what most cases are about. */
#pragma once
#include "tests/unit/insight/computed.h"

/* "label: 1 2 3 = 6; label previous: = 4", the number at the end being the total or the count;
 * g_free() it. */
char *lines_of(const json_t *result);
/* Fails the test unless the query has these lines, with row-level security and without. */
void lines_check(struct computed *c, const struct insight_env *env, const char *query_text,
	const char *expected);
