/* The contract of blob.h, over every line of blob.def. */
#include "store/blob_kinds.h"
#include "tests/unit/store/demo_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct demo demo;
static char *directory;

static int start(void **state)
{
	(void)state;
	demo_start(&demo);
	directory = g_dir_make_tmp("platen-blobs-XXXXXX", NULL);
	return directory ? 0 : -1;
}

static int stop(void **state)
{
	(void)state;
	demo_stop(&demo);
	assert_int_equal(g_rmdir(directory), 0); /* every test has removed what it put */
	g_free(directory);
	return 0;
}

static struct blob_store *open_kind(const struct blob_kind *kind)
{
	struct blob_options options = {.store = &demo.store, .directory = directory};
	struct blob_store *b = NULL;
	struct fault f;

	if (!kind->open(&demo.loop, &options, &b, &f)) {
		fail_msg("%s: %s", kind->name, f.detail);
	}
	assert_ptr_equal(b->kind, kind);
	return b;
}

struct got {
	bool is_done;
	int ends;
	size_t pieces, largest;
	struct fault fault;
	GByteArray *bytes;
};

static void on_piece(void *arg, const void *piece, size_t length, const struct fault *f)
{
	struct got *g = arg;

	assert_int_equal(g->ends, 0);
	if (piece) {
		assert_null(f);
		assert_true(length > 0);
		g->pieces++;
		g->largest = MAX(g->largest, length);
		g_byte_array_append(g->bytes, piece, (guint)length);
	} else {
		g->ends++;
		g->is_done = true;
		g->fault = f ? *f : (struct fault){0};
	}
}

static void begin_get(struct blob_store *b, const char *location, struct got *g)
{
	*g = (struct got){.bytes = g_byte_array_new()};
	b->kind->get(b, location, on_piece, g);
	assert_false(g->is_done);
}

static void await_got(struct got *g)
{
	run_until(&demo.loop, is_true, &g->is_done, 20000, "the end of a file");
	assert_int_equal(g->ends, 1);
}

static void get(struct blob_store *b, const char *location, struct got *g)
{
	begin_get(b, location, g);
	await_got(g);
}

static void got_finish(struct got *g)
{
	g_byte_array_unref(g->bytes);
}

static struct fault put(
	struct blob_store *b, const char *location, const void *bytes, size_t length)
{
	struct answer a = {0};

	b->kind->put(b, location, bytes, length, on_plain, &a);
	await(&demo, &a);
	return a.fault;
}

static struct fault remove_at(struct blob_store *b, const char *location)
{
	struct answer a = {0};

	b->kind->remove(b, location, on_plain, &a);
	await(&demo, &a);
	return a.fault;
}

static unsigned char *make_bytes(size_t length)
{
	unsigned char *bytes = g_malloc(length + 1);

	for (size_t i = 0; i < length; i++) {
		bytes[i] = (unsigned char)(i * 31 + i / 4093);
	}
	return bytes;
}

/* The contract's cases run over each kind in turn. */
static void with_each_kind(void (*check)(struct blob_store *b))
{
	for (size_t i = 0; i < blob_kind_count(); i++) {
		struct blob_store *b = open_kind(blob_kind_at(i));

		check(b);
		b->kind->close(b);
	}
}

static void check_kinds_are_found_by_name(struct blob_store *b)
{
	assert_ptr_equal(blob_kind_named(b->kind->name), b->kind);
}

static void kinds_are_found_by_name(void **state)
{
	(void)state;
	assert_true(blob_kind_count() >= 2);
	with_each_kind(check_kinds_are_found_by_name);
	assert_string_equal(blob_kind_named("postgres")->name, "postgres");
	assert_string_equal(blob_kind_named("directory")->name, "directory");
	assert_null(blob_kind_named("nonsense"));
	assert_null(blob_kind_named(""));
}

static void check_what_was_put_is_got_in_pieces(struct blob_store *b)
{
	static const size_t sizes[] = {
		0, 1, 256 << 10, (256 << 10) + 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1, 5 << 20};

	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree unsigned char *bytes = make_bytes(sizes[i]);
		g_autofree char *location = blob_location("image/png", 1, (int64_t)i, 1);
		struct got g;

		assert_int_equal(put(b, location, bytes, sizes[i]).kind, FAULT_NONE);
		get(b, location, &g);
		assert_int_equal(g.fault.kind, FAULT_NONE);
		assert_int_equal(g.bytes->len, sizes[i]);
		assert_memory_equal(g.bytes->data ? g.bytes->data : bytes, bytes, sizes[i]);
		assert_true(g.largest <= 1 << 20);
		assert_true(sizes[i] <= 1 << 20 || g.pieces > 1);
		got_finish(&g);
		assert_int_equal(remove_at(b, location).kind, FAULT_NONE);
		get(b, location, &g);
		assert_int_equal(g.fault.kind, FAULT_NOT_FOUND);
		assert_int_equal(g.pieces, 0);
		got_finish(&g);
		assert_int_equal(remove_at(b, location).kind, FAULT_NONE);
	}
}

