#include "insight/window.h"

#include <glib.h>
#include <inttypes.h>

bool comparison_read(const json_t *query, const struct date_request *dates,
	struct comparison_request *out, struct fault *f)
{
	const json_t *filter = json_object_get(query, "compareFilter");
	const json_t *to = json_object_get(filter, "compare_to");

	/* All time has nothing before it. */
	*out = (struct comparison_request){
		.is_wanted = json_is_true(json_object_get(filter, "compare")) &&
			     dates->from.form != DATE_ALL};
	if (!out->is_wanted || !to || json_is_null(to)) {
		return true;
	}
	if (!json_is_string(to)) {
		return fault_set(f, FAULT_DATE, "compareFilter.compare_to is not a text");
	}
	out->to = *json_string_value(to) ? json_string_value(to) : NULL;
	return true;
}

static bool make_buckets(const struct scope *s, const struct kind_context *c, enum window_use use,
	struct window *out, struct fault *f)
{
	struct date_range range = out->range;
	struct fault too_many;
	bool is_total = use == WINDOW_OF_TOTAL;

	range.interval = s->interval;
	return buckets_create(&range, &c->place, c->max_buckets, &out->buckets,
		       is_total ? &too_many : f) ||
	       is_total;
}

/* The period that is running ends the range before it begins; where nothing else is left it
 * stays, for a range without a bucket is none. */
static void leave_out_running(
	const struct scope *s, const struct kind_context *c, struct date_range *range)
{
	const struct date_place *place = &c->place;
	int64_t wall = calendar_floor(zone_wall_us(place->zone, place->now_us),
		interval_unit(s->interval), place->week_start_day);
	int64_t start_us = zone_instant_us(place->zone, wall);

	if (range->to_us >= start_us && start_us > range->from_us) {
		range->to_us = start_us - 1;
	}
}

bool window_open(const struct scope *s, const struct kind_context *c, int64_t earliest_us,
	enum window_use use, struct window *out, struct fault *f)
{
	enum interval rounding =
		use == WINDOW_OF_TOTAL ? MIN(s->interval, INTERVAL_DAY) : s->interval;

	*out = (struct window){.buckets = NULL};
	if (!dates_resolve(&s->dates, rounding, &c->place, earliest_us, &out->range, f)) {
		return false;
	}
	if (s->excludes_incomplete) {
		leave_out_running(s, c, &out->range);
	}
	return make_buckets(s, c, use, out, f);
}

bool window_open_previous(const struct scope *s, const struct kind_context *c,
	const struct window *current, const char *compare_to, enum window_use use,
	struct window *out, struct fault *f)
{
	int64_t count = current->buckets ? (int64_t)current->buckets->count : 1;

	*out = (struct window){.buckets = NULL};
	return dates_previous(
		       &s->dates, &current->range, &c->place, count, compare_to, &out->range, f) &&
	       make_buckets(s, c, use, out, f);
}

/* A clock that skips hours has fewer of them between two of its times: then one begins earlier. */
bool window_open_last(const struct scope *s, const struct kind_context *c, int64_t count,
	struct window *out, struct fault *f)
{
	const struct date_place *place = &c->place;
	enum calendar_unit unit = interval_unit(s->interval);
	struct date_request request = s->dates;
	int64_t last, back = 0, missing = count - 1;

	*out = (struct window){.buckets = NULL};
	request.from = (struct date_text){.form = DATE_ALL};
	if (!dates_resolve(&request, s->interval, place, INT64_MIN, &out->range, f)) {
		return false;
	}
	if (s->excludes_incomplete) {
		leave_out_running(s, c, &out->range);
	}
	last = calendar_floor(
		zone_wall_us(place->zone, out->range.to_us), unit, place->week_start_day);
	do {
		struct buckets *shorter = out->buckets;
		int64_t first;

		back += missing;
		first = calendar_add(last, unit, -back);
		if (calendar_split(first).year < DATES_FIRST_YEAR) {
			return fault_set(f, FAULT_DATE,
				"dateRange.date_to: %" PRId64
				" intervals of one %s before it begin before the year %d",
				count, interval_name(s->interval), DATES_FIRST_YEAR);
		}
		out->range.from_us = zone_instant_us(place->zone, first);
		if (!buckets_create(&out->range, place, c->max_buckets, &out->buckets, f)) {
			return false;
		}
		buckets_destroy(shorter);
		missing = count - (int64_t)out->buckets->count;
	} while (missing > 0);
	return true;
}

void window_finish(struct window *w)
{
	buckets_destroy(w->buckets);
	w->buckets = NULL;
}

/* The earliest event of each name is one step into the index; min() over a list of names would
 * read them all. */
struct sql *window_earliest_statement(const struct kind_context *c, const GPtrArray *names)
{
	struct writer w = writer_open(c->dialect, c->env, NULL);

	sql_add(w.sql, "SELECT ");
	if (!names) {
		c->dialect->instant_us(&w, "min(events.\"timestamp\")");
		sql_add(w.sql, " FROM events WHERE events.project_id = ");
		writer_project(&w);
		return w.sql;
	}
	c->dialect->instant_us(&w, "min(first.at)");
	sql_add(w.sql, " FROM ");
	c->dialect->text_table(&w, names);
	sql_add(w.sql,
		", LATERAL (SELECT events.\"timestamp\" AS at FROM events WHERE events.project_id = ");
	writer_project(&w);
	sql_add(w.sql,
		" AND events.event = wanted.name ORDER BY events.\"timestamp\" LIMIT 1) AS first");
	return w.sql;
}

bool window_earliest_feed(const struct rows *rows, int64_t *earliest_us, struct fault *f)
{
	if (rows->row_count != 1 || rows->column_count != 1) {
		return fault_set(f, FAULT_BUG, "the earliest event has %zu rows", rows->row_count);
	}
	*earliest_us = rows_int(rows, 0, 0, INT64_MAX);
	return true;
}

json_t *window_json(const struct window *w, const struct zone *zone)
{
	g_autofree char *from = zone_instant_text(zone, w->range.from_us);
	g_autofree char *to = zone_instant_text(zone, w->range.to_us);

	return json_pack("{s:s, s:s}", "date_from", from, "date_to", to);
}
