#include "render/number.h"

#include "render/query.h"

#include <glib.h>
#include <math.h>
#include <string.h>

enum { MAX_DECIMALS = 10, DIGITS = 24 };

/* Past this, grouped digits stop being readable and start being wide. */
static const double plain_limit = 1e21;

/* 0.digits × 10^exponent, as the shortest form that reads back the same. */
struct decimal {
	char digits[DIGITS];
	int count;
	int exponent;
};

static struct decimal decimal_of(double value)
{
	struct decimal d = {.count = 0};
	char text[DIGITS + 8];
	const char *p;
	char *e;

	for (int precision = 15; precision <= 17; precision++) {
		(void)g_snprintf(text, sizeof text, "%.*e", precision - 1, value);
		if (g_ascii_strtod(text, NULL) == value) {
			break;
		}
	}
	e = strchr(text, 'e');
	for (p = text; p < e; p++) {
		if (g_ascii_isdigit(*p)) {
			d.digits[d.count++] = *p;
		}
	}
	while (d.count > 0 && d.digits[d.count - 1] == '0') {
		d.count--;
	}
	d.exponent = (int)g_ascii_strtoll(e + 1, NULL, 10) + 1;
	return d;
}

/* Keeps `kept` digits, which may be none or fewer. */
static void decimal_round(struct decimal *d, int kept)
{
	bool up;

	if (kept >= d->count) {
		return;
	}
	up = kept >= 0 && d->digits[kept] >= '5';
	d->count = MAX(kept, 0);
	while (up && d->count > 0) {
		char *last = &d->digits[d->count - 1];

		if (*last < '9') {
			/* The next digit. */
			*last = "123456789"[*last - '0'];
			up = false;
		} else {
			d->count--;
		}
	}
	if (up) {
		d->digits[0] = '1';
		d->count = 1;
		d->exponent++;
	}
	while (d->count > 0 && d->digits[d->count - 1] == '0') {
		d->count--;
	}
}

static char digit_at(const struct decimal *d, int place)
{
	if (place < 0 || place >= d->count) {
		return '0';
	}
	return d->digits[place];
}

static char *exponent_text(double value)
{
	return g_strdup_printf("%.3g", value);
}

char *number_plain(double value, int decimals, int min_decimals)
{
	GString *text;
	struct decimal d;
	int whole;
	int fraction;

	if (isnan(value)) {
		return g_strdup("-");
	}
	if (isinf(value)) {
		return g_strdup(value < 0 ? "-∞" : "∞");
	}
	if (fabs(value) >= plain_limit) {
		return exponent_text(value);
	}
	decimals = CLAMP(decimals, 0, MAX_DECIMALS);
	min_decimals = CLAMP(min_decimals, 0, decimals);
	d = decimal_of(fabs(value));
	decimal_round(&d, d.exponent + decimals);
	text = g_string_new(value < 0 && d.count > 0 ? "-" : "");
	whole = d.count > 0 ? MAX(d.exponent, 0) : 0;
	if (whole == 0) {
		g_string_append_c(text, '0');
	}
	for (int i = 0; i < whole; i++) {
		if (i > 0 && (whole - i) % 3 == 0) {
			g_string_append_c(text, ',');
		}
		g_string_append_c(text, digit_at(&d, i));
	}
	fraction = d.count > 0 ? MAX(d.count - d.exponent, 0) : 0;
	fraction = CLAMP(fraction, min_decimals, decimals);
	for (int i = 0; i < fraction; i++) {
		if (i == 0) {
			g_string_append_c(text, '.');
		}
		g_string_append_c(text, d.count > 0 ? digit_at(&d, d.exponent + i) : '0');
	}
	return g_string_free(text, FALSE);
}

/* At most `significant` digits, without a thousands mark: 1234 to 3 is 1230. */
static double to_precision(double value, int significant)
{
	char text[DIGITS + 8];

	(void)g_snprintf(text, sizeof text, "%.*e", significant - 1, value);
	return g_ascii_strtod(text, NULL);
}

static char *short_text(double value)
{
	static const char *const units[] = {"", " K", " M", " B", " T", " P", " E", " Z", " Y"};
	g_autofree char *digits = NULL;
	size_t unit = 0;

	value = to_precision(value, 3);
	while (fabs(value) >= 1000 && unit + 1 < sizeof units / sizeof *units) {
		value /= 1000;
		unit++;
	}
	if (fabs(value) >= 1000) {
		return exponent_text(value * 1e24);
	}
	/* Three significant digits of what is below one need more places: 0.00123. */
	digits = number_plain(to_precision(value, 3), MAX_DECIMALS, 0);
	return g_strconcat(digits, units[unit], NULL);
}