static void what_was_put_is_got_in_pieces(void **state)
{
	(void)state;
	with_each_kind(check_what_was_put_is_got_in_pieces);
	assert_int_equal(
		private_postgres_number(&demo.server, "SELECT count(*) FROM export_blobs"), 0);
}

static void check_a_location_is_written_once(struct blob_store *b)
{
	static const size_t sizes[] = {0, 3, 1 << 20, 3 << 20};
	struct got g;

	assert_int_equal(put(b, "once/a", "first", 5).kind, FAULT_NONE);
	for (size_t i = 0; i < G_N_ELEMENTS(sizes); i++) {
		g_autofree unsigned char *bytes = make_bytes(sizes[i]);
		struct fault f = put(b, "once/a", bytes, sizes[i]);

		assert_int_equal(f.kind, FAULT_INPUT);
	}
	get(b, "once/a", &g);
	assert_int_equal(g.bytes->len, 5);
	assert_memory_equal(g.bytes->data, "first", 5);
	got_finish(&g);
	assert_int_equal(remove_at(b, "once/a").kind, FAULT_NONE);
}

static void a_location_is_written_once(void **state)
{
	(void)state;
	with_each_kind(check_a_location_is_written_once);
}

static void check_locations_do_not_mix(struct blob_store *b)
{
	struct got g;

	assert_int_equal(put(b, "mix/a/b", "ab", 2).kind, FAULT_NONE);
	assert_int_equal(put(b, "mix/a/c", "ac", 2).kind, FAULT_NONE);
	get(b, "mix/a", &g);
	assert_int_equal(g.fault.kind, FAULT_NOT_FOUND);
	got_finish(&g);
	assert_int_equal(remove_at(b, "mix/a/b").kind, FAULT_NONE);
	get(b, "mix/a/c", &g);
	assert_int_equal(g.bytes->len, 2);
	got_finish(&g);
	assert_int_equal(remove_at(b, "mix/a/c").kind, FAULT_NONE);
}

static void locations_do_not_mix(void **state)
{
	(void)state;
	with_each_kind(check_locations_do_not_mix);
}

static void check_bad_locations_are_refused(struct blob_store *b)
{
	static const char *const bad[] = {"", "/", "/etc/passwd", "..", "../x", "a/../b", "a//b",
		"a/", "./a", "a/.", "a\nb", "a.tmp", "x/a.tmp", "a/..", "\x7f"};
	g_autofree char *longest = g_strnfill(1001, 'a'), *name = g_strnfill(251, 'a');

	for (size_t i = 0; i < G_N_ELEMENTS(bad) + 2; i++) {
		const char *location = i < G_N_ELEMENTS(bad)    ? bad[i]
				       : i == G_N_ELEMENTS(bad) ? longest
								: name;
		struct fault f = put(b, location, "x", 1);
		struct got g;

		if (f.kind != FAULT_INPUT) {
			fail_msg("%s: \"%s\" became %s", b->kind->name, location,
				fault_name(f.kind));
		}
		get(b, location, &g);
		assert_int_not_equal(g.fault.kind, FAULT_NONE);
		assert_int_equal(g.pieces, 0);
		got_finish(&g);
	}
}

static void bad_locations_are_refused(void **state)
{
	(void)state;
	with_each_kind(check_bad_locations_are_refused);
}

static void check_many_at_once_do_not_disturb_each_other(struct blob_store *b)
{
	enum { MANY = 40 };
	struct answer puts[MANY] = {0}, removes[MANY] = {0};
	struct got gots[MANY];
	g_autofree unsigned char *bytes = make_bytes((size_t)MANY * 20000);

	for (int i = 0; i < MANY; i++) {
		g_autofree char *location = g_strdup_printf("many/%d/%d", i % 5, i);

		b->kind->put(b, location, bytes, (size_t)i * 20000, on_plain, &puts[i]);
	}
	for (int i = 0; i < MANY; i++) {
		run_until(&demo.loop, is_true, &puts[i].is_done, 20000, "a put");
		assert_int_equal(puts[i].fault.kind, FAULT_NONE);
	}
	for (int i = 0; i < MANY; i++) {
		g_autofree char *location = g_strdup_printf("many/%d/%d", i % 5, i);

		begin_get(b, location, &gots[i]);
	}
	for (int i = 0; i < MANY; i++) {
		g_autofree char *location = g_strdup_printf("many/%d/%d", i % 5, i);

		await_got(&gots[i]);
		assert_int_equal(gots[i].bytes->len, i * 20000);
		assert_memory_equal(i ? gots[i].bytes->data : bytes, bytes, gots[i].bytes->len);
		got_finish(&gots[i]);
		b->kind->remove(b, location, on_plain, &removes[i]);
	}
	for (int i = 0; i < MANY; i++) {
		run_until(&demo.loop, is_true, &removes[i].is_done, 20000, "a remove");
		assert_int_equal(removes[i].fault.kind, FAULT_NONE);
	}
}

