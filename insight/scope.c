#include "insight/scope.h"

#include "insight/brief.h"

#include <glib.h>

static bool read_interval(const json_t *query, enum interval *out, struct fault *f)
{
	const json_t *member = json_object_get(query, "interval");
	char shown[BRIEF_BYTES];

	*out = INTERVAL_DAY;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "interval is not a text");
	}
	if (interval_lookup(json_string_value(member), out)) {
		return true;
	}
	return fault_set(f, FAULT_QUERY, "interval: '%s' is not an interval",
		brief(json_string_value(member), shown));
}

static bool read_sample(const json_t *query, double *out, struct fault *f)
{
	const json_t *member = json_object_get(query, "samplingFactor");

	*out = 1;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_number(member) || !(json_number_value(member) > 0) ||
		!(json_number_value(member) <= 1)) {
		return fault_set(
			f, FAULT_QUERY, "samplingFactor is not a number above 0 and not above 1");
	}
	*out = json_number_value(member);
	return true;
}

static bool read_actor(const json_t *query, int *out, struct fault *f)
{
	const json_t *member = json_object_get(query, "aggregation_group_type_index");

	*out = ACTOR_IS_PERSON;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
		json_integer_value(member) > ACTOR_MAX_GROUP) {
		return fault_set(f, FAULT_QUERY,
			"aggregation_group_type_index is not a whole number from 0 to %d",
			ACTOR_MAX_GROUP);
	}
	*out = (int)json_integer_value(member);
	return true;
}

bool scope_read(
	const struct kind_context *c, struct filter_reader *r, struct scope *out, struct fault *f)
{
	const json_t *range = json_object_get(c->query, "dateRange");

	*out = (struct scope){.sample = 1, .actor = ACTOR_IS_PERSON};
	if (!read_interval(c->query, &out->interval, f) ||
		!read_sample(c->query, &out->sample, f) || !read_actor(c->query, &out->actor, f) ||
		!dates_read(c->query, &out->dates, f)) {
		return false;
	}
	out->excludes_incomplete = json_truthy(json_object_get(range, "excludeIncompletePeriods"));
	if (!filter_read(r, json_object_get(c->query, "properties"), &out->filter, f)) {
		return fault_wrap(f, "properties");
	}
	if (json_truthy(json_object_get(c->query, "filterTestAccounts")) &&
		!filter_read(r, c->env->test_account_filters, &out->test_filter, f)) {
		return fault_wrap(f, "test account filters");
	}
	return true;
}

void scope_finish(struct scope *s)
{
	filter_destroy(s->filter);
	filter_destroy(s->test_filter);
	s->filter = s->test_filter = NULL;
}

void scope_write_actor(const struct scope *s, struct writer *w)
{
	if (s->actor == ACTOR_IS_PERSON) {
		sql_add(w->sql, "events.person_id");
	} else {
		sql_addf(w->sql, "events.group_%d", s->actor);
	}
}

/* The project is named although row-level security holds it too: an index begins with it, and a
 * policy that is missing must not show. */
static void write_project(struct writer *w)
{
	sql_add(w->sql, " FROM events");
	if (w->join) {
		w->join(w, w->join_arg);
	}
	sql_add(w->sql, " WHERE events.project_id = ");
	writer_project(w);
}

static void write_until(struct writer *w, int64_t to_us)
{
	sql_add(w->sql, " AND events.\"timestamp\" <= ");
	sql_param_time_us(w->sql, to_us);
}

static void write_who(const struct scope *s, struct writer *w)
{
	if (s->actor != ACTOR_IS_PERSON) {
		sql_addf(w->sql, " AND events.group_%d <> ''", s->actor);
	}
	if (s->sample < 1) {
		sql_add(w->sql, " AND ");
		w->dialect->sample(w, s->sample);
	}
}

void scope_write_filters(const struct scope *s, struct writer *w)
{
	filter_write_and(s->filter, w);
	filter_write_and(s->test_filter, w);
}

void scope_write_rows(const struct scope *s, struct writer *w, int64_t from_us, int64_t to_us)
{
	write_project(w);
	sql_add(w->sql, " AND events.\"timestamp\" >= ");
	sql_param_time_us(w->sql, from_us);
	write_until(w, to_us);
	write_who(s, w);
	scope_write_filters(s, w);
}

void scope_write_unfiltered_history(const struct scope *s, struct writer *w, int64_t to_us)
{
	write_project(w);
	write_until(w, to_us);
	write_who(s, w);
}

void scope_write_history(const struct scope *s, struct writer *w, int64_t to_us)
{
	scope_write_unfiltered_history(s, w, to_us);
	scope_write_filters(s, w);
}
