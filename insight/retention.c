#include "insight/retention.h"

#include "insight/brief.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static const struct {
	const char *name;
	enum retention_start start;
} types[] = {
	{"retention_first_ever_occurrence", RETENTION_FIRST_EVER},
	{"retention_first_time", RETENTION_FIRST_TIME},
	{"retention_recurring", RETENTION_RECURRING},
};

static const struct {
	const char *name;
	enum interval interval;
} periods[] = {
	{"Day", INTERVAL_DAY},
	{"Hour", INTERVAL_HOUR},
	{"Month", INTERVAL_MONTH},
	{"Week", INTERVAL_WEEK},
};

static const struct {
	const char *name;
	enum retention_value value;
} values[] = {
	{"avg", RETENTION_AVERAGE},
	{"count", RETENTION_COUNT},
	{"sum", RETENTION_SUM},
};

/* A member that is one of a few texts; *text stays as it is where the query has none. */
static bool read_text(const json_t *filter, const char *key, const char **text, struct fault *f)
{
	const json_t *member = json_object_get(filter, key);

	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", key);
	}
	*text = json_string_value(member);
	return true;
}

static bool refuse_text(const char *key, const char *text, const char *what, struct fault *f)
{
	char shown[BRIEF_BYTES];

	return fault_set(f, FAULT_QUERY, "%s: '%s' is not %s", key, brief(text, shown), what);
}

static bool read_type(const json_t *filter, struct retention *out, struct fault *f)
{
	const char *name = "retention_recurring";

	if (!read_text(filter, "retentionType", &name, f)) {
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(types); i++) {
		if (strcmp(types[i].name, name) == 0) {
			out->start = types[i].start;
			return true;
		}
	}
	return refuse_text("retentionType", name, "a type of retention", f);
}

static bool read_period(const json_t *filter, struct retention *out, struct fault *f)
{
	const char *name = "Day";

	if (!read_text(filter, "period", &name, f)) {
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(periods); i++) {
		if (strcmp(periods[i].name, name) == 0) {
			out->period = periods[i].interval;
			return true;
		}
	}
	return refuse_text("period", name, "Hour, Day, Week or Month", f);
}

static bool read_mode(const json_t *filter, struct retention *out, struct fault *f)
{
	const char *name = "strict_calendar_dates";

	if (!read_text(filter, "timeWindowMode", &name, f)) {
		return false;
	}
	out->is_rolling = strcmp(name, "24_hour_windows") == 0;
	return out->is_rolling || strcmp(name, "strict_calendar_dates") == 0 ||
	       refuse_text("timeWindowMode", name, "strict_calendar_dates or 24_hour_windows", f);
}

static bool read_value(const json_t *filter, struct retention *out, struct fault *f)
{
	const char *name = "count", *owner = NULL, *key = NULL;

	if (!read_text(filter, "aggregationType", &name, f) ||
		!read_text(filter, "aggregationProperty", &key, f) ||
		!read_text(filter, "aggregationPropertyType", &owner, f)) {
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(values); i++) {
		if (strcmp(values[i].name, name) != 0) {
			continue;
		}
		out->value = values[i].value;
		if (out->value == RETENTION_COUNT) {
			return true;
		}
		if (!key || !*key) {
			return fault_set(f, FAULT_QUERY,
				"aggregationProperty: '%s' needs the name of a property", name);
		}
		return property_read(owner, "aggregationPropertyType", key, "aggregationProperty",
			json_object_get(filter, "aggregationPropertyGroupTypeIndex"),
			&out->property, f);
	}
	return refuse_text("aggregationType", name, "count, sum or avg", f);
}

static bool read_whole(
	const json_t *object, const char *key, json_int_t most, json_int_t *out, struct fault *f)
{
	const json_t *member = json_object_get(object, key);

	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < 1 ||
		json_integer_value(member) > most) {
		g_autofree char *text = json_write(member);

		return fault_set(f, FAULT_QUERY,
			"%s: %.40s is not a whole number from 1 to %" PRId64, key, text,
			(int64_t)most);
	}
	*out = json_integer_value(member);
	return true;
}

/* Cohorts are what the first column counts; a column that would begin past the last of them is
 * one that nobody can have reached. */
static void add_column(struct retention *r, int first, int last)
{
	if (first < r->interval_count) {
		r->columns[r->column_count++] =
			(struct retention_column){.first = first, .last = last};
	}
}

