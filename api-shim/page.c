#include "api-shim/page.h"

#include <inttypes.h>
#include <string.h>

enum { PAGE_DEFAULT = 100 };

static int64_t number(const char *text, int64_t least, int64_t otherwise)
{
	g_autofree char *plain = text ? g_strstrip(g_strdup(text)) : g_strdup("");
	const char *digits = plain + (*plain == '+');

	if (!*digits || strspn(digits, "0123456789") != strlen(digits)) {
		return otherwise;
	}
	if (strlen(digits) > 18) {
		return INT64_C(1) << 60; /* beyond any table; sums of two still fit */
	}
	return MAX(g_ascii_strtoll(digits, NULL, 10), 0) >= least
		       ? g_ascii_strtoll(digits, NULL, 10)
		       : otherwise;
}

struct page page_of(const struct pairs *query)
{
	return (struct page){
		.limit = number(pairs_value(query, "limit"), 1, PAGE_DEFAULT),
		.offset = number(pairs_value(query, "offset"), 0, 0),
	};
}

static int by_name(const void *a, const void *b)
{
	const struct pair *const *left = a, *const *right = b;
	int order = strcmp((*left)->name, (*right)->name);

	/* The same name keeps its order: both point into one array. */
	return order ? order : (*left > *right) - (*left < *right);
}

static void add_quoted(GString *url, const char *text)
{
	for (; *text; text++) {
		if (g_ascii_isalnum(*text) || strchr("_.-~", *text)) {
			g_string_append_c(url, *text);
		} else if (*text == ' ') {
			g_string_append_c(url, '+');
		} else {
			g_string_append_printf(url, "%%%02X", (unsigned char)*text);
		}
	}
}

static void add_parameter(GString *url, const char *name, const char *value, bool *first)
{
	g_string_append_c(url, *first ? '?' : '&');
	*first = false;
	add_quoted(url, name);
	g_string_append_c(url, '=');
	add_quoted(url, value);
}

/* The text of a path, as it came but for what would end a JSON string or be no UTF-8. */
static void add_path(GString *url, const char *path)
{
	for (; *path; path++) {
		if ((unsigned char)*path <= 0x20 || (unsigned char)*path >= 0x7f ||
			strchr("\"\\<>", *path)) {
			g_string_append_printf(url, "%%%02X", (unsigned char)*path);
		} else {
			g_string_append_c(url, *path);
		}
	}
}

static void add_link(
	GString *json, const struct request *r, const char *site_url, int64_t limit, int64_t offset)
{
	g_autofree char *site = request_site(r, site_url);
	g_autofree const struct pair **sorted = g_new(const struct pair *, r->query.count + 2);
	char limit_text[24], offset_text[24], limit_name[] = "limit", offset_name[] = "offset";
	const struct pair own_limit = {limit_name, limit_text};
	const struct pair own_offset = {offset_name, offset_text};
	size_t count = 0;
	bool first = true;

	(void)g_snprintf(limit_text, sizeof limit_text, "%" PRId64, limit);
	(void)g_snprintf(offset_text, sizeof offset_text, "%" PRId64, offset);
	for (size_t i = 0; i < r->query.count; i++) {
		const struct pair *p = &r->query.at[i];

		if (strcmp(p->name, "limit") != 0 && strcmp(p->name, "offset") != 0) {
			sorted[count++] = p;
		}
	}
	sorted[count++] = &own_limit;
	if (offset > 0) {
		sorted[count++] = &own_offset;
	}
	qsort(sorted, count, sizeof(const struct pair *), by_name);
	g_string_append_c(json, '"');
	g_string_append(json, site);
	add_path(json, r->path);
	for (size_t i = 0; i < count; i++) {
		add_parameter(json, sorted[i]->name, sorted[i]->value, &first);
	}
	g_string_append_c(json, '"');
}

void page_add(GString *json, const struct request *r, const char *site_url, const struct page *p,
	int64_t shown, int64_t total)
{
	g_string_append_printf(json, "\"count\":%" PRId64 ",\"next\":", total);
	if (p->offset + shown < total && shown > 0) {
		add_link(json, r, site_url, p->limit, p->offset + shown);
	} else {
		g_string_append(json, "null");
	}
	g_string_append(json, ",\"previous\":");
	if (p->offset > 0) {
		add_link(json, r, site_url, p->limit, MAX(p->offset - p->limit, 0));
	} else {
		g_string_append(json, "null");
	}
}
