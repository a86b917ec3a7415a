#include "lib/base/log.h"

#include "lib/base/json.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Standard error goes into a file from here on, and log_taken() gives back what arrived. */
struct capture {
	int saved, file;
	char *path;
};

static struct capture log_caught(void)
{
	struct capture c;

	c.path = g_build_filename(g_get_tmp_dir(), "platen-log-XXXXXX", NULL);
	c.saved = dup(STDERR_FILENO);
	c.file = g_mkstemp(c.path);
	assert_true(c.saved >= 0 && c.file >= 0);
	assert_true(dup2(c.file, STDERR_FILENO) >= 0);
	return c;
}

static char *log_taken(struct capture *c)
{
	char *text = NULL;

	assert_true(dup2(c->saved, STDERR_FILENO) >= 0);
	close(c->saved);
	close(c->file);
	assert_true(g_file_get_contents(c->path, &text, NULL, NULL));
	(void)g_unlink(c->path);
	g_free(c->path);
	return text;
}

static void a_value_cannot_begin_a_line_of_its_own(void **state)
{
	static const enum log_format formats[] = {LOG_TEXT, LOG_JSON};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(formats); i++) {
		struct capture c = log_caught();
		char *text;

		log_open("test", LOG_INFO, formats[i]);
		log_line(LOG_INFO, "part", 0, "name %s", "one\n2024-01-01 error forged\r\x1b[31m");
		text = log_taken(&c);
		assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
		assert_null(strpbrk(text, "\r\x1b"));
		assert_non_null(strstr(text, "\\u000a"));
		g_free(text);
	}
}

static void a_json_line_is_json_whatever_is_said(void **state)
{
	struct capture c = log_caught();
	struct fault f;
	json_t *value = NULL;
	char *text;

	(void)state;
	log_open("test", LOG_INFO, LOG_JSON);
	log_line(LOG_WARN, "part", 42, "say \"%s\" and \\ or %s", "hello", "\x01");
	text = log_taken(&c);
	assert_true(json_read(text, strlen(text), &json_request_limits, &value, &f));
	assert_string_equal(json_get_text(value, "level", ""), "warn");
	assert_string_equal(json_get_text(value, "program", ""), "test");
	assert_string_equal(json_get_text(value, "part", ""), "part");
	assert_int_equal(json_get_int(value, "export_id", 0), 42);
	assert_string_equal(json_get_text(value, "msg", ""), "say \"hello\" and \\ or \x01");
	json_decref(value);
	g_free(text);
}

static void a_long_value_is_cut_and_still_one_line(void **state)
{
	struct capture c = log_caught();
	char *text, *said = g_strnfill(100000, '\n');

	(void)state;
	log_open("test", LOG_INFO, LOG_TEXT);
	log_line(LOG_INFO, "part", 0, "%s", said);
	text = log_taken(&c);
	assert_true(strlen(text) < 8192);
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	g_free(text);
	g_free(said);
}

static void lines_below_the_level_are_not_written(void **state)
{
	struct capture c = log_caught();
	char *text;

	(void)state;
	log_open("test", LOG_WARN, LOG_TEXT);
	log_line(LOG_INFO, "part", 0, "quiet");
	log_line(LOG_DEBUG, "part", 0, "quieter");
	log_line(LOG_ERROR, "part", 7, "loud");
	text = log_taken(&c);
	assert_null(strstr(text, "quiet"));
	assert_non_null(strstr(text, "error test part export=7: loud\n"));
	g_free(text);
}

static void levels_have_names(void **state)
{
	enum log_level level = LOG_INFO;

	(void)state;
	assert_true(log_level_named("debug", &level));
	assert_int_equal(level, LOG_DEBUG);
	assert_false(log_level_named("verbose", &level));
	assert_int_equal(level, LOG_DEBUG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_cannot_begin_a_line_of_its_own),
		cmocka_unit_test(a_json_line_is_json_whatever_is_said),
		cmocka_unit_test(a_long_value_is_cut_and_still_one_line),
		cmocka_unit_test(lines_below_the_level_are_not_written),
		cmocka_unit_test(levels_have_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
