/* What stands over a chart: the kind, the period, and a name for an insight that has none
 * (spec/insights.md 1.1, 1.3, 5.26).
 *
 * A header is drawn even over a card that says what failed, so nothing here fails: what cannot be
 * read is left out. */
#include "insight/kind.h"
#include "insight/series.h"

#include <glib.h>
#include <string.h>

const char *insight_kind_text(const json_t *query)
{
	const struct kind *kind = kind_lookup(kind_name(kind_unwrap(query)));

	return kind ? kind->text : "Insight";
}

/* Pairs that have a name of their own; "" stands for an absent date_to. */
static const struct {
	const char *from, *to, *text;
} named_periods[] = {
	{"-1h", "", "Last hour"},
	{"dStart", "", "Today"},
	{"dStart", "dEnd", "Today"},
	{"-0d", "", "Today"},
	{"-1dStart", "-1dEnd", "Yesterday"},
	{"wStart", "", "This week"},
	{"wStart", "wEnd", "This week"},
	{"-1wStart", "-1wEnd", "Last week"},
	{"mStart", "", "This month"},
	{"mStart", "mEnd", "This month"},
	{"-1mStart", "-1mEnd", "Last month"},
	{"qStart", "", "This quarter"},
	{"qStart", "qEnd", "This quarter"},
	{"-1qStart", "-1qEnd", "Last quarter"},
	{"yStart", "", "Year to date"},
	{"yStart", "yEnd", "This year"},
	{"-1yStart", "-1yEnd", "Last year"},
	{"all", "", "All time"},
};

static const char *const unit_names[] = {
	"second", "minute", "hour", "day", "week", "month", "quarter", "year"};

static const char *lookup_named(const struct date_request *r)
{
	const char *from = r->from_text ? r->from_text : "-7d";
	const char *to = r->to_text ? r->to_text : "";

	for (size_t i = 0; i < G_N_ELEMENTS(named_periods); i++) {
		if (strcmp(named_periods[i].from, from) == 0 &&
			strcmp(named_periods[i].to, to) == 0) {
			return named_periods[i].text;
		}
	}
	return NULL;
}

static char *last_units(int64_t number, enum calendar_unit unit)
{
	return g_strdup_printf(
		"Last %" G_GINT64_FORMAT " %s%s", number, unit_names[unit], number == 1 ? "" : "s");
}

static char *long_day(const struct zone *zone, int64_t instant_us)
{
	struct calendar_date d = calendar_split(zone_wall_us(zone, instant_us));

	return g_strdup_printf("%s %d, %d", calendar_month_name(d.month), d.day, d.year);
}

static char *two_days(const struct date_request *r, const struct date_place *place)
{
	struct date_range range;
	struct fault f;
	g_autofree char *from = NULL;
	g_autofree char *to = NULL;

	if (!dates_resolve(r, INTERVAL_DAY, place, INT64_MAX, &range, &f)) {
		return g_strdup("");
	}
	from = long_day(place->zone, range.from_us);
	to = long_day(place->zone, range.to_us);
	return strcmp(from, to) == 0 ? g_strdup(from) : g_strdup_printf("%s - %s", from, to);
}

static char *days_until_now(const struct date_request *r, const struct date_place *place)
{
	struct date_range range;
	struct fault f;
	int64_t from, now;

	if (!dates_resolve(r, INTERVAL_DAY, place, INT64_MAX, &range, &f)) {
		return g_strdup("");
	}
	from = calendar_floor(zone_wall_us(place->zone, range.from_us), UNIT_DAY, 0);
	now = calendar_floor(zone_wall_us(place->zone, place->now_us), UNIT_DAY, 0);
	return now <= from ? g_strdup("Today") : last_units((now - from) / us_per_day, UNIT_DAY);
}

static char *describe(const struct date_request *r, const struct date_place *place)
{
	const char *named = lookup_named(r);

	if (named) {
		return g_strdup(named);
	}
	switch (r->from.form) {
	case DATE_RELATIVE:
		if (r->from.position == DATE_AS_IT_IS && r->to.form == DATE_ABSENT) {
			return last_units(r->from.number, r->from.unit);
		}
		return two_days(r, place);
	case DATE_DAY:
	case DATE_TIME:
	case DATE_INSTANT:
		return r->to.form == DATE_ABSENT ? days_until_now(r, place) : two_days(r, place);
	case DATE_ABSENT:
	case DATE_ALL:
		break;
	}
	return g_strdup("All time");
}