static bool read_brackets(const json_t *list, struct retention *r, struct fault *f)
{
	const json_t *member;
	int first = 1;
	size_t i;

	if (json_array_size(list) > RETENTION_MAX_INTERVALS) {
		return fault_set(f, FAULT_QUERY, "retentionCustomBrackets: %zu are more than %d",
			json_array_size(list), RETENTION_MAX_INTERVALS);
	}
	json_array_foreach(list, i, member)
	{
		json_int_t size = json_is_integer(member) ? json_integer_value(member) : 0;

		if (size < 1 || size > RETENTION_MAX_BRACKET) {
			return fault_set(f, FAULT_QUERY,
				"retentionCustomBrackets[%zu] is not a whole number from 1 to %d",
				i, RETENTION_MAX_BRACKET);
		}
		add_column(r, first, first + (int)size - 1);
		first += (int)size;
	}
	return true;
}

static bool read_columns(const json_t *filter, struct retention *r, struct fault *f)
{
	const json_t *brackets = json_object_get(filter, "retentionCustomBrackets");
	bool is_cumulative = json_truthy(json_object_get(filter, "cumulative"));

	if (brackets && !json_is_null(brackets) && !json_is_array(brackets)) {
		return fault_set(f, FAULT_QUERY, "retentionCustomBrackets is not a list");
	}
	add_column(r, 0, 0);
	if (json_array_size(brackets) == 0) {
		for (int i = 1; i < r->interval_count; i++) {
			add_column(r, i, i);
		}
	} else if (!read_brackets(brackets, r, f)) {
		return false;
	}
	for (int i = 0; i < r->column_count; i++) {
		struct retention_column *c = &r->columns[i];
		int last = is_cumulative ? r->columns[r->column_count - 1].last : c->last;

		for (int j = c->first; j <= MIN(last, r->interval_count - 1); j++) {
			c->offsets |= (uint64_t)1 << j;
		}
	}
	return true;
}

static bool read_entity(const json_t *filter, const char *key, struct filter_reader *reader,
	struct retention *r, struct entity *out, struct fault *f)
{
	const json_t *node = json_object_get(filter, key);

	if (!node || json_is_null(node)) {
		node = r->default_entity;
	}
	return json_is_object(node) ? entity_read(node, reader, out, f) || fault_wrap(f, "%s.", key)
				    : fault_set(f, FAULT_QUERY, "%s is not an object", key);
}

static bool read_entities(
	const json_t *filter, struct filter_reader *reader, struct retention *r, struct fault *f)
{
	r->default_entity = json_pack("{s:s, s:s}", "id", "$pageview", "type", "events");
	if (!read_entity(filter, "targetEntity", reader, r, &r->target, f) ||
		!read_entity(filter, "returningEntity", reader, r, &r->returning, f)) {
		return false;
	}
	r->is_one_entity = json_equal(r->target.node, r->returning.node);
	return true;
}

static bool read_filter(
	const json_t *query, struct filter_reader *reader, struct retention *r, struct fault *f)
{
	const json_t *filter = json_object_get(query, "retentionFilter");
	json_int_t intervals = RETENTION_DEFAULT_INTERVALS, occurrences = 1;

	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "retentionFilter is not an object");
	}
	if (!read_type(filter, r, f) || !read_period(filter, r, f) || !read_mode(filter, r, f) ||
		!read_value(filter, r, f) ||
		!read_whole(filter, "totalIntervals", RETENTION_MAX_INTERVALS, &intervals, f) ||
		!read_whole(
			filter, "minimumOccurrences", RETENTION_MAX_OCCURRENCES, &occurrences, f)) {
		return fault_wrap(f, "retentionFilter.");
	}
	r->interval_count = (int)intervals;
	r->min_occurrences = occurrences;
	return (read_columns(filter, r, f) && read_entities(filter, reader, r, f)) ||
	       fault_wrap(f, "retentionFilter.");
}

bool retention_read(const struct kind_context *c, struct retention *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};

	*out = (struct retention){.interval_count = 0};
	if (!read_filter(c->query, &reader, out, f) ||
		!breakdown_read(c->query, BREAKDOWN_DEFAULT_LIMIT, &out->breakdown, f) ||
		!scope_read(c, &reader, &out->scope, f)) {
		return false;
	}
	/* Retention has a period where other queries have an interval. */
	out->scope.interval = out->period;
	return true;
}

void retention_finish(struct retention *r)
{
	entity_finish(&r->target);
	entity_finish(&r->returning);
	json_decref(r->default_entity);
	property_finish(&r->property);
	breakdown_finish(&r->breakdown);
	scope_finish(&r->scope);
}
