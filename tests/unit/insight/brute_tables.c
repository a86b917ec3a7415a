#include "tests/unit/insight/brute_tables.h"

#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_filter.h"

#include <string.h>

/* What a row is about: one of the three. */
struct subject {
	const struct world *world;
	const struct world_event *event;
	const struct world_person *person;
	const struct world_group *group;
	const char *key;
};

typedef json_t *(*value_fn)(const struct subject *s);

static json_t *text_or_null(char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	g_free(text);
	return value;
}

/* What the clock on the wall shows, and how far it is from that of Greenwich. */
static json_t *time_value(const struct world *w, int64_t us)
{
	int interval = g_time_zone_find_interval(
		w->tz, G_TIME_TYPE_UNIVERSAL, (us - (us < 0 ? 999999 : 0)) / G_USEC_PER_SEC);
	int offset = g_time_zone_get_offset(w->tz, interval);
	char wall[WORLD_WALL];
	g_autofree char *text = NULL, *zone = NULL;

	world_wall(w, us, wall);
	wall[10] = 'T';
	if (g_str_has_suffix(wall, ".000000")) {
		wall[19] = '\0';
	}
	zone = offset ? g_strdup_printf("%c%02d:%02d", offset < 0 ? '-' : '+', ABS(offset) / 3600,
				ABS(offset) / 60 % 60)
		      : g_strdup("Z");
	text = g_strconcat(wall, zone, NULL);
	return json_string(text);
}

static json_t *event_name(const struct subject *s)
{
	return json_string(s->event->name);
}

static json_t *event_uuid(const struct subject *s)
{
	return json_string(s->event->uuid);
}

static json_t *event_distinct_id(const struct subject *s)
{
	return json_string(s->event->distinct_id);
}

static json_t *event_person_id(const struct subject *s)
{
	return json_string(s->event->person);
}

static json_t *event_group(const struct subject *s)
{
	return json_string(s->event->groups[0]);
}

static json_t *event_time(const struct subject *s)
{
	return time_value(s->world, s->event->us);
}

static json_t *event_us(const struct subject *s)
{
	return json_integer(s->event->us);
}

static json_t *event_plan(const struct subject *s)
{
	return text_or_null(world_text(s->event->properties, "plan"));
}

static json_t *event_properties(const struct subject *s)
{
	return json_deep_copy(s->event->properties);
}

static json_t *event_person_plan(const struct subject *s)
{
	const struct world_person *p = world_person_of(s->world, s->event);

	return text_or_null(p ? world_text(p->properties, "plan") : NULL);
}

static json_t *event_person_created(const struct subject *s)
{
	const struct world_person *p = world_person_of(s->world, s->event);

	return p ? time_value(s->world, p->created_us) : json_null();
}

static json_t *event_group_tier(const struct subject *s)
{
	const struct world_group *g = world_group(s->world, 0, s->event->groups[0]);

	return text_or_null(g ? world_text(g->properties, "tier") : NULL);
}

static json_t *event_whole(const struct subject *s)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:I, s:s, s:s, s:n}", "uuid", s->event->uuid,
		"event", s->event->name, "properties", json_deep_copy(s->event->properties),
		"timestamp", event_time(s), "team_id", (json_int_t)s->world->project_id,
		"distinct_id", s->event->distinct_id, "elements_chain", "", "created_at");
}

static json_t *event_person(const struct subject *s)
{
	const struct world_person *p = world_person_of(s->world, s->event);

	return p ? json_pack("{s:s, s:o, s:o, s:s}", "uuid", p->id, "created_at",
			   time_value(s->world, p->created_us), "properties",
			   json_deep_copy(p->properties), "distinct_id", s->event->distinct_id)
		 : json_pack("{s:s}", "distinct_id", s->event->distinct_id);
}

static json_t *person_id(const struct subject *s)
{
	return json_string(s->person->id);
}

static json_t *person_created(const struct subject *s)
{
	return time_value(s->world, s->person->created_us);
}

