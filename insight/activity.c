#include "insight/activity.h"

#include <glib.h>

/* The 230 years that dates.h knows have fewer. */
enum { MAX_DAYS = 100000 };

static int64_t midnight(int64_t wall_us)
{
	return calendar_floor(wall_us, UNIT_DAY, 0);
}

static unsigned number_of(const struct activity *a, int64_t wall_us)
{
	return (unsigned)((midnight(wall_us) - a->first_wall) / us_per_day) + 1;
}

/* Days that the zone skipped leave gaps in the numbers. */
static void renumber(struct activity *a)
{
	struct buckets *b = a->days;

	for (size_t i = 0; i < b->cut_count; i++) {
		b->cut_buckets[i] = number_of(a, b->walls[b->cut_buckets[i]]) - 1;
		b->is_plain = b->is_plain && b->cut_buckets[i] == i;
	}
}

bool activity_open(const struct window *w, bool is_total, const struct kind_context *c,
	struct activity *out, struct fault *f)
{
	const struct zone *zone = c->place.zone;
	int64_t last_wall = zone_wall_us(zone, w->range.to_us);
	int64_t first_wall = is_total ? last_wall : w->buckets->walls[0];
	struct date_range range = {.to_us = w->range.to_us, .interval = INTERVAL_DAY};

	*out = (struct activity){.days = NULL};
	out->first_wall = midnight(first_wall) - (ACTIVITY_LONGEST - 1) * us_per_day;
	range.from_us = zone_instant_us(zone, out->first_wall);
	out->day_count = number_of(out, last_wall);
	if (!buckets_create(&range, &c->place, MAX_DAYS, &out->days, f)) {
		return false;
	}
	renumber(out);
	out->bucket_count = is_total ? 1 : w->buckets->count;
	out->bucket_days = g_new(unsigned, out->bucket_count);
	for (size_t i = 0; i < out->bucket_count; i++) {
		out->bucket_days[i] = number_of(out, is_total ? last_wall : w->buckets->walls[i]);
	}
	return true;
}

void activity_finish(struct activity *a)
{
	buckets_destroy(a->days);
	g_free(a->bucket_days);
	*a = (struct activity){.days = NULL};
}

int64_t activity_from_us(const struct activity *a, int days, const struct zone *zone)
{
	return zone_instant_us(zone, a->first_wall + (ACTIVITY_LONGEST - days) * us_per_day);
}

unsigned *activity_weights(const struct activity *a)
{
	unsigned *weights = g_new0(unsigned, a->day_count + 1);
	size_t next = 0;

	for (unsigned day = 1; day <= a->day_count + 1; day++) {
		while (next < a->bucket_count && a->bucket_days[next] < day) {
			next++;
		}
		weights[day - 1] = (unsigned)(a->bucket_count - next);
	}
	return weights;
}

double *activity_numbers(const struct activity *a, const double *changes)
{
	double *numbers = g_new0(double, a->bucket_count);
	double now = 0;
	unsigned day = 0;

	for (size_t i = 0; i < a->bucket_count; i++) {
		while (day < a->bucket_days[i]) {
			now += changes[day++];
		}
		numbers[i] = now;
	}
	return numbers;
}
