#include "ctl/output.h"
#include "unit/ctl/scratch.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

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

static struct output *begin(const char *path, const char *text)
{
	struct output *o;
	struct fault f;

	assert_true(output_open(path, &o, &f));
	assert_true(output_write(o, text, strlen(text), &f));
	return o;
}

static void a_file_is_there_when_it_is_whole_and_not_before(void **state)
{
	g_autofree char *path = scratch_path(*state, "out.png");
	g_autofree char *text = NULL;
	struct output *o = begin(path, "whole");
	struct fault f;

	assert_int_not_equal(access(path, F_OK), 0);
	assert_true(output_commit(o, &f));
	text = scratch_read(*state, "out.png");
	assert_string_equal(text, "whole");
	assert_int_equal(scratch_count(*state), 1);
}

static void an_abandoned_file_leaves_what_was_there(void **state)
{
	g_autofree char *path = scratch_path(*state, "out.png");
	g_autofree char *text = NULL;

	scratch_write(*state, "out.png", "before", -1);
	output_abandon(begin(path, "half"));
	output_abandon(NULL);
	text = scratch_read(*state, "out.png");
	assert_string_equal(text, "before");
	assert_int_equal(scratch_count(*state), 1);
}

static void a_link_and_its_file_keep_their_nature(void **state)
{
	g_autofree char *file = scratch_path(*state, "file");
	g_autofree char *link = scratch_path(*state, "link");
	g_autofree char *text = NULL;
	struct stat about;
	struct fault f;

	scratch_write(*state, "file", "before", -1);
	assert_int_equal(chmod(file, 0640), 0);
	assert_int_equal(symlink("file", link), 0);
	assert_true(output_commit(begin(link, "after"), &f));
	assert_int_equal(lstat(link, &about), 0);
	assert_true(S_ISLNK(about.st_mode));
	assert_int_equal(stat(file, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0640);
	text = scratch_read(*state, "file");
	assert_string_equal(text, "after");
}

static void a_new_file_has_the_mode_that_the_mask_gives(void **state)
{
	g_autofree char *path = scratch_path(*state, "out");
	mode_t mask = umask(027);
	struct stat about;
	struct fault f;

	assert_true(output_commit(begin(path, "x"), &f));
	(void)umask(mask);
	assert_int_equal(stat(path, &about), 0);
	assert_int_equal(about.st_mode & 0777, 0640);
}

static void a_device_is_written_and_not_replaced(void **state)
{
	struct stat about;
	struct fault f;

	(void)state;
	assert_true(output_commit(begin("/dev/null", "gone"), &f));
	assert_int_equal(stat("/dev/null", &about), 0);
	assert_true(S_ISCHR(about.st_mode));
}

static void what_cannot_be_made_says_so(void **state)
{
	g_autofree char *nowhere = scratch_path(*state, "no/such/place");
	struct scratch *s = *state;
	struct output *o;
	struct fault f;

	assert_false(output_open(nowhere, &o, &f));
	assert_non_null(strstr(f.detail, "no/such/place: No such file"));
	assert_false(output_open(s->path, &o, &f));
	assert_non_null(strstr(f.detail, "Is a directory"));
	assert_true(output_open("/dev/full", &o, &f));
	assert_false(output_write(o, "x", 1, &f));
	assert_non_null(strstr(f.detail, "No space left"));
	output_abandon(o);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(a_file_is_there_when_it_is_whole_and_not_before),
		TEST(an_abandoned_file_leaves_what_was_there),
		TEST(a_link_and_its_file_keep_their_nature),
		TEST(a_new_file_has_the_mode_that_the_mask_gives),
		TEST(a_device_is_written_and_not_replaced),
		TEST(what_cannot_be_made_says_so),
	};
#undef TEST

	return cmocka_run_group_tests_name("ctl output", tests, NULL, NULL);
}
