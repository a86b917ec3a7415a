#include "render/table_format.h"

#include <string.h>

/* A file is built in memory; past this the process would rather fail than swell. */
static const gsize max_bytes = (gsize)1 << 30;

/* A text that a spreadsheet would take for a formula. */
static bool is_formula(const char *text, size_t length)
{
	return length > 0 && strchr("=+-@\t\r", text[0]) != NULL && text[0] != '\0';
}

static void write_text(GString *to, const char *text, size_t length)
{
	bool guarded = is_formula(text, length);
	const char *end = text + length;
	bool quoted = false;

	for (const char *p = text; p < end && !quoted; p++) {
		quoted = *p == ',' || *p == '"' || *p == '\r' || *p == '\n';
	}
	if (!quoted) {
		if (guarded) {
			g_string_append_c(to, '\'');
		}
		g_string_append_len(to, text, (gssize)length);
		return;
	}
	g_string_append(to, guarded ? "\"'" : "\"");
	while (text < end) {
		const char *quote = memchr(text, '"', (size_t)(end - text));
		const char *stop = quote ? quote + 1 : end;

		g_string_append_len(to, text, stop - text);
		if (quote) {
			g_string_append_c(to, '"');
		}
		text = stop;
	}
	g_string_append_c(to, '"');
}

static void write_cell(GString *to, const json_t *value)
{
	char number[32];

	if (!value) {
		return;
	}
	switch (json_typeof(value)) {
	case JSON_STRING:
		write_text(to, json_string_value(value), json_string_length(value));
		break;
	case JSON_INTEGER:
		g_string_append_printf(to, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
		break;
	case JSON_REAL:
		g_string_append(to, json_real_text(json_real_value(value), number));
		break;
	case JSON_TRUE:
		g_string_append(to, "True");
		break;
	case JSON_FALSE:
		g_string_append(to, "False");
		break;
	case JSON_OBJECT: /* deeper than flattening goes */
	case JSON_ARRAY:
	case JSON_NULL:
		break;
	}
}

/* A line that is one empty field would read as no line at all. */
static void end_line(GString *to, gsize start)
{
	if (to->len == start) {
		g_string_append(to, "\"\"");
	}
	g_string_append(to, "\r\n");
}

static void write_header(GString *to, const struct table *t)
{
	gsize start = to->len;

	for (size_t i = 0; i < table_column_count(t); i++) {
		const char *name = table_column(t, i);

		if (i > 0) {
			g_string_append_c(to, ',');
		}
		write_text(to, name, strlen(name));
	}
	end_line(to, start);
}

static void write_row(GString *to, const json_t *const *cells, size_t columns)
{
	gsize start = to->len;

	for (size_t i = 0; i < columns; i++) {
		if (i > 0) {
			g_string_append_c(to, ',');
		}
		write_cell(to, cells[i]);
	}
	end_line(to, start);
}

bool table_write_csv(const struct table *t, GString **out, struct fault *f)
{
	size_t columns = table_column_count(t);
	const json_t **cells = g_new(const json_t *, columns + 1);
	GString *text = g_string_new(NULL);

	write_header(text, t);
	for (size_t row = 0; row < table_row_count(t) && text->len <= max_bytes; row++) {
		table_read_row(t, row, cells);
		write_row(text, cells, columns);
	}
	g_free(cells);
	if (text->len > max_bytes) {
		g_string_free(text, TRUE);
		return fault_set(f, FAULT_TOO_LARGE,
			"the CSV is larger than the limit of %zu bytes", max_bytes);
	}
	*out = text;
	return true;
}
