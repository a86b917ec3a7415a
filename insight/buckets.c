#include "insight/buckets.h"

#include <glib.h>
#include <string.h>

struct cut {
	int64_t instant_us, wall_us;
	unsigned bucket;
};

static int64_t step_of(enum interval interval)
{
	switch (interval) {
	case INTERVAL_SECOND:
		return US_PER_SECOND;
	case INTERVAL_MINUTE:
		return us_per_minute;
	case INTERVAL_HOUR:
		return us_per_hour;
	case INTERVAL_DAY:
		return us_per_day;
	case INTERVAL_WEEK:
		return 7 * us_per_day;
	case INTERVAL_MONTH:
	case INTERVAL_QUARTER:
	case INTERVAL_YEAR:
		break;
	}
	return 0;
}

/* How many buckets the wall clock has between two of its times, each the start of one; the zone
 * can only skip some. */
static int64_t count_between(enum interval interval, int64_t first_wall, int64_t last_wall)
{
	int64_t step = step_of(interval);
	int months = interval == INTERVAL_YEAR ? 12 : interval == INTERVAL_QUARTER ? 3 : 1;
	struct calendar_date a, b;

	if (step) {
		return (last_wall - first_wall) / step + 1;
	}
	a = calendar_split(first_wall);
	b = calendar_split(last_wall);
	return ((b.year - a.year) * 12 + b.month - a.month) / months + 1;
}

struct ruler {
	enum calendar_unit unit;
	int week_start_day;
	int64_t first_wall, last_wall;
};

/* Where a clock falls back over midnight, the day before shows up again inside a range that began
 * with the day after.  Such an hour stays in the range's first or last bucket. */
static int64_t wall_of(const struct ruler *r, int64_t wall_us)
{
	int64_t start = calendar_floor(wall_us, r->unit, r->week_start_day);

	return r->unit >= UNIT_DAY ? CLAMP(start, r->first_wall, r->last_wall) : start;
}

/* One stretch during which the clock runs evenly. */
static void cut_stretch(
	GArray *cuts, const struct ruler *r, int64_t from_us, int64_t end_us, int64_t offset_us)
{
	struct cut c = {.instant_us = from_us};

	while (c.instant_us < end_us) {
		const struct cut *last =
			cuts->len ? &g_array_index(cuts, struct cut, cuts->len - 1) : NULL;

		c.wall_us = wall_of(r, c.instant_us + offset_us);
		if (!last || last->wall_us != c.wall_us) {
			g_array_append_val(cuts, c);
		}
		c.instant_us = calendar_next(c.instant_us + offset_us, r->unit, r->week_start_day) -
			       offset_us;
	}
}

static gint by_wall(gconstpointer a, gconstpointer b)
{
	const struct cut *const *x = a, *const *y = b;

	if ((*x)->wall_us != (*y)->wall_us) {
		return (*x)->wall_us < (*y)->wall_us ? -1 : 1;
	}
	return (*x)->instant_us < (*y)->instant_us ? -1 : 1;
}

/* Numbers the cuts' buckets by wall time and fills walls and starts. */
static void number_buckets(struct buckets *b, GArray *cuts)
{
	g_autoptr(GPtrArray) sorted = g_ptr_array_sized_new(cuts->len);

	for (guint i = 0; i < cuts->len; i++) {
		g_ptr_array_add(sorted, &g_array_index(cuts, struct cut, i));
	}
	g_ptr_array_sort(sorted, by_wall);
	b->walls = g_new0(int64_t, cuts->len);
	b->starts = g_new0(int64_t, cuts->len);
	for (guint i = 0; i < cuts->len; i++) {
		struct cut *c = g_ptr_array_index(sorted, i);

		if (b->count == 0 || b->walls[b->count - 1] != c->wall_us) {
			b->walls[b->count] = c->wall_us;
			b->starts[b->count] = c->instant_us;
			b->count++;
		}
		c->bucket = (unsigned)b->count - 1;
	}
}

