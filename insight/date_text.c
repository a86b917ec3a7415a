/* The texts of dates: their forms, without a clock or a zone. */
#include "insight/dates.h"

#include "insight/brief.h"

#include <glib.h>
#include <string.h>

enum { RELATIVE_DIGITS = 7 };

static const struct {
	char letter;
	enum calendar_unit unit;
} unit_letters[] = {
	{'s', UNIT_SECOND}, /* capital M is a minute, small m a month */
	{'M', UNIT_MINUTE},
	{'h', UNIT_HOUR},
	{'d', UNIT_DAY},
	{'w', UNIT_WEEK},
	{'m', UNIT_MONTH},
	{'q', UNIT_QUARTER},
	{'y', UNIT_YEAR},
};

static const struct date_text last_seven_days = {
	.form = DATE_RELATIVE, .number = 7, .unit = UNIT_DAY};

static bool read_digits(const char **p, int count, int *out)
{
	int value = 0;

	for (int i = 0; i < count; i++) {
		if (!g_ascii_isdigit((*p)[i])) {
			return false;
		}
		value = value * 10 + ((*p)[i] - '0');
	}
	*p += count;
	*out = value;
	return true;
}

static bool take(const char **p, const char *literal)
{
	if (!g_str_has_prefix(*p, literal)) {
		return false;
	}
	*p += strlen(literal);
	return true;
}

static bool read_fraction(const char **p, int *us)
{
	int digits = 0;

	*us = 0;
	while (g_ascii_isdigit(**p) && digits < 9) {
		*us = digits < 6 ? *us * 10 + (**p - '0') : *us;
		digits++;
		(*p)++;
	}
	for (int i = digits; i < 6; i++) {
		*us *= 10;
	}
	return digits > 0;
}

/* 10:20, 10:20:30, 10:20:30.123456 */
static bool read_clock(const char **p, struct calendar_date *d)
{
	if (!read_digits(p, 2, &d->hour) || !take(p, ":") || !read_digits(p, 2, &d->minute)) {
		return false;
	}
	if (take(p, ":") && !read_digits(p, 2, &d->second)) {
		return false;
	}
	if (take(p, ".") && !read_fraction(p, &d->us)) {
		return false;
	}
	return d->hour < 24 && d->minute < 60 && d->second < 60;
}

/* Z, +01, +0100 or +01:00 */
static bool read_offset(const char **p, int64_t *offset_us)
{
	int hours, minutes = 0;
	int64_t sign = **p == '-' ? -1 : 1;

	*offset_us = 0;
	if (take(p, "Z") || take(p, "z")) {
		return true;
	}
	if (!take(p, "+") && !take(p, "-")) {
		return false;
	}
	if (!read_digits(p, 2, &hours)) {
		return false;
	}
	if ((take(p, ":") || **p) && !read_digits(p, 2, &minutes)) {
		return false;
	}
	*offset_us = sign * (hours * us_per_hour + minutes * us_per_minute);
	return hours < 24 && minutes < 60;
}

static bool read_absolute(const char *p, struct date_text *out)
{
	struct calendar_date d = {.year = 0};
	int64_t offset_us;

	if (!read_digits(&p, 4, &d.year) || !take(&p, "-") || !read_digits(&p, 2, &d.month) ||
		!take(&p, "-") || !read_digits(&p, 2, &d.day) ||
		!calendar_is_date(d.year, d.month, d.day)) {
		return false;
	}
	if (!*p) {
		out->form = DATE_DAY;
		out->us = calendar_join(&d);
		return true;
	}
	if ((!take(&p, "T") && !take(&p, " ")) || !read_clock(&p, &d)) {
		return false;
	}
	out->us = calendar_join(&d);
	if (!*p) {
		out->form = DATE_TIME;
		return true;
	}
	(void)take(&p, " ");
	if (!read_offset(&p, &offset_us) || *p) {
		return false;
	}
	out->form = DATE_INSTANT;
	out->us -= offset_us;
	return true;
}

static bool read_relative(const char *p, struct date_text *out)
{
	size_t digits;
	bool unit_known = false;

	(void)take(&p, "-");
	digits = strspn(p, "0123456789");
	if (digits > RELATIVE_DIGITS) {
		return false;
	}
	out->number = g_ascii_strtoll(p, NULL, 10);
	p += digits;
	for (size_t i = 0; *p && i < G_N_ELEMENTS(unit_letters); i++) {
		if (unit_letters[i].letter == *p) {
			out->unit = unit_letters[i].unit;
			unit_known = true;
		}
	}
	if (!unit_known) {
		return false;
	}
	p++;
	out->position = DATE_AS_IT_IS;
	if (take(&p, "Start")) {
		out->position = DATE_AT_START;
	} else if (take(&p, "End")) {
		out->position = DATE_AT_END;
	}
	out->form = DATE_RELATIVE;
	/* A bare letter would be an amount of nothing. */
	return !*p && (digits > 0 || out->position != DATE_AS_IT_IS);
}

bool date_read(const char *text, const char *field, struct date_text *out, struct fault *f)
{
	char shown[BRIEF_BYTES];

	*out = (struct date_text){.form = DATE_ABSENT};
	if (strcmp(text, "all") == 0) {
		out->form = DATE_ALL;
		return true;
	}
	if (read_absolute(text, out) || read_relative(text, out)) {
		return true;
	}
	return fault_set(f, FAULT_DATE, "%s: '%s' is not a date", field, brief(text, shown));
}

static bool read_member(const json_t *range, const char *key, const char *field,
	struct date_text *out, const char **text, struct fault *f)
{
	const json_t *member = json_object_get(range, key);

	out->form = DATE_ABSENT;
	*text = NULL;
	if (!member || json_is_null(member)) {
		return true;
	}
	if (!json_is_string(member)) {
		return fault_set(f, FAULT_DATE, "%s is not a text", field);
	}
	if (!*json_string_value(member)) {
		return true;
	}
	*text = json_string_value(member);
	return date_read(*text, field, out, f);
}

bool dates_read(const json_t *query, struct date_request *out, struct fault *f)
{
	const json_t *range = json_object_get(query, "dateRange");
	const json_t *is_explicit = json_object_get(range, "explicitDate");

	*out = (struct date_request){.is_explicit = json_is_true(is_explicit)};
	if (range && !json_is_null(range) && !json_is_object(range)) {
		return fault_set(f, FAULT_QUERY, "dateRange is not an object");
	}
	if (!read_member(
		    range, "date_from", "dateRange.date_from", &out->from, &out->from_text, f) ||
		!read_member(range, "date_to", "dateRange.date_to", &out->to, &out->to_text, f)) {
		return false;
	}
	if (out->from.form == DATE_ABSENT) {
		out->from = last_seven_days;
	}
	if (out->to.form == DATE_ALL) {
		return fault_set(
			f, FAULT_DATE, "dateRange.date_to: 'all' can only be where a range begins");
	}
	return true;
}
