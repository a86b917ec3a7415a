#include "render/document.h"
#include "support/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/near.h"

static void assert_refused(const char *text, enum fault_kind kind, const char *says)
{
	json_t *json = document_from(text);
	struct document *d;
	struct fault f;

	assert_false(document_read(json, &d, &f));
	assert_int_equal(f.kind, kind);
	if (strstr(f.detail, says) == NULL) {
		fail_msg("\"%s\" does not say \"%s\"", f.detail, says);
	}
	json_decref(json);
}

static void test_what_is_wrong_is_named(void **state)
{
	(void)state;
	static const char *const cases[][2] = {
		{"[]", "not an object"},
		{"{}", "kind is neither"},
		{"{'kind':'poster','tiles':[]}", "kind is neither"},
		{"{'kind':7}", "kind is not a text"},
		{"{'kind':'dashboard'}", "tiles is not a list"},
		{"{'kind':'dashboard','tiles':{}}", "tiles is not a list"},
		{"{'kind':'dashboard','tiles':[1]}", "tiles[0]: it is not an object"},
		{"{'kind':'dashboard','tiles':[{},{'kind':'widget'}]}", "tiles[1]: kind widget"},
		{"{'kind':'dashboard','tiles':[{'name':{}}]}", "tiles[0]: name is not a text"},
		{"{'kind':'dashboard','tiles':[{'show_description':1}]}", "show_description"},
		{"{'kind':'insight','tiles':[]}", "one tile, not 0"},
		{"{'kind':'insight','tiles':[{},{}]}", "one tile, not 2"},
		{"{'kind':'dashboard','tiles':[],'title':[]}", "title is not a text"},
		{"{'kind':'dashboard','tiles':[],'scale':9}",
			"scale is not a number from 0.5 to 4"},
		{"{'kind':'dashboard','tiles':[],'scale':'2'}", "scale"},
		{"{'kind':'dashboard','tiles':[],'width':100}", "width is not a number from 200"},
		{"{'kind':'dashboard','tiles':[],'legend':'yes'}", "legend"},
		{"{'kind':'dashboard','tiles':[],'timezone':'Mars/Base'}", "timezone Mars/Base"},
		{"{'kind':'dashboard','tiles':[],'metadata':{'title':1}}", "title is not a text"},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		assert_refused(cases[i][0], FAULT_CORRUPT, cases[i][1]);
	}
}

static void test_more_than_a_hundred_tiles_are_too_many(void **state)
{
	(void)state;
	json_t *tiles = json_array(), *json = json_pack("{s:s}", "kind", "dashboard");
	struct document *d;
	struct fault f;

	for (int i = 0; i < 100; i++) {
		json_array_append_new(tiles, json_object());
	}
	json_object_set_new(json, "tiles", tiles);
	assert_true(document_read(json, &d, &f));
	document_destroy(d);
	json_array_append_new(tiles, json_object());
	assert_false(document_read(json, &d, &f));
	assert_int_equal(f.kind, FAULT_TOO_LARGE);
	assert_non_null(strstr(f.detail, "101 tiles; at most 100"));
	json_decref(json);
}

static void test_missing_and_null_members_have_defaults(void **state)
{
	(void)state;
	json_t *json = document_from(
		"{'kind':'insight','title':null,'scale':null,'width':null,'legend':null,"
		"'timezone':null,'theme':null,'metadata':null,"
		"'tiles':[{'name':null,'derived_name':'Pageview count','layout':null}]}");
	struct document *d;
	struct fault f;

	assert_true(document_read(json, &d, &f));
	assert_string_equal(d->title, "");
	assert_near(d->scale, 2, 0);
	assert_near(d->width, 800, 0);
	assert_int_equal(d->legend, LEGEND_AS_INSIGHT_SAYS);
	assert_string_equal(d->timezone, "UTC");
	assert_string_equal(d->theme->name, "light");
	assert_string_equal(d->tiles[0].title, "Pageview count");
	assert_false(d->tiles[0].cell.placed);
	assert_int_equal(d->tiles[0].cell.w, 6);
	assert_true(d->tiles[0].ribbon.a == 0);
	document_destroy(d);
	json_decref(json);
}

static void test_layouts_may_be_partial(void **state)
{
	(void)state;
	static const struct {
		const char *layout;
		bool placed;
		int w, h;
	} cases[] = {
		{"{}", false, 2, 2},
		{"{'x':1}", false, 2, 2},
		{"{'x':1,'y':null}", false, 2, 2},
		{"{'x':1,'y':2}", true, 2, 2},
		{"{'w':4}", false, 4, 2},
		{"{'x':0,'y':0,'w':4,'h':1e300}", true, 4, 1000000},
		{"{'x':'0','y':0,'h':3}", false, 2, 3},
		{"[]", false, 2, 2},
	};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		g_autofree char *text = g_strdup_printf(
			"{'kind':'dashboard','tiles':[{'kind':'text','layout':%s}]}",
			cases[i].layout);
		json_t *json = document_from(text);
		struct document *d;
		struct fault f;

		assert_true(document_read(json, &d, &f));
		assert_int_equal(d->tiles[0].cell.placed, cases[i].placed);
		assert_int_equal(d->tiles[0].cell.w, cases[i].w);
		assert_int_equal(d->tiles[0].cell.h, cases[i].h);
		document_destroy(d);
		json_decref(json);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_is_wrong_is_named),
		cmocka_unit_test(test_more_than_a_hundred_tiles_are_too_many),
		cmocka_unit_test(test_missing_and_null_members_have_defaults),
		cmocka_unit_test(test_layouts_may_be_partial),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
