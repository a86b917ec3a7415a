/* Documents made by dice: whatever they hold, a page comes out, nothing lies outside of it, and
 * the same document gives the same bytes.  PLATEN_SEED repeats a failing run. */
#include "support/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { DOCUMENTS = 150, PICTURES = 25 };

static const char *const displays[] = {"ActionsLineGraph", "ActionsLineGraphCumulative",
	"ActionsBar", "ActionsUnstackedBar", "ActionsBarValue", "ActionsAreaGraph", "ActionsTable",
	"BoldNumber", "ActionsPie", "WorldMap", "Metric", "Hologram"};

static const char *const words[] = {"signup", "", "$pageview",
	"Ein ziemlich langer Name mit Worten", "\u65e5\u672c\u8a9e",
	"\u0627\u0644\u0639\u0631\u0628\u064a\u0629", "\u05e2\u05d1\u05e8\u05d9\u05ea abc",
	"emoji \U0001f600\U0001f468\u200d\U0001f469", "a\u0301\u0302\u0303", "\"quoted\" \\ back",
	"line\nbreak\ttab", "<script>&amp;", "# heading\n- list\n\n`code`",
	"wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww"};

static int dice(GRand *r, int sides)
{
	return g_rand_int_range(r, 0, sides);
}

static json_t *random_words(GRand *r)
{
	GString *text = g_string_new(NULL);
	json_t *out;

	for (int i = dice(r, 10) == 0 ? dice(r, 200) : dice(r, 5); i >= 0; i--) {
		g_string_append(text, words[dice(r, G_N_ELEMENTS(words))]);
		g_string_append_c(text, ' ');
	}
	out = json_string(text->str);
	g_string_free(text, TRUE);
	return out;
}

static json_t *random_number(GRand *r)
{
	static const double odd[] = {0, -1, 1, 1e-9, 1e300, -1e300, 1e15, 5e-324, 0.1, 1e6};

	switch (dice(r, 6)) {
	case 0:
		return json_null();
	case 1:
		return json_real(odd[dice(r, G_N_ELEMENTS(odd))]);
	case 2:
		return json_integer(dice(r, 3) - 1);
	default:
		return json_real(g_rand_double_range(r, -10, 1000));
	}
}

static json_t *random_series(GRand *r, int points, bool totals)
{
	json_t *data = json_array(), *labels = json_array(), *days = json_array();

	for (int i = 0; i < points; i++) {
		g_autofree char *day =
			g_strdup_printf("2025-%02d-%02d", i / 28 % 12 + 1, i % 28 + 1);

		json_array_append_new(data, random_number(r));
		json_array_append_new(labels, json_string(day));
		json_array_append_new(days, json_string(day));
	}

	json_t *series = json_pack("{s:o,s:o,s:o,s:o,s:o}", "label", random_words(r), "data", data,
		"labels", labels, "days", days, "count", random_number(r));

	if (totals) {
		json_object_set_new(series, "aggregated_value", random_number(r));
	}
	if (dice(r, 3) == 0) {
		json_object_set_new(series, "breakdown_value", random_words(r));
	}
	return series;
}

static json_t *random_layout(GRand *r)
{
	json_t *layout = json_object();
	static const char *const keys[] = {"x", "y", "w", "h"};

	for (int i = 0; i < 4; i++) {
		if (dice(r, 5) > 0) {
			json_object_set_new(layout, keys[i],
				dice(r, 12) == 0 ? random_number(r) : json_integer(dice(r, 8)));
		}
	}
	/* A height of 1e300 rows is too large by right; the property is about pages that fit. */
	if (json_number_value(json_object_get(layout, "h")) > 12) {
		json_object_set_new(layout, "h", json_integer(12));
	}
	return layout;
}

static json_t *random_tile(GRand *r)
{
	static const char *const colors[] = {"blue", "purple", "green", "black", "plaid"};
	json_t *tile = json_pack("{s:o,s:o,s:o,s:o}", "name", random_words(r), "kind_text",
		random_words(r), "description", random_words(r), "layout", random_layout(r));

	json_object_set_new(tile, "show_description", json_boolean(dice(r, 2)));
	json_object_set_new(tile, "color", json_string(colors[dice(r, 5)]));
	switch (dice(r, 5)) {
	case 0:
		json_object_set_new(tile, "kind", json_string("text"));
		json_object_set_new(tile, "body", random_words(r));
		json_object_set_new(tile, "transparent_background", json_boolean(dice(r, 2)));
		return tile;
	case 1:
		json_object_set_new(tile, "error", random_words(r));
		return tile;
	default:
		break;
	}

	json_t *results = json_array();
	int points = dice(r, 8) == 0 ? dice(r, 400) : dice(r, 40);
	bool totals = dice(r, 2) == 0;

	for (int i = dice(r, 8) == 0 ? dice(r, 60) : dice(r, 6); i > 0; i--) {
		json_array_append_new(results, random_series(r, points, totals));
	}
	json_object_set_new(tile, "query",
		json_pack("{s:s,s:{s:s,s:b}}", "kind", "TrendsQuery", "trendsFilter", "display",
			displays[dice(r, G_N_ELEMENTS(displays))], "showLegend", dice(r, 2)));
	json_object_set_new(tile, "result", json_pack("{s:o}", "results", results));
	return tile;
}

