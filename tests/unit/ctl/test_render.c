/* `platen render`, and what every command has in common. */
#include "unit/ctl/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#define SERIES                                                                                     \
	"[{\"label\": \"a\", \"count\": 6, \"data\": [1, 2, 3], \"days\": [\"2024-01-01\", "       \
	"\"2024-01-02\", \"2024-01-03\"], \"labels\": [\"1-Jan-2024\", \"2-Jan-2024\", "           \
	"\"3-Jan-2024\"]}]"
#define QUERY                                                                                      \
	"{\"kind\": \"TrendsQuery\", \"series\": [{\"kind\": \"EventsNode\", \"event\": \"a\"}], " \
	"\"dateRange\": {\"date_from\": \"2024-01-01\", \"date_to\": \"2024-01-03\"}}"

static const char series_csv[] = "series,1-Jan-2024,2-Jan-2024,3-Jan-2024\r\na,1,2,3\r\n";

static int set_up(void **state)
{
	struct scratch *s = g_new0(struct scratch, 1);

	scratch_make(s);
	scratch_write(s, "insight.json",
		"{\"name\": \"An insight\", \"query\": " QUERY ", \"result\": " SERIES "}", -1);
	scratch_write(s, "results.json", "{\"query\": " QUERY ", \"results\": " SERIES "}", -1);
	scratch_write(s, "bare.json", SERIES, -1);
	scratch_write(s, "document.json",
		"{\"kind\": \"insight\", \"scale\": 1, \"now_us\": 1704300000000000, \"tiles\": "
		"[{\"name\": \"T\", \"query\": " QUERY ", \"result\": " SERIES "}]}",
		-1);
	scratch_write(s, "dashboard.json",
		"{\"kind\": \"dashboard\", \"title\": \"D\", \"scale\": 1, \"tiles\": [{\"kind\": "
		"\"text\", \"body\": \"hello\"}]}",
		-1);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	scratch_remove(*state);
	g_free(*state);
	return 0;
}

static void succeed(struct scratch *s, const char *line)
{
	struct run r;

	scratch_run(s, NULL, line, &r);
	if (r.status != 0 || *r.err) {
		fail_msg("%s: %d: %s", line, r.status, r.err);
	}
	run_finish(&r);
}

static void assert_fails(struct scratch *s, const char *line, int status, const char *says)
{
	int before = scratch_count(s);
	struct run r;

	scratch_run(s, NULL, line, &r);
	if (r.status != status || !strstr(r.err, says)) {
		fail_msg("%s: %d: %s", line, r.status, r.err);
	}
	assert_int_equal(scratch_count(s), before);
	run_finish(&r);
}

static void assert_png(struct scratch *s, const char *name, unsigned width)
{
	g_autofree char *path = scratch_path(s, name);
	g_autofree char *bytes = NULL;
	const unsigned char *b;
	gsize length = 0;

	assert_true(g_file_get_contents(path, &bytes, &length, NULL));
	assert_true(length > 1000);
	assert_memory_equal(bytes, "\x89PNG\r\n\x1a\n", 8);
	b = (const unsigned char *)bytes;
	assert_int_equal((unsigned)b[18] << 8 | b[19], width);
}

static void every_kind_of_input_becomes_a_picture(void **state)
{
	static const struct {
		const char *name;
		unsigned width;
	} cases[] = {{"insight", 1600}, {"results", 1600}, {"bare", 1600}, {"document", 800},
		{"dashboard", 1920}};
	struct scratch *s = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *line = g_strdup_printf("platen render %s.json", cases[i].name);
		g_autofree char *file = g_strdup_printf("%s.png", cases[i].name);

		succeed(s, line);
		assert_png(s, file, cases[i].width);
	}
}

static void wishes_change_the_picture(void **state)
{
	struct scratch *s = *state;

	succeed(s, "platen render insight.json -o a.png --scale 1 --width 1000 --theme dark "
		   "--timezone Europe/Berlin");
	assert_png(s, "a.png", 1000);
	succeed(s, "platen render document.json --output b.png --scale 0.5");
	assert_png(s, "b.png", 400);
}

static void the_same_input_gives_the_same_bytes(void **state)
{
	struct scratch *s = *state;

	succeed(s,
		"platen render document.json -o a.png && platen render - <document.json >b.png && "
		"cmp a.png b.png");
}

static void tables_come_from_whatever_holds_one_insight(void **state)
{
	static const char *const names[] = {"insight", "results", "bare", "document"};
	struct scratch *s = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *line =
			g_strdup_printf("platen render %s.json --format csv --output -", names[i]);
		struct run r;

		scratch_run(s, NULL, line, &r);
		assert_string_equal(r.err, "");
		assert_string_equal(r.out, series_csv);
		run_finish(&r);
	}
	succeed(s, "platen render insight.json -o table.csv");
	{
		g_autofree char *text = scratch_read(s, "table.csv");

		assert_string_equal(text, series_csv);
	}
}

