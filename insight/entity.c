#include "insight/entity.h"

#include "insight/brief.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static const char *filled(const json_t *node, const char *key)
{
	const char *text = json_get_text(node, key, NULL);

	return text && *text ? text : NULL;
}

const char *entity_node_name(const json_t *node)
{
	static const char *const keys[] = {"custom_name", "name", "event", "table_name"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		if (filled(node, keys[i])) {
			return filled(node, keys[i]);
		}
	}
	return "All events";
}

static void free_filter(gpointer filter)
{
	filter_destroy(filter);
}

static void free_part(gpointer part)
{
	entity_finish(part);
	g_free(part);
}

void entity_finish(struct entity *e)
{
	if (e->any_of) {
		g_ptr_array_unref(e->any_of);
	}
	if (e->filters) {
		g_ptr_array_unref(e->filters);
	}
	*e = (struct entity){.event = NULL};
}

static struct entity *add_part(struct entity *e)
{
	struct entity *part = g_new0(struct entity, 1);

	part->filters = g_ptr_array_new_with_free_func(free_filter);
	g_ptr_array_add(e->any_of, part);
	return part;
}

static bool add_filter(
	struct entity *e, const json_t *properties, struct filter_reader *r, struct fault *f)
{
	struct filter *filter;

	if (!filter_read(r, properties, &filter, f)) {
		return false;
	}
	if (filter) {
		g_ptr_array_add(e->filters, filter);
	}
	return true;
}

/* The page of an action's step is a claim about a property like any other. */
static bool add_url(
	struct entity *step, const json_t *node, struct filter_reader *r, struct fault *f)
{
	const char *url = filled(node, "url");
	const char *matching = json_get_text(node, "url_matching", "contains");
	const char *operator= strcmp(matching, "exact") == 0 ? "exact"
	: strcmp(matching, "regex") == 0                     ? "regex"
							     : "icontains";
	json_t *claim;
	bool fine;

	if (!url) {
		return true;
	}
	claim = json_pack(
		"[{s:s, s:s, s:s}]", "key", "$current_url", "operator", operator, "value", url);
	fine = add_filter(step, claim, r, f);
	json_decref(claim);
	return fine || fault_wrap(f, "url");
}

static bool read_step(
	const json_t *node, struct filter_reader *r, struct entity *step, struct fault *f)
{
	static const char *const elsewhere[] = {"tag_name", "selector", "text", "href"};

	if (!json_is_object(node)) {
		return fault_set(f, FAULT_QUERY, " is not an object");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(elsewhere); i++) {
		if (filled(node, elsewhere[i])) {
			return fault_set(f, FAULT_UNSUPPORTED,
				".%s: steps about elements of a page are not computed here",
				elsewhere[i]);
		}
	}
	step->event = filled(node, "event");
	if (!add_url(step, node, r, f)) {
		return fault_wrap(f, ".");
	}
	return add_filter(step, json_object_get(node, "properties"), r, f) ||
	       fault_wrap(f, ".properties");
}

static bool read_action(
	const json_t *node, struct filter_reader *r, struct entity *e, struct fault *f)
{
	int64_t id = reference_id(json_object_get(node, "id"));
	const json_t *action = references_action(r->references, id);
	const json_t *steps = json_object_get(action, "steps");
	const json_t *step;
	size_t i;

	if (!id) {
		return fault_set(f, FAULT_QUERY, "id: an action has a whole number above 0");
	}
	if (!action) {
		return fault_set(f, FAULT_QUERY, "id: there is no action %" PRId64, id);
	}
	if (json_array_size(steps) == 0 || json_array_size(steps) > ENTITY_MAX_PARTS) {
		return fault_set(f, FAULT_QUERY,
			"id: action %" PRId64 " has %zu steps, not 1 to %d", id,
			json_array_size(steps), ENTITY_MAX_PARTS);
	}
	e->own_name = json_get_text(action, "name", "Unnamed action");
	e->any_of = g_ptr_array_new_with_free_func(free_part);
	json_array_foreach(steps, i, step)
	{
		if (!read_step(step, r, add_part(e), f)) {
			return fault_wrap(f, "id: action %" PRId64 ": steps[%zu]", id, i);
		}
	}
	return true;
}

