/* PersonsNode, the older list of persons: each is an object as it stands (spec/insights.md 1.16).
 */
#include "insight/people.h"
#include "insight/table.h"

struct persons_run {
	struct people people;
	struct table table;
};

static const char *const person_columns[] = {
	"id", "created_at", "properties", "distinct_ids", NULL};

static json_t *make_person(json_t *const *values, const struct insight_env *env)
{
	const char *first = json_string_value(json_array_get(values[3], 0));
	const char *name = people_name(values[2], first ? first : json_string_value(values[0]));

	(void)env;
	return json_pack("{s:O, s:s?, s:O, s:O, s:O, s:O}", "id", values[0], "name", name,
		"distinct_ids", values[3], "properties", values[2], "created_at", values[1], "uuid",
		values[0]);
}

static const struct table_object objects[] = {{"person", person_columns, make_person}};
static const char *const columns[] = {"person", NULL};

static const struct table_form form = {
	.schema = &hogql_persons,
	.time = "created_at",
	.key = "id",
	.objects = objects,
	.object_count = G_N_ELEMENTS(objects),
	.columns = columns,
	.has_own_columns = true,
};

static void write_where(const void *context, struct writer *w)
{
	const struct persons_run *run = context;

	people_write_where(&run->people, w);
}

static void write_joined(const void *context, struct writer *w)
{
	(void)context;
	(void)w;
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct persons_run *run = g_new0(struct persons_run, 1);
	struct table_rows rows = {
		.write_joined = write_joined, .write_where = write_where, .context = run};

	*state = run;
	return people_read(c, &run->people, f) && table_read(&run->table, &form, NULL, &rows, c, f);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct persons_run *run = state;

	(void)f;
	*statement = table_next(&run->table);
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct persons_run *run = state;

	return table_feed(&run->table, rows, f);
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct persons_run *run = state;
	const struct table *t = &run->table;
	json_t *list = json_array();
	const json_t *row;
	size_t i;

	(void)f;
	json_array_foreach(t->results, i, row)
	{
		json_array_append(list, json_array_get(row, 0));
	}
	*out = json_pack("{s:o, s:b, s:I, s:I}", "results", list, "hasMore", (int)t->has_more,
		"limit", (json_int_t)t->limit, "offset", (json_int_t)t->offset);
	return true;
}

static void end(void *state)
{
	struct persons_run *run = state;

	table_finish(&run->table);
	people_finish(&run->people);
	g_free(run);
}

const struct kind_methods kind_persons = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
