/* Every chart over every sort of data and size, drawn as words: nothing leaves the box, no text
 * touches another, and what is written is right. */
#include "render/chart.h"
#include "render/table.h"
#include "support/drawing.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* ---- a trace taken apart */

struct word {
	double x, baseline, width, size;
	char *text;
};

struct drawing {
	GString *trace;
	GArray *words; /* struct word */
	GArray *points; /* double: x, y of every corner of every mark */
	GArray *swatches; /* struct rect: the squares of legends */
	size_t marks; /* rects, lines, polygons and hatches */
};

static size_t read_numbers(const char *line, double *out, size_t most)
{
	size_t count = 0;
	char *end;

	for (const char *p = strchr(line, ' '); p && count < most; p = end) {
		out[count] = g_ascii_strtod(p, &end);
		if (end == p) {
			break;
		}
		count++;
	}
	return count;
}

static void add_points(struct drawing *d, const double *xy, size_t pairs)
{
	g_array_append_vals(d->points, xy, (guint)(2 * pairs));
	d->marks++;
}

static void add_word(struct drawing *d, const char *line)
{
	struct word word = {.x = 0};
	const char *open = strchr(line, '"');
	const char *close = strrchr(line, '"');
	const char *width = strstr(line, " w=");
	const char *size = strstr(close, " size=");
	double at[2];

	assert_true(open && close > open && width && size);
	assert_int_equal(read_numbers(line, at, 2), 2);
	word.x = at[0];
	word.baseline = at[1];
	word.width = g_ascii_strtod(width + 3, NULL);
	word.size = g_ascii_strtod(size + 6, NULL);
	word.text = g_strndup(open + 1, (gsize)(close - open - 1));
	g_array_append_val(d->words, word);
}

static void take_line(struct drawing *d, const char *line)
{
	static double n[16384];
	size_t count = read_numbers(line, n, G_N_ELEMENTS(n));

	if (g_str_has_prefix(line, "text ")) {
		add_word(d, line);
	} else if (g_str_has_prefix(line, "rect ") || g_str_has_prefix(line, "hatch ") ||
		   g_str_has_prefix(line, "border ")) {
		double corners[] = {n[0], n[1], n[0] + n[2], n[1] + n[3]};

		assert_true(count >= 4 && n[2] >= 0 && n[3] >= 0);
		if (n[2] == 10 && n[3] == 10) {
			struct rect swatch = {n[0], n[1], n[2], n[3]};

			g_array_append_val(d->swatches, swatch);
		}
		add_points(d, corners, 2);
	} else if (g_str_has_prefix(line, "line ") || g_str_has_prefix(line, "polygon ")) {
		assert_true(count >= 2 && count % 2 == 0);
		add_points(d, n, count / 2);
	}
}

static void drop_word(gpointer word)
{
	g_free(((struct word *)word)->text);
}

static struct drawing drawing_of(GString *trace)
{
	struct drawing d = {
		.trace = trace,
		.words = g_array_new(FALSE, FALSE, sizeof(struct word)),
		.points = g_array_new(FALSE, FALSE, sizeof(double)),
		.swatches = g_array_new(FALSE, FALSE, sizeof(struct rect)),
	};
	g_auto(GStrv) lines = g_strsplit(trace->str, "\n", -1);

	g_array_set_clear_func(d.words, drop_word);
	for (size_t i = 0; lines[i]; i++) {
		take_line(&d, lines[i]);
	}
	return d;
}

static void free_drawing(struct drawing *d)
{
	g_string_free(d->trace, TRUE);
	g_array_free(d->words, TRUE);
	g_array_free(d->points, TRUE);
	g_array_free(d->swatches, TRUE);
}

static bool says(const struct drawing *d, const char *text)
{
	for (guint i = 0; i < d->words->len; i++) {
		if (strcmp(g_array_index(d->words, struct word, i).text, text) == 0) {
			return true;
		}
	}
	return false;
}

/* ---- drawing a case */

