/* Worlds out of a seed: visits of a few people around a change of the clock. */
#include "tests/unit/insight/world.h"
#include "tests/unit/insight/world_axis.h"
#include "tests/unit/insight/world_values.h"

#include <string.h>

enum { FEWEST_EVENTS = 60, MOST_EVENTS = 400, LONGEST_VISIT = 9, MOST_NAMES = 5 };

static const int64_t second = G_USEC_PER_SEC, minute = 60 * second, hour = 60 * minute,
		     day = 24 * hour;

static const struct {
	const char *zone, *around;
} scenes[] = {
	{"UTC", "2024-02-29T00:00:00Z"},
	{"Europe/Berlin", "2024-03-31T01:00:00Z"},
	{"America/New_York", "2024-11-03T06:00:00Z"},
	{"Asia/Kathmandu", "2024-03-31T18:15:00Z"},
	{"Pacific/Apia", "2011-12-30T10:00:00Z"},
	{"America/Sao_Paulo", "2018-11-04T03:00:00Z"},
	{"Australia/Lord_Howe", "2024-04-06T15:00:00Z"},
	{"Europe/Berlin", "2024-10-27T01:00:00Z"},
	{"America/New_York", "2024-03-10T07:00:00Z"},
	{"America/Sao_Paulo", "2018-02-18T02:00:00Z"},
	{"Australia/Lord_Howe", "2024-10-05T15:30:00Z"},
	{"UTC", "2024-01-01T00:00:00Z"},
};

static const char *const custom_names[] = {
	"sign up", "pay", "view item", "Pay", "$autocapture", "100%_'\"\\", "\xc3\xa9t\xc3\xa9"};
static const char *const urls[] = {"https://app.example.com/", "https://app.example.com",
	"https://app.example.com/pricing", "https://app.example.com/pricing/",
	"https://app.example.com/pricing?plan=pro&x=1", "https://app.example.com/pricing#top",
	"HTTPS://App.Example.com/Pricing", "/", "", "/docs/a", "/docs/b/", "/docs/b//",
	"https://example.com/a%20b/'quoted'_\"x\"\\", "https://example.com/\xc3\xa9t\xc3\xa9"};
static const char *const screens[] = {"Home", "home", "Home/", "", "Settings \"2\""};
static const char *const group_keys[WORLD_USED_GROUP_TYPES][3] = {
	{"acme", "Umbrella Corp", "a'b\\%"}, {"p1", "p2", "3"}};

/* What a world is made with. */
struct maker {
	GRand *dice;
	struct world *w;
	int64_t around_us, reach_us;
	const char *names[MOST_NAMES + 1];
	size_t name_count;
	GPtrArray *ids; /* of people, whether there are such persons or not */
	GArray *events, *persons, *distinct_ids, *groups;
	GArray *starts; /* of visits */
	int visits;
};

static void random_uuid(GRand *dice, char out[WORLD_UUID])
{
	guint32 a = g_rand_int(dice), b = g_rand_int(dice), c = g_rand_int(dice);

	(void)g_snprintf(out, WORLD_UUID, "%08x-%04x-4%03x-8%03x-%08x%04x", a, b >> 16, b & 0xfff,
		c >> 20, g_rand_int(dice), c & 0xffff);
}

static void make_people(struct maker *m)
{
	int count = 5 + world_below(m->dice, 11);

	for (int i = 0; i < count; i++) {
		char *id = g_malloc0(WORLD_UUID);

		random_uuid(m->dice, id);
		g_ptr_array_add(m->ids, id);
		/* merged people have several */
		for (int j = 0; j < 1 + world_below(m->dice, 3); j++) {
			struct world_distinct_id d = {
				.text = g_strdup_printf("user %d%s", i, j ? "' alias" : "")};

			if (j == 2) {
				g_free(d.text);
				d.text = g_strdup_printf("%08x", g_rand_int(m->dice));
			}
			(void)g_strlcpy(d.person, id, sizeof d.person);
			g_array_append_val(m->distinct_ids, d);
			if (j == 1 && world_below(m->dice, 2)) {
				break;
			}
		}
	}
}

static const char *random_distinct_id(struct maker *m, const char *person)
{
	for (;;) {
		const struct world_distinct_id *d = &g_array_index(m->distinct_ids,
			struct world_distinct_id, world_below(m->dice, (int)m->distinct_ids->len));

		if (strcmp(d->person, person) == 0) {
			return d->text;
		}
	}
}

static int64_t random_within(struct maker *m, int64_t grain)
{
	int64_t grains = m->reach_us / grain;

	return m->around_us + (world_below(m->dice, (int)(2 * grains + 1)) - grains) * grain;
}

