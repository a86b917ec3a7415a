#include "api-shim/file_name.h"

#include "lib/base/json.h"
#include "render/format.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

static const struct json_limits context_limits = {33554432, 64};

void file_name_add_slug(GString *out, const char *text)
{
	g_autofree char *plain = g_utf8_normalize(text, -1, G_NORMALIZE_ALL);
	gsize start = out->len;

	for (const char *c = plain ? plain : ""; *c; c++) {
		bool at_start = out->len == start;

		/* Python counts 0x1c to 0x1f as blanks too. */
		if (*c == '-' || g_ascii_isspace(*c) || *c == '\v' || (*c >= 0x1c && *c <= 0x1f)) {
			if (!at_start && out->str[out->len - 1] != '-') {
				g_string_append_c(out, '-');
			}
		} else if (g_ascii_isalnum(*c) || (*c == '_' && !at_start)) {
			g_string_append_c(out, g_ascii_tolower(*c));
		}
	}
	while (out->len > start && strchr("-_", out->str[out->len - 1])) {
		g_string_truncate(out, out->len - 1);
	}
}

/* The name that the requester gave, as text; NULL for none. */
static char *given_name(const char *context)
{
	g_autofree char *name = NULL;
	json_t *object = NULL;
	const json_t *value;
	struct fault f = {0};

	/* Most contexts name no file, and lists show a hundred of them. */
	if (!context || !strstr(context, "\"filename\"") ||
		!json_read(context, strlen(context), &context_limits, &object, &f)) {
		return NULL;
	}
	value = json_object_get(object, "filename");
	if (json_truthy(value)) {
		name = json_is_string(value) ? g_strdup(json_string_value(value))
					     : json_write(value);
	}
	json_decref(object);
	return g_steal_pointer(&name);
}

static void add_stem(GString *out, const struct export_row *row)
{
	g_autofree char *given = given_name(row->context);
	const char *name = NULL;

	if (given) {
		file_name_add_slug(out, given);
		return;
	}
	if (row->dashboard_id && row->dashboard_name) {
		name = row->dashboard_name;
	} else if (row->insight_id) {
		name = row->insight_name && *row->insight_name ? row->insight_name : "insight";
	}
	g_string_append(out, "export");
	if (name) {
		g_string_append_c(out, '-');
		file_name_add_slug(out, name);
	}
}

void file_name_add(GString *out, const struct export_row *row)
{
	const struct format *format = format_of_mime(row->format);
	time_t seconds = (time_t)(row->created_at_us / 1000000);
	char stamp[32];
	struct tm tm;

	add_stem(out, row);
	(void)gmtime_r(&seconds, &tm);
	if (strftime(stamp, sizeof stamp, "-%Y-%m-%d-%H%M%S", &tm) > 0) {
		g_string_append(out, stamp);
	}
	g_string_append_c(out, '.');
	g_string_append(out, format ? format->name : "bin");
}