static struct drawing draw_json(
	const json_t *query, const json_t *result, struct rect box, int64_t now_us, bool standalone)
{
	const struct chart *chart = chart_for(query);
	struct result_env env = {theme_named("light"), "UTC", now_us};
	struct fault f = {.kind = FAULT_NONE};
	struct result *data = NULL;
	GString *trace = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(trace);
	struct chart_input in = {
		.query = query_unwrap(query),
		.result = result,
		.theme = env.theme,
		.timezone = "UTC",
		.now_us = now_us,
		.standalone = standalone,
		.legend = json_get_bool(query_filter(query), "showLegend", false),
	};

	assert_non_null(chart);
	if (chart->needs_series && !result_read(query, result, &env, &data, &f)) {
		fail_msg("%s", f.detail);
	}
	in.data = data;
	assert_true(isfinite(chart->height(&in, c, box.w)));
	chart->draw(c, box, &in);
	if (!canvas_ok(c, &f)) {
		fail_msg("%s", f.detail);
	}
	canvas_destroy(c);
	result_destroy(data);
	return drawing_of(trace);
}

static struct drawing draw(const char *query_text, const char *result_text, struct rect box)
{
	json_t *query = document_from(query_text);
	json_t *result = document_from(result_text);
	struct drawing d = draw_json(query, result, box, 0, false);

	json_decref(query);
	json_decref(result);
	return d;
}

/* ---- what must hold of any drawing */

static void check_inside(const struct drawing *d, struct rect box, const char *what)
{
	const double *xy = &g_array_index(d->points, double, 0);
	/* Lines may lie on an edge, which they then overlap by half their width. */
	const double slack = 1.01;

	for (guint i = 0; i + 1 < d->points->len; i += 2) {
		if (!(xy[i] >= box.x - slack && xy[i] <= box.x + box.w + slack &&
			    xy[i + 1] >= box.y - slack && xy[i + 1] <= box.y + box.h + slack)) {
			fail_msg("%s: a mark at %.2f, %.2f leaves %.0f × %.0f", what, xy[i],
				xy[i + 1], box.w, box.h);
		}
	}
	for (guint i = 0; i < d->words->len; i++) {
		const struct word *w = &g_array_index(d->words, struct word, i);

		if (w->x < box.x - slack || w->x + w->width > box.x + box.w + slack ||
			w->baseline > box.y + box.h || w->baseline - w->size / 2 < box.y - slack) {
			fail_msg("%s: \"%s\" at %.2f, %.2f leaves %.0f × %.0f", what, w->text, w->x,
				w->baseline, box.w, box.h);
		}
	}
}

static bool overlap(const struct word *a, const struct word *b)
{
	/* From the baseline up to the height of capitals; rounding of widths may cost a pixel. */
	return a->x + 1 < b->x + b->width && b->x + 1 < a->x + a->width &&
	       a->baseline - 0.7 * a->size < b->baseline &&
	       b->baseline - 0.7 * b->size < a->baseline;
}

static void check_texts_apart(const struct drawing *d, const char *what)
{
	for (guint i = 0; i < d->words->len; i++) {
		const struct word *a = &g_array_index(d->words, struct word, i);

		for (guint k = i + 1; k < d->words->len; k++) {
			const struct word *b = &g_array_index(d->words, struct word, k);

			if (overlap(a, b)) {
				fail_msg("%s: \"%s\" lies on \"%s\"", what, a->text, b->text);
			}
		}
		for (guint k = 0; k < d->swatches->len; k++) {
			const struct rect *r = &g_array_index(d->swatches, struct rect, k);
			const struct word square = {r->x, r->y + r->h, r->w, r->h / 0.7, NULL};

			if (overlap(a, &square)) {
				fail_msg("%s: \"%s\" lies on a swatch", what, a->text);
			}
		}
	}
}

/* ---- data of every sort */

enum sort {
	TYPICAL,
	ONE_POINT,
	NO_POINT,
	ALL_ZERO,
	ALL_EQUAL,
	NEGATIVE,
	HUGE_VALUES,
	TINY_VALUES,
	WITH_GAPS,
	ALL_NULL,
	MANY_SERIES,
	MANY_POINTS,
	LONG_NAMES,
	SORT_COUNT
};

static const char *const sort_names[] = {"typical", "one point", "no point", "all zero",
	"all equal", "negative", "huge", "tiny", "with gaps", "all null", "50 series", "400 points",
	"long names"};

static json_t *value_of(enum sort sort, GRand *random, size_t point)
{
	double share = g_rand_double(random);

	switch (sort) {
	case ALL_ZERO:
		return json_real(0);
	case ALL_EQUAL:
		return json_real(7);
	case NEGATIVE:
		return json_real(-1000 * share);
	case HUGE_VALUES:
		return json_real(1e15 * share);
	case TINY_VALUES:
		return json_real(1e-6 * share);
	case WITH_GAPS:
		return point % 3 == 1 ? json_null() : json_real(floor(500 * share));
	case ALL_NULL:
		return json_null();
	case TYPICAL:
	case ONE_POINT:
	case NO_POINT:
	case MANY_SERIES:
	case MANY_POINTS:
	case LONG_NAMES:
	case SORT_COUNT:
		break;
	}
	return json_real(floor(1500 * share));
}

