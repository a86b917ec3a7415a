#include "lib/base/config.h"

#include <glib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Settings loaded from argv words, ended by NULL; answers what config_load() answers. */
static bool load(struct config *c, struct fault *f, char **rest, const char *words, ...)
{
	static char *argv[16];
	int argc = 1;
	va_list args;
	bool fine;

	argv[0] = (char *)(uintptr_t) "program";
	va_start(args, words);
	for (const char *word = words; word; word = va_arg(args, const char *)) {
		argv[argc++] = (char *)(uintptr_t)word;
	}
	va_end(args);
	argv[argc] = NULL;
	fine = config_load(c, &argc, argv, f);
	if (fine && rest) {
		*rest = g_strjoinv(" ", argv + 1);
	}
	return fine;
}

static char *config_file(const char *text)
{
	char *path = g_build_filename(g_get_tmp_dir(), "platen-config-XXXXXX", NULL);
	int file = g_mkstemp(path);

	assert_true(file >= 0);
	close(file);
	assert_true(g_file_set_contents(path, text, -1, NULL));
	return path;
}

static void the_later_origin_wins(void **state)
{
	char *path =
		config_file("[platen]\nlisten_port = 1111\nlog_level = warn\nqueue-name = filed\n");
	struct config c;
	struct fault f;

	(void)state;
	assert_true(load(&c, &f, NULL, NULL));
	assert_int_equal(c.listen_port, 8600);
	assert_string_equal(c.queue_name, "platen");
	config_finish(&c);

	assert_true(load(&c, &f, NULL, "--config", path, NULL));
	assert_int_equal(c.listen_port, 1111);
	assert_string_equal(c.log_level, "warn");
	assert_string_equal(c.queue_name, "filed");
	config_finish(&c);

	g_setenv("PLATEN_CONFIG", path, TRUE);
	g_setenv("PLATEN_LISTEN_PORT", "2222", TRUE);
	assert_true(load(&c, &f, NULL, NULL));
	assert_int_equal(c.listen_port, 2222);
	assert_string_equal(c.log_level, "warn");
	config_finish(&c);

	assert_true(load(&c, &f, NULL, "--listen-port=3333", "--log_level", "debug", NULL));
	assert_int_equal(c.listen_port, 3333);
	assert_string_equal(c.log_level, "debug");
	assert_string_equal(c.queue_name, "filed");
	config_finish(&c);

	g_unsetenv("PLATEN_CONFIG");
	g_unsetenv("PLATEN_LISTEN_PORT");
	(void)g_unlink(path);
	g_free(path);
}

static void what_is_no_setting_stays_in_argv(void **state)
{
	struct config c;
	struct fault f;
	char *rest;

	(void)state;
	assert_true(load(&c, &f, &rest, "export", "--listen-port", "1", "--format", "image/png",
		"--log-level=info", "-x", "--", "--listen-port=2", NULL));
	assert_string_equal(rest, "export --format image/png -x -- --listen-port=2");
	assert_int_equal(c.listen_port, 1);
	g_free(rest);
	config_finish(&c);
}

static void every_number_is_held_to_its_bounds(void **state)
{
	static const struct {
		const char *name;
		int64_t least, most;
	} counts[] = {
#define SETTING_TEXT(name, value, sentence)
#define SETTING_COUNT(name, value, least, most, sentence) {#name, least, most},
#include "lib/base/config.def"
#undef SETTING_TEXT
#undef SETTING_COUNT
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(counts); i++) {
		const struct {
			int64_t value;
			bool fine;
		} tries[] = {
			{counts[i].least - 1, false},
			{counts[i].least, true},
			{counts[i].most, true},
			{counts[i].most + 1, false},
		};

		for (size_t k = 0; k < G_N_ELEMENTS(tries); k++) {
			g_autofree char *flag =
				g_strdup_printf("--%s=%" PRId64, counts[i].name, tries[k].value);
			struct config c;
			struct fault f = {.kind = FAULT_NONE};

			assert_int_equal(load(&c, &f, NULL, flag, NULL), tries[k].fine);
			if (!tries[k].fine) {
				assert_int_equal(f.kind, FAULT_INPUT);
				assert_non_null(strstr(f.detail, counts[i].name));
			}
			config_finish(&c);
		}
	}
}

static void defaults_lie_within_their_bounds(void **state)
{
	(void)state;
#define SETTING_TEXT(name, value, sentence)
#define SETTING_COUNT(name, value, least, most, sentence)                                          \
	assert_true((int64_t)(value) >= (int64_t)(least) && (int64_t)(value) <= (int64_t)(most));
#include "lib/base/config.def"
#undef SETTING_TEXT
#undef SETTING_COUNT
}

static void bad_values_name_origin_and_key(void **state)
{
	static const struct {
		const char *file, *says[3];
	} cases[] = {
		{"[platen]\nlisten_prot = 1\n", {"platen-config-", "listen_prot", "no setting"}},
		{"[platen]\nlisten_port = many\n", {"platen-config-", "listen_port", "65535"}},
		{"[platen]\nlisten_port = 1x\n", {"platen-config-", "listen_port", "\"1x\""}},
		{"[platen]\nlisten_port =\n", {"platen-config-", "listen_port", "\"\""}},
		{"[other]\nlisten_port = 1\n", {"platen-config-", "[platen]", "section"}},
		{"listen_port = 1\n", {"platen-config-", "", ""}},
	};
	struct config c;
	struct fault f;

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char *path = config_file(cases[i].file);

		assert_false(load(&c, &f, NULL, "--config", path, NULL));
		assert_int_equal(f.kind, FAULT_INPUT);
		for (size_t k = 0; k < G_N_ELEMENTS(cases[i].says); k++) {
			assert_non_null(strstr(f.detail, cases[i].says[k]));
		}
		config_finish(&c);
		(void)g_unlink(path);
		g_free(path);
	}

	assert_false(load(&c, &f, NULL, "--config", "/nonexistent/platen.conf", NULL));
	assert_non_null(strstr(f.detail, "/nonexistent/platen.conf"));
	config_finish(&c);

	assert_false(load(&c, &f, NULL, "--listen-port", NULL));
	assert_non_null(strstr(f.detail, "--listen-port"));
	config_finish(&c);

	g_setenv("PLATEN_LISTEN_PORT", "99999999999999999999", TRUE);
	assert_false(load(&c, &f, NULL, NULL));
	assert_non_null(strstr(f.detail, "PLATEN_LISTEN_PORT"));
	config_finish(&c);
	g_unsetenv("PLATEN_LISTEN_PORT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_later_origin_wins),
		cmocka_unit_test(what_is_no_setting_stays_in_argv),
		cmocka_unit_test(every_number_is_held_to_its_bounds),
		cmocka_unit_test(defaults_lie_within_their_bounds),
		cmocka_unit_test(bad_values_name_origin_and_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
