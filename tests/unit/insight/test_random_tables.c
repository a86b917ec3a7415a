/* Random lists of events, persons and groups, each made two ways. */
#include "tests/unit/insight/brute_tables.h"
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_filter.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { WORLDS = 24, CASES = 2000, ACTOR_CASES = 400, DAY_CHARACTERS = sizeof "2024-03-31" - 1 };

static struct computed db;
static GPtrArray *worlds;

static int start(void **state)
{
	(void)state;
	computed_start(&db);
	worlds = worlds_create(cases_world_seed(), WORLDS);
	worlds_load(&db, worlds);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	g_ptr_array_unref(worlds);
	computed_stop(&db);
	return 0;
}

/* Postgres does not tell 1.0 from 1 the way they were written: numbers are compared as numbers. */
static json_t *with_reals(const json_t *value)
{
	json_t *copy;
	const char *key;
	json_t *member;
	size_t i;

	if (json_is_number(value)) {
		return json_real(json_number_value(value));
	}
	if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach(value, i, member)
		{
			json_array_append_new(copy, with_reals(member));
		}
		return copy;
	}
	if (json_is_object(value)) {
		copy = json_object();
		/* jansson iterates over objects that may change only; this one does not. */
		json_object_foreach((json_t *)(uintptr_t)value, key, member)
		{
			json_object_set_new(copy, key, with_reals(member));
		}
		return copy;
	}
	return json_deep_copy(value);
}

static void set_filters(json_t *query, const char *name, json_t *filters)
{
	if (filters) {
		json_object_set_new(query, name, filters);
	}
}

static void set_texts(json_t *query, const char *name, json_t *list)
{
	if (json_array_size(list) > 0) {
		json_object_set(query, name, list);
	}
	json_decref(list);
}

static void append_order(GRand *dice, json_t *list, const char *text)
{
	static const char *const ways[] = {"", " ASC", " DESC", " DESC"};

	json_array_append_new(list, json_sprintf("%s%s", text, WORLD_PICK(dice, ways)));
}

static void set_times(GRand *dice, const struct world *w, json_t *query)
{
	struct world_dates dates;

	world_random_dates(dice, w, "day", &dates);
	dates.from[DAY_CHARACTERS] = dates.to[DAY_CHARACTERS] = '\0';
	json_object_set_new(query, "after", json_string(world_below(dice, 3) ? "all" : dates.from));
	if (!world_below(dice, 3) && world_has_day(w, dates.to)) {
		json_object_set_new(query, "before", json_string(dates.to));
	}
	if (!world_has_day(w, dates.from)) {
		json_object_set_new(query, "after", json_string("all"));
	}
}

static void set_limits(GRand *dice, json_t *query)
{
	static const int limits[] = {1, 2, 3, 5, 20, 50, 100, 1000};

	if (world_below(dice, 4)) {
		json_object_set_new(query, "limit",
			json_integer(limits[world_below(dice, G_N_ELEMENTS(limits))]));
	}
	if (!world_below(dice, 3)) {
		json_object_set_new(query, "offset", json_integer(world_below(dice, 8)));
	}
}

/* Beside aggregates only columns that are sorted by simply. */
static void set_columns(GRand *dice, enum brute_table table, bool has_aggregates, json_t *query)
{
	json_t *select = json_array(), *order = json_array();
	int count = has_aggregates ? world_below(dice, 3) : 1 + world_below(dice, 4);

	for (int i = 0; i < count; i++) {
		json_array_append_new(
			select, json_string(brute_table_column(dice, table, has_aggregates)));
	}
	if (has_aggregates) {
		const char *aggregate = brute_table_aggregate(dice);

		json_array_insert_new(
			select, (size_t)world_below(dice, count + 1), json_string(aggregate));
		if (!world_below(dice, 3)) {
			append_order(dice, order, aggregate);
		}
	} else {
		for (int i = world_below(dice, 3); i > 0; i--) {
			append_order(dice, order, brute_table_column(dice, table, true));
		}
	}
	set_texts(query, "select", select);
	set_texts(query, "orderBy", order);
}

static void set_events(GRand *dice, const struct world *w, json_t *query)
{
	json_t *names = json_array(), *where = json_array();

	if (!world_below(dice, 3)) {
		json_object_set_new(query, "event", json_string(world_random_name(dice, w)));
	}
	for (int i = world_below(dice, 4) ? 0 : 1 + world_below(dice, 3); i > 0; i--) {
		json_array_append_new(names, json_string(world_random_name(dice, w)));
	}
	for (int i = world_below(dice, 4) ? 0 : 1 + world_below(dice, 2); i > 0; i--) {
		json_array_append_new(where, json_string(brute_table_condition(dice)));
	}
	set_texts(query, "events", names);
	set_texts(query, "where", where);
	if (!world_below(dice, 8) && w->event_count > 0) {
		json_object_set_new(query, "personId",
			json_string(w->events[world_below(dice, (int)w->event_count)].person));
	}
	if (!world_below(dice, 3)) {
		set_filters(query, "properties", world_random_filters(dice, w, WORLD_OF_ANYONE));
	}
	if (!world_below(dice, 6)) {
		set_filters(
			query, "fixedProperties", world_random_filters(dice, w, WORLD_OF_EVENT));
	}
	set_times(dice, w, query);
}