static int64_t random_start(struct maker *m)
{
	char wall[WORLD_WALL];

	switch (world_below(m->dice, 6)) {
	case 0: /* with someone else */
		if (m->starts->len > 0) {
			return g_array_index(
				m->starts, int64_t, world_below(m->dice, (int)m->starts->len));
		}
		break;
	case 1:
		world_wall(m->w, random_within(m, hour), wall);
		return world_day_start(m->w, wall);
	case 2:
		world_wall(m->w, random_within(m, hour), wall);
		return world_day_start(m->w, wall) - 1;
	case 3:
		return random_within(m, second);
	default:
		break;
	}
	return random_within(m, 30 * minute);
}

static int64_t random_pause(struct maker *m)
{
	const int64_t pauses[] = {0, 0, 1, second, 10 * second, minute, 5 * minute, 30 * minute - 1,
		30 * minute, 30 * minute + 1, hour, 3 * hour, day};

	return pauses[world_below(m->dice, G_N_ELEMENTS(pauses))];
}

static void set_random(struct maker *m, json_t *properties, const char *key,
	const char *const *texts, size_t count)
{
	if (world_below(m->dice, 10)) {
		json_object_set_new(
			properties, key, json_string(world_pick(m->dice, texts, count)));
	}
}

static void add_event(struct maker *m, int64_t us, const char *person, const char *session)
{
	struct world_event e = {.us = us};

	random_uuid(m->dice, e.uuid);
	(void)g_strlcpy(e.person, person, sizeof e.person);
	world_wall(m->w, us, e.wall);
	e.name = g_strdup(world_pick(m->dice, m->names, m->name_count));
	e.distinct_id = g_strdup(random_distinct_id(m, person));
	e.properties = world_random_properties(m->dice, WORLD_OF_EVENT);
	if (strcmp(e.name, "$pageview") == 0 || world_below(m->dice, 4) == 0) {
		set_random(m, e.properties, "$current_url", urls, G_N_ELEMENTS(urls));
	}
	if (strcmp(e.name, "$screen") == 0) {
		set_random(m, e.properties, "$screen_name", screens, G_N_ELEMENTS(screens));
	}
	if (session && world_below(m->dice, 20)) {
		json_object_set_new(e.properties, "$session_id", json_string(session));
	}
	for (int i = 0; i < WORLD_GROUP_TYPES; i++) {
		bool any = i < WORLD_USED_GROUP_TYPES && world_below(m->dice, 3);

		e.groups[i] = g_strdup(any ? WORLD_PICK(m->dice, group_keys[i]) : "");
	}
	g_array_append_val(m->events, e);
}

static void add_visit(struct maker *m, guint most)
{
	const char *person = m->ids->pdata[world_below(m->dice, (int)m->ids->len)];
	int64_t us = random_start(m);
	g_autofree char *session = NULL;
	guint count = 1 + (guint)world_below(m->dice, LONGEST_VISIT);

	g_array_append_val(m->starts, us);
	/* without, an empty one, one of its own, one that goes on */
	switch (world_below(m->dice, 6)) {
	case 0:
		break;
	case 1:
		session = g_strdup("");
		break;
	case 2:
		session = g_strdup_printf("session %d", m->visits);
		break;
	default:
		session = g_strdup_printf("session %d", ++m->visits);
	}
	for (guint i = 0; i < MIN(count, most); i++) {
		add_event(m, us, person, session);
		us += random_pause(m);
	}
}

static gint by_time(gconstpointer a, gconstpointer b)
{
	const struct world_event *x = a, *y = b;

	return x->us != y->us ? (x->us < y->us ? -1 : 1) : strcmp(x->uuid, y->uuid);
}

static int64_t first_seen(const struct maker *m, const char *person)
{
	for (guint i = 0; i < m->events->len; i++) {
		const struct world_event *e = &g_array_index(m->events, struct world_event, i);

		if (strcmp(e->person, person) == 0) {
			return e->us;
		}
	}
	return m->around_us;
}

static int64_t random_creation(struct maker *m, const char *person)
{
	int64_t first = first_seen(m, person);

	switch (world_below(m->dice, 6)) {
	case 0:
		return first - 1;
	case 1:
		return first - (1 + world_below(m->dice, 800)) * day;
	case 2:
		return first + (1 + world_below(m->dice, 100)) * day;
	case 3:
		return random_within(m, 30 * minute);
	default:
		return first;
	}
}

static void make_persons(struct maker *m)
{
	for (guint i = 0; i < m->ids->len; i++) {
		const char *id = m->ids->pdata[i];
		struct world_person p = {.created_us = random_creation(m, id),
			.properties = world_random_properties(m->dice, WORLD_OF_PERSON)};

		if (world_below(m->dice, 6) == 0) {
			json_decref(p.properties);
			continue;
		}
		(void)g_strlcpy(p.id, id, sizeof p.id);
		g_array_append_val(m->persons, p);
	}
}

