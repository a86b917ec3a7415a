#include "insight/references.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

enum { COLUMN_TABLE, COLUMN_ID, COLUMN_NAME, COLUMN_STATIC, COLUMN_DEFINITION, COLUMN_COUNT };

/* id to definition; json null while it is not fetched or does not exist. */
struct named {
	GHashTable *definitions;
	GArray *wanted; /* int64_t: noted, not fetched */
};

struct references {
	struct named actions, cohorts;
};

static void free_json(gpointer value)
{
	json_decref(value);
}

static void open_named(struct named *n)
{
	n->definitions = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, free_json);
	n->wanted = g_array_new(FALSE, FALSE, sizeof(int64_t));
}

static void close_named(struct named *n)
{
	g_hash_table_unref(n->definitions);
	g_array_unref(n->wanted);
}

struct references *references_create(void)
{
	struct references *r = g_new0(struct references, 1);

	open_named(&r->actions);
	open_named(&r->cohorts);
	return r;
}

void references_destroy(struct references *r)
{
	if (r) {
		close_named(&r->actions);
		close_named(&r->cohorts);
		g_free(r);
	}
}

int64_t reference_id(const json_t *value)
{
	int64_t id = 0;

	if (json_is_integer(value)) {
		return json_integer_value(value) > 0 ? json_integer_value(value) : 0;
	}
	if (json_is_string(value) && g_ascii_isdigit(*json_string_value(value)) &&
		g_ascii_string_to_signed(json_string_value(value), 10, 1, INT64_MAX, &id, NULL)) {
		return id;
	}
	return 0;
}

static void note_one(struct named *n, const json_t *value)
{
	int64_t id = reference_id(value);

	if (id && !g_hash_table_contains(n->definitions, &id)) {
		g_hash_table_insert(n->definitions, g_memdup2(&id, sizeof id), json_null());
		g_array_append_val(n->wanted, id);
	}
}

static void note(struct named *n, const json_t *value)
{
	const json_t *member;
	size_t i;

	if (!json_is_array(value)) {
		note_one(n, value);
		return;
	}
	json_array_foreach(value, i, member)
	{
		note_one(n, member);
	}
}

static bool text_is(const json_t *object, const char *key, const char *text)
{
	return strcmp(json_get_text(object, key, ""), text) == 0;
}

/* Series and exclusions say their kind, retention's entities and a cohort's events their type. */
static void note_object(struct references *r, const json_t *object)
{
	const char *kind = json_get_text(object, "kind", "");

	if (strcmp(kind, "ActionsNode") == 0 || strcmp(kind, "FunnelExclusionActionsNode") == 0 ||
		text_is(object, "type", "actions")) {
		note(&r->actions, json_object_get(object, "id"));
	}
	if (strcmp(kind, "EventsQuery") == 0) {
		note(&r->actions, json_object_get(object, "actionId"));
	}
	if (strcmp(kind, "PersonsNode") == 0) {
		note(&r->cohorts, json_object_get(object, "cohort"));
	}
	if (text_is(object, "event_type", "actions")) {
		note(&r->actions, json_object_get(object, "key"));
	}
	if (text_is(object, "seq_event_type", "actions")) {
		note(&r->actions, json_object_get(object, "seq_event"));
	}
	if (text_is(object, "type", "cohort")) {
		note(&r->cohorts, json_object_get(object, "value"));
		note(&r->cohorts, json_object_get(object, "property"));
	}
	if (text_is(object, "breakdown_type", "cohort")) {
		note(&r->cohorts, json_object_get(object, "breakdown"));
	}
}

static void walk(struct references *r, const json_t *value)
{
	const json_t *member;
	const char *key;
	json_t *under;
	size_t i;

	json_array_foreach(value, i, member)
	{
		walk(r, member);
	}
	if (json_is_object(value)) {
		note_object(r, value);
		/* jansson iterates over objects that may change only; this one does not. */
		json_object_foreach((json_t *)(uintptr_t)value, key, under)
		{
			walk(r, under);
		}
	}
}