static void set_persons(GRand *dice, const struct world *w, json_t *query)
{
	static const char *const searches[] = {
		"user", "USER 1", "alias", "' a", "a1", "_", "%", "0"};

	if (!world_below(dice, 4)) {
		json_object_set_new(query, "search", json_string(WORLD_PICK(dice, searches)));
	}
	if (world_below(dice, 2)) {
		set_filters(query, "properties", world_random_filters(dice, w, WORLD_OF_PERSON));
	}
	if (!world_below(dice, 6)) {
		set_filters(
			query, "fixedProperties", world_random_filters(dice, w, WORLD_OF_PERSON));
	}
}

/* All filters are about groups of the type that is listed. */
static void set_index(json_t *filters, int index)
{
	const char *key;
	json_t *member;
	size_t i;

	json_array_foreach(filters, i, member)
	{
		set_index(member, index);
	}
	if (json_object_get(filters, "group_type_index")) {
		json_object_set_new(filters, "group_type_index", json_integer(index));
	}
	json_object_foreach(filters, key, member)
	{
		set_index(member, index);
	}
}

static void set_groups(GRand *dice, const struct world *w, json_t *query)
{
	static const char *const searches[] = {"a", "CORP", "p", "\\", "'b", "_"};
	int index = world_below(dice, WORLD_USED_GROUP_TYPES);
	json_t *filters =
		world_below(dice, 2) ? world_random_filters(dice, w, WORLD_OF_GROUP) : NULL;

	json_object_set_new(query, "group_type_index", json_integer(index));
	if (!world_below(dice, 4)) {
		json_object_set_new(query, "search", json_string(WORLD_PICK(dice, searches)));
	}
	set_index(filters, index);
	set_filters(query, "properties", filters);
}

static const char *const kinds[] = {[BRUTE_EVENTS] = "EventsQuery",
	[BRUTE_PERSONS] = "ActorsQuery",
	[BRUTE_GROUPS] = "GroupsQuery"};

static json_t *random_query(GRand *dice, const struct world *w, enum brute_table table)
{
	json_t *query = json_pack("{s:s}", "kind", kinds[table]);

	switch (table) {
	case BRUTE_EVENTS:
		set_events(dice, w, query);
		set_columns(dice, table, !world_below(dice, 3), query);
		break;
	case BRUTE_PERSONS:
		set_persons(dice, w, query);
		set_columns(dice, table, false, query);
		break;
	case BRUTE_GROUPS:
		set_groups(dice, w, query);
		set_columns(dice, table, false, query);
		break;
	}
	set_limits(dice, query);
	return query;
}

static bool check_one(GRand *dice, guint32 seed)
{
	static const enum brute_table tables[] = {
		BRUTE_EVENTS, BRUTE_EVENTS, BRUTE_EVENTS, BRUTE_PERSONS, BRUTE_GROUPS};
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	enum brute_table table = tables[world_below(dice, G_N_ELEMENTS(tables))];
	json_t *query = random_query(dice, w, table);
	json_t *result = computed_result(&db, query, &env);
	json_t *wanted = brute_table_result(table, w, query);
	json_t *part = json_pack("{s:O, s:O}", "results", json_object_get(result, "results"),
		"hasMore", json_object_get(result, "hasMore"));
	json_t *got = with_reals(part), *wanted_reals = with_reals(wanted);
	bool any = json_array_size(json_object_get(result, "results")) > 0;

	case_compare(seed, w, query, got, wanted_reals);
	json_decref(query);
	json_decref(result);
	json_decref(wanted);
	json_decref(part);
	json_decref(got);
	json_decref(wanted_reals);
	return any;
}

static void lists_agree_with_a_slow_look_at_every_row(void **state)
{
	(void)state;
	cases_run(CASES, check_one);
}

/* Who did it on a day of a trend, with a value of its breakdown: ids and counts. */
struct part {
	const struct world *world;
	struct world_axis axis;
	int place; /* -1: all days */
	const char *event;
	json_t *filters, *own_filters; /* or NULL */
	char *value; /* of the breakdown; NULL: all */
};

