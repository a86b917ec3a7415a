/* Arithmetic over the series of a query, which the letters A to Z stand for (spec/insights.md
 * 2.2.8): + - * / % and ^ or **, parentheses, numbers.
 *
 * As in Python: ^ binds strongest and to the right (-2^2 is -4), the rest of a division has the
 * sign of its divisor.  What has no value, as a division by zero, is 0. */
#pragma once
#include "lib/base/fault.h"

#include <stddef.h>

enum { FORMULA_MAX_LENGTH = 1000, FORMULA_MAX_DEPTH = 50 };

struct formula;

/* `letters` is how many series there are.  FAULT_QUERY says where: "at 3: …", from 1. */
bool formula_parse(
	const char *text, size_t letters, struct formula **out, struct fault *f) MUST_CHECK;
void formula_destroy(struct formula *formula); /* NULL is fine */

/* `letters` are the values of as many series as it was parsed for. */
double formula_value(const struct formula *formula, const double *letters);