static bool read_event(
	const json_t *node, struct filter_reader *r, struct entity *e, struct fault *f)
{
	bool is_typed = !json_object_get(node, "kind") && json_object_get(node, "type");
	const char *key = is_typed ? "id" : "event";
	const json_t *member = json_object_get(node, key);

	(void)r;
	if (member && !json_is_null(member) && !json_is_string(member)) {
		return fault_set(f, FAULT_QUERY, "%s is not a text", key);
	}
	/* An empty name is what a picker leaves behind that was opened and closed. */
	e->event = filled(node, key);
	e->own_name = e->event ? e->event : "All events";
	return true;
}

static bool read_nodes(
	const json_t *node, struct filter_reader *r, struct entity *e, struct fault *f)
{
	const json_t *nodes = json_object_get(node, "nodes");
	const char *operator= json_get_text(node, "operator", "OR");
	const json_t *member;
	char shown[BRIEF_BYTES];
	size_t i;

	if (strcmp(operator, "OR") != 0) {
		return fault_set(f, FAULT_UNSUPPORTED,
			"operator: nodes joined by '%s' are not computed here",
			brief(operator, shown));
	}
	if (json_array_size(nodes) == 0 || json_array_size(nodes) > ENTITY_MAX_PARTS) {
		return fault_set(f, FAULT_QUERY, "nodes: %zu are not 1 to %d",
			json_array_size(nodes), ENTITY_MAX_PARTS);
	}
	e->own_name = "Group";
	e->any_of = g_ptr_array_new_with_free_func(free_part);
	json_array_foreach(nodes, i, member)
	{
		struct entity *part = g_new0(struct entity, 1);

		g_ptr_array_add(e->any_of, part);
		/* a group within a group is nothing that anyone can pick */
		if (strcmp(json_get_text(member, "kind", ""), "GroupNode") == 0) {
			return fault_set(
				f, FAULT_QUERY, "nodes[%zu].kind: a group has no groups", i);
		}
		if (!entity_read(member, r, part, f)) {
			return fault_wrap(f, "nodes[%zu].", i);
		}
	}
	return true;
}

typedef bool (*read_fn)(
	const json_t *node, struct filter_reader *r, struct entity *e, struct fault *f);

/* `read` NULL: PostHog has it and this engine has not. */
static const struct {
	const char *kind;
	read_fn read;
} kinds[] = {
	{"ActionsNode", read_action},
	{"DataWarehouseNode", NULL},
	{"EventsNode", read_event},
	{"FunnelExclusionActionsNode", read_action},
	{"FunnelExclusionEventsNode", read_event},
	{"GroupNode", read_nodes},
	{"PersonsNode", NULL},
	{"actions", read_action},
	{"data_warehouse", NULL},
	{"events", read_event},
};

/* NULL with the fault for a kind that is none of ours. */
static read_fn find_kind(const json_t *node, struct fault *f)
{
	const char *key =
		json_object_get(node, "type") && !json_object_get(node, "kind") ? "type" : "kind";
	const char *kind = json_get_text(node, key, "events");
	char shown[BRIEF_BYTES];

	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kind, kinds[i].kind) != 0) {
			continue;
		}
		if (!kinds[i].read) {
			fault_set(f, FAULT_UNSUPPORTED,
				"%s: a series of kind '%s' is not computed here", key, kind);
		}
		return kinds[i].read;
	}
	fault_set(f, FAULT_QUERY, "%s: '%s' is not a kind of series", key, brief(kind, shown));
	return NULL;
}

