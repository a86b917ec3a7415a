#include "ctl/event_row.h"
#include "ctl/table_file.h"
#include "unit/ctl/scratch.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static int set_up(void **state)
{
	struct scratch *s = g_new0(struct scratch, 1);

	scratch_make(s);
	*state = s;
	return 0;
}

static int tear_down(void **state)
{
	scratch_remove(*state);
	g_free(*state);
	return 0;
}

/* Every cell with its line: "1:a 1:b | 2:c 2:d | ". */
static bool write_down(void *arg, const struct table_row *row, struct fault *f)
{
	GString *to = arg;

	(void)f;
	for (size_t i = 0; i < row->cell_count; i++) {
		assert_int_equal(strlen(row->cells[i].text), row->cells[i].length);
		g_string_append_printf(
			to, "%" PRIu64 ":%s ", row->cells[i].line, row->cells[i].text);
	}
	g_string_append(to, "| ");
	return true;
}

static void cells_and_their_lines(void **state)
{
	static const struct {
		const char *text, *rows;
	} cases[] = {
		{"", ""},
		{"\n\n", ""},
		{"a,b\nc,d\n", "1:a 1:b | 2:c 2:d | "},
		{"a,b\nc,d", "1:a 1:b | 2:c 2:d | "},
		{"a,b\r\nc,d\r\n", "1:a 1:b | 2:c 2:d | "},
		{"a\n\n\nb\n", "1:a | 4:b | "},
		{"a\r\n\r\nb\r\n", "1:a | 3:b | "},
		{"\xef\xbb\xbf"
		 "a,b\n",
			"1:a 1:b | "},
		{"\"x, \"\"y\"\"\",,\"\"\n", "1:x, \"y\" 1: 1: | "},
		{" a , b\n", "1: a  1: b | "},
		{"\"two\nlines\",b\nc,d\n", "1:two\nlines 2:b | 3:c 3:d | "},
		{"\"\n\n\",b\nc\n", "1:\n\n 3:b | 4:c | "},
		{"a,\"\r\n\"\r\nb\r\n", "1:a 1:\r\n | 3:b | "},
		{"ä,日本\n", "1:ä 1:日本 | "},
	};
	g_autofree char *path = scratch_path(*state, "t.csv");

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) rows = g_string_new(NULL);
		struct fault f = {0};

		scratch_write(*state, "t.csv", cases[i].text, -1);
		assert_true(table_file_read(path, write_down, rows, &f));
		assert_string_equal(rows->str, cases[i].rows);
	}
}

static void a_bad_file_is_refused_with_its_place(void **state)
{
	static const struct {
		const char *text;
		gssize length;
		const char *says;
	} cases[] = {
		{"a,b\nc,\"d\n", -1, "t.csv: line 2: a quote is opened and never closed"},
		{"a,b\nc,d\"e\n", -1, "t.csv: line 2, column 2: a quote stands where none may"},
		{"a,b\n\"c\"d,e\n", -1, "t.csv: line 2, column 1: a quote stands where none may"},
		{"a\n\nb\0c\n", 7, "t.csv: line 3, column 1: holds a NUL byte"},
		{"a,b\nc,\xff\n", -1, "t.csv: line 2, column 2: is not valid UTF-8"},
		{"\xc3\n", -1, "t.csv: line 1, column 1: is not valid UTF-8"},
		/* Half a gzip file. */
		{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03", 10,
			"t.csv: the gzip data end too early"},
		{"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xff\xff\xff\xff", 14, "t.csv: "},
	};
	g_autofree char *path = scratch_path(*state, "t.csv");

	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(GString) rows = g_string_new(NULL);
		struct fault f = {0};

		scratch_write(*state, "t.csv", cases[i].text, cases[i].length);
		assert_false(table_file_read(path, write_down, rows, &f));
		assert_string_equal(fault_name(f.kind), "INPUT");
		if (!strstr(f.detail, cases[i].says)) {
			fail_msg("case %zu: %s", i, f.detail);
		}
	}
}

static void a_row_without_end_stops_at_the_limit(void **state)
{
	g_autofree char *path = scratch_path(*state, "t.csv");
	g_autoptr(GString) text = g_string_new("a\n\"");
	g_autoptr(GString) rows = g_string_new(NULL);
	struct fault f = {0};

	for (int i = 0; i < TABLE_ROW_MAX_BYTES / 16 + 1; i++) {
		g_string_append(text, "0123456789abcde\n");
	}
	scratch_write(*state, "t.csv", text->str, (gssize)text->len);
	assert_false(table_file_read(path, write_down, rows, &f));
	assert_string_equal(fault_name(f.kind), "TOO_LARGE");
	assert_non_null(strstr(f.detail, "line 2: the row is longer than 16777216 bytes"));
}

