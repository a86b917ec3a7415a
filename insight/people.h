/* Which people a list has: search, property filters, a cohort, one of their names
 * (spec/insights.md 1.16).
 *
 * Texts are borrowed from the query. */
#pragma once
#include "insight/cohort.h"
#include "insight/kind.h"

struct people {
	struct filter *properties, *fixed; /* or NULL */
	struct cohort *cohort; /* or NULL */
	const char *search, *distinct_id; /* or NULL */
};

/* Finish *out in either case. */
bool people_read(const struct kind_context *c, struct people *out, struct fault *f) MUST_CHECK;
void people_finish(struct people *p);
/* " WHERE …" over the table persons. */
void people_write_where(const struct people *p, struct writer *w);

/* What a person is called: by the properties that PostHog looks at, else as given. */
const char *people_name(const json_t *properties, const char *otherwise);
/* Whether the text is a UUID as it is written everywhere. */
bool people_is_id(const char *text);
