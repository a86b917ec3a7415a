/* EventsQuery: events as rows, the latest first (spec/insights.md 1.16, 2.8). */
#include "insight/brief.h"
#include "insight/entity.h"
#include "insight/people.h"
#include "insight/table.h"

#include <string.h>

enum { MAX_NAMES = 200 };

/* Without `before` an event may be as late as clocks differ. */
static const int64_t us_ahead = 5LL * US_PER_SECOND;

struct events_run {
	const struct kind_context *context;
	struct table table;
	struct filter *properties, *fixed, *test_filter; /* or NULL */
	json_t *action_node; /* or NULL; the entity's */
	struct entity action;
	const char *person; /* or NULL */
	bool has_after;
	int64_t after_us, before_us;
};

static const char *const event_columns[] = {
	"uuid", "event", "properties", "timestamp", "distinct_id", NULL};
static const char *const person_columns[] = {
	"person_id", "person.created_at", "person.properties", "distinct_id", NULL};
static const char *const display_columns[] = {
	"person_id", "person.properties", "distinct_id", NULL};

/* Nothing is kept of clicked elements or of when an event came in. */
static json_t *make_event(json_t *const *values, const struct insight_env *env)
{
	return json_pack("{s:O, s:O, s:O, s:O, s:I, s:O, s:s, s:n}", "uuid", values[0], "event",
		values[1], "properties", values[2], "timestamp", values[3], "team_id",
		(json_int_t)env->project_id, "distinct_id", values[4], "elements_chain", "",
		"created_at");
}

/* Of whom nothing is known, only the name by which they came. */
static json_t *make_person(json_t *const *values, const struct insight_env *env)
{
	(void)env;
	if (json_is_null(values[1])) {
		return json_pack("{s:O}", "distinct_id", values[3]);
	}
	return json_pack("{s:O, s:O, s:O, s:O}", "uuid", values[0], "created_at", values[1],
		"properties", values[2], "distinct_id", values[3]);
}

static json_t *make_display_name(json_t *const *values, const struct insight_env *env)
{
	const char *name = people_name(values[1], json_string_value(values[2]));

	(void)env;
	return json_pack(
		"{s:s, s:O, s:O}", "display_name", name, "id", values[0], "distinct_id", values[2]);
}

static const struct table_object objects[] = {
	{"*", event_columns, make_event},
	{"person", person_columns, make_person},
	{"person_display_name", display_columns, make_display_name},
};

static const struct table_word words[] = {
	{"person", "distinct_id"}, {"person_display_name", "distinct_id"}};

static const char *const columns[] = {"*", "event", "person",
	"coalesce(properties.$current_url, properties.$screen_name) -- Url / Screen",
	"properties.$lib", "timestamp", NULL};

static const struct table_form form = {
	.schema = &hogql_events,
	.time = "timestamp",
	.key = "uuid",
	.objects = objects,
	.object_count = G_N_ELEMENTS(objects),
	.words = words,
	.word_count = G_N_ELEMENTS(words),
	.columns = columns,
};

static const char *text_of(const json_t *query, const char *name)
{
	const char *text = json_get_text(query, name, NULL);

	return text && *text ? text : NULL;
}

static bool check_text(const json_t *query, const char *name, struct fault *f)
{
	const json_t *member = json_object_get(query, name);

	return !member || json_is_null(member) || json_is_string(member) ||
	       fault_set(f, FAULT_QUERY, "%s is not a text", name);
}

static bool read_moment(const struct kind_context *c, const char *name, int64_t *out_us,
	const char *text, bool *is_all, struct fault *f)
{
	struct date_text date;
	int64_t last_us;

	*is_all = false;
	if (!date_read(text, name, &date, f)) {
		return false;
	}
	if (date.form == DATE_ALL) {
		*is_all = true;
		return true;
	}
	return date_span(&date, text, name, &c->place, out_us, &last_us, f);
}

/* Between the two, neither included; a day means its beginning. */
static bool read_times(struct events_run *run, struct fault *f)
{
	const struct kind_context *c = run->context;
	const char *after = text_of(c->query, "after"), *before = text_of(c->query, "before");
	bool is_all;

	if (!check_text(c->query, "after", f) || !check_text(c->query, "before", f) ||
		!read_moment(c, "after", &run->after_us, after ? after : "-24h", &is_all, f)) {
		return false;
	}
	run->has_after = !is_all;
	run->before_us = c->place.now_us + us_ahead;
	if (!before) {
		return true;
	}
	return read_moment(c, "before", &run->before_us, before, &is_all, f) &&
	       (!is_all || fault_set(f, FAULT_DATE, "before: 'all' can only be after"));
}

