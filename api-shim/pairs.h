/* Names and values in the order sent: a query string, a form.
 *
 * The one rule: a name that comes twice counts with its last value, as in PostHog. */
#pragma once
#include "lib/base/fault.h"

#include <stddef.h>

enum { PAIRS_MAX = 1000 };

struct pair {
	char *name, *value; /* UTF-8, without U+0000 */
};

struct pairs {
	struct pair *at;
	size_t count, room;
};

/* Reads application/x-www-form-urlencoded text and appends.  A '%' without two digits stands for
 * itself and bad UTF-8 becomes U+FFFD, as in Python; FAULT_INPUT for U+0000 and past PAIRS_MAX. */
bool pairs_read(struct pairs *p, const char *text, size_t length, struct fault *f) MUST_CHECK;
/* Takes both over (g_free). */
bool pairs_add(struct pairs *p, char *name, char *value, struct fault *f) MUST_CHECK;
const char *pairs_value(const struct pairs *p, const char *name); /* the last, or NULL */
void pairs_finish(struct pairs *p);

/* One part of a path or query decoded, with '+' as a blank if `plus`; NULL when it holds U+0000. */
char *pairs_decode(const char *text, size_t length, bool plus);