static json_t *person_us(const struct subject *s)
{
	return json_integer(s->person->created_us);
}

static json_t *person_plan(const struct subject *s)
{
	return text_or_null(world_text(s->person->properties, "plan"));
}

static gint by_bytes(gconstpointer a, gconstpointer b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static json_t *person_whole(const struct subject *s)
{
	g_autoptr(GPtrArray) texts = g_ptr_array_new();
	json_t *ids = json_array();

	for (guint i = 0; i < s->world->distinct_id_count; i++) {
		if (strcmp(s->world->distinct_ids[i].person, s->person->id) == 0) {
			g_ptr_array_add(texts, s->world->distinct_ids[i].text);
		}
	}
	g_ptr_array_sort(texts, by_bytes);
	for (guint i = 0; i < texts->len; i++) {
		json_array_append_new(ids, json_string(texts->pdata[i]));
	}
	return json_pack("{s:s, s:o, s:o, s:o}", "id", s->person->id, "created_at",
		person_created(s), "properties", json_deep_copy(s->person->properties),
		"distinct_ids", ids);
}

static json_t *group_key(const struct subject *s)
{
	return json_string(s->group->key);
}

static json_t *group_created(const struct subject *s)
{
	return time_value(s->world, s->group->created_us);
}

static json_t *group_us(const struct subject *s)
{
	return json_integer(s->group->created_us);
}

static json_t *group_tier(const struct subject *s)
{
	return text_or_null(world_text(s->group->properties, "tier"));
}

/* `sorts` is what rows are sorted by; NULL: it is not sorted by here. */
static const struct column {
	enum brute_table table;
	const char *text;
	value_fn value, sorts;
} columns[] = {
	{BRUTE_EVENTS, "event", event_name, event_name},
	{BRUTE_EVENTS, "uuid", event_uuid, event_uuid},
	{BRUTE_EVENTS, "distinct_id -- Who", event_distinct_id, NULL},
	{BRUTE_EVENTS, "distinct_id", event_distinct_id, event_distinct_id},
	{BRUTE_EVENTS, "person_id", event_person_id, event_person_id},
	{BRUTE_EVENTS, "$group_0", event_group, event_group},
	{BRUTE_EVENTS, "timestamp", event_time, event_us},
	{BRUTE_EVENTS, "toString(properties.plan)", event_plan, event_plan},
	{BRUTE_EVENTS, "toString(person.properties.plan)", event_person_plan, event_person_plan},
	{BRUTE_EVENTS, "properties.plan", event_plan, NULL},
	{BRUTE_EVENTS, "properties", event_properties, NULL},
	{BRUTE_EVENTS, "person.properties.plan", event_person_plan, NULL},
	{BRUTE_EVENTS, "person.created_at", event_person_created, NULL},
	{BRUTE_EVENTS, "group_0.properties.tier", event_group_tier, NULL},
	{BRUTE_EVENTS, "*", event_whole, NULL},
	{BRUTE_EVENTS, "person", event_person, NULL},
	{BRUTE_PERSONS, "id", person_id, person_id},
	{BRUTE_PERSONS, "created_at", person_created, person_us},
	{BRUTE_PERSONS, "properties.plan", person_plan, NULL},
	{BRUTE_PERSONS, "toString(person.properties.plan)", person_plan, person_plan},
	{BRUTE_PERSONS, "person", person_whole, NULL},
	{BRUTE_GROUPS, "key", group_key, group_key},
	{BRUTE_GROUPS, "created_at", group_created, group_us},
	{BRUTE_GROUPS, "properties.tier", group_tier, NULL},
	{BRUTE_GROUPS, "toString(properties.tier)", group_tier, group_tier},
};

static const struct column *find_column(enum brute_table table, const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(columns); i++) {
		if (columns[i].table == table && strcmp(columns[i].text, text) == 0) {
			return &columns[i];
		}
	}
	return NULL;
}

