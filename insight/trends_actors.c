#include "insight/trends_actors.h"

#include "insight/breakdown.h"
#include "insight/brief.h"
#include "insight/series.h"
#include "insight/window.h"

#include <glib.h>
#include <string.h>

enum { MAX_PARTS = 3 };

/* A value of the breakdown: "" for none. */
struct part_value {
	struct property property;
	char *text;
};

struct trends_actors {
	struct scope scope;
	struct entity entity;
	struct part_value parts[MAX_PARTS];
	size_t part_count;
	int64_t from_us, to_us;
};

/* The maths that count others than persons with an event in the bucket. */
static bool read_math(const json_t *node, struct fault *f)
{
	static const char *const elsewhere[] = {"first_matching_event_for_user",
		"first_time_for_user", "monthly_active", "unique_group", "weekly_active"};
	const char *math = series_math(node);

	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
		if (strcmp(elsewhere[i], math) == 0) {
			return fault_set(f, FAULT_UNSUPPORTED,
				"math: the people behind '%s' are not listed here", math);
		}
	}
	return true;
}

static bool read_series(struct trends_actors *a, const struct kind_context *c, const json_t *part,
	struct filter_reader *r, struct fault *f)
{
	const json_t *list = json_object_get(c->query, "series");
	const json_t *member = json_object_get(part, "series");
	json_int_t i = json_is_integer(member) ? json_integer_value(member) : 0;
	const json_t *node;

	if ((member && !json_is_null(member) && !json_is_integer(member)) || i < 0 ||
		(size_t)i >= json_array_size(list)) {
		return fault_set(f, FAULT_QUERY, "series is not the number of a series");
	}
	node = json_array_get(list, (size_t)i);
	return (entity_read(node, r, &a->entity, f) && read_math(node, f)) ||
	       fault_wrap(f, "source.series[%d].", (int)i);
}

/* As breakdowns tell values apart: true, 1 and "1" are what their texts are. */
static char *value_text(const json_t *value)
{
	const char *text = json_string_value(value);

	if (!value || json_is_null(value) || (text && strcmp(text, BREAKDOWN_NONE_KEY) == 0)) {
		return g_strdup("");
	}
	return text ? g_strdup(text) : json_write(value);
}

static bool check_part(const json_t *by, const char *type, struct fault *f)
{
	if (json_truthy(json_object_get(by, "histogram_bin_count")) ||
		json_truthy(json_object_get(by, "breakdown_histogram_bin_count")) ||
		json_truthy(json_object_get(by, "normalize_url")) ||
		json_truthy(json_object_get(by, "breakdown_normalize_url"))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"source.breakdownFilter: the people behind bins and cut addresses are not"
			" listed here");
	}
	return (strcmp(type, "cohort") != 0 && strcmp(type, "hogql") != 0) ||
	       fault_set(f, FAULT_UNSUPPORTED,
		       "source.breakdownFilter: the people behind a breakdown by '%s' are not"
		       " listed here",
		       type);
}

static bool add_part(struct trends_actors *a, const json_t *by, const char *type, const char *key,
	const char *group_key, const json_t *value, struct fault *f)
{
	struct part_value *p = &a->parts[a->part_count];
	const char *text = json_string_value(value);

	if (!check_part(by, type, f)) {
		return false;
	}
	if (text && strcmp(text, BREAKDOWN_OTHER_KEY) == 0) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"breakdown: the people behind all other values are not listed here");
	}
	a->part_count++;
	p->text = value_text(value);
	return property_read(type, "type", key, "property", json_object_get(by, group_key),
		       &p->property, f) ||
	       fault_wrap(f, "source.breakdownFilter.");
}

static bool read_parts(
	struct trends_actors *a, const json_t *list, const json_t *value, struct fault *f)
{
	const json_t *by;
	size_t i;

	if (json_array_size(list) > MAX_PARTS) {
		return fault_set(f, FAULT_QUERY,
			"source.breakdownFilter.breakdowns has more than %d members", MAX_PARTS);
	}
	json_array_foreach(list, i, by)
	{
		const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;

		if (!add_part(a, by, json_get_text(by, "type", "event"),
			    json_get_text(by, "property", ""), "group_type_index", one, f)) {
			return false;
		}
	}
	return true;
}

/* A part without the member speaks of all values. */
static bool read_breakdown(
	struct trends_actors *a, const json_t *query, const json_t *part, struct fault *f)
{
	const json_t *by = json_get_object(query, "breakdownFilter");
	const json_t *list = json_get_array(by, "breakdowns");
	const json_t *key = json_object_get(by, "breakdown");
	const json_t *value = json_object_get(part, "breakdown");

	if (!value || !by) {
		return true;
	}
	if (json_array_size(list) > 0) {
		return read_parts(a, list, value, f);
	}
	if (!key || json_is_null(key)) {
		return true;
	}
	if (!json_is_string(key)) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"source.breakdownFilter.breakdown: the people behind such a breakdown are"
			" not listed here");
	}
	return add_part(a, by, json_get_text(by, "breakdown_type", "event"), json_string_value(key),
		"breakdown_group_type_index", value, f);
}

