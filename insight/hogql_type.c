#include "insight/hogql_type.h"

#include <glib.h>

static const struct {
	const char *text, *name;
} kinds[] = {
	[HOGQL_NULL] = {"null", "Nothing"},
	[HOGQL_TEXT] = {"a text", "String"},
	[HOGQL_DYNAMIC] = {"a property", "String"},
	[HOGQL_COUNT] = {"a number", "UInt64"},
	[HOGQL_INTEGER] = {"a number", "Int64"},
	[HOGQL_REAL] = {"a number", "Float64"},
	[HOGQL_BOOLEAN] = {"a condition", "Bool"},
	[HOGQL_DATE] = {"a date", "Date"},
	[HOGQL_INSTANT] = {"a time", "DateTime64(6)"},
	[HOGQL_INTERVAL] = {"an interval", "Interval"},
	[HOGQL_UUID] = {"an id", "UUID"},
	[HOGQL_JSON] = {"an object", "JSON"},
	[HOGQL_ARRAY] = {"an array", "Array"},
	[HOGQL_LIST] = {"a list", "Tuple"},
};

bool hogql_kind_is_number(enum hogql_kind kind)
{
	return kind == HOGQL_COUNT || kind == HOGQL_INTEGER || kind == HOGQL_REAL;
}

bool hogql_kind_is_text(enum hogql_kind kind)
{
	return kind == HOGQL_TEXT || kind == HOGQL_DYNAMIC;
}

bool hogql_kind_is_time(enum hogql_kind kind)
{
	return kind == HOGQL_DATE || kind == HOGQL_INSTANT;
}

bool hogql_kind_becomes(enum hogql_kind from, enum hogql_kind to)
{
	bool is_plain = hogql_kind_is_text(from) || hogql_kind_is_number(from);

	if (from == to || from == HOGQL_NULL) {
		return true;
	}
	if (hogql_kind_is_text(to)) {
		return from != HOGQL_LIST && from != HOGQL_INTERVAL;
	}
	if (hogql_kind_is_number(to)) {
		return is_plain || from == HOGQL_BOOLEAN || hogql_kind_is_time(from);
	}
	if (hogql_kind_is_time(to)) {
		return is_plain || hogql_kind_is_time(from);
	}
	return to == HOGQL_BOOLEAN && is_plain;
}

static bool stands_alone(enum hogql_kind kind)
{
	return kind == HOGQL_ARRAY || kind == HOGQL_LIST || kind == HOGQL_INTERVAL ||
	       kind == HOGQL_JSON;
}

/* A property gives way to numbers and times, everything else to a text. */
static enum hogql_kind beside_text(enum hogql_kind text, enum hogql_kind other)
{
	if (text == HOGQL_DYNAMIC && hogql_kind_is_number(other)) {
		return HOGQL_REAL;
	}
	return text == HOGQL_DYNAMIC && hogql_kind_is_time(other) ? HOGQL_INSTANT : HOGQL_TEXT;
}

/* By the order of the enumerators: null, texts, numbers, conditions, times. */
bool hogql_kind_common(enum hogql_kind a, enum hogql_kind b, enum hogql_kind *out)
{
	enum hogql_kind low = MIN(a, b), high = MAX(a, b);

	*out = high;
	if (low == high || low == HOGQL_NULL) {
		return true;
	}
	if (stands_alone(low) || stands_alone(high)) {
		return false;
	}
	if (hogql_kind_is_text(low)) {
		*out = beside_text(low, high);
		return true;
	}
	if (high == HOGQL_BOOLEAN) {
		*out = low;
		return true;
	}
	return hogql_kind_is_number(high) || (hogql_kind_is_time(low) && hogql_kind_is_time(high));
}

bool hogql_type_common(struct hogql_type a, struct hogql_type b, struct hogql_type *out)
{
	struct hogql_type type = {.is_nullable = a.is_nullable || b.is_nullable};

	if (!hogql_kind_common(a.kind, b.kind, &type.kind)) {
		return false;
	}
	if (type.kind == HOGQL_ARRAY && a.kind == b.kind) {
		/* Elements become nothing else once they are in an array. */
		if (!hogql_kind_common(a.element, b.element, &type.element) ||
			(a.element != b.element &&
				!(hogql_kind_is_number(a.element) &&
					hogql_kind_is_number(b.element)) &&
				!(hogql_kind_is_text(a.element) &&
					hogql_kind_is_text(b.element)))) {
			return false;
		}
	} else if (type.kind == HOGQL_ARRAY) {
		type.element = a.kind == HOGQL_ARRAY ? a.element : b.element;
	}
	*out = type;
	return true;
}

const char *hogql_kind_text(enum hogql_kind kind)
{
	return kinds[kind].text;
}

char *hogql_type_name(struct hogql_type type)
{
	if (type.kind == HOGQL_ARRAY) {
		return g_strdup_printf("Array(%s)", kinds[type.element].name);
	}
	return g_strdup_printf(type.is_nullable || type.kind == HOGQL_NULL ? "Nullable(%s)" : "%s",
		kinds[type.kind].name);
}
