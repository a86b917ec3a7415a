/* Regular expressions of a query: written for RE2, which PostHog's database matches with, judged
 * before anything runs, and spelled as the database at hand does.
 *
 * To have another spelling translated, add it to pattern.c and its case to the tests. */
#pragma once
#include "lib/base/fault.h"

enum { PATTERN_MAX_BYTES = 4000 };

/* FAULT_QUERY says what is wrong with it and where; begins with `field`. */
bool pattern_check(const char *pattern, const char *field, struct fault *f) MUST_CHECK;
/* The same pattern as an advanced regular expression of Postgres.  g_free() it. */
char *pattern_for_postgres(const char *pattern);