static json_t *random_document(GRand *r)
{
	bool insight = dice(r, 3) == 0;
	json_t *tiles = json_array();
	json_t *json = json_pack("{s:s,s:o,s:o,s:s}", "kind", insight ? "insight" : "dashboard",
		"title", random_words(r), "description", random_words(r), "timezone",
		"America/New_York");

	for (int i = insight ? 1 : dice(r, 8); i > 0; i--) {
		json_array_append_new(tiles, random_tile(r));
	}
	json_object_set_new(json, "tiles", tiles);
	json_object_set_new(json, "theme", json_string(dice(r, 2) ? "dark" : "light"));
	json_object_set_new(json, "now_us", json_integer(1753617900000000));
	json_object_set_new(json, "scale", json_real(dice(r, 2) ? 1 : 0.5));
	if (dice(r, 2)) {
		json_object_set_new(json, "width", json_integer(g_rand_int_range(r, 200, 2500)));
	}
	return json;
}

static struct bounds meet(struct bounds a, struct bounds b)
{
	return (struct bounds){MAX(a.left, b.left), MAX(a.top, b.top), MIN(a.right, b.right),
		MIN(a.bottom, b.bottom)};
}

static void assert_inside(const GString *trace)
{
	struct bounds clips[64], page;
	int depth = 0;
	g_auto(GStrv) lines = g_strsplit(trace->str, "\n", -1);

	assert_true(bounds_of(lines[0], &page));
	clips[0] = (struct bounds){-1e9, -1e9, 1e9, 1e9};
	for (char **line = lines + 1; *line != NULL; line++) {
		struct bounds b;

		if (strcmp(*line, "unclip") == 0) {
			depth--;
			continue;
		}
		if (!bounds_of(*line, &b)) {
			continue;
		}
		b = meet(b, clips[depth]);
		if (g_str_has_prefix(*line, "clip")) {
			assert_true(depth < 63);
			clips[++depth] = b;
		}
		if (b.left < b.right && b.top < b.bottom &&
			(b.left < -0.01 || b.top < -0.01 || b.right > page.right + 0.01 ||
				b.bottom > page.bottom + 0.01)) {
			fail_msg("outside of a page of %.0f x %.0f: %s", page.right, page.bottom,
				*line);
		}
	}
	assert_int_equal(depth, 0);
}

static GRand *seeded(void)
{
	const char *seed = getenv("PLATEN_SEED");

	return g_rand_new_with_seed(seed != NULL ? (guint32)strtoul(seed, NULL, 10) : 20250727);
}

static void test_nothing_lies_outside_of_any_page(void **state)
{
	(void)state;
	g_autoptr(GRand) r = seeded();

	for (int i = 0; i < DOCUMENTS; i++) {
		json_t *json = random_document(r);
		g_autoptr(GString) one = trace_of(json);
		g_autoptr(GString) two = trace_of(json);

		assert_string_equal(one->str, two->str);
		assert_null(strstr(one->str, "nan"));
		assert_inside(one);
		json_decref(json);
	}
}

static void test_any_document_becomes_the_same_picture_twice(void **state)
{
	(void)state;
	const struct render_limits limits = {.max_pixels = 50000000};
	g_autoptr(GRand) r = seeded();

	for (int i = 0; i < PICTURES; i++) {
		json_t *json = random_document(r);
		struct picture one, two;
		struct fault f;

		if (!render_document(json, format_named("png"), &limits, &one, &f)) {
			fail_msg("%s", f.detail);
		}
		assert_true(render_document(json, format_named("png"), &limits, &two, &f));
		assert_int_equal(one.bytes->len, two.bytes->len);
		assert_memory_equal(one.bytes->data, two.bytes->data, one.bytes->len);

		struct pixels back = pixels_of(one.bytes->data, one.bytes->len);

		assert_int_equal(back.width, one.width_px);
		assert_int_equal(back.height, one.height_px);
		g_free(back.rgb);
		g_byte_array_unref(one.bytes);
		g_byte_array_unref(two.bytes);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing_lies_outside_of_any_page),
		cmocka_unit_test(test_any_document_becomes_the_same_picture_twice),
	};

	return cmocka_run_group_tests(tests, warm_fonts, NULL);
}