static void make_groups(struct maker *m)
{
	for (int i = 0; i < WORLD_USED_GROUP_TYPES; i++) {
		for (size_t j = 0; j < G_N_ELEMENTS(group_keys[i]); j++) {
			struct world_group g = {.index = i, .created_us = m->around_us};

			if (world_below(m->dice, 3)) {
				g.key = g_strdup(group_keys[i][j]);
				g.properties = world_random_properties(m->dice, WORLD_OF_GROUP);
				g_array_append_val(m->groups, g);
			}
		}
	}
}

static void choose_names(struct maker *m)
{
	size_t count = 2 + (size_t)world_below(m->dice, MOST_NAMES - 1);

	m->names[m->name_count++] = "$pageview";
	if (world_below(m->dice, 2)) {
		m->names[m->name_count++] = "$screen";
	}
	while (m->name_count < count) {
		m->names[m->name_count++] = WORLD_PICK(m->dice, custom_names);
	}
}

static void fill(struct maker *m)
{
	static const int reaches[] = {1, 3, 15, 60};
	const int64_t laters[] = {second, hour, 2 * day, 40 * day};
	guint count = FEWEST_EVENTS + (guint)world_below(m->dice, MOST_EVENTS - FEWEST_EVENTS + 1);

	m->reach_us = reaches[world_below(m->dice, G_N_ELEMENTS(reaches))] * day;
	choose_names(m);
	make_people(m);
	while (m->events->len < count) {
		add_visit(m, count - m->events->len);
	}
	g_array_sort(m->events, by_time);
	make_persons(m);
	make_groups(m);
	m->w->now_us = g_array_index(m->events, struct world_event, count - 1).us +
		       laters[world_below(m->dice, G_N_ELEMENTS(laters))];
}

static void destroy(gpointer data)
{
	struct world *w = data;

	for (guint i = 0; i < w->event_count; i++) {
		struct world_event *e = &w->events[i];

		g_free(e->name);
		g_free(e->distinct_id);
		json_decref(e->properties);
		for (int j = 0; j < WORLD_GROUP_TYPES; j++) {
			g_free(e->groups[j]);
		}
	}
	for (guint i = 0; i < w->person_count; i++) {
		json_decref(w->persons[i].properties);
	}
	for (guint i = 0; i < w->distinct_id_count; i++) {
		g_free(w->distinct_ids[i].text);
	}
	for (guint i = 0; i < w->group_count; i++) {
		g_free(w->groups[i].key);
		json_decref(w->groups[i].properties);
	}
	g_free(w->events);
	g_free(w->persons);
	g_free(w->distinct_ids);
	g_free(w->groups);
	g_time_zone_unref(w->tz);
	g_free(w);
}

static gpointer keep(GArray *array, guint *count)
{
	*count = array->len;
	return g_array_free(array, FALSE);
}

static struct world *create(GRand *dice, guint i)
{
	struct world *w = g_new0(struct world, 1);
	g_autoptr(GDateTime) around =
		g_date_time_new_from_iso8601(scenes[i % G_N_ELEMENTS(scenes)].around, NULL);
	struct maker m = {.dice = dice,
		.w = w,
		.around_us = g_date_time_to_unix(around) * second,
		.ids = g_ptr_array_new_with_free_func(g_free),
		.events = g_array_new(FALSE, FALSE, sizeof(struct world_event)),
		.persons = g_array_new(FALSE, FALSE, sizeof(struct world_person)),
		.distinct_ids = g_array_new(FALSE, FALSE, sizeof(struct world_distinct_id)),
		.groups = g_array_new(FALSE, FALSE, sizeof(struct world_group)),
		.starts = g_array_new(FALSE, FALSE, sizeof(int64_t))};

	w->project_id = WORLD_FIRST_PROJECT + (int64_t)i;
	w->timezone = scenes[i % G_N_ELEMENTS(scenes)].zone;
	w->tz = g_time_zone_new_identifier(w->timezone);
	w->week_start_day = world_below(dice, 2);
	fill(&m);
	w->events = keep(m.events, &w->event_count);
	w->persons = keep(m.persons, &w->person_count);
	w->distinct_ids = keep(m.distinct_ids, &w->distinct_id_count);
	w->groups = keep(m.groups, &w->group_count);
	g_array_unref(m.starts);
	g_ptr_array_unref(m.ids);
	return w;
}

GPtrArray *worlds_create(guint32 seed, guint count)
{
	GPtrArray *worlds = g_ptr_array_new_with_free_func(destroy);
	GRand *dice = g_rand_new_with_seed(seed);

	for (guint i = 0; i < count; i++) {
		g_ptr_array_add(worlds, create(dice, i));
	}
	g_rand_free(dice);
	return worlds;
}
