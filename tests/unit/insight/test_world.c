/* Random worlds are as odd as they promise to be, and what is counted over them by hand is what
 * the engine counts in Postgres. */
#include "tests/unit/insight/cases.h"
#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_filter.h"
#include "tests/unit/insight/world_load.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

enum { WORLDS = 24, FILTER_CASES = 500, AXIS_CASES = 300 };

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

static void the_same_seed_makes_the_same_worlds(void **state)
{
	GPtrArray *again = worlds_create(cases_world_seed(), WORLDS);

	(void)state;
	for (guint i = 0; i < WORLDS; i++) {
		const struct world *a = worlds->pdata[i], *b = again->pdata[i];

		assert_int_equal(a->event_count, b->event_count);
		for (guint j = 0; j < a->event_count; j++) {
			assert_true(a->events[j].us == b->events[j].us);
			assert_string_equal(a->events[j].uuid, b->events[j].uuid);
			assert_true(json_equal(a->events[j].properties, b->events[j].properties));
		}
	}
	g_ptr_array_unref(again);
}

/* How often worlds are odd. */
struct oddities {
	int ties, own_ties, midnights, last_microseconds, missing_persons, late_persons;
	int punctual_persons, merged, sessions, empty_sessions, no_sessions, grouped, ungrouped;
	int known_groups, absent, null, pauses;
};

static void look_at_event(const struct world *w, guint i, struct oddities *o)
{
	const struct world_event *e = &w->events[i], *before = i ? e - 1 : NULL;
	const struct world_person *p = world_person_of(w, e);
	const char *session = json_get_text(e->properties, "$session_id", NULL);
	bool tie = before && before->us == e->us;

	assert_true(!before || before->us < e->us || strcmp(before->uuid, e->uuid) < 0);
	assert_true(e->us < w->now_us);
	o->ties += tie;
	o->own_ties += tie && strcmp(before->person, e->person) == 0;
	o->midnights += g_str_has_suffix(e->wall, " 00:00:00.000000");
	o->last_microseconds += g_str_has_suffix(e->wall, " 23:59:59.999999");
	o->missing_persons += !p;
	o->late_persons += p && p->created_us > e->us;
	o->punctual_persons += p && p->created_us == e->us;
	o->sessions += session && *session;
	o->empty_sessions += session && !*session;
	o->no_sessions += !session;
	o->grouped += *e->groups[0] != '\0';
	o->ungrouped += *e->groups[0] == '\0';
	o->known_groups += world_group(w, 1, e->groups[1]) != NULL;
	o->absent += !json_object_get(e->properties, "plan");
	o->null += json_is_null(json_object_get(e->properties, "plan"));
	for (guint j = 0; j < i; j++) {
		o->pauses += e->us - w->events[j].us == 1800LL * G_USEC_PER_SEC;
	}
}

static void look_at_people(const struct world *w, struct oddities *o)
{
	for (guint i = 0; i < w->distinct_id_count; i++) {
		for (guint j = 0; j < i; j++) {
			o->merged +=
				strcmp(w->distinct_ids[i].person, w->distinct_ids[j].person) == 0;
			assert_string_not_equal(w->distinct_ids[i].text, w->distinct_ids[j].text);
		}
	}
}

static void worlds_are_odd(void **state)
{
	struct oddities o = {0};
	const int *counts = (const int *)&o;

	(void)state;
	for (guint i = 0; i < worlds->len; i++) {
		const struct world *w = worlds->pdata[i];

		assert_in_range(w->event_count, 60, 400);
		for (guint j = 0; j < w->event_count; j++) {
			look_at_event(w, j, &o);
		}
		look_at_people(w, &o);
	}
	for (size_t i = 0; i < sizeof o / sizeof *counts; i++) {
		print_message("%d ", counts[i]);
		assert_true(counts[i] > 20);
	}
	print_message("\n");
}

/* Every property of every row, as Postgres says it. */
static void texts_are_those_of_the_database(void **state)
{
	int count = 0;

	(void)state;
	for (guint i = 0; i < worlds->len; i++) {
		const struct world *w = worlds->pdata[i];
		struct sql *sql = sql_create();
		const struct rows *rows;
		struct fault f;

		sql_add(sql, "SELECT p.key, events.properties ->> p.key,"
			     " (events.properties ->> p.key) IS NULL FROM events, (VALUES ('plan'),"
			     " ('n'), ('when'), ('any ''thing\" 50%_\\'), ('nothing')) AS p (key)"
			     " WHERE events.project_id = ");
		sql_param_int(sql, w->project_id);
		sql_add(sql, " ORDER BY p.key, events.\"timestamp\", events.uuid");
		assert_true(pg_wait_query(db.wait, sql, &rows, &f));
		assert_int_equal(rows->row_count, w->event_count * 5);
		for (size_t row = 0; row < rows->row_count; row++) {
			const struct world_event *e = &w->events[row % w->event_count];
			g_autofree char *text = world_text(e->properties, rows_text(rows, row, 0));

			if (strcmp(rows_text(rows, row, 2), "t") == 0) {
				assert_null(text);
			} else {
				assert_non_null(text);
				assert_string_equal(text, rows_text(rows, row, 1));
				count++;
			}
		}
	}
	assert_true(count > 1000);
}