static bool check_texts(const json_t *node, struct fault *f)
{
	static const char *const keys[] = {
		"kind", "type", "event", "name", "custom_name", "operator"};

	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		const json_t *member = json_object_get(node, keys[i]);

		if (member && !json_is_null(member) && !json_is_string(member)) {
			return fault_set(f, FAULT_QUERY, "%s is not a text", keys[i]);
		}
	}
	return true;
}

bool entity_read(const json_t *node, struct filter_reader *r, struct entity *out, struct fault *f)
{
	static const char *const filters[] = {"properties", "fixedProperties"};
	read_fn read;

	*out = (struct entity){
		.node = node, .filters = g_ptr_array_new_with_free_func(free_filter)};
	if (!json_is_object(node)) {
		return fault_set(f, FAULT_QUERY, "kind is missing");
	}
	if (!check_texts(node, f)) {
		return false;
	}
	read = find_kind(node, f);
	if (!read || !read(node, r, out, f)) {
		return false;
	}
	out->name =
		filled(node, "custom_name") ? filled(node, "custom_name") : entity_plain_name(out);
	for (size_t i = 0; i < G_N_ELEMENTS(filters); i++) {
		if (!add_filter(out, json_object_get(node, filters[i]), r, f)) {
			return fault_wrap(f, "%s", filters[i]);
		}
	}
	return true;
}

void entity_write_unfiltered(const struct entity *e, struct writer *w)
{
	if (e->event) {
		sql_add(w->sql, "events.event = ");
		sql_param_text(w->sql, e->event);
	} else {
		sql_add(w->sql, "true");
	}
	for (guint i = 0; e->any_of && i < e->any_of->len; i++) {
		sql_add(w->sql, i ? " OR " : " AND (");
		entity_write(g_ptr_array_index(e->any_of, i), w);
	}
	sql_add(w->sql, e->any_of ? ")" : "");
}

void entity_write(const struct entity *e, struct writer *w)
{
	sql_add(w->sql, "(");
	entity_write_unfiltered(e, w);
	for (guint i = 0; i < e->filters->len; i++) {
		filter_write_and(g_ptr_array_index(e->filters, i), w);
	}
	sql_add(w->sql, ")");
}

bool entity_event_names(const struct entity *e, GPtrArray *names)
{
	if (e->event) {
		/* GPtrArray is not const; the names are only read. */
		g_ptr_array_add(names, (gpointer)(uintptr_t)e->event);
		return true;
	}
	for (guint i = 0; e->any_of && i < e->any_of->len; i++) {
		if (!entity_event_names(g_ptr_array_index(e->any_of, i), names)) {
			return false;
		}
	}
	return e->any_of != NULL;
}

void entities_write_and_named(const struct entity *const *entities, size_t count, struct writer *w)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	const char *between = " AND events.event IN (";

	for (size_t i = 0; i < count; i++) {
		if (!entity_event_names(entities[i], names)) {
			return;
		}
	}
	for (guint i = 0; i < names->len; i++) {
		if (g_hash_table_add(seen, g_ptr_array_index(names, i))) {
			sql_add(w->sql, between);
			sql_param_text(w->sql, g_ptr_array_index(names, i));
			between = ", ";
		}
	}
	sql_add(w->sql, names->len > 0 ? ")" : "");
}

const char *entity_plain_name(const struct entity *e)
{
	const char *name = filled(e->node, "name");

	return name ? name : e->own_name;
}

const char *entity_type(const struct entity *e)
{
	const char *kind = json_get_text(e->node, "kind", json_get_text(e->node, "type", ""));

	return strstr(kind, "Actions") || strcmp(kind, "actions") == 0 ? "actions" : "events";
}

json_t *entity_id(const struct entity *e)
{
	const json_t *id = json_object_get(e->node, "id");

	if (strcmp(entity_type(e), "actions") == 0) {
		return json_deep_copy(id);
	}
	return e->event ? json_string(e->event) : json_null();
}