bool buckets_create(const struct date_range *range, const struct date_place *place,
	int64_t max_count, struct buckets **out, struct fault *f)
{
	struct ruler r = {
		.unit = interval_unit(range->interval), .week_start_day = place->week_start_day};
	int64_t from_wall = zone_wall_us(place->zone, range->from_us);
	int64_t to_wall = zone_wall_us(place->zone, range->to_us);
	int64_t at_us, end_us = range->to_us + 1, count;
	g_autoptr(GArray) cuts = NULL;
	struct buckets *b;

	r.first_wall = calendar_floor(from_wall, r.unit, r.week_start_day);
	r.last_wall = calendar_floor(to_wall, r.unit, r.week_start_day);
	count = count_between(range->interval, r.first_wall, r.last_wall);
	if (count > max_count) {
		return fault_set(f, FAULT_TOO_LARGE,
			"dateRange has %" G_GINT64_FORMAT
			" intervals of one %s, more than %" G_GINT64_FORMAT
			" (max_buckets); take a longer interval or a shorter range",
			count, interval_name(range->interval), max_count);
	}
	cuts = g_array_new(FALSE, TRUE, sizeof(struct cut));
	at_us = MIN(zone_instant_us(place->zone, r.first_wall), range->from_us);
	while (at_us < end_us) {
		int64_t change_us = zone_next_change_us(place->zone, at_us, end_us);
		int64_t stop_us = MIN(change_us, end_us);

		cut_stretch(cuts, &r, at_us, stop_us, zone_wall_us(place->zone, at_us) - at_us);
		at_us = stop_us;
	}
	b = g_new0(struct buckets, 1);
	b->interval = range->interval;
	number_buckets(b, cuts);
	b->cut_count = cuts->len;
	b->cuts = g_new(int64_t, cuts->len);
	b->cut_buckets = g_new(unsigned, cuts->len);
	b->is_plain = true;
	for (guint i = 0; i < cuts->len; i++) {
		const struct cut *c = &g_array_index(cuts, struct cut, i);

		b->cuts[i] = c->instant_us;
		b->cut_buckets[i] = c->bucket;
		b->is_plain = b->is_plain && c->bucket == i;
	}
	*out = b;
	return true;
}

void buckets_destroy(struct buckets *b)
{
	if (b) {
		g_free(b->walls);
		g_free(b->starts);
		g_free(b->cuts);
		g_free(b->cut_buckets);
		g_free(b);
	}
}

json_t *buckets_days(const struct buckets *b)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->count; i++) {
		struct calendar_date d = calendar_split(b->walls[i]);
		char text[64];

		if (b->interval < INTERVAL_DAY) {
			(void)g_snprintf(text, sizeof text, "%04d-%02d-%02d %02d:%02d:%02d", d.year,
				d.month, d.day, d.hour, d.minute, d.second);
		} else {
			(void)g_snprintf(
				text, sizeof text, "%04d-%02d-%02d", d.year, d.month, d.day);
		}
		json_array_append_new(list, json_string(text));
	}
	return list;
}

static void write_day(char *text, size_t size, const struct calendar_date *d)
{
	(void)g_snprintf(
		text, (gulong)size, "%d-%.3s-%04d", d->day, calendar_month_name(d->month), d->year);
}

/* Years stand in it, for a label is also the name of a column, which must occur once. */
static void write_week(char *text, size_t size, int64_t wall_us, int64_t first_us, int64_t last_us)
{
	int64_t from_us = MAX(wall_us, first_us), to_us = MIN(wall_us + 6 * us_per_day, last_us);
	struct calendar_date from = calendar_split(from_us), to = calendar_split(to_us);
	char first[32], last[32];

	write_day(first, sizeof first, &from);
	write_day(last, sizeof last, &to);
	if (strcmp(first, last) == 0) {
		(void)g_snprintf(text, (gulong)size, "%s", first);
	} else {
		(void)g_snprintf(text, (gulong)size, "%s - %s", first, last);
	}
}

json_t *buckets_labels(
	const struct buckets *b, const struct date_range *range, const struct zone *zone)
{
	int64_t first_us = zone_wall_us(zone, range->from_us);
	int64_t last_us = zone_wall_us(zone, range->to_us);
	json_t *list = json_array();

	for (size_t i = 0; i < b->count; i++) {
		struct calendar_date d = calendar_split(b->walls[i]);
		char text[80];

		switch (b->interval) {
		case INTERVAL_SECOND:
			(void)g_snprintf(text, sizeof text, "%d-%.3s %02d:%02d:%02d", d.day,
				calendar_month_name(d.month), d.hour, d.minute, d.second);
			break;
		case INTERVAL_MINUTE:
		case INTERVAL_HOUR:
			(void)g_snprintf(text, sizeof text, "%d-%.3s %02d:%02d", d.day,
				calendar_month_name(d.month), d.hour, d.minute);
			break;
		case INTERVAL_DAY:
			write_day(text, sizeof text, &d);
			break;
		case INTERVAL_WEEK:
			write_week(text, sizeof text, b->walls[i], first_us, last_us);
			break;
		case INTERVAL_MONTH:
			(void)g_snprintf(text, sizeof text, "%.3s %04d",
				calendar_month_name(d.month), d.year);
			break;
		case INTERVAL_QUARTER:
			(void)g_snprintf(
				text, sizeof text, "Q%d %04d", (d.month - 1) / 3 + 1, d.year);
			break;
		case INTERVAL_YEAR:
			(void)g_snprintf(text, sizeof text, "%04d", d.year);
			break;
		}
		json_array_append_new(list, json_string(text));
	}
	return list;
}

json_t *buckets_instants(const struct buckets *b, const struct zone *zone)
{
	json_t *list = json_array();

	for (size_t i = 0; i < b->count; i++) {
		g_autofree char *text = zone_instant_text(zone, b->starts[i]);

		json_array_append_new(list, json_string(text));
	}
	return list;
}