static json_t *series_of(
	enum sort sort, GRand *random, const char *interval, size_t index, bool is_total)
{
	size_t points = sort == NO_POINT      ? 0
			: sort == ONE_POINT   ? 1
			: sort == MANY_POINTS ? 400
					      : 30;
	g_autofree char *name =
		sort == LONG_NAMES
			? g_strdup_printf("A name of %zu that goes on and on, past any column, any "
					  "legend and any margin, and then some more of it",
				  index)
			: g_strdup_printf("series %zu", index);
	json_t *data = json_array();
	json_t *days = json_array();
	g_autoptr(GDateTime) first = g_date_time_new_utc(2022, 11, 29, 5, 0, 0);

	for (size_t i = 0; i < points; i++) {
		int n = (int)i;
		g_autoptr(GDateTime) at =
			strcmp(interval, "month") == 0  ? g_date_time_add_months(first, n)
			: strcmp(interval, "week") == 0 ? g_date_time_add_weeks(first, n)
			: strcmp(interval, "hour") == 0 ? g_date_time_add_hours(first, n)
							: g_date_time_add_days(first, n);
		g_autofree char *day = g_date_time_format(at, "%Y-%m-%d %H:%M:%S");

		json_array_append_new(days, json_string(day));
		json_array_append_new(data, value_of(sort, random, i));
	}
	if (is_total) {
		json_decref(days);
		json_decref(data);
		return json_pack("{s:s,s:s,s:o,s:[]}", "label", name, "breakdown_value", name,
			"aggregated_value", value_of(sort, random, index), "data");
	}
	return json_pack("{s:s,s:o,s:o,s:{s:i}}", "label", name, "data", data, "days", days,
		"action", "order", (int)index);
}

static json_t *result_of(enum sort sort, GRand *random, const char *interval, bool is_total)
{
	size_t count = sort == MANY_SERIES ? 50 : sort == NO_POINT && is_total ? 0 : 3;
	json_t *list = json_array();

	for (size_t i = 0; i < count; i++) {
		json_array_append_new(list, series_of(sort, random, interval, i, is_total));
	}
	return json_pack("{s:o}", "results", list);
}

struct kind {
	const char *display;
	bool is_total;
};

static const struct kind kinds[] = {
	{"ActionsLineGraph", false},
	{"ActionsBar", false},
	{"ActionsUnstackedBar", false},
	{"ActionsTable", false},
	{"ActionsTable", true},
	{"ActionsBarValue", true},
	{"BoldNumber", true},
};

static const char busy_options[] =
	"{\"aggregationAxisPrefix\":\"about \",\"aggregationAxisPostfix\":\" of a very long unit\","
	"\"xAxisLabel\":\"x\",\"yAxisLabel\":\"y\","
	"\"goalLines\":[{\"label\":\"Goal\",\"value\":2000}]}";

static const char *const options[] = {
	"{}",
	"{\"showLegend\":true}",
	"{\"showLegend\":true,\"showValuesOnSeries\":true,\"legendPosition\":\"right\"}",
	"{\"yAxisScaleType\":\"log10\",\"aggregationAxisFormat\":\"duration\"}",
	"{\"showPercentStackView\":true,\"showValuesOnSeries\":true}",
	busy_options,
};

static const struct rect boxes[] = {
	{16, 90, 752, 584},
	{8, 8, 920, 374},
	{8.67, 8.33, 285.33, 86},
	{0, 0, 1888, 900},
	{0, 0, 120, 60},
	{5, 5, 40, 400},
	{5, 5, 400, 12},
};

static json_t *query_of(const char *display, const char *interval, const char *filter_text)
{
	json_t *filter = json_loads(filter_text, 0, NULL);

	json_object_set_new(filter, "display", json_string(display));
	return json_pack("{s:s,s:{s:s,s:s,s:o}}", "kind", "InsightVizNode", "source", "kind",
		"TrendsQuery", "interval", interval, "trendsFilter", filter);
}

