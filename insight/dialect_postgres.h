/* The parts of dialect_postgres that have a file of their own. */
#pragma once
#include "insight/dialect.h"

extern const char *const dialect_postgres_forms[]; /* by enum hogql_form */
extern const char *const dialect_postgres_types[]; /* by enum hogql_kind */
extern const struct dialect_sets dialect_postgres_sets;

/* The property as text.  The same text may be needed several times in one claim: it is bound the
 * first time, with *param 0, and named by its number afterwards. */
void postgres_property(struct writer *w, const struct property *p, int *param);

/* dialect_postgres_number.c */
void postgres_trimmed_label(struct writer *w, const struct property *p);
void postgres_bin(struct writer *w, const struct property *p, int count, const char *bounds);
void postgres_bin_label(struct writer *w, const char *bin, int count, const char *bounds);
void postgres_hour_of_week(struct writer *w, const char *instant);
void postgres_session(struct writer *w);
void postgres_percentile(struct writer *w, double fraction, const char *expression);
void postgres_number_table(
	struct writer *w, const unsigned *numbers, size_t count, const char *name);
