#include "support/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LINE_QUERY "{'kind':'TrendsQuery','series':[{'kind':'EventsNode','event':'signup'}]}"
#define LINE_RESULT                                                                                \
	"[{'label':'signup','count':6,'data':[1,2,3],'labels':['1-Jun-2025','2-Jun-2025',"         \
	"'3-Jun-2025'],'days':['2025-06-01','2025-06-02','2025-06-03'],"                           \
	"'action':{'order':0,'name':'signup'}}]"
#define EMPTY_RESULT                                                                               \
	"[{'label':'signup','count':0,'data':[0,0,0],'labels':['1-Jun-2025','2-Jun-2025',"         \
	"'3-Jun-2025'],'days':['2025-06-01','2025-06-02','2025-06-03'],"                           \
	"'action':{'order':0,'name':'signup'}}]"

static GString *trace_of_text(const char *text)
{
	json_t *json = document_from(text);
	GString *trace = trace_of(json);

	json_decref(json);
	return trace;
}

static void assert_shows(const GString *trace, const char *words)
{
	if (strstr(trace->str, words) == NULL) {
		fail_msg("no %s in\n%s", words, trace->str);
	}
}

static void assert_hides(const GString *trace, const char *words)
{
	if (strstr(trace->str, words) != NULL) {
		fail_msg("%s in\n%s", words, trace->str);
	}
}

static void test_an_insight_page_has_header_chart_and_footer(void **state)
{
	(void)state;
	g_autoptr(GString) trace = trace_of_text(
		"{'kind':'insight','timezone':'Europe/Berlin','now_us':1753617900000000,"
		"'tiles':[{'name':'Sign-ups','kind_text':'Trends','period':'Last 7 days',"
		"'description':'Who came','query':" LINE_QUERY ",'result':" LINE_RESULT "}]}");

	assert_shows(trace, "page 0.00 0.00 800.00 ");
	assert_shows(trace, "\"Trends \u2022 Last 7 days\" size=12.00/600 ink=#404040");
	assert_shows(trace, "\"Sign-ups\" size=16.00/600 ink=#0d0d0d");
	assert_shows(trace, "\"Who came\" size=14.00/400 ink=#404040");
	assert_shows(trace, "rect 16.00 16.00 768.00");
	assert_shows(trace, "\"Platen\"");
	assert_shows(trace, "ink=#1d4aff");
	assert_shows(trace, "Times in Europe/Berlin \u2022 Data as of 27 Jul 2025, 14:05");
}

static void test_states_of_a_card_look_different(void **state)
{
	(void)state;
	static const struct {
		const char *tile, *says;
	} cases[] = {
		{"'query':" LINE_QUERY ",'result':" EMPTY_RESULT,
			"There are no matching events for this query"},
		{"'query':" LINE_QUERY ",'error':'The query took too long.'",
			"The query took too long."},
		{"'query':" LINE_QUERY ",'result':{'results':7}", "There was a problem"},
		{"'query':" LINE_QUERY, "The insight has no result."},
		{"'result':" LINE_RESULT, "The insight has no query."},
		{"'query':{'kind':'TrendsQuery','trendsFilter':{'display':'Hologram'}},"
		 "'result':" LINE_RESULT,
			"Display Hologram is not supported."},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		g_autofree char *text =
			g_strdup_printf("{'kind':'insight','tiles':[{%s}]}", cases[i].tile);
		g_autoptr(GString) trace = trace_of_text(text);

		assert_shows(trace, cases[i].says);
		if (i == 0) {
			assert_hides(trace, "There was a problem");
		} else {
			assert_shows(trace, "There was a problem with this insight");
			assert_hides(trace, "no matching events");
		}
	}
}

static void test_legends_follow_the_document_first(void **state)
{
	(void)state;
	static const struct {
		const char *document, *filter;
		bool shown;
	} cases[] = {
		{"", "", false},
		{"", "'showLegend':true", true},
		{"'legend':true,", "", true},
		{"'legend':false,", "'showLegend':true", false},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		g_autofree char *text = g_strdup_printf(
			"{'kind':'insight',%s'tiles':[{'query':{'kind':'TrendsQuery',"
			"'trendsFilter':{%s}},'result':["
			"{'label':'one','data':[1,2],'labels':['a','b'],'days':['2025-06-01','2025-06-02']},"
			"{'label':'two','data':[1,2],'labels':['a','b'],'days':['2025-06-01','2025-06-02']}]}]}",
			cases[i].document, cases[i].filter);
		g_autoptr(GString) trace = trace_of_text(text);

		assert_int_equal(strstr(trace->str, "\"two\"") != NULL, cases[i].shown);
	}
}

static void test_retention_has_no_period(void **state)
{
	(void)state;
	g_autoptr(GString) trace = trace_of_text(
		"{'kind':'insight','tiles':[{'kind_text':'Retention','period':'Last 7 days',"
		"'query':{'kind':'RetentionQuery'},'error':'x'}]}");

	assert_shows(trace, "\"Retention\"");
	assert_hides(trace, "Last 7 days");
}

static void test_a_dashboard_has_name_description_grid_and_footer(void **state)
{
	(void)state;
	g_autoptr(GString) trace = trace_of_text(
		"{'kind':'dashboard','title':'Health','description':'Of the **app**',"
		"'timezone':'UTC','tiles':["
		"{'name':'A','query':" LINE_QUERY ",'result':" LINE_RESULT
		",'layout':{'x':0,'y':0,'w':6,'h':5},'color':'blue'},"
		"{'kind':'text','body':'words','layout':{'x':6,'y':7,'w':6,'h':2}}]}");

	assert_shows(trace, "page 0.00 0.00 1920.00 ");
	assert_shows(trace, "\"Health\" size=24.00/700");
	assert_shows(trace, "\"app\" size=14.00/600");
	assert_shows(trace, " 936.00 464.00 r=6.00 corners=15 ink=#ffffff");
	assert_shows(trace, "6.00 464.00 ink=#597dce");
	assert_shows(trace, " 936.00 176.00 r=6.00 corners=15 ink=#ffffff");
	assert_shows(trace, "\"words\"");
	assert_shows(trace, "\"Times in UTC\"");
	assert_hides(trace, "Data as of");
}