static void too_many_columns_are_refused(void **state)
{
	g_autofree char *path = scratch_path(*state, "t.csv");
	g_autofree char *commas = g_strnfill(TABLE_MAX_COLUMNS, ',');
	g_autoptr(GString) rows = g_string_new(NULL);
	struct fault f = {0};

	scratch_write(*state, "t.csv", commas, -1);
	assert_false(table_file_read(path, write_down, rows, &f));
	assert_non_null(strstr(f.detail, "more than 256 columns"));
}

static bool stop_at_second(void *arg, const struct table_row *row, struct fault *f)
{
	int *seen = arg;

	if (++*seen < 2) {
		return true;
	}
	fault_set(f, FAULT_INPUT, "enough");
	return table_place(f, &row->cells[1], 1, "name");
}

static void a_refused_row_ends_the_reading(void **state)
{
	g_autofree char *path = scratch_path(*state, "t.csv");
	struct fault f = {0};
	int seen = 0;

	scratch_write(*state, "t.csv", "a,b\nc,d\ne,f\n", -1);
	assert_false(table_file_read(path, stop_at_second, &seen, &f));
	assert_int_equal(seen, 2);
	assert_non_null(strstr(f.detail, "t.csv: line 2, column 2 (name): enough"));
}

static void a_person_is_the_same_wherever_it_is_asked_for(void **state)
{
	char a[37], b[37], c[37], d[37];

	(void)state;
	event_person_id(1, "somebody", a);
	event_person_id(1, "somebody", b);
	event_person_id(2, "somebody", c);
	event_person_id(1, "somebody else", d);
	assert_string_equal(a, b);
	assert_string_not_equal(a, c);
	assert_string_not_equal(a, d);
	assert_true(g_uuid_string_is_valid(a));
	assert_int_equal(a[14], '5');
}

static void a_row_becomes_a_line_of_its_own(void **state)
{
	static const struct {
		const char *name, *cells[7], *line;
	} cases[] = {
		{"all of it",
			{"2b2d45cd-33ca-517c-814a-a266ec60beca", "a\tb", "p\\1",
				"2024-01-31T23:30:00+01:00", "{\"a\":\"x\\ny\"}", "g", ""},
			"2b2d45cd-33ca-517c-814a-a266ec60beca\ta\\tb\tp\\\\1\t"
			"2024-01-31T22:30:00.000000Z\t{\"a\":\"x\\\\ny\"}\tg\t\t\t\t\t"},
		{"a time with microseconds, without a zone",
			{"2b2d45cd-33ca-517c-814a-a266ec60beca", "e", "p",
				"2024-01-31 23:30:00.252001", "", "", ""},
			"2b2d45cd-33ca-517c-814a-a266ec60beca\te\tp\t"
			"2024-01-31T23:30:00.252001Z\t{}\t\t\t\t\t\t"},
	};
	static const char *const names[] = {
		"uuid", "event", "distinct_id", "timestamp", "properties", "group_0", "group_1"};
	struct event_columns columns;
	struct cell header[7], cells[7];
	struct table_row row = {header, 7, 1};
	struct fault f;

	(void)state;
	for (size_t i = 0; i < 7; i++) {
		header[i] = (struct cell){names[i], strlen(names[i]), 1};
	}
	assert_true(event_columns_read(&columns, 1, &row, &f));
	for (size_t n = 0; n < G_N_ELEMENTS(cases); n++) {
		g_autoptr(GString) copy = g_string_new(NULL);

		for (size_t i = 0; i < 7; i++) {
			const char *text = cases[n].cells[i];

			cells[i] = (struct cell){text, strlen(text), 2};
		}
		row = (struct table_row){cells, 7, 2};
		assert_true(event_row_write(&columns, &row, copy, &f));
		/* The person's id and the end of the line follow. */
		assert_int_equal(copy->len, strlen(cases[n].line) + 37);
		g_string_truncate(copy, strlen(cases[n].line));
		assert_string_equal(copy->str, cases[n].line);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(cells_and_their_lines),
		TEST(a_bad_file_is_refused_with_its_place),
		TEST(a_row_without_end_stops_at_the_limit),
		TEST(too_many_columns_are_refused),
		TEST(a_refused_row_ends_the_reading),
		TEST(a_person_is_the_same_wherever_it_is_asked_for),
		TEST(a_row_becomes_a_line_of_its_own),
	};
#undef TEST

	return cmocka_run_group_tests_name("ctl table_file", tests, NULL, NULL);
}