static void every_chart_keeps_every_mark_in_its_box_and_texts_apart(void **state)
{
	static const char *const intervals[] = {"day", "week", "month", "hour"};
	g_autoptr(GRand) random = g_rand_new_with_seed(42);
	size_t drawn = 0;

	(void)state;
	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		for (int sort = 0; sort < SORT_COUNT; sort++) {
			for (size_t n = 0; n < G_N_ELEMENTS(boxes) * G_N_ELEMENTS(options); n++) {
				size_t b = n / G_N_ELEMENTS(options);
				const char *option = options[n % G_N_ELEMENTS(options)];
				/* Intervals take turns, so that all meet. */
				const char *interval =
					intervals[drawn / 5 % G_N_ELEMENTS(intervals)];
				json_t *query = query_of(kinds[k].display, interval, option);
				json_t *result = result_of(
					(enum sort)sort, random, interval, kinds[k].is_total);
				struct drawing d =
					draw_json(query, result, boxes[b], 0, drawn % 2 == 0);
				g_autofree char *what = g_strdup_printf(
					"%s, %s, %s %s, %.0f × %.0f", kinds[k].display,
					sort_names[sort], interval, option, boxes[b].w, boxes[b].h);

				check_inside(&d, boxes[b], what);
				check_texts_apart(&d, what);
				drawn++;
				free_drawing(&d);
				json_decref(query);
				json_decref(result);
			}
		}
	}
	print_message("%zu drawings\n", drawn);
}

static void boxes_without_room_draw_nothing_wrong(void **state)
{
	static const struct rect none[] = {
		{0, 0, 0, 0}, {0, 0, 100, 0}, {0, 0, 0, 100}, {3, 3, 1, 1}, {0, 0, 15, 15}};
	g_autoptr(GRand) random = g_rand_new_with_seed(42);

	(void)state;
	for (size_t k = 0; k < G_N_ELEMENTS(kinds); k++) {
		for (size_t b = 0; b < G_N_ELEMENTS(none); b++) {
			json_t *query = query_of(kinds[k].display, "day", options[2]);
			json_t *result = result_of(TYPICAL, random, "day", kinds[k].is_total);
			struct drawing d = draw_json(query, result, none[b], 0, false);

			free_drawing(&d);
			json_decref(query);
			json_decref(result);
		}
	}
}

static void bucket_texts_stay_apart_over_random_ranges(void **state)
{
	static const char *const intervals[] = {"day", "week", "month", "hour"};
	g_autoptr(GRand) random = g_rand_new_with_seed(99);

	(void)state;
	for (int i = 0; i < 200; i++) {
		const char *interval = intervals[i % 4];
		const char *display = i % 8 < 4 ? "ActionsLineGraph" : "ActionsBar";
		struct rect box = {g_rand_double_range(random, 0, 50),
			g_rand_double_range(random, 0, 50), g_rand_double_range(random, 150, 1900),
			g_rand_double_range(random, 80, 700)};
		json_t *query = query_of(display, interval, "{}");
		json_t *data = json_array();
		json_t *days = json_array();
		int points = g_rand_int_range(random, 1, i % 3 == 0 ? 500 : 60);
		g_autoptr(GDateTime) first = g_date_time_new_utc(2020,
			g_rand_int_range(random, 1, 13), g_rand_int_range(random, 1, 29),
			g_rand_int_range(random, 0, 24), 0, 0);
		g_autofree char *what =
			g_strdup_printf("%d points a %s in %.0f px", points, interval, box.w);
		json_t *result;
		struct drawing d;

		for (int p = 0; p < points; p++) {
			g_autoptr(GDateTime) at = i % 4 == 2   ? g_date_time_add_months(first, p)
						  : i % 4 == 1 ? g_date_time_add_weeks(first, p)
						  : i % 4 == 3 ? g_date_time_add_hours(first, p)
							       : g_date_time_add_days(first, p);
			g_autofree char *day = g_date_time_format(at, "%Y-%m-%d %H:%M:%S");

			json_array_append_new(days, json_string(day));
			json_array_append_new(
				data, json_integer(g_rand_int_range(random, 0, 9999)));
		}
		result = json_pack("[{s:s,s:o,s:o}]", "label", "a", "data", data, "days", days);
		d = draw_json(query, result, box, 0, false);
		check_inside(&d, box, what);
		check_texts_apart(&d, what);
		assert_true(d.words->len >= 3);
		free_drawing(&d);
		json_decref(query);
		json_decref(result);
	}
}