static void test_transparent_text_has_no_ground(void **state)
{
	(void)state;
	g_autoptr(GString) trace =
		trace_of_text("{'kind':'dashboard','tiles':[{'kind':'text','body':'words',"
			      "'transparent_background':true}]}");

	assert_shows(trace, "\"words\"");
	assert_hides(trace, "border");
	assert_hides(trace, "#ffffff");
}

static void test_long_titles_stay_on_one_line_of_a_tile(void **state)
{
	(void)state;
	g_autofree char *name = g_strnfill(390, 'n');
	g_autofree char *text = g_strdup_printf(
		"{'kind':'dashboard','tiles':[{'name':'%s','kind_text':'%s','error':'%s'}]}", name,
		name, name);
	g_autoptr(GString) trace = trace_of_text(text);
	const char *title = strstr(trace->str, "size=16.00/600 cut");

	assert_non_null(title);
	assert_non_null(strstr(trace->str, "size=12.00/600 cut"));
}

static struct picture picture_of(const char *text)
{
	json_t *json = document_from(text);
	const struct render_limits limits = {.max_pixels = 50000000};
	struct picture out;
	struct fault f;

	if (!render_document(json, format_named("png"), &limits, &out, &f)) {
		fail_msg("%s", f.detail);
	}
	json_decref(json);
	return out;
}

static void test_width_and_scale_set_the_pixels(void **state)
{
	(void)state;
	static const struct {
		const char *options;
		int width;
	} cases[] = {{"", 1600}, {"'scale':1,", 800}, {"'scale':0.5,", 400},
		{"'width':1000,", 2000}, {"'width':333,'scale':1.5,", 500}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		g_autofree char *text =
			g_strdup_printf("{'kind':'insight',%s'tiles':[{'query':" LINE_QUERY
					",'result':" LINE_RESULT "}]}",
				cases[i].options);
		struct picture out = picture_of(text);

		assert_int_equal(out.width_px, cases[i].width);
		g_byte_array_unref(out.bytes);
	}
}

static void test_failed_tiles_are_counted(void **state)
{
	(void)state;
	struct picture out = picture_of(
		"{'kind':'dashboard','tiles':[{'error':'first'},{'kind':'text','body':'x'},"
		"{'query':" LINE_QUERY ",'result':" LINE_RESULT "},{'error':'second'}]}");

	assert_int_equal(out.failed_tiles, 2);
	assert_string_equal(out.first_failure.detail, "first");
	g_byte_array_unref(out.bytes);
}

static void assert_too_large(const char *text, int64_t max_pixels, const char *says)
{
	json_t *json = document_from(text);
	const struct render_limits limits = {.max_pixels = max_pixels};
	struct picture out;
	struct fault f;

	assert_false(render_document(json, format_named("png"), &limits, &out, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	if (strstr(f.detail, says) == NULL) {
		fail_msg("\"%s\" does not say \"%s\"", f.detail, says);
	}
	assert_null(out.bytes);
	json_decref(json);
}

static void test_pictures_past_a_limit_name_it(void **state)
{
	(void)state;
	assert_too_large("{'kind':'insight','tiles':[{'error':'x'}]}", 1000000,
		"the limit is 1.0 million (draw_max_pixels)");
	assert_too_large("{'kind':'dashboard','tiles':[{'layout':{'x':0,'y':0,'w':1,'h':1000}}]}",
		50000000, "million (draw_max_pixels)");
	assert_too_large("{'kind':'dashboard','width':200,'scale':1,"
			 "'tiles':[{'layout':{'x':0,'y':0,'w':1,'h':1000}}]}",
		50000000, "at most 16384 px a side");
}

static void test_other_formats_are_unsupported(void **state)
{
	(void)state;
	json_t *json = document_from("{'kind':'dashboard','tiles':[]}");
	const struct render_limits limits = {.max_pixels = 50000000};
	struct picture out;
	struct fault f;

	assert_false(render_document(json, format_named("pdf"), &limits, &out, &f));
	assert_int_equal(f.kind, FAULT_UNSUPPORTED);
	json_decref(json);
}

static void test_an_empty_dashboard_is_a_page(void **state)
{
	(void)state;
	g_autoptr(GString) trace = trace_of_text("{'kind':'dashboard','tiles':[]}");

	assert_shows(trace, "page 0.00 0.00 1920.00 ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_insight_page_has_header_chart_and_footer),
		cmocka_unit_test(test_states_of_a_card_look_different),
		cmocka_unit_test(test_legends_follow_the_document_first),
		cmocka_unit_test(test_retention_has_no_period),
		cmocka_unit_test(test_a_dashboard_has_name_description_grid_and_footer),
		cmocka_unit_test(test_transparent_text_has_no_ground),
		cmocka_unit_test(test_long_titles_stay_on_one_line_of_a_tile),
		cmocka_unit_test(test_width_and_scale_set_the_pixels),
		cmocka_unit_test(test_failed_tiles_are_counted),
		cmocka_unit_test(test_pictures_past_a_limit_name_it),
		cmocka_unit_test(test_other_formats_are_unsupported),
		cmocka_unit_test(test_an_empty_dashboard_is_a_page),
	};

	return cmocka_run_group_tests(tests, warm_fonts, NULL);
}
