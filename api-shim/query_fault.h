/* Why a query has no result, as its error body says it (spec/exports.md 2.9).
 *
 * To add a fault that speaks of the query, give it its code in query_fault.c; the status and the
 * words stand in lib/base/fault.def. */
#pragma once
#include "lib/base/fault.h"

struct request;

/* What is wrong with the query is a validation_error of `query`, told with its path; a limit is
 * named; what went wrong here is answer_fault()'s. */
void query_fault_answer(struct request *r, const struct fault *f);
