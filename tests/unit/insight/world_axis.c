#include "tests/unit/insight/world_axis.h"

#include <string.h>

enum {
	DAY_TEXT = sizeof "2024-03-31" - 1,
	QUARTER_HOUR = 900, /* every zone's clock changes at one */
	HALF_HOUR = 1800,
	HOUR = 3600,
	NEAR = 2 * HOUR,
	FAR = 25 * HOUR /* Samoa once skipped a day */
};

void world_wall(const struct world *w, int64_t us, char out[WORLD_WALL])
{
	int64_t seconds = us / G_USEC_PER_SEC;
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(seconds);
	g_autoptr(GDateTime) at = g_date_time_to_timezone(utc, w->tz);

	(void)g_snprintf(out, WORLD_WALL, "%04d-%02d-%02d %02d:%02d:%02d.%06d",
		g_date_time_get_year(at), g_date_time_get_month(at),
		g_date_time_get_day_of_month(at), g_date_time_get_hour(at),
		g_date_time_get_minute(at), g_date_time_get_second(at),
		(int)(us - seconds * G_USEC_PER_SEC));
}

static void read_date(const char *text, GDate *out)
{
	g_date_clear(out, 1);
	g_date_set_dmy(out, (GDateDay)g_ascii_strtoull(text + 8, NULL, 10),
		(GDateMonth)g_ascii_strtoull(text + 5, NULL, 10),
		(GDateYear)g_ascii_strtoull(text, NULL, 10));
}

static void write_date(const GDate *date, char *out)
{
	(void)g_snprintf(out, WORLD_BUCKET, "%04d-%02d-%02d", g_date_get_year(date),
		g_date_get_month(date), g_date_get_day(date));
}

/* Some instant near the one at which the wall shows it. */
static GDateTime *about(const struct world *w, const char *text, int hour, int minute)
{
	GDate date;

	read_date(text, &date);
	return g_date_time_new(w->tz, g_date_get_year(&date), (int)g_date_get_month(&date),
		g_date_get_day(&date), hour, minute, 0);
}

/* The first instant at which the wall shows "2024-03-31 10:20:00", or what comes after it where
 * the clock skips that. */
static int64_t first_instant(const struct world *w, const char *text)
{
	g_autoptr(GDateTime) guess = about(w, text, (int)g_ascii_strtoll(text + 11, NULL, 10),
		(int)g_ascii_strtoll(text + 14, NULL, 10));
	int64_t near = g_date_time_to_unix(guess), seconds;
	char wall[WORLD_WALL];

	for (seconds = near - NEAR; seconds <= near + NEAR; seconds += QUARTER_HOUR) {
		world_wall(w, seconds * G_USEC_PER_SEC, wall);
		if (strncmp(wall, text, strlen(text)) == 0) {
			return seconds * G_USEC_PER_SEC;
		}
	}
	near -= near % QUARTER_HOUR;
	for (seconds = near - FAR; seconds <= near + FAR; seconds += QUARTER_HOUR) {
		world_wall(w, seconds * G_USEC_PER_SEC, wall);
		if (strcmp(wall, text) >= 0) {
			break;
		}
	}
	return seconds * G_USEC_PER_SEC;
}

int64_t world_day_start(const struct world *w, const char *day)
{
	char text[WORLD_BUCKET];

	(void)g_snprintf(text, sizeof text, "%.10s 00:00:00", day);
	return first_instant(w, text);
}

bool world_has_day(const struct world *w, const char *day)
{
	g_autoptr(GDateTime) noon = about(w, day, 12, 0);
	g_autofree char *shown = g_date_time_format(noon, "%Y-%m-%d");

	return strncmp(shown, day, DAY_TEXT) == 0;
}

void world_bucket(
	const struct world *w, const char *wall, const char *interval, char out[WORLD_BUCKET])
{
	if (strcmp(interval, "hour") == 0) {
		(void)g_snprintf(out, WORLD_BUCKET, "%.13s:00:00", wall);
	} else if (strcmp(interval, "month") == 0) {
		(void)g_snprintf(out, WORLD_BUCKET, "%.7s-01", wall);
	} else if (strcmp(interval, "week") == 0) {
		GDate date;
		int since;

		read_date(wall, &date);
		since = ((int)g_date_get_weekday(&date) % 7 - w->week_start_day + 7) % 7;
		g_date_subtract_days(&date, (guint)since);
		write_date(&date, out);
	} else {
		(void)g_snprintf(out, WORLD_BUCKET, "%.10s", wall);
	}
}

static void move(GDate *date, const char *interval, int count)
{
	guint amount = (guint)ABS(count);

	if (strcmp(interval, "month") == 0) {
		count < 0 ? g_date_subtract_months(date, amount) : g_date_add_months(date, amount);
		return;
	}
	amount *= strcmp(interval, "week") == 0 ? 7 : 1;
	count < 0 ? g_date_subtract_days(date, amount) : g_date_add_days(date, amount);
}

void world_bucket_step(const char *bucket, const char *interval, int count, char out[WORLD_BUCKET])
{
	GDate date;

	read_date(bucket, &date);
	move(&date, interval, count);
	write_date(&date, out);
}

static bool has_time(const char *text)
{
	return strlen(text) > DAY_TEXT;
}

static int64_t instant_of(const struct world *w, const char *text)
{
	return has_time(text) ? first_instant(w, text) : world_day_start(w, text);
}