/* ---- what is drawn */

static const struct rect page = {0, 0, 752, 584};

static void expect_words(const struct drawing *d, const char *const *words)
{
	for (size_t i = 0; words[i]; i++) {
		if (!says(d, words[i])) {
			fail_msg("\"%s\" is not written in\n%s", words[i], d->trace->str);
		}
	}
}

static void a_line_reaches_from_edge_to_edge_and_is_dashed_into_the_open_day(void **state)
{
	json_t *query = document_from("{'kind':'TrendsQuery'}");
	json_t *result = document_from("[{'label':'a','data':[10,20,15],"
				       "'days':['2024-01-01','2024-01-02','2024-01-03']}]");
	const int64_t noon = INT64_C(1704283200) * 1000000; /* 2024-01-03 12:00 UTC */
	struct drawing open = draw_json(query, result, page, noon, true);
	struct drawing closed = draw_json(query, result, page, 0, true);
	static const char *const words[] = {"0", "20", "2024", "Jan 2", "Jan 3", NULL};

	(void)state;
	expect_words(&open, words);
	assert_non_null(strstr(open.trace->str, "dash=10.00,10.00 ink=#1d4aff"));
	assert_null(strstr(closed.trace->str, "dash="));
	assert_non_null(strstr(closed.trace->str, "width=2.00 round ink=#1d4aff"));
	free_drawing(&open);
	free_drawing(&closed);
	json_decref(query);
	json_decref(result);
}

static size_t count_of(const char *text, const char *what)
{
	size_t count = 0;

	for (const char *p = strstr(text, what); p; p = strstr(p + 1, what)) {
		count++;
	}
	return count;
}

static void a_missing_point_is_a_gap_and_a_lone_one_a_dot(void **state)
{
	struct drawing d = draw("{'kind':'TrendsQuery'}",
		"[{'label':'a','data':[10,20,null,5,null,7,8],'days':['2024-01-01','2024-01-02',"
		"'2024-01-03','2024-01-04','2024-01-05','2024-01-06','2024-01-07']}]",
		page);

	(void)state;
	assert_int_equal(count_of(d.trace->str, "width=2.00 round ink=#1d4aff"), 2);
	assert_int_equal(count_of(d.trace->str, "width=6.00 round ink=#1d4aff"), 1);
	free_drawing(&d);
}

static void only_the_top_of_a_stack_is_round(void **state)
{
	struct drawing d = draw("{'kind':'TrendsQuery','trendsFilter':{'display':'ActionsBar'}}",
		"[{'label':'a','data':[10,20],'days':['2024-01-01','2024-01-02'],'action':{'order':0}},"
		"{'label':'b','data':[5,0],'action':{'order':1}}]",
		page);

	(void)state;
	/* Day 1 is topped by b, day 2 by a, for b is nothing there. */
	assert_int_equal(count_of(d.trace->str, "r=4.00 corners=3 ink=#621da6"), 1);
	assert_int_equal(count_of(d.trace->str, "r=4.00 corners=3 ink=#1d4aff"), 1);
	free_drawing(&d);
}

static void the_open_bar_is_hatched(void **state)
{
	json_t *query =
		document_from("{'kind':'TrendsQuery','trendsFilter':{'display':'ActionsBar'}}");
	json_t *result =
		document_from("[{'label':'a','data':[10,20],'days':['2024-01-02','2024-01-03']}]");
	const int64_t noon = INT64_C(1704283200) * 1000000;
	struct drawing d = draw_json(query, result, page, noon, true);

	(void)state;
	assert_int_equal(count_of(d.trace->str, "hatch "), 1);
	assert_non_null(strstr(d.trace->str, "tile=14.00 width=4.00"));
	free_drawing(&d);
	json_decref(query);
	json_decref(result);
}

static void shares_of_a_stack_end_at_100_percent(void **state)
{
	static const char *const words[] = {"0%", "100%", "66.7%", "33.3%", NULL};
	struct drawing d = draw("{'kind':'TrendsQuery','trendsFilter':{'display':'ActionsBar',"
				"'showPercentStackView':true,'showValuesOnSeries':true}}",
		"[{'label':'a','data':[10],'days':['2024-01-01'],'action':{'order':0}},"
		"{'label':'b','data':[5],'action':{'order':1}}]",
		page);

	(void)state;
	expect_words(&d, words);
	free_drawing(&d);
}