static bool read_compare(const json_t *part, bool *is_previous, struct fault *f)
{
	const char *name = json_get_text(part, "compare", "current");
	char shown[BRIEF_BYTES];

	*is_previous = strcmp(name, "previous") == 0;
	return *is_previous || strcmp(name, "current") == 0 ||
	       fault_set(f, FAULT_QUERY, "compare: '%s' is neither current nor previous",
		       brief(name, shown));
}

static bool open_previous(struct trends_actors *a, const struct kind_context *c,
	const struct window *current, struct window *out, struct fault *f)
{
	struct comparison_request compare;

	*out = (struct window){.buckets = NULL};
	return comparison_read(c->query, &a->scope.dates, &compare, f) &&
	       window_open_previous(&a->scope, c, current, compare.to, WINDOW_OF_BUCKETS, out, f);
}

/* All time begins at its beginning: nobody is behind what lies before the first event. */
static bool read_range(
	struct trends_actors *a, const struct kind_context *c, const json_t *part, struct fault *f)
{
	struct window current, previous = {.buckets = NULL};
	struct date_range range;
	bool is_previous, fine;

	if (!read_compare(part, &is_previous, f)) {
		return false;
	}
	if (a->scope.dates.from.form == DATE_ALL) {
		fine = dates_resolve(&a->scope.dates, INTERVAL_DAY, &c->place, 0, &range, f);
		a->from_us = range.from_us;
		a->to_us = range.to_us;
		return fine || fault_wrap(f, "source.");
	}
	fine = window_open(&a->scope, c, 0, WINDOW_OF_BUCKETS, &current, f) &&
	       (!is_previous || open_previous(a, c, &current, &previous, f));
	a->from_us = is_previous ? previous.range.from_us : current.range.from_us;
	a->to_us = is_previous ? previous.range.to_us : current.range.to_us;
	window_finish(&current);
	window_finish(&previous);
	return fine || fault_wrap(f, "source.");
}

/* A bucket as results name it, cut to the range. */
static bool read_day(
	struct trends_actors *a, const struct kind_context *c, const json_t *part, struct fault *f)
{
	const json_t *member = json_object_get(part, "day");
	enum calendar_unit unit = interval_unit(a->scope.interval);
	const char *text = json_string_value(member);
	struct date_text date;
	int64_t first_us, last_us, wall_us;

	if (!member || json_is_null(member)) {
		return true;
	}
	if (!text) {
		return fault_set(f, FAULT_QUERY, "day is not a text");
	}
	if (!date_read(text, "day", &date, f) ||
		!date_span(&date, text, "day", &c->place, &first_us, &last_us, f)) {
		return false;
	}
	wall_us = calendar_floor(
		zone_wall_us(c->place.zone, first_us), unit, c->place.week_start_day);
	first_us = zone_instant_us(c->place.zone, wall_us);
	wall_us = calendar_next(wall_us, unit, c->place.week_start_day);
	last_us = zone_instant_us(c->place.zone, wall_us) - 1;
	a->from_us = MAX(a->from_us, first_us);
	a->to_us = MIN(a->to_us, last_us);
	return true;
}

static bool begin(const struct kind_context *c, const json_t *part, void **state, struct fault *f)
{
	struct trends_actors *a = g_new0(struct trends_actors, 1);
	struct filter_reader reader = {.place = &c->place, .references = c->references};

	*state = a;
	if (!scope_read(c, &reader, &a->scope, f)) {
		return fault_wrap(f, "source.");
	}
	if (a->scope.actor != ACTOR_IS_PERSON) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"source.aggregation_group_type_index: groups are not listed here");
	}
	return read_series(a, c, part, &reader, f) && read_breakdown(a, c->query, part, f) &&
	       read_range(a, c, part, f) && read_day(a, c, part, f);
}

static void write_people(const void *state, struct writer *w)
{
	const struct trends_actors *a = state;
	const struct entity *entity = &a->entity;

	sql_add(w->sql, "SELECT events.person_id AS actor_id, count(*) AS event_count");
	scope_write_rows(&a->scope, w, a->from_us, a->to_us);
	entities_write_and_named(&entity, 1, w);
	sql_add(w->sql, " AND ");
	entity_write(entity, w);
	for (size_t i = 0; i < a->part_count; i++) {
		sql_add(w->sql, " AND ");
		w->dialect->label(w, &a->parts[i].property);
		sql_add(w->sql, " = ");
		sql_param_text(w->sql, a->parts[i].text);
	}
	sql_add(w->sql, " GROUP BY events.person_id");
}

static void end(void *state)
{
	struct trends_actors *a = state;

	scope_finish(&a->scope);
	if (a->entity.filters) {
		entity_finish(&a->entity);
	}
	for (size_t i = 0; i < a->part_count; i++) {
		property_finish(&a->parts[i].property);
		g_free(a->parts[i].text);
	}
	g_free(a);
}

const struct kind_actors trends_actors = {.begin = begin, .write = write_people, .end = end};