/* The last microsecond of the day, or of the hour where hours are asked for and it is told. */
static int64_t end_of(const struct world *w, const char *to, const char *interval)
{
	char text[WORLD_BUCKET];
	int64_t hour = g_ascii_strtoll(has_time(to) ? to + 11 : "23", NULL, 10);

	if (hour == 23 || strcmp(interval, "hour") != 0) {
		world_bucket_step(to, "day", 1, text);
		return world_day_start(w, text) - 1;
	}
	(void)g_snprintf(text, sizeof text, "%.10s %02d:00:00", to, (int)hour + 1);
	return first_instant(w, text) - 1;
}

static void add_bucket(struct world_axis *a, const char *wall)
{
	char text[WORLD_BUCKET];

	world_bucket(a->world, wall, a->interval, text);
	if (!g_hash_table_contains(a->places, text)) {
		char *day = g_strdup(text);

		g_ptr_array_add(a->days, day);
		g_hash_table_insert(a->places, day, GUINT_TO_POINTER(a->days->len));
	}
}

static void walk_hours(struct world_axis *a)
{
	char wall[WORLD_WALL];

	for (int64_t us = a->from_us; us <= a->to_us; us += (int64_t)HALF_HOUR * G_USEC_PER_SEC) {
		world_wall(a->world, us, wall);
		add_bucket(a, wall);
	}
}

static void walk_days(struct world_axis *a)
{
	char day[WORLD_WALL], last[WORLD_WALL];

	world_wall(a->world, a->from_us, day);
	world_wall(a->world, a->to_us, last);
	day[DAY_TEXT] = '\0';
	last[DAY_TEXT] = '\0';
	while (strcmp(day, last) <= 0) {
		if (world_has_day(a->world, day)) {
			add_bucket(a, day);
		}
		world_bucket_step(day, "day", 1, day);
	}
}

void world_axis_open(struct world_axis *a, const struct world *w, const struct world_dates *dates,
	const char *interval)
{
	char wall[WORLD_WALL], first[WORLD_BUCKET];

	*a = (struct world_axis){.world = w,
		.interval = interval,
		.days = g_ptr_array_new_with_free_func(g_free),
		.places = g_hash_table_new(g_str_hash, g_str_equal)};
	world_wall(w, instant_of(w, dates->from), wall);
	world_bucket(w, wall, interval, first);
	a->from_us = instant_of(w, first);
	a->to_us = end_of(w, dates->to, interval);
	if (strcmp(interval, "hour") == 0) {
		walk_hours(a);
	} else {
		walk_days(a);
	}
}

void world_axis_close(struct world_axis *a)
{
	g_hash_table_unref(a->places);
	g_ptr_array_unref(a->days);
}

int world_axis_place(const struct world_axis *a, const struct world_event *e)
{
	char text[WORLD_BUCKET];

	if (e->us < a->from_us || e->us > a->to_us) {
		return -1;
	}
	world_bucket(a->world, e->wall, a->interval, text);
	return GPOINTER_TO_INT(g_hash_table_lookup(a->places, text)) - 1;
}

json_t *world_axis_days(const struct world_axis *a)
{
	json_t *list = json_array();

	for (guint i = 0; i < a->days->len; i++) {
		json_array_append_new(list, json_string(a->days->pdata[i]));
	}
	return list;
}

/* Shown once only: what a query means by an hour that is lived twice is its own affair. */
static bool is_clear(const struct world *w, const char *text)
{
	static const int64_t away[] = {-HOUR, -HALF_HOUR, HALF_HOUR, HOUR};
	int64_t us = first_instant(w, text);
	char wall[WORLD_WALL];

	for (size_t i = 0; i < G_N_ELEMENTS(away); i++) {
		world_wall(w, us + away[i] * G_USEC_PER_SEC, wall);
		if (strncmp(wall, text, strlen(text)) == 0) {
			return false;
		}
	}
	return true;
}

static void random_end(
	GRand *dice, const struct world *w, const char *wall, int days, char out[WORLD_BUCKET])
{
	char text[WORLD_BUCKET];

	world_bucket_step(wall, "day", days, out);
	while (!world_has_day(w, out)) {
		world_bucket_step(out, "day", days < 0 ? -1 : 1, out);
	}
	if (days == 0 && world_below(dice, 3) == 0) {
		(void)g_snprintf(text, sizeof text, "%.16s:00", wall);
		if (is_clear(w, text)) {
			(void)g_strlcpy(out, text, WORLD_BUCKET);
		}
	}
}

void world_random_dates(
	GRand *dice, const struct world *w, const char *interval, struct world_dates *out)
{
	int most = strcmp(interval, "hour") == 0 ? 3 : strcmp(interval, "day") == 0 ? 40 : 120;
	int first = world_below(dice, (int)w->event_count);
	int last = world_below(dice, (int)w->event_count);
	int before = world_below(dice, 3) ? world_below(dice, 4) : 0;
	int after = world_below(dice, 3) ? world_below(dice, 4) : 0;
	const struct world_event *from = &w->events[MIN(first, last)];
	const struct world_event *to = &w->events[MAX(first, last)];

	random_end(dice, w, from->wall, -before, out->from);
	if (to->us - from->us > most * G_TIME_SPAN_DAY) {
		to = from;
		after = world_below(dice, most + 1);
	}
	random_end(dice, w, to->wall, after, out->to);
}

json_t *world_date_range(const struct world_dates *dates)
{
	return json_pack("{s:s, s:s}", "date_from", dates->from, "date_to", dates->to);
}
