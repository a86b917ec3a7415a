#include "render/bucket.h"

#include <glib.h>
#include <string.h>

/* Month names stop fitting and stop helping past this span; years stay. */
enum { YEARS_ONLY_MONTHS = 36 };

static const char *const month_names[] = {"January", "February", "March", "April", "May", "June",
	"July", "August", "September", "October", "November", "December"};

static bool read_digits(const char **p, int count, int *out)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!g_ascii_isdigit(**p)) {
			return false;
		}
		value = value * 10 + (**p - '0');
		(*p)++;
	}
	*out = value;
	return true;
}

static bool read_date(const char **p, struct bucket *b)
{
	return read_digits(p, 4, &b->year) && *(*p)++ == '-' && read_digits(p, 2, &b->month) &&
	       *(*p)++ == '-' && read_digits(p, 2, &b->day) && b->year >= 1 &&
	       g_date_valid_dmy((GDateDay)b->day, (GDateMonth)b->month, (GDateYear)b->year);
}

static bool read_time(const char **p, struct bucket *b)
{
	if (!read_digits(p, 2, &b->hour) || *(*p)++ != ':' || !read_digits(p, 2, &b->minute)) {
		return false;
	}
	if (**p == ':') {
		(*p)++;
		if (!read_digits(p, 2, &b->second)) {
			return false;
		}
	}
	return b->hour < 24 && b->minute < 60 && b->second < 61;
}

bool bucket_parse(const char *text, struct bucket *out)
{
	struct bucket b = {.year = 0};
	const char *p = text;

	if (!read_date(&p, &b)) {
		return false;
	}
	if (*p == ' ' || *p == 'T') {
		p++;
		if (!read_time(&p, &b)) {
			return false;
		}
	} else if (*p != '\0') {
		return false;
	}
	*out = b;
	return true;
}

/* The offset an instant carries, or NULL when the text is local. */
static GTimeZone *offset_of(const char *text)
{
	size_t length = strlen(text);
	const char *sign;

	if (length > 10 && text[length - 1] == 'Z') {
		return g_time_zone_new_utc();
	}
	sign = length > 19 ? strpbrk(text + 19, "+-") : NULL;
	return sign ? g_time_zone_new_identifier(sign) : NULL;
}

static GDateTime *end_of(GDateTime *start, enum interval interval)
{
	switch (interval) {
	case INTERVAL_MINUTE:
		return g_date_time_add_minutes(start, 1);
	case INTERVAL_HOUR:
		return g_date_time_add_hours(start, 1);
	case INTERVAL_DAY:
		return g_date_time_add_days(start, 1);
	case INTERVAL_WEEK:
		return g_date_time_add_weeks(start, 1);
	case INTERVAL_MONTH:
		return g_date_time_add_months(start, 1);
	}
	return NULL;
}

bool bucket_is_open(const char *text, enum interval interval, const char *zone_name, int64_t now_us)
{
	g_autoptr(GTimeZone) zone = NULL;
	g_autoptr(GDateTime) start = NULL;
	g_autoptr(GDateTime) end = NULL;
	struct bucket b;

	if (now_us <= 0 || !bucket_parse(text, &b)) {
		return false;
	}
	zone = offset_of(text);
	if (!zone) {
		zone = g_time_zone_new_identifier(zone_name ? zone_name : "UTC");
	}
	if (!zone) {
		zone = g_time_zone_new_utc();
	}
	start = g_date_time_new(zone, b.year, b.month, b.day, b.hour, b.minute, MIN(b.second, 59));
	end = start ? end_of(start, interval) : NULL;
	return end && g_date_time_to_unix(start) <= now_us / G_USEC_PER_SEC &&
	       now_us / G_USEC_PER_SEC < g_date_time_to_unix(end);
}

static int months_of(const struct bucket *b)
{
	return b->year * 12 + b->month - 1;
}

static int64_t hours_of(const struct bucket *b)
{
	GDate date;

	g_date_clear(&date, 1);
	g_date_set_dmy(&date, (GDateDay)b->day, (GDateMonth)b->month, (GDateYear)b->year);
	return (int64_t)g_date_get_julian(&date) * 24 + b->hour;
}

static char *month_text(const struct bucket *b)
{
	if (b->month == 1) {
		return g_strdup_printf("%d", b->year);
	}
	return g_strdup(month_names[b->month - 1]);
}

static char *day_text(const struct bucket *b)
{
	if (b->day == 1) {
		return month_text(b);
	}
	return g_strdup_printf("%.3s %d", month_names[b->month - 1], b->day);
}

static char *clock_text(const struct bucket *b)
{
	return g_strdup_printf("%02d:%02d", b->hour, b->minute);
}

/* The step of a level, and whether there is a coarser one. */
static int step_at(struct bucket_texts *t, const int *steps, size_t count, size_t level)
{
	t->has_coarser = level + 1 < count;
	return steps[MIN(level, count - 1)];
}

