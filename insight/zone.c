#include "insight/zone.h"

#include "insight/brief.h"
#include "insight/calendar.h"

#include <glib.h>
#include <stdlib.h>
#include <string.h>

struct zone {
	GTimeZone *tz;
};

/* GLib also takes offsets, POSIX rules and paths of files for zones; a project has a name. */
static bool looks_like_a_name(const char *name)
{
	if (!g_ascii_isalpha(name[0]) || strlen(name) > 64 || strstr(name, "..")) {
		return false;
	}
	for (const char *c = name; *c; c++) {
		if (!g_ascii_isalnum(*c) && !strchr("/_+-", *c)) {
			return false;
		}
	}
	/* "EST5" is a rule; "Etc/GMT+5" and "GMT0" are names. */
	return !g_ascii_isdigit(name[strlen(name) - 1]) || strchr(name, '/') ||
	       strncmp(name, "GMT", 3) == 0;
}

bool zone_open(const char *name, struct zone **out, struct fault *f)
{
	GTimeZone *tz = looks_like_a_name(name) ? g_time_zone_new_identifier(name) : NULL;
	char shown[BRIEF_BYTES];

	if (!tz) {
		return fault_set(
			f, FAULT_INPUT, "the time zone '%s' is not known", brief(name, shown));
	}
	*out = g_new0(struct zone, 1);
	(*out)->tz = tz;
	return true;
}

void zone_close(struct zone *z)
{
	if (z) {
		g_time_zone_unref(z->tz);
		g_free(z);
	}
}

static int64_t seconds_of(int64_t us)
{
	int64_t seconds = us / US_PER_SECOND;

	return us % US_PER_SECOND < 0 ? seconds - 1 : seconds;
}

/* GLib numbers the stretches between two changes, so two instants of one number have no change
 * between them. */
static int stretch_at(const struct zone *z, int64_t seconds)
{
	return g_time_zone_find_interval(z->tz, G_TIME_TYPE_UNIVERSAL, seconds);
}

static int64_t offset_us(const struct zone *z, int64_t instant_us)
{
	int stretch = stretch_at(z, seconds_of(instant_us));

	return (int64_t)g_time_zone_get_offset(z->tz, stretch) * US_PER_SECOND;
}

int64_t zone_wall_us(const struct zone *z, int64_t instant_us)
{
	return instant_us + offset_us(z, instant_us);
}

int64_t zone_instant_us(const struct zone *z, int64_t wall_us)
{
	/* Offsets reach from -12 to +14 hours and Samoa once skipped a day, so two days to either
	 * side the clock shows surely what it showed before and what it shows after. */
	int64_t before = offset_us(z, wall_us - 2 * us_per_day);
	int64_t after = offset_us(z, wall_us + 2 * us_per_day);

	if (offset_us(z, wall_us - before) == before) {
		return wall_us - before;
	}
	if (offset_us(z, wall_us - after) == after) {
		return wall_us - after;
	}
	return zone_next_change_us(z, wall_us - 2 * us_per_day, wall_us + 2 * us_per_day);
}

int64_t zone_next_change_us(const struct zone *z, int64_t after_us, int64_t limit_us)
{
	int64_t low = seconds_of(after_us), high = seconds_of(limit_us);
	int here = stretch_at(z, low);

	while (high > low && stretch_at(z, high) != here) {
		int64_t middle = low + (high - low) / 2;

		if (stretch_at(z, middle) != here) {
			high = middle;
		} else if (middle == low) {
			break;
		} else {
			low = middle;
		}
	}
	return stretch_at(z, high) != here ? high * US_PER_SECOND : INT64_MAX;
}

char *zone_instant_text(const struct zone *z, int64_t instant_us)
{
	int64_t offset = offset_us(z, instant_us) / US_PER_SECOND;
	struct calendar_date d = calendar_split(zone_wall_us(z, instant_us));
	char part[16] = "", tail[16] = "Z";

	if (d.us) {
		(void)g_snprintf(part, sizeof part, ".%06d", d.us);
	}
	if (offset) {
		(void)g_snprintf(tail, sizeof tail, "%c%02d:%02d", offset < 0 ? '-' : '+',
			(int)(llabs(offset) / 3600), (int)(llabs(offset) / 60 % 60));
	}
	return g_strdup_printf("%04d-%02d-%02dT%02d:%02d:%02d%s%s", d.year, d.month, d.day, d.hour,
		d.minute, d.second, part, tail);
}
