#include "render/chart.h"
#include "render/number.h"

#include <math.h>
#include <string.h>

enum { LARGEST = 64, SMALLEST = 32, LEAST = 10, SIDE = 16, LINE = 24, LINE_GAP = 8, ARROW = 14 };

/* Of the size, as CSS's -.025em. */
static const double letter_spacing = -0.025;

static const struct type line_type = {.size = 14, .weight = WEIGHT_MEDIUM};

static double value_of(const struct result *r, bool previous)
{
	for (size_t i = 0; i < r->series_count; i++) {
		const struct series *s = &r->series[i];

		if (s->previous == previous) {
			return isnan(s->aggregated) ? s->count : s->aggregated;
		}
	}
	return NAN;
}

static struct type number_type(double size)
{
	return (struct type){
		.size = size, .weight = WEIGHT_BOLD, .letter_spacing = letter_spacing * size};
}

/* 32 to 64 px by the width; a number too long for that becomes smaller rather than cut. */
static double fitted_size(struct canvas *c, const char *text, double width, double height)
{
	double at_largest = canvas_text_width(c, text, number_type(LARGEST));
	double size = LARGEST;

	if (at_largest > width) {
		size = floor(LARGEST * width / at_largest);
	}
	size = fmin(size, floor(height));
	/* Hinting and spacing are not quite proportional to the size. */
	while (size > LEAST && canvas_text_width(c, text, number_type(size)) > width) {
		size -= 1;
	}
	return fmax(size, LEAST);
}

static char *period_name(const json_t *query)
{
	static const struct {
		char unit;
		const char *name;
	} units[] = {{'d', "day"}, {'h', "hour"}, {'m', "month"}, {'q', "quarter"}, {'w', "week"},
		{'y', "year"}};
	const json_t *compare = json_get_object(query_unwrap(query), "compareFilter");
	const char *to = json_get_text(compare, "compare_to", "");
	const char *digits = to[0] == '-' ? to + 1 : to;
	size_t count = strspn(digits, "0123456789");

	for (size_t i = 0; count > 0 && count < 6 && i < sizeof units / sizeof *units; i++) {
		if (digits[count] == units[i].unit && digits[count + 1] == '\0') {
			return g_strdup_printf("%.*s %s%s earlier", (int)count, digits,
				units[i].name, count == 1 && digits[0] == '1' ? "" : "s");
		}
	}
	return g_strdup("previous period");
}

static char *comparison_text(const json_t *query, double now, double before)
{
	g_autofree char *period = period_name(query);
	g_autofree char *share = NULL;

	if (isnan(now) || isnan(before) || before == 0) {
		return now == before ? g_strdup_printf("No change from %s", period)
				     : g_strdup_printf("No data for comparison in the %s", period);
	}
	if (now == before) {
		return g_strdup_printf("No change from %s", period);
	}
	share = number_percent(fabs((now - before) / before), 2);
	return g_strdup_printf("%s %s from %s", now > before ? "Up" : "Down", share, period);
}

/* A trend arrow: a bent line and its head. */
static void draw_arrow(struct canvas *c, double x, double y, bool up, struct color ink)
{
	struct stroke stroke = {.width = 1.75, .round = true};
	double flip = up ? 1 : -1;
	double line[] = {x, y + 4 * flip, x + 4.5, y - 0.5 * flip, x + 7.5, y + 2 * flip, x + 13,
		y - 4 * flip};
	double head[] = {x + 9, y - 4 * flip, x + 13, y - 4 * flip, x + 13, y};

	canvas_line(c, line, 4, stroke, ink);
	canvas_line(c, head, 3, stroke, ink);
}

static void draw_comparison(struct canvas *c, struct rect line, const char *text, double now,
	double before, struct color ink)
{
	bool has_arrow = before != 0 && now != before && !isnan(now) && !isnan(before);
	double arrow = has_arrow ? ARROW + LINE_GAP : 0;
	double width = fmin(ceil(canvas_text_width(c, text, line_type)) + 1, line.w - arrow);
	double x = line.x + (line.w - width - arrow) / 2;

	if (has_arrow) {
		draw_arrow(c, x, line.y + line.h / 2, now > before, ink);
	}
	canvas_text(c, (struct rect){x + arrow, line.y, fmax(width, 0), line.h}, text, line_type,
		ALIGN_START, ink);
}

double chart_number_height(const struct chart_input *in, struct canvas *measure, double width)
{
	(void)measure;
	(void)width;
	/* 3rem above and 5rem below on a page of its own. */
	return 48 + LARGEST + (in->data->compares ? LINE_GAP + LINE : 0) + 80;
}

void chart_number_draw(struct canvas *c, struct rect box, const struct chart_input *in)
{
	struct number_format format = number_format_of(in->query);
	double now = value_of(in->data, false);
	double before = value_of(in->data, true);
	g_autofree char *text = number_text(&format, now);
	bool has_line = in->data->compares && box.h >= SMALLEST + LINE_GAP + LINE;
	double below = has_line ? LINE_GAP + LINE : 0;
	double size;
	double top;

	if (box.w <= 2 * SIDE || box.h < LEAST) {
		return;
	}
	size = fitted_size(c, text, box.w - 2 * SIDE, box.h - below);
	top = box.y + (box.h - size - below) / 2;
	canvas_text(c, (struct rect){box.x, top, box.w, size}, text, number_type(size),
		ALIGN_MIDDLE, in->theme->text);
	if (has_line) {
		g_autofree char *words = comparison_text(in->query, now, before);
		struct rect line = {box.x + SIDE, top + size + LINE_GAP, box.w - 2 * SIDE, LINE};

		draw_comparison(c, line, words, now, before, in->theme->text_secondary);
	}
}
