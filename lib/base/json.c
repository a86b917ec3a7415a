#include "lib/base/json.h"

#include <float.h>
#include <glib.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

const struct json_limits json_request_limits = {(size_t)256 << 10, 64};
const struct json_limits json_stored_limits = {(size_t)32 << 20, 64};

enum { REAL_ROOM = 32 }; /* of json_real_text() */

/* jansson's parser recurses, so depth is counted before it starts.  A byte scan suffices: brackets
 * in strings do not count, and what is not JSON is refused by the parser afterwards. */
static bool shallow_enough(const char *text, size_t length, unsigned limit)
{
	unsigned depth = 0;
	bool in_text = false;

	for (size_t i = 0; i < length; i++) {
		char c = text[i];

		if (in_text) {
			if (c == '\\') {
				i++;
			} else if (c == '"') {
				in_text = false;
			}
		} else if (c == '"') {
			in_text = true;
		} else if (c == '{' || c == '[') {
			if (++depth > limit) {
				return false;
			}
		} else if ((c == '}' || c == ']') && depth > 0) {
			depth--;
		}
	}
	return true;
}

bool json_read(const char *text, size_t length, const struct json_limits *limits, json_t **out,
	struct fault *f)
{
	json_error_t error;
	json_t *value;

	if (length > limits->bytes) {
		return fault_set(f, FAULT_TOO_LARGE, "JSON of %zu bytes is larger than %zu bytes",
			length, limits->bytes);
	}
	if (!shallow_enough(text, length, limits->depth)) {
		return fault_set(
			f, FAULT_TOO_LARGE, "JSON is nested deeper than %u levels", limits->depth);
	}
	value = json_loadb(text, length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
	if (!value) {
		return fault_set(f, FAULT_INPUT, "%s: line %d column %d (char %d)", error.text,
			error.line, error.column, error.position);
	}
	*out = value;
	return true;
}

bool json_read_file(
	const char *path, const struct json_limits *limits, json_t **out, struct fault *f)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	gsize length;

	if (!g_file_get_contents(path, &text, &length, &error)) {
		return fault_set(f, FAULT_INPUT, "%s", error->message);
	}
	if (!json_read(text, length, limits, out, f)) {
		return fault_wrap(f, "%s: ", path);
	}
	return true;
}

const char *json_real_text(double value, char *out)
{
	char *e;

	if (isnan(value)) {
		return memcpy(out, "nan", sizeof "nan");
	}
	if (isinf(value)) {
		(void)g_strlcpy(out, value < 0 ? "-inf" : "inf", REAL_ROOM);
		return out;
	}
	/* Fifteen digits hold for every normal number; the smallest of all have fewer. */
	for (int digits = fabs(value) < DBL_MIN ? 1 : 15; digits <= 17; digits++) {
		(void)snprintf(out, REAL_ROOM, "%.*g", digits, value);
		if (g_ascii_strtod(out, NULL) == value) {
			break;
		}
	}
	/* %g turns to exponents at the precision, Python at 1e16: the digits between are written
	 * out, for 2**50 is no less exact than 2**49. */
	e = strchr(out, 'e');
	if (e && fabs(value) >= 1 && fabs(value) < 1e16) {
		(void)snprintf(out, REAL_ROOM, "%.1f", value);
		return out;
	}
	if (!e && !strchr(out, '.')) {
		(void)g_strlcat(out, ".0", REAL_ROOM);
	}
	return out;
}

static void write_text(GString *to, const char *text, size_t length)
{
	g_string_append_c(to, '"');
	for (size_t i = 0; i < length; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '"' || c == '\\') {
			g_string_append_c(to, '\\');
			g_string_append_c(to, (char)c);
		} else if (c == '\n') {
			g_string_append(to, "\\n");
		} else if (c < 0x20) {
			g_string_append_printf(to, "\\u%04x", c);
		} else {
			g_string_append_c(to, (char)c);
		}
	}
	g_string_append_c(to, '"');
}

