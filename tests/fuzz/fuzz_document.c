/* Any JSON is either refused with a fault that says why, or becomes a page that is drawn without a
 * fault, with every number finite and every clip closed. */
#include "lib/base/json.h"
#include "lib/base/require.h"
#include "render/page.h"
#include "render/render.h"
#include "tests/fuzz/target.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static void warm_once(void)
{
	static bool warm;
	struct fault f;

	if (!warm) {
		REQUIRE(render_warm(&f));
		warm = true;
	}
}

/* Outside of the words that are drawn, which may well speak of infinity. */
static bool all_finite(const char *trace)
{
	bool quoted = false;

	for (const char *at = trace; *at != '\0'; at++) {
		if (quoted && at[0] == '\\' && at[1] != '\0') {
			at++;
		} else if (*at == '"') {
			quoted = !quoted;
		} else if (!quoted && (strncmp(at, " nan", 4) == 0 || strncmp(at, " inf", 4) == 0 ||
					      strncmp(at, " -inf", 5) == 0)) {
			return false;
		}
	}
	return true;
}

static void draw(const struct document *d)
{
	GString *words = g_string_new(NULL);
	struct page *page = page_create(d);
	struct canvas *c = canvas_trace_create(words);
	struct fault f;

	REQUIRE(isfinite(page->height) && page->height > 0);
	page_draw(page, c);
	REQUIRE(canvas_ok(c, &f));
	REQUIRE(all_finite(words->str));
	canvas_destroy(c);
	page_destroy(page);
	g_string_free(words, TRUE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = {.kind = FAULT_NONE};
	struct document *d;
	json_t *json;

	if (!json_read((const char *)data, size, &json_request_limits, &json, &f)) {
		return 0;
	}
	warm_once();
	if (document_read(json, &d, &f)) {
		draw(d);
		document_destroy(d);
	} else {
		REQUIRE(f.kind == FAULT_CORRUPT || f.kind == FAULT_TOO_LARGE);
		REQUIRE(g_str_has_prefix(f.detail, "document: ") || f.kind == FAULT_TOO_LARGE);
	}
	json_decref(json);
	return 0;
}