static void many_at_once_do_not_disturb_each_other(void **state)
{
	(void)state;
	with_each_kind(check_many_at_once_do_not_disturb_each_other);
}

/* A remove takes empty directories away; a put beside it must not fail for that. */
static void check_puts_and_removes_of_neighbours_get_on(struct blob_store *b)
{
	enum { ROUNDS = 60 };

	for (int i = 0; i < ROUNDS; i++) {
		struct answer a = {0}, r = {0};

		assert_int_equal(put(b, "near/x/y/a", "1", 1).kind, FAULT_NONE);
		b->kind->remove(b, "near/x/y/a", on_plain, &r);
		b->kind->put(b, "near/x/y/b", "2", 1, on_plain, &a);
		run_until(&demo.loop, is_true, &a.is_done, 5000, "a put");
		run_until(&demo.loop, is_true, &r.is_done, 5000, "a remove");
		if (a.fault.kind != FAULT_NONE) {
			fail_msg("%s: %s", b->kind->name, a.fault.detail);
		}
		assert_int_equal(remove_at(b, "near/x/y/b").kind, FAULT_NONE);
	}
}

static void puts_and_removes_of_neighbours_get_on(void **state)
{
	(void)state;
	with_each_kind(check_puts_and_removes_of_neighbours_get_on);
}

static void closing_waits_for_what_is_under_way(void **state)
{
	(void)state;
	for (size_t i = 0; i < blob_kind_count(); i++) {
		const struct blob_kind *kind = blob_kind_at(i);
		struct blob_store *b = open_kind(kind);
		struct answer a = {0};

		b->kind->put(b, "closing/a", "x", 1, on_plain, &a);
		kind->close(b);
		await_well(&demo, &a);
		b = open_kind(kind);
		assert_int_equal(remove_at(b, "closing/a").kind, FAULT_NONE);
		kind->close(b);
	}
}

static void a_file_in_the_database_is_whole_or_not_there(void **state)
{
	enum { SIZE = 3 << 20 };
	struct blob_store *b = open_kind(blob_kind_named("postgres"));
	g_autofree unsigned char *bytes = make_bytes(SIZE);
	struct answer a = {0};
	struct got g;

	(void)state;
	/* A table lock holds the put between its parts until its connection is cut. */
	b->kind->put(b, "cut/a", bytes, SIZE, on_plain, &a);
	for (int i = 0; i < 400 && private_postgres_number(
					   &demo.server, "SELECT count(*) FROM export_blobs") < 3;
		i++) {
		(void)uv_run(&demo.loop, UV_RUN_NOWAIT);
	}
	assert_false(a.is_done);
	private_postgres_run(&demo.server,
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'store-test'");
	await(&demo, &a);
	if (a.fault.kind == FAULT_NONE) {
		fail_msg("the put was not cut");
	}
	assert_int_equal(a.fault.kind, FAULT_UNAVAILABLE);
	assert_true(private_postgres_number(&demo.server, "SELECT count(*) FROM export_blobs") > 0);
	run_for(&demo.loop, 200); /* the other connections were cut as well */
	get(b, "cut/a", &g);
	assert_int_equal(g.fault.kind, FAULT_NOT_FOUND);
	assert_int_equal(g.pieces, 0);
	got_finish(&g);
	assert_int_equal(remove_at(b, "cut/a").kind, FAULT_NONE);
	assert_int_equal(
		private_postgres_number(&demo.server, "SELECT count(*) FROM export_blobs"), 0);
	b->kind->close(b);
}

static void a_file_deleted_while_it_is_read_ends_in_a_fault(void **state)
{
	enum { SIZE = 2 << 20 };
	struct blob_store *b = open_kind(blob_kind_named("postgres"));
	g_autofree unsigned char *bytes = make_bytes(SIZE);
	struct got g;

	(void)state;
	assert_int_equal(put(b, "vanish/a", bytes, SIZE).kind, FAULT_NONE);
	begin_get(b, "vanish/a", &g);
	while (g.pieces == 0) {
		(void)uv_run(&demo.loop, UV_RUN_ONCE);
	}
	private_postgres_run(&demo.server, "DELETE FROM export_blobs");
	await_got(&g);
	assert_int_equal(g.fault.kind, FAULT_NOT_FOUND);
	assert_true(g.bytes->len < SIZE);
	got_finish(&g);
	b->kind->close(b);
}

static void a_file_in_the_directory_is_ours_alone(void **state)
{
	struct blob_store *b = open_kind(blob_kind_named("directory"));
	g_autofree char *path = g_build_filename(directory, "modes", "a", NULL);
	g_autofree char *draft = g_build_filename(directory, "modes", "b.tmp", NULL);
	struct stat about;

	(void)state;
	assert_int_equal(put(b, "modes/a", "x", 1).kind, FAULT_NONE);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0600);
	/* What a crash left of writing b is gone after its remove. */
	assert_true(g_file_set_contents(draft, "half", 4, NULL));
	assert_int_equal(put(b, "modes/b", "x", 1).kind, FAULT_INPUT);
	assert_int_equal(remove_at(b, "modes/b").kind, FAULT_NONE);
	assert_int_not_equal(stat(draft, &about), 0);
	assert_int_equal(remove_at(b, "modes/a").kind, FAULT_NONE);
	b->kind->close(b);
}

