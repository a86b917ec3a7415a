/* What a property filter says of its property: an operator and the value it is given.
 *
 * To add an operator, add its line to operator.def; if it claims something new, a function to
 * operator.c and, where databases differ, a member to struct dialect. */
#pragma once
#include "insight/dialect.h"

struct operator;

/* The value, read once when the query is. */
struct operand {
	GPtrArray *texts; /* TEXTS: any of them; NUMBER: one; RANGE: low and high */
	int64_t first_us, last_us; /* DATE: the span it covers */
	struct version first,
		end; /* VERSION: it; ranges: from the first up to, not with, the end */
};

/* FAULT_UNSUPPORTED for operators that PostHog has and this engine has not, FAULT_QUERY for any
 * other text. */
bool operator_lookup(const char *name, const struct operator** out, struct fault *f) MUST_CHECK;

/* *is_complete is false when the value is missing: such a filter is always true.  FAULT_QUERY or
 * FAULT_DATE says "value: …". */
bool operand_read(const struct operator* op, const json_t *value, const struct date_place *place,
	struct operand *out, bool *is_complete, struct fault *f) MUST_CHECK;
void operand_finish(struct operand *o);

/* A condition on the rows that are being chosen.  Properties of persons and groups are claimed once
 * a person or group, not once an event: their ids are in the list of those for whom the claim
 * holds. */
void operator_write(const struct operator* op, struct writer *w, const struct property *p,
	const struct operand *o);
