/* Request bodies to one JSON object, whatever their content type.
 *
 * The one rule: what is not wholly understood is refused.  JSON stays as sent; the fields of
 * application/x-www-form-urlencoded and multipart/form-data become texts.  To add a content type,
 * add its case to body_read(). */
#pragma once
#include "api-shim/refusal.h"
#include "lib/base/json.h"

/* The caller owns the object; NULL with a refusal.  `content_type` may be NULL.  *is_text tells
 * whether the values are texts that may need reading, as in forms. */
json_t *body_read(const char *content_type, const char *text, size_t length, size_t limit,
	bool *is_text, struct refusal *why);