const char *brute_table_column(GRand *dice, enum brute_table table, bool is_sortable)
{
	for (;;) {
		const struct column *c = &columns[world_below(dice, G_N_ELEMENTS(columns))];

		if (c->table == table && (!is_sortable || c->sorts)) {
			return c->text;
		}
	}
}

/* Aggregates over the rows of a group; `sorts` makes what is sorted by. */
typedef json_t *(*aggregate_fn)(const GPtrArray *subjects, bool sorts);

static json_t *count_all(const GPtrArray *subjects, bool sorts)
{
	(void)sorts;
	return json_integer(subjects->len);
}

static json_t *count_persons(const GPtrArray *subjects, bool sorts)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	(void)sorts;
	for (guint i = 0; i < subjects->len; i++) {
		const struct subject *s = subjects->pdata[i];

		g_hash_table_add(seen, (gpointer)(uintptr_t)s->event->person);
	}
	return json_integer(g_hash_table_size(seen));
}

static json_t *first_time(const GPtrArray *subjects, bool sorts)
{
	const struct subject *s = NULL;
	int64_t us = INT64_MAX;

	for (guint i = 0; i < subjects->len; i++) {
		s = subjects->pdata[i];
		us = MIN(us, s->event->us);
	}
	return !s ? json_null() : sorts ? json_integer(us) : time_value(s->world, us);
}

static json_t *last_name(const GPtrArray *subjects, bool sorts)
{
	const char *name = NULL;

	(void)sorts;
	for (guint i = 0; i < subjects->len; i++) {
		const struct subject *s = subjects->pdata[i];

		name = !name || strcmp(s->event->name, name) > 0 ? s->event->name : name;
	}
	return name ? json_string(name) : json_null();
}

static const struct aggregate {
	const char *text;
	aggregate_fn value;
} aggregates[] = {{"count()", count_all}, {"uniq(person_id)", count_persons},
	{"min(timestamp)", first_time}, {"max(event)", last_name}};

static const struct aggregate *find_aggregate(const char *text)
{
	for (size_t i = 0; i < G_N_ELEMENTS(aggregates); i++) {
		if (strcmp(aggregates[i].text, text) == 0) {
			return &aggregates[i];
		}
	}
	return NULL;
}

const char *brute_table_aggregate(GRand *dice)
{
	return aggregates[world_below(dice, G_N_ELEMENTS(aggregates))].text;
}

static bool is_pay(const struct subject *s)
{
	return strcmp(s->event->name, "pay") == 0;
}

static bool has_group(const struct subject *s)
{
	return *s->event->groups[0] != '\0';
}

static bool is_not_free(const struct subject *s)
{
	g_autofree char *plan = world_text(s->event->properties, "plan");

	return !plan || strcmp(plan, "free") != 0;
}

static bool has_person(const struct subject *s)
{
	return world_person_of(s->world, s->event) != NULL;
}

static const struct condition {
	const char *text;
	bool (*holds)(const struct subject *s);
} conditions[] = {{"event = 'pay'", is_pay}, {"$group_0 != ''", has_group},
	{"properties.plan != 'free'", is_not_free}, {"person.created_at IS NOT NULL", has_person}};

const char *brute_table_condition(GRand *dice)
{
	return conditions[world_below(dice, G_N_ELEMENTS(conditions))].text;
}

static bool meets_conditions(const struct subject *s, const json_t *where)
{
	const json_t *text;
	size_t i;

	json_array_foreach(where, i, text)
	{
		for (size_t c = 0; c < G_N_ELEMENTS(conditions); c++) {
			if (strcmp(conditions[c].text, json_string_value(text)) == 0 &&
				!conditions[c].holds(s)) {
				return false;
			}
		}
	}
	return true;
}

static bool is_among(const json_t *list, const char *name)
{
	const json_t *member;
	size_t i;

	json_array_foreach(list, i, member)
	{
		if (strcmp(json_string_value(member), name) == 0) {
			return true;
		}
	}
	return json_array_size(list) == 0;
}

