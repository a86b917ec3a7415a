/* ActorsQuery: persons as rows, all of them or those behind a part of another query's result
 * (spec/insights.md 1.16, 2.8). */
#include "insight/brief.h"
#include "insight/people.h"
#include "insight/table.h"

#include <string.h>

enum stage { STAGE_ROWS, STAGE_MISSING, STAGE_DONE };

struct actors_run {
	const struct kind_context *context;
	struct people people;
	struct table table;
	enum stage stage;
	int64_t missing; /* of those behind the result, of whom nothing is known */
	struct kind_context source_context;
	const struct kind_actors *source; /* NULL: all persons */
	void *source_state;
};

static const char *const person_columns[] = {
	"id", "created_at", "properties", "distinct_ids", NULL};

static json_t *make_person(json_t *const *values, const struct insight_env *env)
{
	(void)env;
	return json_pack("{s:O, s:O, s:O, s:O}", "id", values[0], "created_at", values[1],
		"properties", values[2], "distinct_ids", values[3]);
}

static json_t *make_display_name(json_t *const *values, const struct insight_env *env)
{
	const char *first = json_string_value(json_array_get(values[3], 0));
	const char *name = people_name(values[2], first ? first : json_string_value(values[0]));

	(void)env;
	return json_pack("{s:s?, s:O}", "display_name", name, "id", values[0]);
}

static const struct table_object objects[] = {
	{"actor", person_columns, make_person},
	{"person", person_columns, make_person},
	{"person_display_name", person_columns, make_display_name},
};

#define NAME "coalesce(properties.email, properties.name, toString(id))"

static const struct table_word words[] = {
	{"actor", NAME}, {"person", NAME}, {"person_display_name", NAME}};
static const char *const columns[] = {"person", "id", "created_at", NULL};

static const struct table_form form = {
	.schema = &hogql_persons,
	.alias = "person",
	.time = "created_at",
	.key = "id",
	.objects = objects,
	.object_count = G_N_ELEMENTS(objects),
	.words = words,
	.word_count = G_N_ELEMENTS(words),
	.columns = columns,
	.skipped = "person.$delete",
};

/* What is known of persons by their part in a result. */
static const struct hogql_column source_columns[] = {
	{"actor_id", "actor_id", {.kind = HOGQL_UUID}, .in_star = false},
	{"event_count", "event_count", {.kind = HOGQL_COUNT}, .in_star = false},
};
static const struct hogql_schema source_schema = {
	"source", source_columns, G_N_ELEMENTS(source_columns), false};

/* The query whose result is meant: of a HogQLQuery it is the source itself. */
static const json_t *result_query(const json_t *source, bool *is_nested)
{
	static const char *const nodes[] = {"FunnelCorrelationActorsQuery", "FunnelsActorsQuery",
		"InsightActorsQuery", "StickinessActorsQuery"};

	*is_nested = false;
	for (size_t i = 0; i < G_N_ELEMENTS(nodes); i++) {
		if (strcmp(nodes[i], kind_name(source)) == 0) {
			*is_nested = true;
			return kind_unwrap(json_get_object(source, "source"));
		}
	}
	return source;
}

/* NULL with the fault. */
static const struct kind_actors *find_source(
	const json_t *query, const char *field, struct fault *f)
{
	const struct kind *kind = kind_lookup(kind_name(query));
	char shown[BRIEF_BYTES];

	if (!kind) {
		fault_set(f, FAULT_QUERY, "%s.kind: Unknown query kind '%s'", field,
			brief(kind_name(query), shown));
		return NULL;
	}
	if (!kind->methods || !kind->methods->actors) {
		fault_set(f, FAULT_UNSUPPORTED,
			"%s: the people of a query of kind '%s' are not listed here", field,
			kind->name);
		return NULL;
	}
	return kind->methods->actors;
}

static bool read_source(struct actors_run *run, struct fault *f)
{
	const json_t *source = json_object_get(run->context->query, "source");
	const json_t *query;
	bool is_nested;

	if (!source || json_is_null(source)) {
		return true;
	}
	if (!json_is_object(source)) {
		return fault_set(f, FAULT_QUERY, "source is not an object");
	}
	query = result_query(source, &is_nested);
	run->source = find_source(query, is_nested ? "source.source" : "source", f);
	if (!run->source) {
		return false;
	}
	run->source_context = *run->context;
	run->source_context.query = query;
	return run->source->begin(&run->source_context, source, &run->source_state, f) ||
	       fault_wrap(f, "source.");
}

static void write_source(const struct actors_run *run, struct writer *w)
{
	const char *person = w->person;

	w->person = "events.person_id";
	sql_add(w->sql, "(");
	run->source->write(run->source_state, w);
	sql_add(w->sql, ") AS source");
	w->person = person;
}

static void write_joined(const void *context, struct writer *w)
{
	const struct actors_run *run = context;

	if (run->source) {
		sql_add(w->sql, " INNER JOIN ");
		write_source(run, w);
		sql_add(w->sql, " ON source.actor_id = persons.id");
	}
}

static void write_where(const void *context, struct writer *w)
{
	const struct actors_run *run = context;

	people_write_where(&run->people, w);
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct actors_run *run = g_new0(struct actors_run, 1);
	struct table_rows rows = {
		.write_joined = write_joined, .write_where = write_where, .context = run};

	*state = run;
	run->context = c;
	return read_source(run, f) && people_read(c, &run->people, f) &&
	       table_read(&run->table, &form, run->source ? &source_schema : NULL, &rows, c, f);
}

/* How many of them there is no row of, over all pages. */
static struct sql *ask_missing(const struct actors_run *run)
{
	const struct kind_context *c = run->context;
	struct writer w = writer_open(c->dialect, c->env, NULL);

	sql_add(w.sql, "SELECT count(*) FROM ");
	write_source(run, &w);
	sql_add(w.sql, " LEFT JOIN persons ON persons.id = source.actor_id"
		       " AND persons.project_id = ");
	writer_project(&w);
	sql_add(w.sql, " WHERE persons.id IS NULL AND source.actor_id IS NOT NULL");
	return w.sql;
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct actors_run *run = state;

	(void)f;
	*statement = NULL;
	switch (run->stage) {
	case STAGE_ROWS:
		*statement = table_next(&run->table);
		if (*statement || !run->source) {
			break;
		}
		run->stage = STAGE_MISSING;
		*statement = ask_missing(run);
		break;
	case STAGE_MISSING:
	case STAGE_DONE:
		break;
	}
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct actors_run *run = state;

	if (run->stage == STAGE_ROWS) {
		return table_feed(&run->table, rows, f);
	}
	run->stage = STAGE_DONE;
	if (rows->row_count != 1 || rows->column_count != 1) {
		return fault_set(f, FAULT_BUG, "who is missing has %zu rows", rows->row_count);
	}
	run->missing = rows_int(rows, 0, 0, 0);
	return true;
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct actors_run *run = state;

	(void)f;
	*out = table_result(&run->table);
	json_object_set_new(*out, "missing_actors_count", json_integer(run->missing));
	return true;
}

static void end(void *state)
{
	struct actors_run *run = state;

	table_finish(&run->table);
	people_finish(&run->people);
	if (run->source_state) {
		run->source->end(run->source_state);
	}
	g_free(run);
}

const struct kind_methods kind_actors = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