/* How deep a value stands on lines of its own; COMPACT: all in one line. */
enum { COMPACT = -1 };

static void begin_line(GString *to, int depth)
{
	if (depth != COMPACT) {
		g_string_append_c(to, '\n');
		for (int i = 0; i < depth; i++) {
			g_string_append(to, "  ");
		}
	}
}

static void write_value(GString *to, const json_t *value, int depth);

static void write_object(GString *to, const json_t *object, int depth)
{
	int inner = depth == COMPACT ? COMPACT : depth + 1;
	const char *key;
	json_t *member;

	g_string_append_c(to, '{');
	json_object_foreach((json_t *)(uintptr_t)object, key, member)
	{
		if (to->str[to->len - 1] != '{') {
			g_string_append_c(to, ',');
		}
		begin_line(to, inner);
		write_text(to, key, strlen(key));
		g_string_append(to, depth == COMPACT ? ":" : ": ");
		write_value(to, member, inner);
	}
	if (json_object_size(object) > 0) {
		begin_line(to, depth);
	}
	g_string_append_c(to, '}');
}

static bool holds_containers(const json_t *array)
{
	json_t *member;
	size_t i;

	json_array_foreach(array, i, member)
	{
		if (json_is_object(member) || json_is_array(member)) {
			return true;
		}
	}
	return false;
}

/* A row of numbers or texts is read as a row. */
static void write_array(GString *to, const json_t *array, int depth)
{
	bool is_spread = depth != COMPACT && holds_containers(array);
	int inner = is_spread ? depth + 1 : COMPACT;
	json_t *member;
	size_t i;

	g_string_append_c(to, '[');
	json_array_foreach(array, i, member)
	{
		if (i > 0) {
			g_string_append(to, depth == COMPACT || is_spread ? "," : ", ");
		}
		begin_line(to, inner);
		write_value(to, member, inner);
	}
	if (is_spread) {
		begin_line(to, depth);
	}
	g_string_append_c(to, ']');
}

static void write_value(GString *to, const json_t *value, int depth)
{
	char number[32];

	switch (json_typeof(value)) {
	case JSON_OBJECT:
		write_object(to, value, depth);
		break;
	case JSON_ARRAY:
		write_array(to, value, depth);
		break;
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
		g_string_append(to, "true");
		break;
	case JSON_FALSE:
		g_string_append(to, "false");
		break;
	case JSON_NULL:
		g_string_append(to, "null");
		break;
	}
}

char *json_write(const json_t *value)
{
	GString *text = g_string_new(NULL);

	write_value(text, value, COMPACT);
	return g_string_free(text, FALSE);
}

char *json_write_lines(const json_t *value)
{
	GString *text = g_string_new(NULL);

	write_value(text, value, 0);
	return g_string_free(text, FALSE);
}

const char *json_get_text(const json_t *object, const char *key, const char *otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_string(member) ? json_string_value(member) : otherwise;
}

json_int_t json_get_int(const json_t *object, const char *key, json_int_t otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_integer(member) ? json_integer_value(member) : otherwise;
}

bool json_get_bool(const json_t *object, const char *key, bool otherwise)
{
	const json_t *member = json_object_get(object, key);

	return json_is_boolean(member) ? json_is_true(member) : otherwise;
}

const json_t *json_get_object(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return json_is_object(member) ? member : NULL;
}

const json_t *json_get_array(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return json_is_array(member) ? member : NULL;
}

bool json_truthy(const json_t *value)
{
	if (!value) {
		return false;
	}
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return json_object_size(value) > 0;
	case JSON_ARRAY:
		return json_array_size(value) > 0;
	case JSON_STRING:
		return json_string_length(value) > 0;
	case JSON_INTEGER:
		return json_integer_value(value) != 0;
	case JSON_REAL:
		return json_real_value(value) != 0;
	case JSON_TRUE:
		return true;
	case JSON_FALSE:
	case JSON_NULL:
		break;
	}
	return false;
}
