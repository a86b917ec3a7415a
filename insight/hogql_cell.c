#include "insight/hogql_cell.h"

#include <errno.h>
#include <math.h>
#include <string.h>

/* About the year 9999. */
static const int64_t last_us = 253370764800LL * US_PER_SECOND;

static enum hogql_form cell_form(struct hogql_type type)
{
	switch (type.kind) {
	case HOGQL_INSTANT:
		return FORM_instant_us;
	case HOGQL_DATE:
		return FORM_date_text;
	case HOGQL_UUID:
		return FORM_uuid_text;
	case HOGQL_JSON:
		return FORM_json_text;
	case HOGQL_ARRAY:
		return type.element == HOGQL_INSTANT ? FORM_array_time_json : FORM_array_json;
	case HOGQL_NULL:
	case HOGQL_TEXT:
	case HOGQL_DYNAMIC:
	case HOGQL_COUNT:
	case HOGQL_INTEGER:
	case HOGQL_REAL:
	case HOGQL_BOOLEAN:
	case HOGQL_INTERVAL:
	case HOGQL_LIST:
		break;
	}
	return FORM_NONE;
}

void hogql_cell_write(struct hogql_writer *hw, struct hogql_slot slot, struct hogql_type type)
{
	struct hogql_filling filling = {.slots = &slot, .count = 1};
	enum hogql_form form = cell_form(type);

	if (form != FORM_NONE) {
		hogql_write_form(hw, form, &filling);
	} else if (slot.raw) {
		sql_add(hw->w->sql, slot.raw);
	} else {
		hogql_write_as(hw, slot.node, slot.kind);
	}
}

static json_t *real(double value)
{
	return isfinite(value) ? json_real(value) : json_null();
}

/* Past 64 bits a whole number is a real. */
static json_t *whole(const char *text)
{
	char *end;
	gint64 value;

	errno = 0;
	value = g_ascii_strtoll(text, &end, 10);
	end += *end == '.' ? 1 + strspn(end + 1, "0") : 0;
	return errno == 0 && *end == '\0' ? json_integer(value) : real(g_ascii_strtod(text, NULL));
}

static json_t *instant(int64_t us, const struct zone *zone)
{
	/* Past it there is no year of four digits. */
	bool is_time = us > -last_us && us < last_us;
	g_autofree char *text = is_time ? zone_instant_text(zone, us) : NULL;

	return text ? json_string(text) : json_null();
}

/* Whole numbers that are none any more become such again. */
static json_t *with_integers(json_t *value)
{
	/* Past it not every whole number is a double. */
	static const double last = 9007199254740992.0;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_real(value)) {
		double number = json_real_value(value);

		return fabs(number) < last && number == floor(number)
			       ? json_integer((json_int_t)number)
			       : json_incref(value);
	}
	json_array_foreach(value, i, member)
	{
		json_array_set_new(value, i, with_integers(member));
	}
	json_object_foreach(value, key, member)
	{
		json_object_set_new(value, key, with_integers(member));
	}
	return json_incref(value);
}

/* Postgres keeps whole numbers of any length: with one past 64 bits, all are read as reals. */
static json_t *document_of_reals(const char *text)
{
	json_t *reals = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
	json_t *value = reals ? with_integers(reals) : json_string(text);

	json_decref(reals);
	return value;
}

static json_t *document(const char *text)
{
	struct fault f;
	json_t *value;

	if (json_read(text, strlen(text), &json_stored_limits, &value, &f)) {
		return value;
	}
	return f.kind == FAULT_TOO_LARGE ? json_string(text) : document_of_reals(text);
}

static json_t *element(const json_t *value, enum hogql_kind kind, const struct zone *zone)
{
	if (kind == HOGQL_INSTANT && json_is_integer(value)) {
		return instant(json_integer_value(value), zone);
	}
	if (kind == HOGQL_REAL && json_is_number(value)) {
		return real(json_number_value(value));
	}
	return json_deep_copy(value);
}

static json_t *list(const char *text, enum hogql_kind kind, const struct zone *zone)
{
	json_t *values = document(text);
	json_t *out;
	const json_t *value;
	size_t i;

	/* With a number that JSON does not hold, the text is all there is. */
	if (!json_is_array(values)) {
		return values;
	}
	out = json_array();
	json_array_foreach(values, i, value)
	{
		json_array_append_new(out, element(value, kind, zone));
	}
	json_decref(values);
	return out;
}

json_t *hogql_cell_read(const char *cell, struct hogql_type type, const struct zone *zone)
{
	if (!cell) {
		return json_null();
	}
	switch (type.kind) {
	case HOGQL_COUNT:
	case HOGQL_INTEGER:
		return whole(cell);
	case HOGQL_REAL:
		return real(g_ascii_strtod(cell, NULL));
	case HOGQL_BOOLEAN:
		return json_boolean(cell[0] == 't');
	case HOGQL_INSTANT:
		return instant(g_ascii_strtoll(cell, NULL, 10), zone);
	case HOGQL_JSON:
		return document(cell);
	case HOGQL_ARRAY:
		return list(cell, type.element, zone);
	case HOGQL_NULL:
	case HOGQL_TEXT:
	case HOGQL_DYNAMIC:
	case HOGQL_DATE:
	case HOGQL_INTERVAL:
	case HOGQL_UUID:
	case HOGQL_LIST:
		break;
	}
	return json_string(cell);
}
