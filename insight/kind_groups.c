/* GroupsQuery: the groups of one type as rows (spec/insights.md 1.16, 2.8). */
#include "insight/filter.h"
#include "insight/table.h"

struct groups_run {
	struct table table;
	struct filter *properties; /* or NULL */
	int index;
	const char *search; /* or NULL */
};

static const struct table_word words[] = {
	{"group_name", "coalesce(nullIf(toString(properties.name), ''), key)"}};
static const char *const columns[] = {"group_name", "key", "created_at", NULL};

static const struct table_form form = {
	.schema = &hogql_groups,
	.time = "created_at",
	.key = "key",
	.words = words,
	.word_count = G_N_ELEMENTS(words),
	.columns = columns,
};

static bool read_index(const json_t *query, int *out, struct fault *f)
{
	const json_t *member = json_object_get(query, "group_type_index");

	if (!json_is_integer(member) || json_integer_value(member) < 0 ||
		json_integer_value(member) > PROPERTY_MAX_GROUP) {
		return fault_set(f, FAULT_QUERY,
			"group_type_index is not a whole number from 0 to %d", PROPERTY_MAX_GROUP);
	}
	*out = (int)json_integer_value(member);
	return true;
}

static bool read_search(const json_t *query, const char **out, struct fault *f)
{
	const json_t *member = json_object_get(query, "search");

	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "search is not a text");
	}
	*out = json_is_string(member) && *json_string_value(member) ? json_string_value(member)
								    : NULL;
	return true;
}

static void write_search(const char *search, struct writer *w)
{
	char name[] = "name";
	struct property p = {.owner = PROPERTY_OF_group, .key = name, .table = "groups"};
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);

	g_ptr_array_add(texts, g_strdup(search));
	sql_add(w->sql, " AND (");
	w->dialect->contains_any(w, &p, texts);
	sql_add(w->sql, " OR ");
	w->dialect->contains(w, "groups.group_key", search);
	sql_add(w->sql, ")");
}

static void write_where(const void *context, struct writer *w)
{
	const struct groups_run *run = context;

	sql_add(w->sql, " WHERE groups.project_id = ");
	writer_project(w);
	sql_add(w->sql, " AND groups.group_type_index = ");
	sql_param_int(w->sql, run->index);
	filter_write_and(run->properties, w);
	if (run->search) {
		write_search(run->search, w);
	}
}

static void write_joined(const void *context, struct writer *w)
{
	(void)context;
	(void)w;
}

static bool begin(const struct kind_context *c, void **state, struct fault *f)
{
	struct groups_run *run = g_new0(struct groups_run, 1);
	struct filter_reader reader = {
		.rows = EXPRESSION_OF_GROUPS, .place = &c->place, .references = c->references};
	struct table_rows rows = {
		.write_joined = write_joined, .write_where = write_where, .context = run};

	*state = run;
	if (!read_index(c->query, &run->index, f) || !read_search(c->query, &run->search, f)) {
		return false;
	}
	reader.group_index = run->index;
	if (!filter_read(&reader, json_object_get(c->query, "properties"), &run->properties, f)) {
		return fault_wrap(f, "properties");
	}
	return table_read(&run->table, &form, NULL, &rows, c, f);
}

static bool next(void *state, struct sql **statement, struct fault *f)
{
	struct groups_run *run = state;

	(void)f;
	*statement = table_next(&run->table);
	return true;
}

static bool feed(void *state, const struct rows *rows, struct fault *f)
{
	struct groups_run *run = state;

	return table_feed(&run->table, rows, f);
}

static bool result(void *state, json_t **out, struct fault *f)
{
	struct groups_run *run = state;

	(void)f;
	*out = table_result(&run->table);
	return true;
}

static void end(void *state)
{
	struct groups_run *run = state;

	table_finish(&run->table);
	filter_destroy(run->properties);
	g_free(run);
}

const struct kind_methods kind_groups = {
	.begin = begin, .next = next, .feed = feed, .result = result, .end = end};
