/* Any JSON {"query", "result", "columns"} is either refused with a fault that says why, or drawn by
 * every chart without a fault, every number finite and every clip closed; and it becomes a CSV
 * whose every line is whole. */
#include "lib/base/json.h"
#include "lib/base/require.h"
#include "render/chart.h"
#include "render/render.h"
#include "render/table.h"
#include "tests/fuzz/target.h"

#include <glib.h>
#include <math.h>
#include <string.h>

static const struct chart charts[] = {
#define CHART(name, needs_series, display, also)                                                   \
	{#display, also, needs_series, chart_##name##_height, chart_##name##_draw},
#include "render/chart.def"
#undef CHART
};

static void warm_once(void)
{
	static bool warm;
	struct fault f;

	if (!warm) {
		REQUIRE(render_warm(&f));
		warm = true;
	}
}

/* Words of the result's own may well say "nan"; numbers may not. */
static bool is_finite(const char *trace)
{
	bool quoted = false;

	for (const char *p = trace; *p; p++) {
		if (*p == '\\' && quoted) {
			p++;
		} else if (*p == '"') {
			quoted = !quoted;
		} else if (!quoted && *p == ' ' &&
			   (g_str_has_prefix(p, " nan") || g_str_has_prefix(p, " inf") ||
				   g_str_has_prefix(p, " -nan") || g_str_has_prefix(p, " -inf"))) {
			return false;
		}
	}
	return true;
}

static void draw(const struct chart *chart, const struct chart_input *in, struct rect box)
{
	GString *words = g_string_new(NULL);
	struct canvas *c = canvas_trace_create(words);
	struct fault f;

	REQUIRE(isfinite(chart->height(in, c, box.w)));
	chart->draw(c, box, in);
	REQUIRE(canvas_ok(c, &f));
	REQUIRE(is_finite(words->str));
	canvas_destroy(c);
	g_string_free(words, TRUE);
}

static void draw_all(const json_t *query, const json_t *result)
{
	static const struct rect boxes[] = {{8, 8, 752, 584}, {0.5, 0.25, 285.3, 86}};
	const struct result_env env = {
		theme_named("light"), "Europe/Berlin", INT64_C(1704283200) * 1000000};
	struct fault f = {.kind = FAULT_NONE};
	struct result *data = NULL;
	bool is_series = result_read(query, result, &env, &data, &f);

	REQUIRE(is_series || f.kind == FAULT_CORRUPT || f.kind == FAULT_TOO_LARGE);
	REQUIRE(is_series || (f.detail[0] && g_utf8_validate(f.detail, -1, NULL)));
	(void)chart_for(query);
	for (size_t i = 0; i < G_N_ELEMENTS(charts); i++) {
		struct chart_input in = {
			.query = query_unwrap(query),
			.result = result,
			.data = data,
			.theme = env.theme,
			.timezone = env.timezone,
			.now_us = env.now_us,
			.standalone = i % 2 == 0,
			.legend = true,
		};

		for (size_t b = 0; b < G_N_ELEMENTS(boxes); b++) {
			if (is_series || !charts[i].needs_series) {
				draw(&charts[i], &in, boxes[b]);
			}
		}
	}
	result_destroy(data);
}

static void write_table(const json_t *query, const json_t *result, const json_t *context)
{
	struct fault f = {.kind = FAULT_NONE};
	GString *csv = NULL;

	if (render_table(result, query, context, format_named("csv"), &csv, &f)) {
		REQUIRE(csv->len >= 2 && strcmp(csv->str + csv->len - 2, "\r\n") == 0);
		REQUIRE(g_utf8_validate(csv->str, (gssize)csv->len, NULL));
		g_string_free(csv, TRUE);
	} else {
		REQUIRE(f.kind == FAULT_CORRUPT || f.kind == FAULT_TOO_LARGE ||
			f.kind == FAULT_INPUT);
		REQUIRE(f.detail[0] && g_utf8_validate(f.detail, -1, NULL));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault f = {.kind = FAULT_NONE};
	json_t *json;

	if (!json_read((const char *)data, size, &json_request_limits, &json, &f)) {
		return 0;
	}
	warm_once();
	draw_all(json_object_get(json, "query"), json_object_get(json, "result"));
	write_table(json_object_get(json, "query"), json_object_get(json, "result"), json);
	json_decref(json);
	return 0;
}
