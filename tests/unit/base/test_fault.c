#include "lib/base/fault.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void every_kind_says_all_that_it_must(void **state)
{
	static const char *const classes[] = {"user", "system", "timeout_generation", "unknown"};

	(void)state;
	for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KIND_COUNT; kind++) {
		struct fault f = {.kind = kind};
		bool known = false;

		for (size_t i = 0; i < G_N_ELEMENTS(classes); i++) {
			known = known || strcmp(fault_failure_type(kind), classes[i]) == 0;
		}
		assert_true(known);
		assert_true(fault_exception_type(kind)[0] != '\0');
		assert_true(fault_text(&f)[0] != '\0');
		assert_in_range(fault_http_status(kind), 400, 599);
		assert_int_equal(fault_kind_named(fault_name(kind)), kind);
	}
}

/* What PostHog calls the user's own mistakes never runs again (spec/exports.md 3.8). */
static void mistakes_of_the_user_are_never_tried_again(void **state)
{
	(void)state;
	for (enum fault_kind kind = FAULT_NONE + 1; kind < FAULT_KIND_COUNT; kind++) {
		if (strcmp(fault_failure_type(kind), "user") == 0) {
			assert_int_equal(fault_retry(kind), FAULT_RETRY_NEVER);
		}
	}
	assert_int_equal(fault_retry(FAULT_UNAVAILABLE), FAULT_RETRY_LATER);
	assert_int_equal(fault_retry(FAULT_CRASHED), FAULT_RETRY_CRASH);
}

static void an_unknown_name_is_a_bug(void **state)
{
	(void)state;
	assert_int_equal(fault_kind_named("no such kind"), FAULT_BUG);
	assert_int_equal(fault_kind_named(""), FAULT_BUG);
	assert_int_equal(fault_kind_named("NONE"), FAULT_NONE);
}

static void setting_answers_false_and_formats_the_detail(void **state)
{
	struct fault f = {.kind = FAULT_NONE};

	(void)state;
	assert_false(fault_set(&f, FAULT_DATE, "\"%s\" is no date, at %d", "abc", 7));
	assert_int_equal(f.kind, FAULT_DATE);
	assert_string_equal(f.detail, "\"abc\" is no date, at 7");
}

static void a_detail_is_one_line_of_whole_characters(void **state)
{
	struct fault f;
	char text[1200];

	(void)state;
	fault_set(&f, FAULT_INPUT, "two\nlines\tand\x7f");
	assert_string_equal(f.detail, "two lines and ");

	fault_set(&f, FAULT_INPUT, "good \xc3\x28 bad");
	assert_string_equal(f.detail, "good ");

	/* A euro sign is three bytes, so some length of lead makes it straddle the end. */
	for (size_t lead = 0; lead < 4; lead++) {
		memset(text, 'x', lead);
		text[lead] = '\0';
		while (strlen(text) + 3 < sizeof text) {
			g_strlcat(text, "\xe2\x82\xac", sizeof text);
		}
		fault_set(&f, FAULT_INPUT, "%s", text);
		assert_true(g_utf8_validate(f.detail, -1, NULL));
		assert_true(strlen(f.detail) >= sizeof f.detail - 4);
		assert_true(strlen(f.detail) < sizeof f.detail);
	}
}

static void wrapping_puts_context_before_what_was_said(void **state)
{
	struct fault f;
	char long_detail[600];

	(void)state;
	fault_set(&f, FAULT_QUERY, "no such property");
	assert_false(fault_wrap(&f, "tile %d: ", 3));
	assert_int_equal(f.kind, FAULT_QUERY);
	assert_string_equal(f.detail, "tile 3: no such property");

	memset(long_detail, 'y', sizeof long_detail - 1);
	long_detail[sizeof long_detail - 1] = '\0';
	fault_set(&f, FAULT_QUERY, "%s", long_detail);
	fault_wrap(&f, "tile %d: ", 4);
	assert_int_equal(strncmp(f.detail, "tile 4: yyyy", 12), 0);
	assert_int_equal(strlen(f.detail), sizeof f.detail - 1);
}

static void passing_on_keeps_kind_and_detail(void **state)
{
	struct fault cause, f = {.kind = FAULT_NONE};

	(void)state;
	fault_set(&cause, FAULT_STORAGE, "disk full");
	assert_false(fault_pass(&f, &cause));
	assert_int_equal(f.kind, FAULT_STORAGE);
	assert_string_equal(f.detail, "disk full");
}

static void only_details_about_the_request_reach_the_requester(void **state)
{
	struct fault f;

	(void)state;
	fault_set(&f, FAULT_DATE, "\"nope\" is no date");
	assert_string_equal(fault_text(&f), "\"nope\" is no date");
	fault_set(&f, FAULT_DATE, "%s", "");
	assert_string_equal(fault_text(&f), "A date is not valid.");
	fault_set(&f, FAULT_UNAVAILABLE, "connection to 10.0.0.7 refused");
	assert_null(strstr(fault_text(&f), "10.0.0.7"));
	fault_set(&f, FAULT_BUG, "SELECT secret FROM somewhere");
	assert_null(strstr(fault_text(&f), "SELECT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_says_all_that_it_must),
		cmocka_unit_test(mistakes_of_the_user_are_never_tried_again),
		cmocka_unit_test(an_unknown_name_is_a_bug),
		cmocka_unit_test(setting_answers_false_and_formats_the_detail),
		cmocka_unit_test(a_detail_is_one_line_of_whole_characters),
		cmocka_unit_test(wrapping_puts_context_before_what_was_said),
		cmocka_unit_test(passing_on_keeps_kind_and_detail),
		cmocka_unit_test(only_details_about_the_request_reach_the_requester),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