/* A day of the calendar, or all time. */
static bool is_in_time(const struct subject *s, const json_t *query)
{
	const char *after = json_get_text(query, "after", NULL);
	const char *before = json_get_text(query, "before", NULL);

	return (strcmp(after, "all") == 0 || s->event->us > world_day_start(s->world, after)) &&
	       (!before || s->event->us < world_day_start(s->world, before));
}

static bool event_is_wanted(const struct subject *s, const json_t *query)
{
	const char *event = json_get_text(query, "event", NULL);
	const char *person = json_get_text(query, "personId", NULL);

	return is_in_time(s, query) && (!event || strcmp(event, s->event->name) == 0) &&
	       (!person || strcmp(person, s->event->person) == 0) &&
	       is_among(json_object_get(query, "events"), s->event->name) &&
	       meets_conditions(s, json_object_get(query, "where")) &&
	       world_filter_holds(json_object_get(query, "properties"), s->world, s->event) &&
	       world_filter_holds(json_object_get(query, "fixedProperties"), s->world, s->event);
}

static bool contains(const char *text, const char *part)
{
	g_autofree char *low = g_ascii_strdown(text, -1), *low_part = g_ascii_strdown(part, -1);

	return strstr(low, low_part) != NULL;
}

static bool person_is_found(const struct subject *s, const char *search)
{
	if (!search || contains(s->person->id, search)) {
		return true;
	}
	for (guint i = 0; i < s->world->distinct_id_count; i++) {
		const struct world_distinct_id *d = &s->world->distinct_ids[i];

		if (strcmp(d->person, s->person->id) == 0 && contains(d->text, search)) {
			return true;
		}
	}
	return false;
}

/* Filters are asked through an event that the person or the group would have. */
static bool person_is_wanted(const struct subject *s, const json_t *query)
{
	struct world_event theirs = {.us = 0};

	(void)g_strlcpy(theirs.person, s->person->id, sizeof theirs.person);
	return person_is_found(s, json_get_text(query, "search", NULL)) &&
	       world_filter_holds(json_object_get(query, "properties"), s->world, &theirs) &&
	       world_filter_holds(json_object_get(query, "fixedProperties"), s->world, &theirs);
}

static bool group_is_wanted(const struct subject *s, const json_t *query)
{
	struct world_event theirs = {.us = 0};
	const char *search = json_get_text(query, "search", NULL);

	if (s->group->index != json_get_int(query, "group_type_index", 0) ||
		(search && !contains(s->group->key, search))) {
		return false;
	}
	theirs.groups[s->group->index] = s->group->key;
	return world_filter_holds(json_object_get(query, "properties"), s->world, &theirs);
}

static void add_subject(GPtrArray *subjects, struct subject s, bool is_wanted)
{
	if (is_wanted) {
		g_ptr_array_add(subjects, g_memdup2(&s, sizeof s));
	}
}

static GPtrArray *choose(enum brute_table table, const struct world *w, const json_t *query)
{
	GPtrArray *subjects = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; table == BRUTE_EVENTS && i < w->event_count; i++) {
		struct subject s = {w, .event = &w->events[i], .key = w->events[i].uuid};

		add_subject(subjects, s, event_is_wanted(&s, query));
	}
	for (guint i = 0; table == BRUTE_PERSONS && i < w->person_count; i++) {
		struct subject s = {w, .person = &w->persons[i], .key = w->persons[i].id};

		add_subject(subjects, s, person_is_wanted(&s, query));
	}
	for (guint i = 0; table == BRUTE_GROUPS && i < w->group_count; i++) {
		struct subject s = {w, .group = &w->groups[i], .key = w->groups[i].key};

		add_subject(subjects, s, group_is_wanted(&s, query));
	}
	return subjects;
}

/* A row of the answer, and what it is sorted by: one value after another. */
struct row {
	json_t *cells;
	json_t *sorts;
	GArray *descending; /* gboolean, of each of `sorts` */
};

static void free_row(gpointer data)
{
	struct row *r = data;

	json_decref(r->cells);
	json_decref(r->sorts);
	g_array_unref(r->descending);
	g_free(r);
}

