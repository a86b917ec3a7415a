/* What a create asks for, and whether it may (spec/exports.md 2.2).
 *
 * The one rule: checks come in the order of the wire and the first that fails is the only one
 * told, so the caller calls these in the order in which they stand here. */
#pragma once
#include "api-shim/refusal.h"
#include "lib/base/json.h"
#include "render/format.h"

#include <stdint.h>

struct wish {
	int64_t dashboard_id, insight_id; /* 0: none */
	int64_t dashboard_project, insight_project; /* where they were found */
	const struct format *format;
	json_t *context; /* an object, owned; NULL: none */
};

/* Field by field.  An id is a number or a text that is one; *id is 0 for none.  An id that no row
 * can have is refused as unknown. */
bool wish_read_id(const json_t *form, const char *field, int64_t *id, struct refusal *why);
bool wish_refuse_unknown(const char *field, int64_t id, struct refusal *why); /* false */
bool wish_read_format(struct wish *w, const json_t *form, struct refusal *why);
/* `is_text`: values are texts as forms send them, so that a context is the text of its JSON. */
bool wish_read_context(struct wish *w, const json_t *form, bool is_text, struct refusal *why);

/* Then the fields together, for a caller of this project. */
bool wish_check(const struct wish *w, int64_t project_id, struct refusal *why);

/* Video and GIF: made by no one while a client waits. */
bool wish_is_rasterized(const struct wish *w);

/* What reading rights a create needs besides export:write, judged before its fields are
 * (spec/exports.md 2.8); writes at most `room`, returns how many. */
unsigned wish_scopes(const json_t *form, bool is_text, const char **scopes, unsigned room);

void wish_finish(struct wish *w);
