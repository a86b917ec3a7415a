#include "tests/unit/insight/world.h"

#include <math.h>
#include <string.h>

const char *const world_group_types[WORLD_USED_GROUP_TYPES] = {"company", "project"};

struct insight_env world_env(const struct world *w)
{
	return (struct insight_env){.project_id = w->project_id,
		.timezone = w->timezone,
		.week_start_day = w->week_start_day,
		.now_us = w->now_us};
}

const struct world_person *world_person(const struct world *w, const char *id)
{
	for (guint i = 0; i < w->person_count; i++) {
		if (strcmp(w->persons[i].id, id) == 0) {
			return &w->persons[i];
		}
	}
	return NULL;
}

const struct world_person *world_person_of(const struct world *w, const struct world_event *e)
{
	return world_person(w, e->person);
}

const struct world_group *world_group(const struct world *w, int index, const char *key)
{
	for (guint i = 0; i < w->group_count; i++) {
		if (w->groups[i].index == index && strcmp(w->groups[i].key, key) == 0) {
			return &w->groups[i];
		}
	}
	return NULL;
}

/* As Postgres keeps numbers: the shortest digits that mean this one, all of them written out. */
static void add_real(GString *s, double value)
{
	char digits[40];
	int precision = 0, exponent;
	size_t count;

	do {
		(void)g_snprintf(digits, sizeof digits, "%.*e", precision++, fabs(value));
	} while (g_ascii_strtod(digits, NULL) != fabs(value));
	exponent = (int)g_ascii_strtoll(strchr(digits, 'e') + 1, NULL, 10);
	*strchr(digits, 'e') = '\0';
	if (digits[1] == '.') {
		memmove(digits + 1, digits + 2, strlen(digits + 2) + 1);
	}
	count = strlen(digits);
	g_string_append(s, value < 0 ? "-" : "");
	for (int place = MAX(exponent, 0); place >= 0 || exponent - place < (int)count; place--) {
		int i = exponent - place;

		g_string_append(s, place == -1 ? "." : "");
		g_string_append_c(s, i >= 0 && i < (int)count ? digits[i] : '0');
	}
	/* 100.0 is written with its point up to 1e16, and Postgres keeps what was written */
	if (!strchr(s->str, '.') && exponent < 16) {
		g_string_append(s, ".0");
	}
}

static void add_string(GString *s, const char *text)
{
	static const char plain[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";

	g_string_append_c(s, '"');
	for (; *text; text++) {
		const char *at = strchr(plain, *text);

		if (at) {
			g_string_append_printf(s, "\\%c", letters[at - plain]);
		} else if ((unsigned char)*text < ' ') {
			g_string_append_printf(s, "\\u%04x", (unsigned)*text);
		} else {
			g_string_append_c(s, *text);
		}
	}
	g_string_append_c(s, '"');
}

static gint by_length(gconstpointer a, gconstpointer b)
{
	size_t x = strlen(a), y = strlen(b);

	return x != y ? (x < y ? -1 : 1) : strcmp(a, b);
}

static void add_value(GString *s, json_t *value);

static void add_object(GString *s, json_t *object)
{
	GList *keys = NULL;
	const char *between = "", *name;
	json_t *member;

	json_object_foreach(object, name, member)
	{
		keys = g_list_insert_sorted(keys, g_strdup(name), by_length);
	}
	g_string_append_c(s, '{');
	for (GList *key = keys; key; key = key->next) {
		g_string_append(s, between);
		add_string(s, key->data);
		g_string_append(s, ": ");
		add_value(s, json_object_get(object, key->data));
		between = ", ";
	}
	g_string_append_c(s, '}');
	g_list_free_full(keys, g_free);
}

static void add_array(GString *s, json_t *array)
{
	json_t *member;
	size_t i;

	g_string_append_c(s, '[');
	json_array_foreach(array, i, member)
	{
		g_string_append(s, i ? ", " : "");
		add_value(s, member);
	}
	g_string_append_c(s, ']');
}

/* As Postgres writes jsonb. */
static void add_value(GString *s, json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		add_object(s, value);
		break;
	case JSON_ARRAY:
		add_array(s, value);
		break;
	case JSON_STRING:
		add_string(s, json_string_value(value));
		break;
	case JSON_INTEGER:
		g_string_append_printf(s, "%lld", (long long)json_integer_value(value));
		break;
	case JSON_REAL: {
		g_autoptr(GString) number = g_string_new(NULL);

		add_real(number, json_real_value(value));
		g_string_append(s, number->str);
		break;
	}
	case JSON_TRUE:
	case JSON_FALSE:
		g_string_append(s, json_is_true(value) ? "true" : "false");
		break;
	case JSON_NULL:
		g_string_append(s, "null");
		break;
	}
}

char *world_text(const json_t *properties, const char *key)
{
	json_t *value = json_object_get(properties, key);
	GString *s;

	if (!value || json_is_null(value)) {
		return NULL;
	}
	if (json_is_string(value)) {
		return g_strdup(json_string_value(value));
	}
	s = g_string_new(NULL);
	add_value(s, value);
	return g_string_free(s, FALSE);
}

int world_below(GRand *dice, int limit)
{
	return g_rand_int_range(dice, 0, limit);
}

const char *world_pick(GRand *dice, const char *const *texts, size_t count)
{
	return texts[world_below(dice, (int)count)];
}

const struct world *world_random(GRand *dice, const GPtrArray *worlds)
{
	return worlds->pdata[world_below(dice, (int)worlds->len)];
}

const char *world_random_name(GRand *dice, const struct world *w)
{
	if (world_below(dice, 20) == 0) {
		return "nothing of the kind";
	}
	return w->events[world_below(dice, (int)w->event_count)].name;
}

const char *world_random_event(GRand *dice, const struct world *w)
{
	return world_below(dice, 5) ? world_random_name(dice, w) : NULL;
}
