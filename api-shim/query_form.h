/* What the body of a query says: the query and what is laid over it.
 *
 * The one rule: checks come in the order of the fields below and the first that fails is the only
 * one told.  Other keys are passed over, as everywhere. */
#pragma once
#include "api-shim/refusal.h"
#include "lib/base/json.h"

struct query_form {
	const json_t *query; /* an object */
	/* Objects or NULL: as a dashboard's filters and variables (insight/insight.h). */
	const json_t *filters, *variables;
};

/* Everything is borrowed from `form`.  `refresh` and `client_query_id` are checked and change
 * nothing: each answer is computed for its question. */
bool query_form_read(const json_t *form, struct query_form *out, struct refusal *why) MUST_CHECK;