static char *clock_text(double seconds)
{
	static const struct {
		double seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	GString *text = g_string_new(NULL);
	double rest = floor(seconds + 0.5);
	/* With days, only two units are worth reading: 2d 3h. */
	size_t last = rest >= 86400 ? 1 : 3;

	for (size_t i = 0; i <= last; i++) {
		double n = floor(rest / units[i].seconds);

		rest -= n * units[i].seconds;
		if (n > 0) {
			g_autofree char *digits = number_plain(n, 0, 0);

			g_string_append_printf(
				text, "%s%s%c", text->len > 0 ? " " : "", digits, units[i].unit);
		}
	}
	return g_string_free(text, FALSE);
}

static char *duration_text(double seconds)
{
	g_autofree char *digits = NULL;

	if (seconds < 0) {
		g_autofree char *positive = duration_text(-seconds);

		return g_strconcat("-", positive, NULL);
	}
	if (seconds == 0) {
		return g_strdup("0s");
	}
	if (seconds < 0.9995) {
		double ms = seconds * 1000;

		digits = number_plain(ms < 1 ? to_precision(ms, 2) : floor(ms + 0.5), 6, 0);
		return g_strconcat(digits, "ms", NULL);
	}
	if (seconds < 59.95) {
		digits = number_plain(to_precision(seconds, 3), 2, 0);
		return g_strconcat(digits, "s", NULL);
	}
	if (seconds >= 1e15) {
		digits = exponent_text(seconds / 86400);
		return g_strconcat(digits, "d", NULL);
	}
	return clock_text(seconds);
}

char *number_percent(double share, int decimals)
{
	g_autofree char *digits = NULL;

	if (isnan(share)) {
		return g_strdup("-");
	}
	/* 0.0705 × 100 is 7.050000000000001: the 15 digits that were meant are rounded first. */
	digits = number_plain(to_precision(share * 100, 15), decimals, 0);
	return g_strconcat(digits, "%", NULL);
}

static char *currency_text(const struct number_format *f, double value)
{
	bool has_sign = f->prefix && strchr(f->prefix, '$');
	g_autofree char *digits =
		number_plain(fabs(value), f->decimals, MIN(MAX(f->min_decimals, 2), f->decimals));

	return g_strconcat(value < 0 ? "-" : "", has_sign ? "" : "$", digits, NULL);
}

static char *bare_text(const struct number_format *f, double value)
{
	switch (f->style) {
	case NUMBER_NUMERIC:
		return number_plain(value, f->decimals, f->min_decimals);
	case NUMBER_DURATION:
		return duration_text(value);
	case NUMBER_DURATION_MS:
		return duration_text(value / 1000);
	case NUMBER_PERCENTAGE:
		return number_percent(value / 100, f->decimals);
	case NUMBER_PERCENTAGE_SCALED:
		return number_percent(value, f->decimals);
	case NUMBER_CURRENCY:
		return currency_text(f, value);
	case NUMBER_SHORT:
		return short_text(value);
	}
	return number_plain(value, f->decimals, f->min_decimals);
}

char *number_text(const struct number_format *f, double value)
{
	g_autofree char *bare = NULL;

	if (isnan(value)) {
		return g_strdup("-");
	}
	bare = isinf(value) ? number_plain(value, 0, 0) : bare_text(f, value);
	return g_strconcat(f->prefix ? f->prefix : "", bare, f->postfix ? f->postfix : "", NULL);
}

static enum number_style number_style_named(const char *name)
{
	static const struct {
		const char *name;
		enum number_style style;
	} styles[] = {
		{"currency", NUMBER_CURRENCY},
		{"duration", NUMBER_DURATION},
		{"duration_ms", NUMBER_DURATION_MS},
		{"percentage", NUMBER_PERCENTAGE},
		{"percentage_scaled", NUMBER_PERCENTAGE_SCALED},
		{"short", NUMBER_SHORT},
	};

	for (size_t i = 0; i < sizeof styles / sizeof *styles; i++) {
		if (strcmp(styles[i].name, name) == 0) {
			return styles[i].style;
		}
	}
	return NUMBER_NUMERIC;
}

struct number_format number_format_of(const json_t *query)
{
	const json_t *filter = query_filter(query);
	json_int_t decimals = json_get_int(filter, "decimalPlaces", 2);
	json_int_t min_decimals = json_get_int(filter, "minDecimalPlaces", 0);
	struct number_format f = {
		.style = number_style_named(json_get_text(filter, "aggregationAxisFormat", "")),
		.prefix = json_get_text(filter, "aggregationAxisPrefix", NULL),
		.postfix = json_get_text(filter, "aggregationAxisPostfix", NULL),
	};

	f.decimals = (int)CLAMP(decimals, 0, MAX_DECIMALS);
	f.min_decimals = (int)CLAMP(min_decimals, 0, f.decimals);
	return f;
}