static bool is_of_part(const struct part *p, const struct world_event *e)
{
	int place = world_axis_place(&p->axis, e);
	g_autofree char *plan = world_text(e->properties, "plan");

	return place >= 0 && (p->place < 0 || place == p->place) &&
	       (!p->event || strcmp(p->event, e->name) == 0) &&
	       world_filter_holds(p->filters, p->world, e) &&
	       world_filter_holds(p->own_filters, p->world, e) &&
	       (!p->value || strcmp(p->value, plan ? plan : "") == 0);
}

static gint by_id(gconstpointer a, gconstpointer b)
{
	return strcmp(a, b);
}

static json_t *people_of_part(const struct part *p)
{
	g_autoptr(GHashTable) counts = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GList) ids = NULL;
	json_t *rows = json_array();
	int missing = 0;

	for (guint i = 0; i < p->world->event_count; i++) {
		const struct world_event *e = &p->world->events[i];
		gpointer id = (gpointer)(uintptr_t)e->person;

		if (is_of_part(p, e)) {
			int count = GPOINTER_TO_INT(g_hash_table_lookup(counts, id));

			g_hash_table_insert(counts, id, GINT_TO_POINTER(count + 1));
		}
	}
	ids = g_list_sort(g_hash_table_get_keys(counts), by_id);
	for (GList *l = ids; l; l = l->next) {
		if (world_person(p->world, l->data)) {
			json_array_append_new(rows,
				json_pack("[s, i]", l->data,
					GPOINTER_TO_INT(g_hash_table_lookup(counts, l->data))));
		} else {
			missing++;
		}
	}
	return json_pack("{s:o, s:i}", "results", rows, "missing_actors_count", missing);
}

static json_t *query_of_part(
	GRand *dice, struct part *p, const struct world_dates *dates, const char *interval)
{
	json_t *trend = json_pack("{s:s, s:o, s:s, s:[{s:s, s:s?, s:O?}], s:O?}", "kind",
		"TrendsQuery", "dateRange", world_date_range(dates), "interval", interval, "series",
		"kind", "EventsNode", "event", p->event, "properties", p->own_filters, "properties",
		p->filters);
	json_t *source = json_pack("{s:s, s:o}", "kind", "InsightActorsQuery", "source", trend);

	if (p->place >= 0) {
		json_object_set_new(source, "day", json_string(p->axis.days->pdata[p->place]));
	}
	if (world_below(dice, 2)) {
		const char *value = WORLD_PICK(dice,
			((const char *const[]){"", "free", "Pro", "pro", "true", "12", "100%"}));

		p->value = g_strdup(value);
		json_object_set_new(
			trend, "breakdownFilter", json_pack("{s:s}", "breakdown", "plan"));
		json_object_set_new(source, "breakdown",
			json_string(*value ? value : "$$_posthog_breakdown_null_$$"));
	}
	return json_pack("{s:s, s:[s, s], s:[s], s:i, s:o}", "kind", "ActorsQuery", "select", "id",
		"event_count", "orderBy", "id", "limit", 1000, "source", source);
}

static bool check_part(GRand *dice, guint32 seed)
{
	static const char *const intervals[] = {"hour", "day", "day", "week", "month"};
	struct part p = {.world = world_random(dice, worlds), .place = -1};
	struct insight_env env = world_env(p.world);
	const char *interval = WORLD_PICK(dice, intervals);
	struct world_dates dates;
	json_t *query, *result, *got, *wanted;
	bool any;

	world_random_dates(dice, p.world, interval, &dates);
	world_axis_open(&p.axis, p.world, &dates, interval);
	p.event = world_random_event(dice, p.world);
	p.filters =
		world_below(dice, 3) ? NULL : world_random_filters(dice, p.world, WORLD_OF_ANYONE);
	p.own_filters =
		world_below(dice, 3) ? NULL : world_random_filters(dice, p.world, WORLD_OF_EVENT);
	p.place = world_below(dice, 2) ? world_below(dice, (int)p.axis.days->len) : -1;
	query = query_of_part(dice, &p, &dates, interval);
	wanted = people_of_part(&p);
	result = computed_result(&db, query, &env);
	got = json_pack("{s:O, s:O}", "results", json_object_get(result, "results"),
		"missing_actors_count", json_object_get(result, "missing_actors_count"));
	any = json_array_size(json_object_get(got, "results")) > 0;
	case_compare(seed, p.world, query, got, wanted);
	world_axis_close(&p.axis);
	json_decref(p.filters);
	json_decref(p.own_filters);
	g_free(p.value);
	json_decref(query);
	json_decref(result);
	json_decref(got);
	json_decref(wanted);
	return any;
}

static void people_behind_trends_agree_with_a_slow_count(void **state)
{
	(void)state;
	cases_run(ACTOR_CASES, check_part);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(people_behind_trends_agree_with_a_slow_count),
		cmocka_unit_test(lists_agree_with_a_slow_look_at_every_row)};

	return cmocka_run_group_tests(tests, start, stop);
}
