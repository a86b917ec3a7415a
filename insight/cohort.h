/* Who is in a cohort: a list of people, or whoever fulfils its filters (spec/insights.md 1.4).
 *
 * A condition about a person's id, whichever column of a statement has it.  To add a behaviour, add
 * its line to cohort.c's table and what it demands of a person's events. */
#pragma once
#include "insight/filter.h"

enum { COHORT_MAX_DEPTH = 5 };

struct cohort;

/* `id` is one that the reader's references have.  FAULT_QUERY for one that the project does not
 * have; faults of its definition begin with "cohort 5: ".  The texts of its definition are borrowed
 * from the references. */
bool cohort_read(
	int64_t id, struct filter_reader *r, struct cohort **out, struct fault *f) MUST_CHECK;
void cohort_destroy(struct cohort *c); /* NULL is fine */

/* True for the people in it, of those that w->person names. */
void cohort_write(const struct cohort *c, struct writer *w);