static double baseline_of(const struct drawing *d, const char *text)
{
	for (guint i = 0; i < d->words->len; i++) {
		const struct word *w = &g_array_index(d->words, struct word, i);

		if (strcmp(w->text, text) == 0) {
			return w->baseline;
		}
	}
	fail_msg("\"%s\" is not written", text);
	return 0;
}

static void rows_are_sorted_with_none_and_other_last(void **state)
{
	struct drawing d = draw("{'kind':'TrendsQuery','breakdownFilter':{'breakdown':'b'},"
				"'trendsFilter':{'display':'ActionsBarValue'}}",
		"[{'breakdown_value':'small','aggregated_value':1},"
		"{'breakdown_value':'$$_posthog_breakdown_other_$$','aggregated_value':90},"
		"{'breakdown_value':'$$_posthog_breakdown_null_$$','aggregated_value':50},"
		"{'breakdown_value':'large','aggregated_value':7}]",
		page);
	const char *const order[] = {
		"large", "small", "None (i.e. no value)", "Other (i.e. all remaining values)"};

	(void)state;
	for (size_t i = 1; i < G_N_ELEMENTS(order); i++) {
		assert_true(baseline_of(&d, order[i - 1]) < baseline_of(&d, order[i]));
	}
	free_drawing(&d);
}