static void a_link_out_of_the_directory_is_not_followed(void **state)
{
	struct blob_store *b = open_kind(blob_kind_named("directory"));
	g_autofree char *path = g_build_filename(directory, "link", NULL);
	struct got g;

	(void)state;
	assert_int_equal(symlink("/etc/passwd", path), 0);
	get(b, "link", &g);
	assert_int_not_equal(g.fault.kind, FAULT_NONE);
	assert_int_equal(g.pieces, 0);
	got_finish(&g);
	assert_int_equal(put(b, "link", "x", 1).kind, FAULT_INPUT);
	assert_int_equal(unlink(path), 0);
	b->kind->close(b);
}

static void a_directory_that_is_none_is_told_at_the_start(void **state)
{
	static const char *const bad[] = {
		NULL, "", "/proc/nowhere/x", "/dev/null", "/etc/passwd/x"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(bad); i++) {
		struct blob_options options = {.store = &demo.store, .directory = bad[i]};
		struct blob_store *b = NULL;
		struct fault f;

		assert_false(blob_kind_named("directory")->open(&demo.loop, &options, &b, &f));
		assert_int_equal(f.kind, FAULT_INPUT);
		assert_non_null(strstr(f.detail, "blob_directory"));
	}
}

static void a_location_names_format_project_export_and_fence(void **state)
{
	g_autofree char *one = blob_location(
		"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 7, 42, 3);
	g_autofree char *two = blob_location("image/png", 7, 42, 3),
			*three = blob_location("image/png", 7, 42, 3);

	(void)state;
	assert_true(g_str_has_prefix(one,
		"exports/vnd.openxmlformats-officedocument.spreadsheetml.sheet/team-7/task-42/3-"));
	assert_true(g_str_has_prefix(two, "exports/png/team-7/task-42/3-"));
	assert_int_equal(strlen(two), strlen("exports/png/team-7/task-42/3-") + 32);
	assert_string_not_equal(two, three);
}

static void sums_are_those_of_the_standard(void **state)
{
	char sum[65];

	(void)state;
	blob_sha256("", 0, sum);
	assert_string_equal(
		sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	blob_sha256(NULL, 0, sum);
	assert_string_equal(
		sum, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	blob_sha256("abc", 3, sum);
	assert_string_equal(
		sum, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(kinds_are_found_by_name),
		cmocka_unit_test(what_was_put_is_got_in_pieces),
		cmocka_unit_test(a_location_is_written_once),
		cmocka_unit_test(locations_do_not_mix),
		cmocka_unit_test(bad_locations_are_refused),
		cmocka_unit_test(many_at_once_do_not_disturb_each_other),
		cmocka_unit_test(puts_and_removes_of_neighbours_get_on),
		cmocka_unit_test(closing_waits_for_what_is_under_way),
		cmocka_unit_test(a_file_in_the_database_is_whole_or_not_there),
		cmocka_unit_test(a_file_deleted_while_it_is_read_ends_in_a_fault),
		cmocka_unit_test(a_file_in_the_directory_is_ours_alone),
		cmocka_unit_test(a_link_out_of_the_directory_is_not_followed),
		cmocka_unit_test(a_directory_that_is_none_is_told_at_the_start),
		cmocka_unit_test(a_location_names_format_project_export_and_fence),
		cmocka_unit_test(sums_are_those_of_the_standard),
	};

	return cmocka_run_group_tests_name("store_blobs", tests, start, stop);
}
