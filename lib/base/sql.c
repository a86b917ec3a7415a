#include "lib/base/sql.h"

#include "lib/base/json.h"

#include <glib.h>
#include <inttypes.h>
#include <stdarg.h>

struct sql {
	GString *text;
	GPtrArray *values;
	GArray *lengths, *formats;
	GPtrArray *owned;
};

struct sql *sql_create(void)
{
	struct sql *s = g_new0(struct sql, 1);

	s->text = g_string_new(NULL);
	s->values = g_ptr_array_new();
	s->lengths = g_array_new(FALSE, TRUE, sizeof(int));
	s->formats = g_array_new(FALSE, TRUE, sizeof(int));
	s->owned = g_ptr_array_new_with_free_func(g_free);
	return s;
}

void sql_destroy(struct sql *s)
{
	if (!s) {
		return;
	}
	g_string_free(s->text, TRUE);
	g_ptr_array_unref(s->values);
	g_array_unref(s->lengths);
	g_array_unref(s->formats);
	g_ptr_array_unref(s->owned);
	g_free(s);
}

void sql_add(struct sql *s, const char *text)
{
	g_string_append(s->text, text);
}

void sql_addf(struct sql *s, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	g_string_append_vprintf(s->text, fmt, args);
	va_end(args);
}

static void add_param(struct sql *s, const char *value, int length, int format, const char *cast)
{
	/* GPtrArray is not const; values are only ever read. */
	g_ptr_array_add(s->values, (gpointer)(uintptr_t)value);
	g_array_append_val(s->lengths, length);
	g_array_append_val(s->formats, format);
	g_string_append_printf(s->text, "$%u::%s", s->values->len, cast);
}

static const char *keep(struct sql *s, char *value)
{
	if (value) {
		g_ptr_array_add(s->owned, value);
	}
	return value;
}

void sql_param_as(struct sql *s, const char *value, const char *cast)
{
	add_param(s, keep(s, g_strdup(value)), 0, 0, cast);
}

void sql_param_text(struct sql *s, const char *value)
{
	sql_param_as(s, value, "text");
}

void sql_param_int(struct sql *s, int64_t value)
{
	add_param(s, keep(s, g_strdup_printf("%" PRId64, value)), 0, 0, "bigint");
}

void sql_param_int_or_null(struct sql *s, int64_t value)
{
	if (value) {
		sql_param_int(s, value);
	} else {
		add_param(s, NULL, 0, 0, "bigint");
	}
}

void sql_param_bool(struct sql *s, bool value)
{
	add_param(s, value ? "true" : "false", 0, 0, "boolean");
}

void sql_param_real(struct sql *s, double value)
{
	char text[32];

	sql_param_as(s, json_real_text(value, text), "float8");
}

void sql_param_json(struct sql *s, const char *json)
{
	sql_param_as(s, json, "json");
}

void sql_param_time_us(struct sql *s, int64_t us)
{
	int64_t seconds = us / 1000000, part = us % 1000000;
	g_autoptr(GDateTime) utc = NULL;
	char *text;

	if (part < 0) {
		seconds -= 1;
		part += 1000000;
	}
	utc = g_date_time_new_from_unix_utc(seconds);
	text = utc ? g_date_time_format(utc, "%Y-%m-%d %H:%M:%S") : g_strdup("infinity");
	if (utc) {
		char *whole = g_strdup_printf("%s.%06d+00", text, (int)part);

		g_free(text);
		text = whole;
	}
	add_param(s, keep(s, text), 0, 0, "timestamptz");
}

void sql_param_time_us_or_null(struct sql *s, int64_t us)
{
	if (us) {
		sql_param_time_us(s, us);
	} else {
		add_param(s, NULL, 0, 0, "timestamptz");
	}
}

void sql_param_bytes(struct sql *s, const void *bytes, size_t length)
{
	add_param(s, bytes, (int)length, 1, "bytea");
}

const char *sql_text(const struct sql *s)
{
	return s->text->str;
}

int sql_param_count(const struct sql *s)
{
	return (int)s->values->len;
}

const char *const *sql_param_values(const struct sql *s)
{
	return (const char *const *)s->values->pdata;
}

const int *sql_param_lengths(const struct sql *s)
{
	return (const int *)(const void *)s->lengths->data;
}

const int *sql_param_formats(const struct sql *s)
{
	return (const int *)(const void *)s->formats->data;
}