bool references_collect(struct references *r, const json_t *value, struct fault *f)
{
	walk(r, value);
	if (g_hash_table_size(r->actions.definitions) + g_hash_table_size(r->cohorts.definitions) >
		REFERENCES_MAX_COUNT) {
		return fault_set(f, FAULT_QUERY,
			"the query names more than %d actions and cohorts, those of its cohorts"
			" included",
			REFERENCES_MAX_COUNT);
	}
	return true;
}

/* Definitions lie in Postgres, whatever database holds the events. */
static void write_wanted(struct sql *s, struct named *n)
{
	g_autoptr(GString) ids = g_string_new("{");

	for (guint i = 0; i < n->wanted->len; i++) {
		g_string_append_printf(
			ids, "%s%" PRId64, i ? "," : "", g_array_index(n->wanted, int64_t, i));
	}
	g_string_append_c(ids, '}');
	sql_add(s, " AND NOT deleted AND id = ANY (");
	sql_param_as(s, ids->str, "bigint[]");
	sql_add(s, ")");
	g_array_set_size(n->wanted, 0);
}

struct sql *references_statement(struct references *r, const struct insight_env *env)
{
	struct sql *s;

	if (r->actions.wanted->len == 0 && r->cohorts.wanted->len == 0) {
		return NULL;
	}
	s = sql_create();
	sql_add(s, "SELECT 'action' AS kind, id, name, false AS is_static, steps AS definition"
		   " FROM actions WHERE project_id = ");
	sql_param_int(s, env->project_id);
	write_wanted(s, &r->actions);
	sql_add(s, " UNION ALL SELECT 'cohort', id, name, is_static, filters"
		   " FROM cohorts WHERE project_id = ");
	sql_param_int(s, env->project_id);
	write_wanted(s, &r->cohorts);
	return s;
}

static bool feed_one(struct references *r, const struct rows *rows, size_t row, struct fault *f)
{
	bool is_action = g_strcmp0(rows_text(rows, row, COLUMN_TABLE), "action") == 0;
	int64_t id = rows_int(rows, row, COLUMN_ID, 0);
	const char *text = rows_text(rows, row, COLUMN_DEFINITION);
	json_t *definition = NULL, *whole;

	if (text && !json_read(text, strlen(text), &json_stored_limits, &definition, f)) {
		return fault_wrap(f, "%s %" PRId64 ": ", is_action ? "action" : "cohort", id);
	}
	whole = json_pack("{s:I, s:s?, s:b, s:o}", "id", (json_int_t)id, "name",
		rows_text(rows, row, COLUMN_NAME), "is_static",
		(int)rows_bool(rows, row, COLUMN_STATIC), is_action ? "steps" : "filters",
		definition ? definition : json_null());
	g_hash_table_insert((is_action ? &r->actions : &r->cohorts)->definitions,
		g_memdup2(&id, sizeof id), whole);
	return references_collect(r, whole, f);
}

bool references_feed(struct references *r, const struct rows *rows, struct fault *f)
{
	if (rows->row_count > 0 && rows->column_count != COLUMN_COUNT) {
		return fault_set(f, FAULT_BUG, "definitions have %zu columns", rows->column_count);
	}
	for (size_t i = 0; i < rows->row_count; i++) {
		if (!feed_one(r, rows, i, f)) {
			return false;
		}
	}
	return true;
}

static const json_t *find(const struct named *n, int64_t id)
{
	const json_t *definition = g_hash_table_lookup(n->definitions, &id);

	return json_is_object(definition) ? definition : NULL;
}

const json_t *references_action(const struct references *r, int64_t id)
{
	return find(&r->actions, id);
}

const json_t *references_cohort(const struct references *r, int64_t id)
{
	return find(&r->cohorts, id);
}