static void a_big_number_says_how_it_changed(void **state)
{
	static const struct {
		const char *now, *before, *compare, *text;
	} cases[] = {
		{"1350", "1200", "", "Up 12.5% from previous period"},
		{"900", "1200", "", "Down 25% from previous period"},
		{"5", "5", "", "No change from previous period"},
		{"0", "0", "", "No change from previous period"},
		{"5", "0", "", "No data for comparison in the previous period"},
		{"2", "1", ",'compareFilter':{'compare':true,'compare_to':'-1w'}",
			"Up 100% from 1 week earlier"},
		{"2", "1", ",'compareFilter':{'compare_to':'-30d'}",
			"Up 100% from 30 days earlier"},
		{"2", "1", ",'compareFilter':{'compare_to':'-xx'}", "Up 100% from previous period"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *query = g_strdup_printf(
			"{'kind':'TrendsQuery','trendsFilter':{'display':'BoldNumber'}%s}",
			cases[i].compare);
		g_autofree char *result = g_strdup_printf(
			"[{'label':'a','compare':true,'compare_label':'current','aggregated_value':%s},"
			"{'label':'a','compare':true,'compare_label':'previous','aggregated_value':%s}]",
			cases[i].now, cases[i].before);
		struct drawing d = draw(query, result, page);

		if (!says(&d, cases[i].text)) {
			fail_msg("not \"%s\":\n%s", cases[i].text, d.trace->str);
		}
		free_drawing(&d);
	}
}

static void a_big_number_is_64_px_and_shrinks_to_its_tile(void **state)
{
	static const char query[] =
		"{'kind':'TrendsQuery','trendsFilter':{'display':'BoldNumber'}}";
	struct drawing wide = draw(query, "[{'aggregated_value':1234567}]", page);
	struct drawing narrow =
		draw(query, "[{'aggregated_value':1234567890123}]", (struct rect){0, 0, 285, 86});

	(void)state;
	assert_true(says(&wide, "1,234,567"));
	assert_true(g_array_index(wide.words, struct word, 0).size == 64);
	assert_true(g_array_index(narrow.words, struct word, 0).size < 40);
	assert_true(says(&narrow, "1,234,567,890,123"));
	free_drawing(&wide);
	free_drawing(&narrow);
}

static void a_table_says_what_it_leaves_out(void **state)
{
	static const char query[] =
		"{'kind':'TrendsQuery','trendsFilter':{'display':'ActionsTable'}}";
	static const char *const words[] = {
		"Series", "Total Sum", "1-Jan", "2-Jan", "a", "30", "1,000", NULL};
	GString *many = g_string_new("[");
	struct drawing d = draw(query,
		"[{'label':'a','data':[10,20],'days':['2024-01-01','2024-01-02'],"
		"'labels':['1-Jan','2-Jan']},{'label':'b','data':[1000,1],'action':{'order':1}}]",
		page);

	(void)state;
	expect_words(&d, words);
	free_drawing(&d);
	for (int i = 0; i < 40; i++) {
		g_string_append_printf(
			many, "%s{'label':'s%d','aggregated_value':%d}", i > 0 ? "," : "", i, i);
	}
	g_string_append_c(many, ']');
	d = draw(query, many->str, (struct rect){0, 0, 400, 300});
	/* 300 px: a header, a line at the end and six rows of 40 px between them. */
	assert_true(says(&d, "and 35 more rows") || says(&d, "and 34 more rows"));
	free_drawing(&d);
	g_string_free(many, TRUE);
}

static void columns_that_do_not_fit_are_counted(void **state)
{
	GString *result = g_string_new("[{'label':'a','data':[1");
	struct drawing d;

	(void)state;
	for (int i = 1; i < 100; i++) {
		g_string_append(result, ",1");
	}
	g_string_append(result, "]}]");
	d = draw("{'kind':'TrendsQuery','trendsFilter':{'display':'ActionsTable'}}", result->str,
		page);
	assert_non_null(strstr(d.trace->str, "more columns\""));
	free_drawing(&d);
	g_string_free(result, TRUE);
}

static void other_kinds_are_drawn_as_the_table_of_their_rows(void **state)
{
	static const char *const sql[] = {"day", "n", "2024-01-01", "12", "null", "0.3333", NULL};
	static const char *const funnel[] = {"name", "count", "Signed up", "46", NULL};
	struct drawing d = draw("{'kind':'DataVisualizationNode','source':{'kind':'HogQLQuery'}}",
		"{'columns':['day','n','r'],'types':['a'],'results':[['2024-01-01',12,0.33333333],"
		"[null,13,1e20]]}",
		page);

	(void)state;
	expect_words(&d, sql);
	free_drawing(&d);
	d = draw("{'kind':'InsightVizNode','source':{'kind':'FunnelsQuery'}}",
		"{'results':[{'action_id':'a','name':'a','count':100},{'action_id':'b',"
		"'custom_name':'Signed up','count':46}]}",
		page);
	expect_words(&d, funnel);
	/* Of a funnel without breakdown the column is not worth its place. */
	assert_false(says(&d, "breakdown_value"));
	free_drawing(&d);
	d = draw("{'kind':'PathsQuery'}", "{'results':[]}", page);
	assert_true(says(&d, "There are no matching events for this query"));
	free_drawing(&d);
	d = draw("{'kind':'PathsQuery'}", "{'results':7}", page);
	assert_non_null(strstr(d.trace->str, "results is neither a list nor an object"));
	free_drawing(&d);
}

static void a_legend_wraps_and_folds_what_has_no_room(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	json_t *query = query_of("ActionsLineGraph", "day", "{\"showLegend\":true}");
	json_t *result = result_of(MANY_SERIES, random, "day", false);
	struct drawing wide = draw_json(query, result, page, 0, false);
	struct drawing low = draw_json(query, result, (struct rect){0, 0, 600, 200}, 0, false);

	(void)state;
	assert_true(says(&wide, "series 0") && says(&wide, "series 49"));
	assert_true(says(&low, "series 0") && !says(&low, "series 49"));
	assert_non_null(strstr(low.trace->str, " more\""));
	free_drawing(&wide);
	free_drawing(&low);
	json_decref(query);
	json_decref(result);
}

static void a_legend_is_off_by_default_and_for_one_series(void **state)
{
	static const char two[] = "[{'label':'first','data':[1,2],'action':{'order':0}},"
				  "{'label':'second','data':[1,2],'action':{'order':1}}]";
	struct drawing off = draw("{'kind':'TrendsQuery'}", two, page);
	struct drawing on =
		draw("{'kind':'TrendsQuery','trendsFilter':{'showLegend':true}}", two, page);
	struct drawing one = draw("{'kind':'TrendsQuery','trendsFilter':{'showLegend':true}}",
		"[{'label':'first','data':[1,2]}]", page);
	struct drawing hidden = draw(
		"{'kind':'TrendsQuery','trendsFilter':{'showLegend':true,'hiddenLegendIndexes':[1]}}",
		two, page);

	(void)state;
	assert_false(says(&off, "first"));
	assert_true(says(&on, "first") && says(&on, "second"));
	assert_false(says(&one, "first"));
	assert_true(says(&hidden, "first") && !says(&hidden, "second"));
	assert_null(strstr(hidden.trace->str, "#621da6"));
	free_drawing(&off);
	free_drawing(&on);
	free_drawing(&one);
	free_drawing(&hidden);
}

static void dense_lines_keep_their_peaks(void **state)
{
	json_t *data = json_array();
	json_t *query = document_from("{'kind':'TrendsQuery'}");
	json_t *result;
	struct drawing d;
	double top = INFINITY;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		json_array_append_new(data, json_integer(i == 31234 ? 1000 : i % 7));
	}
	result = json_pack("[{s:s,s:o}]", "label", "a", "data", data);
	d = draw_json(query, result, page, 0, false);
	for (guint i = 0; i + 1 < d.points->len; i += 2) {
		top = fmin(top, g_array_index(d.points, double, i + 1));
	}
	/* The one high point touches the top of the plot; four points a half pixel stay. */
	assert_true(top <= 17);
	assert_in_range(d.points->len / 2, 1000, 4 * 2 * 752 + 100);
	free_drawing(&d);
	json_decref(query);
	json_decref(result);
}

