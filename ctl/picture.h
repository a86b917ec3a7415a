/* From what somebody has in a file to what render/ draws: a document as it stands, an insight with
 * its result as the API answers with it, or a result alone. */
#pragma once
#include "lib/base/json.h"

struct picture_wishes {
	const char *theme, *timezone; /* NULL: as the input says, else light and UTC */
	double scale; /* 0: as the input says */
	int64_t width; /* CSS px; 0: as the input says */
	int64_t now_us; /* for inputs that do not say when they were computed */
};

/* The document; the caller owns it.  FAULT_INPUT when the input is none of the three. */
bool picture_document(const json_t *input, const struct picture_wishes *wishes, json_t **document,
	struct fault *f) MUST_CHECK;

/* Borrowed query and result of the one insight in the input, for a table.  *query may be NULL. */
bool picture_result(const json_t *input, const json_t **query, const json_t **result,
	struct fault *f) MUST_CHECK;