/* Which queries have a period: retention shows none, and a SQL text or a list of persons knows
 * none. */
static bool has_period(const char *name)
{
	static const char *const names[] = {"TrendsQuery", "FunnelsQuery", "PathsQuery",
		"StickinessQuery", "LifecycleQuery", "CalendarHeatmapQuery"};

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		if (strcmp(names[i], name) == 0) {
			return true;
		}
	}
	return false;
}

char *insight_period_text(const json_t *query, const struct insight_env *env)
{
	const json_t *inner = kind_unwrap(query);
	struct date_place place = {.week_start_day = env->week_start_day, .now_us = env->now_us};
	struct date_request request;
	struct zone *zone = NULL;
	struct fault f;
	char *text;

	if (!has_period(kind_name(inner)) || !dates_read(inner, &request, &f) ||
		!zone_open(env->timezone, &zone, &f)) {
		return g_strdup("");
	}
	place.zone = zone;
	text = describe(&request, &place);
	zone_close(zone);
	return text;
}

static char *name_trends(const json_t *query)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *breakdown = json_get_object(query, "breakdownFilter");
	const json_t *first = json_array_get(json_get_array(breakdown, "breakdowns"), 0);
	const char *by = json_get_text(breakdown, "breakdown", NULL);
	const json_t *node;
	size_t i;

	json_array_foreach(json_get_array(query, "series"), i, node)
	{
		const struct math *math = math_lookup(series_math(node));

		g_string_append_printf(text, "%s%s %s", i ? " & " : "", entity_node_name(node),
			math ? math->text : series_math(node));
	}
	by = first ? json_get_text(first, "property", NULL) : by;
	if (by && *by && text->len > 0) {
		g_string_append_printf(text, " by %s", by);
	}
	return g_strdup(text->len > 0 ? text->str : "Trends");
}

static char *name_funnel(const json_t *query)
{
	g_autoptr(GString) text = g_string_new(NULL);
	const json_t *node;
	size_t i;

	json_array_foreach(json_get_array(query, "series"), i, node)
	{
		g_string_append_printf(
			text, "%s%s", i ? " \xe2\x86\x92 " : "", entity_node_name(node));
	}
	return text->len > 0 ? g_strdup_printf("%s user conversion rate", text->str)
			     : g_strdup("Funnel");
}

static const char *entity_name(const json_t *filter, const char *key)
{
	const json_t *entity = json_get_object(filter, key);
	const char *id = json_get_text(entity, "id", "$pageview");

	return json_get_text(entity, "custom_name", json_get_text(entity, "name", id));
}

static char *name_retention(const json_t *query)
{
	const json_t *filter = json_get_object(query, "retentionFilter");

	return g_strdup_printf("Retention of users based on doing %s and returning with %s",
		entity_name(filter, "targetEntity"), entity_name(filter, "returningEntity"));
}

static char *name_first_series(const json_t *query, const char *before)
{
	const json_t *node = json_array_get(json_get_array(query, "series"), 0);

	return g_strdup_printf("%s %s", before, entity_node_name(node));
}

char *insight_derived_name(const json_t *query)
{
	const json_t *inner = kind_unwrap(query);
	const char *name = kind_name(inner);

	if (strcmp(name, "TrendsQuery") == 0) {
		return name_trends(inner);
	}
	if (strcmp(name, "FunnelsQuery") == 0) {
		return name_funnel(inner);
	}
	if (strcmp(name, "RetentionQuery") == 0) {
		return name_retention(inner);
	}
	if (strcmp(name, "StickinessQuery") == 0) {
		return name_first_series(inner, "User stickiness based on");
	}
	if (strcmp(name, "LifecycleQuery") == 0) {
		return name_first_series(inner, "User lifecycle based on");
	}
	return g_strdup(insight_kind_text(query));
}