static bool read_names(const json_t *query, struct fault *f)
{
	const json_t *list = json_object_get(query, "events");
	const json_t *name;
	size_t i;

	if (list && !json_is_null(list) && !json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "events is not a list");
	}
	if (json_array_size(list) > MAX_NAMES) {
		return fault_set(f, FAULT_QUERY, "events has more than %d members", MAX_NAMES);
	}
	json_array_foreach(list, i, name)
	{
		if (!json_is_string(name)) {
			return fault_set(f, FAULT_QUERY, "events[%zu] is not a text", i);
		}
	}
	return check_text(query, "event", f);
}

static bool read_action(struct events_run *run, struct filter_reader *r, struct fault *f)
{
	const json_t *id = json_object_get(run->context->query, "actionId");

	if (!id || json_is_null(id)) {
		return true;
	}
	run->action_node = json_pack("{s:s}", "kind", "ActionsNode");
	json_object_set_new(run->action_node, "id", json_deep_copy(id));
	return entity_read(run->action_node, r, &run->action, f) || fault_wrap(f, "actionId: ");
}

static bool read_person(struct events_run *run, struct fault *f)
{
	const json_t *query = run->context->query;
	char shown[BRIEF_BYTES];

	run->person = text_of(query, "personId");
	if (!check_text(query, "personId", f)) {
		return false;
	}
	return !run->person || people_is_id(run->person) ||
	       fault_set(f, FAULT_QUERY, "personId: '%s' is not the id of a person",
		       brief(run->person, shown));
}

static bool read_filters(struct events_run *run, struct filter_reader *r, struct fault *f)
{
	const struct kind_context *c = run->context;

	if (!filter_read(r, json_object_get(c->query, "properties"), &run->properties, f)) {
		return fault_wrap(f, "properties");
	}
	if (!filter_read(r, json_object_get(c->query, "fixedProperties"), &run->fixed, f)) {
		return fault_wrap(f, "fixedProperties");
	}
	if (json_truthy(json_object_get(c->query, "filterTestAccounts")) &&
		!filter_read(r, c->env->test_account_filters, &run->test_filter, f)) {
		return fault_wrap(f, "test account filters");
	}
	return true;
}

static void write_names(const json_t *query, struct writer *w)
{
	const json_t *list = json_object_get(query, "events");
	const char *event = json_get_text(query, "event", NULL);
	const json_t *name;
	size_t i;

	if (event) {
		sql_add(w->sql, " AND events.event = ");
		sql_param_text(w->sql, event);
	}
	json_array_foreach(list, i, name)
	{
		sql_add(w->sql, i ? ", " : " AND events.event IN (");
		sql_param_text(w->sql, json_string_value(name));
	}
	sql_add(w->sql, json_array_size(list) > 0 ? ")" : "");
}

static void write_action(const struct events_run *run, struct writer *w)
{
	const struct entity *action = &run->action;

	if (run->action_node) {
		entities_write_and_named(&action, 1, w);
		sql_add(w->sql, " AND ");
		entity_write(action, w);
	}
}

static void write_where(const void *context, struct writer *w)
{
	const struct events_run *run = context;

	w->person = "events.person_id";
	sql_add(w->sql, " WHERE events.project_id = ");
	writer_project(w);
	if (run->has_after) {
		sql_add(w->sql, " AND events.\"timestamp\" > ");
		sql_param_time_us(w->sql, run->after_us);
	}
	sql_add(w->sql, " AND events.\"timestamp\" < ");
	sql_param_time_us(w->sql, run->before_us);
	write_names(run->context->query, w);
	if (run->person) {
		sql_add(w->sql, " AND events.person_id = ");
		sql_param_as(w->sql, run->person, "uuid");
	}
	write_action(run, w);
	filter_write_and(run->properties, w);
	filter_write_and(run->fixed, w);
	filter_write_and(run->test_filter, w);
}

static void write_joined(const void *context, struct writer *w)
{
	(void)context;
	(void)w;
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct events_run *run = g_new0(struct events_run, 1);
	struct filter_reader reader = {.place = &c->place, .references = c->references};
	struct table_rows rows = {
		.write_joined = write_joined, .write_where = write_where, .context = run};

	*state = run;
	run->context = c;
	if (json_truthy(json_object_get(c->query, "source"))) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"source: the events of another query are not listed here");
	}
	return read_times(run, f) && read_names(c->query, f) && read_person(run, f) &&
	       read_action(run, &reader, f) && read_filters(run, &reader, f) &&
	       table_read(&run->table, &form, NULL, &rows, c, f);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct events_run *run = state;

	(void)f;
	*statement = table_next(&run->table);
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct events_run *run = state;

	return table_feed(&run->table, rows, f);
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct events_run *run = state;

	(void)f;
	*out = table_result(&run->table);
	return true;
}

static void end(void *state)
{
	struct events_run *run = state;

	table_finish(&run->table);
	filter_destroy(run->properties);
	filter_destroy(run->fixed);
	filter_destroy(run->test_filter);
	if (run->action_node) {
		entity_finish(&run->action);
		json_decref(run->action_node);
	}
	g_free(run);
}

const struct kind_methods kind_events = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