static struct row *new_row(void)
{
	struct row *r = g_new0(struct row, 1);

	r->cells = json_array();
	r->sorts = json_array();
	r->descending = g_array_new(FALSE, FALSE, sizeof(gboolean));
	return r;
}

static void sort_by(struct row *r, json_t *value, gboolean descending)
{
	json_array_append_new(r->sorts, value);
	g_array_append_val(r->descending, descending);
}

/* Null is last whichever way. */
static int compare_rows(gconstpointer a, gconstpointer b)
{
	const struct row *x = *(const struct row *const *)a, *y = *(const struct row *const *)b;

	for (size_t i = 0; i < json_array_size(x->sorts); i++) {
		const json_t *v = json_array_get(x->sorts, i), *u = json_array_get(y->sorts, i);
		int sign = g_array_index(x->descending, gboolean, i) ? -1 : 1, order;

		if (json_is_null(v) || json_is_null(u)) {
			order = json_is_null(v) - json_is_null(u);
			sign = 1;
		} else if (json_is_string(v)) {
			order = strcmp(json_string_value(v), json_string_value(u));
		} else {
			order = (json_integer_value(v) > json_integer_value(u)) -
				(json_integer_value(v) < json_integer_value(u));
		}
		if (order) {
			return sign * order;
		}
	}
	return 0;
}

/* "event DESC" to its column and whether it descends. */
static char *split_order(const json_t *order, gboolean *descending)
{
	char *text = g_strdup(json_string_value(order));

	*descending = g_str_has_suffix(text, " DESC");
	if (*descending) {
		text[strlen(text) - strlen(" DESC")] = '\0';
	} else if (g_str_has_suffix(text, " ASC")) {
		text[strlen(text) - strlen(" ASC")] = '\0';
	}
	return text;
}

static const char *const times[] = {[BRUTE_EVENTS] = "timestamp",
	[BRUTE_PERSONS] = "created_at",
	[BRUTE_GROUPS] = "created_at"};

/* Ties go by the key: the way the time goes where it is all that is sorted by, or else upward. */
static void sort_single(
	enum brute_table table, const struct subject *s, const json_t *orders, struct row *r)
{
	gboolean last = FALSE, by_time = json_array_size(orders) <= 1;
	const json_t *order;
	size_t i;

	json_array_foreach(orders, i, order)
	{
		gboolean descending;
		g_autofree char *text = split_order(order, &descending);

		sort_by(r, find_column(table, text)->sorts(s), descending);
		by_time = by_time && strcmp(text, times[table]) == 0;
		last = descending;
	}
	if (json_array_size(orders) == 0) {
		sort_by(r, find_column(table, times[table])->sorts(s), TRUE);
		last = TRUE;
	}
	sort_by(r, json_string(s->key), by_time && last);
}

static void make_singles(
	enum brute_table table, const GPtrArray *subjects, const json_t *query, GPtrArray *rows)
{
	for (guint i = 0; i < subjects->len; i++) {
		const struct subject *s = subjects->pdata[i];
		struct row *r = new_row();
		const json_t *text;
		size_t c;

		json_array_foreach(json_object_get(query, "select"), c, text)
		{
			const struct column *column = find_column(table, json_string_value(text));

			json_array_append_new(r->cells, column->value(s));
		}
		sort_single(table, s, json_object_get(query, "orderBy"), r);
		g_ptr_array_add(rows, r);
	}
}

/* The most of count(), else of the first aggregate. */
static const struct aggregate *default_order(const json_t *select)
{
	const struct aggregate *first = NULL;
	const json_t *text;
	size_t i;

	json_array_foreach(select, i, text)
	{
		const struct aggregate *a = find_aggregate(json_string_value(text));

		if (a && (!first || a->value == count_all)) {
			first = a;
		}
	}
	return first;
}