static void name_months(struct bucket_texts *t, const struct bucket *dates, size_t level)
{
	static const int steps[] = {1, 2, 3, 4, 6, 12, 24, 60, 120, 240, 600, 1200};
	int span = months_of(&dates[t->count - 1]) - months_of(&dates[0]);
	int before = months_of(&dates[0]) - (dates[0].day == 1 ? 1 : 0);
	int step = step_at(t, steps, G_N_ELEMENTS(steps), level);

	if (span > YEARS_ONLY_MONTHS) {
		step = MAX(step, 12);
	}
	/* A month is named at its first bucket.  A range that begins in the middle of one leaves
	 * it unnamed, for the name would stand where the month does not begin. */
	for (size_t i = 0; i < t->count; i++) {
		int month = months_of(&dates[i]);

		if (month != before && month % step == 0) {
			t->texts[i] = month_text(&dates[i]);
		}
		before = month;
	}
}

static void name_clock(struct bucket_texts *t, const struct bucket *dates, size_t level)
{
	static const int steps[] = {1, 2, 5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440};
	int step = step_at(t, steps, G_N_ELEMENTS(steps), level);

	for (size_t i = 0; i < t->count; i++) {
		const struct bucket *b = &dates[i];
		int minute = b->hour * 60 + b->minute;

		if (minute % step != 0 || b->second != 0) {
			continue;
		}
		t->texts[i] = minute == 0 && i > 0 ? day_text(b) : clock_text(b);
	}
}

/* Over several days midnight shows the date, and the hours between only while there are few. */
static void name_hours(struct bucket_texts *t, const struct bucket *dates, size_t level)
{
	static const int steps[] = {6, 12, 24, 48, 72, 96, 120, 168, 240, 336, 720};
	int64_t first = hours_of(&dates[0]);
	int64_t span = hours_of(&dates[t->count - 1]) - first + 1;
	size_t finest = span <= 48 ? 0 : span <= 72 ? 1 : 2;
	int step = step_at(t, steps, G_N_ELEMENTS(steps), level + finest);
	int64_t midnight = first + (24 - dates[0].hour) % 24;

	if (span <= 24) {
		name_clock(t, dates, level);
		return;
	}
	for (size_t i = 0; i < t->count; i++) {
		const struct bucket *b = &dates[i];

		if (b->minute == 0 && (hours_of(b) - midnight) % step == 0) {
			t->texts[i] = b->hour == 0 ? day_text(b) : clock_text(b);
		}
	}
}

static int stride_at(struct bucket_texts *t, size_t level)
{
	static const int strides[] = {1, 2, 3, 4, 5, 7, 10, 14, 20, 30, 50, 100, 200, 500, 1000};

	return step_at(t, strides, G_N_ELEMENTS(strides), level);
}

static void name_days(struct bucket_texts *t, const struct bucket *dates, size_t level)
{
	size_t stride = (size_t)stride_at(t, level);

	for (size_t i = 0; i < t->count; i += stride) {
		t->texts[i] = day_text(&dates[i]);
	}
}

static bool has_any(const struct bucket_texts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		if (t->texts[i]) {
			return true;
		}
	}
	return false;
}

static struct bucket *parse_all(const struct result *r)
{
	struct bucket *dates = g_new(struct bucket, r->bucket_count);

	for (size_t i = 0; i < r->bucket_count; i++) {
		if (!bucket_parse(r->days[i], &dates[i])) {
			g_free(dates);
			return NULL;
		}
	}
	return dates;
}

static void name_dates(
	struct bucket_texts *t, const struct bucket *dates, enum interval interval, size_t level)
{
	const struct bucket *last = &dates[t->count - 1];
	int months = months_of(last) - months_of(&dates[0]) - (last->day < dates[0].day ? 1 : 0);

	switch (interval) {
	case INTERVAL_MINUTE:
	case INTERVAL_HOUR:
		name_hours(t, dates, level);
		break;
	case INTERVAL_DAY:
	case INTERVAL_WEEK:
		if (months >= 3) {
			name_months(t, dates, level);
		} else {
			name_days(t, dates, level);
		}
		break;
	case INTERVAL_MONTH:
		name_months(t, dates, level);
		break;
	}
}

static void name_labels(struct bucket_texts *t, const struct result *r, size_t level)
{
	size_t stride = (size_t)stride_at(t, level);

	for (size_t i = 0; i < t->count; i += stride) {
		t->texts[i] = g_strdup(r->labels[i]);
	}
}

struct bucket_texts bucket_texts_create(const struct result *r, size_t level)
{
	struct bucket_texts t = {
		.texts = g_new0(char *, r->bucket_count + 1),
		.count = r->bucket_count,
	};
	struct bucket *dates = r->bucket_count > 0 ? parse_all(r) : NULL;

	if (!dates) {
		name_labels(&t, r, level);
		return t;
	}
	name_dates(&t, dates, r->interval, level);
	/* Rare ticks may all fall outside: a few days in July have no January. */
	if (!has_any(&t)) {
		t.texts[0] =
			r->interval == INTERVAL_MONTH ? month_text(&dates[0]) : day_text(&dates[0]);
	}
	g_free(dates);
	return t;
}

void bucket_texts_destroy(struct bucket_texts *t)
{
	for (size_t i = 0; i < t->count; i++) {
		g_free(t->texts[i]);
	}
	g_free(t->texts);
	t->texts = NULL;
	t->count = 0;
}