/* Persons and groups are compared by how many there are, and by filters over them. */
static void every_row_is_in_the_database(void **state)
{
	int64_t persons = 0, distinct_ids = 0, groups = 0;

	(void)state;
	for (guint i = 0; i < worlds->len; i++) {
		const struct world *w = worlds->pdata[i];

		persons += w->person_count;
		distinct_ids += w->distinct_id_count;
		groups += w->group_count;
	}
	assert_true(persons > WORLDS && groups > WORLDS && distinct_ids > persons);
	assert_true(persons == private_postgres_number(&db.server, "SELECT count(*) FROM persons"));
	assert_true(distinct_ids == private_postgres_number(&db.server,
					    "SELECT count(*) FROM person_distinct_ids"));
	assert_true(groups == private_postgres_number(&db.server, "SELECT count(*) FROM groups"));
}

/* One number: how many events are in the range and meet the filters. */
static bool check_filters(GRand *dice, guint32 seed)
{
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	const char *event = world_random_event(dice, w);
	json_t *filters = world_random_filters(dice, w, WORLD_OF_ANYONE);
	struct world_dates dates;
	struct world_axis axis;
	json_t *query, *result, *got, *wanted;
	int count = 0;

	world_random_dates(dice, w, "day", &dates);
	world_axis_open(&axis, w, &dates, "day");
	for (guint i = 0; i < w->event_count; i++) {
		const struct world_event *e = &w->events[i];

		count += world_axis_place(&axis, e) >= 0 &&
			 (!event || strcmp(e->name, event) == 0) &&
			 world_filter_holds(filters, w, e);
	}
	world_axis_close(&axis);
	query = json_pack("{s:s, s:o, s:[{s:s, s:s?}], s:O?, s:{s:s}}", "kind", "TrendsQuery",
		"dateRange", world_date_range(&dates), "series", "kind", "EventsNode", "event",
		event, "properties", filters, "trendsFilter", "display", "BoldNumber");
	result = computed_result(&db, query, &env);
	got = json_object_get(
		json_array_get(json_object_get(result, "results"), 0), "aggregated_value");
	wanted = json_real(count);
	case_compare(seed, w, query, got, wanted);
	json_decref(filters);
	json_decref(query);
	json_decref(result);
	json_decref(wanted);
	return count > 0;
}

static void filters_agree_with_the_engine(void **state)
{
	(void)state;
	cases_run(FILTER_CASES, check_filters);
}

/* How many events lie in each bucket. */
static json_t *counts_over(const struct world_axis *a, bool *any)
{
	json_t *counts = json_array();

	for (guint i = 0; i < a->days->len; i++) {
		json_array_append_new(counts, json_real(0));
	}
	for (guint i = 0; i < a->world->event_count; i++) {
		int place = world_axis_place(a, &a->world->events[i]);

		if (place >= 0) {
			json_t *count = json_array_get(counts, (size_t)place);

			json_real_set(count, json_real_value(count) + 1);
			*any = true;
		}
	}
	return counts;
}

/* A line per interval. */
static bool check_axis(GRand *dice, guint32 seed)
{
	static const char *const intervals[] = {"hour", "day", "week", "month"};
	const struct world *w = world_random(dice, worlds);
	struct insight_env env = world_env(w);
	const char *interval = WORLD_PICK(dice, intervals);
	struct world_dates dates;
	struct world_axis axis;
	json_t *query, *result, *item, *got, *wanted;
	bool any = false;

	world_random_dates(dice, w, interval, &dates);
	world_axis_open(&axis, w, &dates, interval);
	wanted = json_pack("[o, o]", world_axis_days(&axis), counts_over(&axis, &any));
	world_axis_close(&axis);
	query = json_pack("{s:s, s:o, s:s, s:[{s:s}]}", "kind", "TrendsQuery", "dateRange",
		world_date_range(&dates), "interval", interval, "series", "kind", "EventsNode");
	result = computed_result(&db, query, &env);
	item = json_array_get(json_object_get(result, "results"), 0);
	got = json_pack("[O, O]", json_object_get(item, "days"), json_object_get(item, "data"));
	case_compare(seed, w, query, got, wanted);
	json_decref(query);
	json_decref(result);
	json_decref(got);
	json_decref(wanted);
	return any;
}

static void calendars_agree_with_the_engine(void **state)
{
	(void)state;
	cases_run(AXIS_CASES, check_axis);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_seed_makes_the_same_worlds),
		cmocka_unit_test(worlds_are_odd),
		cmocka_unit_test(texts_are_those_of_the_database),
		cmocka_unit_test(every_row_is_in_the_database),
		cmocka_unit_test(calendars_agree_with_the_engine),
		cmocka_unit_test(filters_agree_with_the_engine),
	};

	return cmocka_run_group_tests(tests, start, stop);
}