static void goals_stretch_the_axis_and_can_hide_once_reached(void **state)
{
	static const char result[] = "[{'label':'a','data':[10,20]}]";
	struct drawing far = draw("{'kind':'TrendsQuery','trendsFilter':{'goalLines':"
				  "[{'label':'Far','value':95}]}}",
		result, page);
	struct drawing reached = draw("{'kind':'TrendsQuery','trendsFilter':{'goalLines':"
				      "[{'label':'Near','value':15,'displayIfCrossed':false}]}}",
		result, page);
	struct drawing broken = draw("{'kind':'TrendsQuery','trendsFilter':{'goalLines':"
				     "[5,{},{'label':7,'value':'x'},{'value':12}]}}",
		result, page);

	(void)state;
	assert_true(says(&far, "Far") && says(&far, "100"));
	assert_false(says(&reached, "Near"));
	assert_true(says(&broken, "12"));
	free_drawing(&far);
	free_drawing(&reached);
	free_drawing(&broken);
}

static void displays_and_kinds_have_a_chart(void **state)
{
	static const struct {
		const char *query, *display;
	} cases[] = {
		{"{'kind':'TrendsQuery'}", "ActionsLineGraph"},
		{"{'kind':'InsightVizNode','source':{'kind':'TrendsQuery','trendsFilter':{'display':'BoldNumber'}}}",
			"BoldNumber"},
		{"{'kind':'LifecycleQuery'}", "ActionsBar"},
		{"{'kind':'StickinessQuery'}", "ActionsTable"},
		{"{'kind':'RetentionQuery'}", "HogQLQuery"},
		{"{'kind':'NoSuchQuery'}", "HogQLQuery"},
	};
	json_t *unknown =
		document_from("{'kind':'TrendsQuery','trendsFilter':{'display':'Hologram'}}");

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *query = document_from(cases[i].query);

		assert_string_equal(chart_for(query)->display, cases[i].display);
		json_decref(query);
	}
	assert_null(chart_for(unknown));
	json_decref(unknown);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(displays_and_kinds_have_a_chart),
		cmocka_unit_test(every_chart_keeps_every_mark_in_its_box_and_texts_apart),
		cmocka_unit_test(boxes_without_room_draw_nothing_wrong),
		cmocka_unit_test(bucket_texts_stay_apart_over_random_ranges),
		cmocka_unit_test(a_line_reaches_from_edge_to_edge_and_is_dashed_into_the_open_day),
		cmocka_unit_test(a_missing_point_is_a_gap_and_a_lone_one_a_dot),
		cmocka_unit_test(only_the_top_of_a_stack_is_round),
		cmocka_unit_test(the_open_bar_is_hatched),
		cmocka_unit_test(shares_of_a_stack_end_at_100_percent),
		cmocka_unit_test(rows_are_sorted_with_none_and_other_last),
		cmocka_unit_test(a_big_number_says_how_it_changed),
		cmocka_unit_test(a_big_number_is_64_px_and_shrinks_to_its_tile),
		cmocka_unit_test(a_table_says_what_it_leaves_out),
		cmocka_unit_test(columns_that_do_not_fit_are_counted),
		cmocka_unit_test(other_kinds_are_drawn_as_the_table_of_their_rows),
		cmocka_unit_test(a_legend_wraps_and_folds_what_has_no_room),
		cmocka_unit_test(a_legend_is_off_by_default_and_for_one_series),
		cmocka_unit_test(dense_lines_keep_their_peaks),
		cmocka_unit_test(goals_stretch_the_axis_and_can_hide_once_reached),
	};

	return cmocka_run_group_tests(tests, warm_fonts, NULL);
}
