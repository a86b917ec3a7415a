/* A request body of any content type, read and judged as a create.
 *
 * The first line of the input is the content type, the rest is the body. */
#include "api-shim/body.h"
#include "api-shim/wish.h"
#include "lib/base/require.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { BODY_MAX = 262144, PROJECT = 1 };

static bool judge(struct wish *w, const json_t *form, bool is_text, struct refusal *why)
{
	if (!wish_read_id(form, "dashboard", &w->dashboard_id, why) ||
		!wish_read_id(form, "insight", &w->insight_id, why)) {
		return false;
	}
	REQUIRE(w->dashboard_id >= 0 && w->insight_id >= 0);
	w->dashboard_project = w->dashboard_id % 3;
	w->insight_project = w->insight_id % 3;
	return wish_read_format(w, form, why) && wish_read_context(w, form, is_text, why) &&
	       wish_check(w, PROJECT, why);
}

/* Whatever is refused is refused in words that fit into JSON. */
static void look_at(const struct refusal *why)
{
	REQUIRE(why->status == 400 || why->status == 415);
	REQUIRE(why->type && why->code && why->detail && *why->detail);
	REQUIRE(g_utf8_validate(why->detail, -1, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *line_end = size > 0 ? memchr(data, '\n', size) : NULL;
	size_t type_length = line_end ? (size_t)(line_end - data) : 0;
	g_autofree char *type = g_strndup((const char *)data, type_length);
	const char *text = line_end ? (const char *)line_end + 1 : (const char *)data;
	size_t length = size - (size_t)((const uint8_t *)text - data);
	struct refusal why = {0};
	struct wish w = {0};
	const char *scopes[8];
	bool is_text;
	json_t *form = body_read(type, text, length, BODY_MAX, &is_text, &why);

	if (!form) {
		look_at(&why);
	} else {
		REQUIRE(wish_scopes(form, is_text, scopes, G_N_ELEMENTS(scopes)) <= 5);
		if (judge(&w, form, is_text, &why)) {
			REQUIRE(w.format && (w.dashboard_id || w.insight_id || w.context));
		} else {
			look_at(&why);
		}
	}
	json_decref(form);
	wish_finish(&w);
	refusal_finish(&why);
	return 0;
}
