/* What comes before the body: the request's target and the headers that are taken apart.
 *
 * Lines of the input: target, Prefer, Host, X-Request-Id, Content-Length. */
#include "api-shim/head.h"
#include "api-shim/page.h"
#include "api-shim/route.h"
#include "lib/base/require.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct sent {
	struct wire wire; /* first */
	char **lines;
};

static const char *header(struct wire *w, const char *name)
{
	static const char *const names[] = {"", "Prefer", "Host", "X-Request-Id", "Content-Length"};
	const struct sent *s = (const struct sent *)(const void *)w;

	for (guint i = 1; i < MIN(g_strv_length(s->lines), G_N_ELEMENTS(names)); i++) {
		if (strcmp(names[i], name) == 0) {
			return s->lines[i];
		}
	}
	return NULL;
}

static void never(struct wire *w)
{
	(void)w;
	REQUIRE(false);
}

/* Links are addresses in a JSON text, whatever was asked for. */
static void look_at_links(const struct request *r)
{
	GString *json = g_string_new("{");
	struct page p = page_of(&r->query);
	json_t *read = NULL;
	struct fault f;

	REQUIRE(p.limit > 0 && p.offset >= 0);
	page_add(json, r, "", &p, 1, INT64_MAX);
	g_string_append_c(json, '}');
	REQUIRE(json_read(json->str, json->len, &json_stored_limits, &read, &f));
	json_decref(read);
	g_string_free(json, TRUE);
}

static void look_at_head(struct sent *s, const struct request *r)
{
	static const char *const names[] = {"Host", "Content-Length", "Prefer"};
	struct refusal why = {0};
	struct head h = {0};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		const char *value = header(&s->wire, names[i]);

		if (value) {
			head_add(&h, names[i], value);
		}
	}
	if (head_check(&h, strlen(r->path), "HTTP/1.1", 1000, 2000, &why)) {
		REQUIRE(h.length <= 2000 && h.hosts == 1);
	}
	refusal_finish(&why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *text = g_strndup((const char *)data, size);
	struct sent s = {{header, never, never}, g_strsplit(text, "\n", 8)};
	struct request *r = request_create(&s.wire, "GET", s.lines[0] ? s.lines[0] : "");
	const struct route *any;
	char allowed[64];
	bool preferred;

	request_name(r);
	REQUIRE(*r->id && strlen(r->id) <= REQUEST_ID_MAX);
	REQUIRE(request_wait_ms(r, 10000, &preferred) <= 120000);
	(void)route_find(r, &any, allowed, sizeof allowed);
	look_at_links(r);
	look_at_head(&s, r);
	request_destroy(r);
	g_strfreev(s.lines);
	return 0;
}