static void bad_input_is_told_and_leaves_no_file(void **state)
{
	struct scratch *s = *state;

	scratch_write(s, "bad.json", "{\"a\": ", -1);
	scratch_write(s, "other.json", "{\"a\": 1}", -1);
	scratch_write(s, "deep.json",
		"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", -1);
	assert_fails(s, "platen render none.json", 66, "none.json: No such file");
	assert_fails(s, "platen render bad.json", 65, "bad.json: ");
	assert_fails(s, "platen render - <bad.json >/dev/null", 65, "standard input: ");
	assert_fails(s, "platen render other.json", 65, "other.json: is neither a document");
	assert_fails(s, "platen render deep.json", 65, "nested deeper than 64");
	assert_fails(s, "platen render dashboard.json --format csv", 65,
		"a table is made of one insight");
	assert_fails(s, "platen render insight.json --timezone Mars/Phobos", 65, "is no time zone");
	assert_fails(s, "platen render insight.json -o no/such/a.png", 73, "no/such/a.png: ");
	assert_fails(s, "platen render insight.json -o /dev/full", 74, "/dev/full: No space left");
	assert_fails(
		s, "platen render insight.json --format csv -o - >/dev/full", 74, "No space left");
	assert_fails(s, "platen --draw-max-pixels 1000000 render insight.json --scale 4", 65,
		"draw_max_pixels");
}

static void wrong_usage_is_told(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"platen render", "the file is missing"},
		{"platen render a b", "one file at a time"},
		{"platen render insight.json --scale 9", "--scale is \"9\", must be 0.5 to 4"},
		{"platen render insight.json --scale x", "--scale is \"x\""},
		{"platen render insight.json --width 10", "--width is \"10\", must be 200 to 8192"},
		{"platen render insight.json --theme pink", "must be light or dark"},
		{"platen render insight.json --format gif",
			"\"gif\" is no format that can be written"},
		{"platen render insight.json --colour", "--colour"},
		{"platen draw", "\"draw\" is no command"},
		{"platen", "platen --help"},
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		assert_fails(s, cases[i].line, 2, cases[i].says);
	}
}

static void help_and_version_go_to_standard_output(void **state)
{
	static const struct {
		const char *line, *says;
	} cases[] = {
		{"platen --help", "  export "},
		{"platen -h", "--database-url"},
		{"platen help", "  migrate "},
		{"platen render --help", "usage: platen render FILE"},
		{"platen help load", "usage: platen load"},
		{"platen load events x --help", "usage: platen load"},
		{"platen key --help", "--scopes"},
		{"platen migrate --help", "--schema"},
		{"platen export --help", "Exit status"},
		{"platen config --help", "usage: platen config"},
		{"platen --version", "platen 0.1.0 (cairo 1."},
	};
	struct scratch *s = *state;

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct run r;

		scratch_run(s, NULL, cases[i].line, &r);
		assert_string_equal(r.err, "");
		assert_int_equal(r.status, 0);
		if (!strstr(r.out, cases[i].says)) {
			fail_msg("%s: %s", cases[i].line, r.out);
		}
		run_finish(&r);
	}
}

static void settings_are_shown_without_their_secrets(void **state)
{
	static const char *const env[] = {"PLATEN_DATABASE_URL=postgresql://me:hush@host/db",
		"PLATEN_REDIS_URL=redis://:hush@host:1/0", NULL};
	struct scratch *s = *state;
	struct run r;

	scratch_run(s, env, "platen config --worker-slots 7", &r);
	assert_int_equal(r.status, 0);
	assert_null(strstr(r.out, "hush"));
	assert_non_null(strstr(r.out, "\nworker_slots = 7\n"));
	assert_non_null(strstr(r.out, "\ndatabase_url = postgresql://me:***@host/db\n"));
	assert_non_null(strstr(r.out, "\nredis_url = redis://:***@host:1/0\n"));
	/* What it prints can be read back. */
	scratch_write(s, "platen.conf", r.out, -1);
	run_finish(&r);
	succeed(s, "platen --config platen.conf config | cmp - platen.conf");
	scratch_run(
		s, NULL, "platen config --database-url \"host=x password = 'hu\\'sh' user=u\"", &r);
	assert_non_null(strstr(r.out, "database_url = host=x password = *** user=u\n"));
	run_finish(&r);
	assert_fails(s, "PLATEN_WORKER_SLOTS=many platen config", 78, "worker_slots is \"many\"");
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(every_kind_of_input_becomes_a_picture),
		TEST(wishes_change_the_picture),
		TEST(the_same_input_gives_the_same_bytes),
		TEST(tables_come_from_whatever_holds_one_insight),
		TEST(bad_input_is_told_and_leaves_no_file),
		TEST(wrong_usage_is_told),
		TEST(help_and_version_go_to_standard_output),
		TEST(settings_are_shown_without_their_secrets),
	};
#undef TEST

	return cmocka_run_group_tests_name("ctl render", tests, NULL, NULL);
}