static void sort_group(const GPtrArray *subjects, const json_t *query, struct row *r)
{
	const json_t *select = json_object_get(query, "select");
	const json_t *order, *text;
	size_t i;

	json_array_foreach(json_object_get(query, "orderBy"), i, order)
	{
		gboolean descending;
		g_autofree char *by = split_order(order, &descending);
		const struct aggregate *a = find_aggregate(by);

		sort_by(r,
			a ? a->value(subjects, true)
			  : find_column(BRUTE_EVENTS, by)->sorts(subjects->pdata[0]),
			descending);
	}
	if (i == 0) {
		sort_by(r, default_order(select)->value(subjects, true), TRUE);
	}
	json_array_foreach(select, i, text)
	{
		const struct column *c = find_column(BRUTE_EVENTS, json_string_value(text));

		if (c) {
			sort_by(r, c->sorts(subjects->pdata[0]), FALSE);
		}
	}
}

static void make_group(const GPtrArray *subjects, const json_t *query, GPtrArray *rows)
{
	struct row *r = new_row();
	const json_t *text;
	size_t i;

	json_array_foreach(json_object_get(query, "select"), i, text)
	{
		const struct aggregate *a = find_aggregate(json_string_value(text));

		json_array_append_new(
			r->cells, a ? a->value(subjects, false)
				    : find_column(BRUTE_EVENTS, json_string_value(text))
						  ->value(subjects->pdata[0]));
	}
	if (subjects->len > 0) {
		sort_group(subjects, query, r);
	}
	g_ptr_array_add(rows, r);
}

/* The columns of a row as one text. */
static char *group_of(const struct subject *s, const json_t *select)
{
	json_t *list = json_array();
	const json_t *text;
	char *joined;
	size_t i;

	json_array_foreach(select, i, text)
	{
		const struct column *c = find_column(BRUTE_EVENTS, json_string_value(text));

		if (c) {
			json_array_append_new(list, c->sorts(s));
		}
	}
	joined = json_array_size(list) > 0 ? json_write(list) : NULL;
	json_decref(list);
	return joined;
}

static void make_groups(const GPtrArray *subjects, const json_t *query, GPtrArray *rows)
{
	g_autoptr(GHashTable) groups = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_ptr_array_unref);
	bool is_whole = false;
	GHashTableIter at;
	gpointer group;

	for (guint i = 0; i < subjects->len && !is_whole; i++) {
		char *key = group_of(subjects->pdata[i], json_object_get(query, "select"));

		if (!key) {
			is_whole = true;
			break;
		}
		group = g_hash_table_lookup(groups, key);
		if (group) {
			g_free(key);
		} else {
			group = g_ptr_array_new();
			g_hash_table_insert(groups, key, group);
		}
		g_ptr_array_add(group, subjects->pdata[i]);
	}
	/* without a column there is one group, even of nothing */
	if (is_whole ||
		(subjects->len == 0 && json_array_size(json_object_get(query, "select")) == 1)) {
		make_group(subjects, query, rows);
		return;
	}
	g_hash_table_iter_init(&at, groups);
	while (g_hash_table_iter_next(&at, NULL, &group)) {
		make_group(group, query, rows);
	}
}

static bool has_aggregate(const json_t *select)
{
	return default_order(select) != NULL;
}

json_t *brute_table_result(enum brute_table table, const struct world *w, const json_t *query)
{
	g_autoptr(GPtrArray) subjects = choose(table, w, query);
	g_autoptr(GPtrArray) rows = g_ptr_array_new_with_free_func(free_row);
	json_int_t limit = json_get_int(query, "limit", 100);
	json_int_t offset = json_get_int(query, "offset", 0);
	json_t *results = json_array();

	if (has_aggregate(json_object_get(query, "select"))) {
		make_groups(subjects, query, rows);
	} else {
		make_singles(table, subjects, query, rows);
	}
	g_ptr_array_sort(rows, compare_rows);
	for (json_int_t i = offset; i < MIN(offset + limit, (json_int_t)rows->len); i++) {
		json_array_append(results, ((struct row *)rows->pdata[i])->cells);
	}
	return json_pack(
		"{s:o, s:b}", "results", results, "hasMore", (int)(rows->len > offset + limit));
}
