/* Why a request is turned down: everything that its error body says.
 *
 * The one rule: only the first reason counts, so whoever checks returns false at once, and the
 * caller hands the refusal to answer_refusal().  To add a reason, add its line to problem.def. */
#pragma once
#include "lib/base/fault.h"

enum problem {
#define PROBLEM(name, status, type, code, sentence) PROBLEM_##name,
#include "api-shim/problem.def"
#undef PROBLEM
	PROBLEM_COUNT
};

struct refusal {
	int status;
	const char *type, *code, *attr; /* attr NULL: of no field */
	char *detail; /* owned */
};

/* All return false, so that a failing check is one line.  A refusal that was filled is kept. */
bool refuse(struct refusal *r, enum problem problem); /* in its own sentence */
bool refuse_with(struct refusal *r, enum problem problem, const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A validation_error of one field (NULL: of the whole request). */
bool refuse_field(struct refusal *r, const char *attr, const char *code, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
bool refuse_copy(struct refusal *r, const struct refusal *of);

bool refusal_is_empty(const struct refusal *r);
void refusal_finish(struct refusal *r);
