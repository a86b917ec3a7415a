/* Golden pictures.  cases/NAME.json is a document; expect/NAME.trace says what is drawn, exactly;
 * where expect/NAME.png exists the pixels are compared too, tolerantly (picture_diff.h).
 *
 *   GOLDEN_ACCEPT=1 golden [NAME …]        takes what is drawn now as what is expected
 *   GOLDEN_ACCEPT=pixels golden NAME …     and begins to compare the pixels of these cases
 *
 * What differs is left in golden-out/ of the build: the trace, the picture, and the first line that
 * is not as expected on standard error.  Pictures are at scale 1 to keep the repository small. */
#include "golden/picture_diff.h"
#include "support/drawing.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char cases_folder[] = TESTS_DIR "/golden/cases";
static const char expect_folder[] = TESTS_DIR "/golden/expect";
static const char out_folder[] = BINARY_DIR "/golden-out";
static const double most_differing = 0.00005;

static bool accepting(void)
{
	return getenv("GOLDEN_ACCEPT") != NULL;
}

static char *path_of(const char *folder, const char *name, const char *extension)
{
	return g_strdup_printf("%s/%s.%s", folder, name, extension);
}

static void write_file(const char *folder, const char *name, const char *extension,
	const void *bytes, size_t length)
{
	g_autofree char *path = path_of(folder, name, extension);

	if (g_mkdir_with_parents(folder, 0755) != 0 ||
		!g_file_set_contents(path, bytes, (gssize)length, NULL)) {
		fail_msg("%s: %s", path, strerror(errno));
	}
}

/* The first line that differs says more than the whole. */
static void show_difference(const char *name, const char *expected, const char *got)
{
	g_auto(GStrv) left = g_strsplit(expected, "\n", -1);
	g_auto(GStrv) right = g_strsplit(got, "\n", -1);
	size_t i = 0;

	while (left[i] != NULL && right[i] != NULL && strcmp(left[i], right[i]) == 0) {
		i++;
	}
	print_error("%s: line %zu\n  expected %s\n  drawn    %s\n", name, i + 1,
		left[i] != NULL ? left[i] : "(nothing)", right[i] != NULL ? right[i] : "(nothing)");
}

static bool compare_trace(const char *name, const json_t *document)
{
	g_autoptr(GString) trace = trace_of(document);
	g_autofree char *path = path_of(expect_folder, name, "trace");
	g_autofree char *expected = NULL;

	if (accepting()) {
		write_file(expect_folder, name, "trace", trace->str, trace->len);
		return true;
	}
	if (!g_file_get_contents(path, &expected, NULL, NULL)) {
		print_error("%s: %s is missing; look at the picture, then GOLDEN_ACCEPT=1\n", name,
			path);
		return false;
	}
	if (strcmp(expected, trace->str) != 0) {
		write_file(out_folder, name, "trace", trace->str, trace->len);
		show_difference(name, expected, trace->str);
		return false;
	}
	return true;
}

static struct picture draw(json_t *document)
{
	const struct render_limits limits = {.max_pixels = 50000000};
	struct picture out;
	struct fault f;

	json_object_set_new(document, "scale", json_integer(1));
	if (!render_document(document, format_named("png"), &limits, &out, &f)) {
		fail_msg("%s", f.detail);
	}
	return out;
}

static bool compare_picture(const char *name, json_t *document)
{
	g_autofree char *path = path_of(expect_folder, name, "png");
	g_autofree char *expected = NULL;
	const char *accept = getenv("GOLDEN_ACCEPT");
	size_t length;
	struct picture got;

	if (!g_file_get_contents(path, &expected, &length, NULL)) {
		if (accept != NULL && strcmp(accept, "pixels") == 0) {
			got = draw(document);
			write_file(expect_folder, name, "png", got.bytes->data, got.bytes->len);
			g_byte_array_unref(got.bytes);
		}
		return true;
	}
	got = draw(document);

	struct pixels is = pixels_of(got.bytes->data, got.bytes->len);
	struct pixels ought = pixels_of(expected, length);
	double share = picture_diff(&is, &ought);

	/* An accepted picture is only replaced when an eye would see the difference. */
	if (share > most_differing) {
		write_file(accepting() ? expect_folder : out_folder, name, "png", got.bytes->data,
			got.bytes->len);
		if (!accepting()) {
			print_error("%s: %.4f %% of the pixels differ\n", name, share * 100);
		}
	}
	g_free(is.rgb);
	g_free(ought.rgb);
	g_byte_array_unref(got.bytes);
	return accepting() || share <= most_differing;
}

static bool compare(const char *name)
{
	g_autofree char *path = path_of(cases_folder, name, "json");
	json_t *document;
	struct fault f;

	if (!json_read_file(path, &json_stored_limits, &document, &f)) {
		print_error("%s: %s\n", path, f.detail);
		return false;
	}

	bool same = compare_trace(name, document);

	same = compare_picture(name, document) && same;
	json_decref(document);
	return same;
}

static int compare_names(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static GPtrArray *all_cases(void)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *folder = g_dir_open(cases_folder, 0, NULL);
	const char *file;

	while (folder != NULL && (file = g_dir_read_name(folder)) != NULL) {
		if (g_str_has_suffix(file, ".json")) {
			g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".json")));
		}
	}
	if (folder != NULL) {
		g_dir_close(folder);
	}
	g_ptr_array_sort(names, compare_names);
	return names;
}

static void test_every_case_is_drawn_as_expected(void **state)
{
	GPtrArray *names = *state;
	unsigned wrong = 0;

	assert_true(names->len > 0);
	for (guint i = 0; i < names->len; i++) {
		wrong += compare(g_ptr_array_index(names, i)) ? 0 : 1;
	}
	if (wrong > 0) {
		fail_msg("%u of %u cases differ; see %s", wrong, names->len, out_folder);
	}
}

static void test_an_eye_sees_a_wrong_digit_but_not_a_nudge(void **state)
{
	uint8_t paper[60 * 40 * 3], nudged[sizeof paper], wrong[sizeof paper];
	const struct pixels a = {60, 40, paper}, b = {60, 40, nudged}, c = {60, 40, wrong};
	const struct pixels narrow = {59, 40, paper};

	(void)state;
	memset(paper, 255, sizeof paper);
	for (size_t y = 5; y < 30; y++) {
		memset(paper + 3 * (y * 60 + 10), 0, 6);
	}
	memset(nudged, 255, sizeof nudged);
	memcpy(nudged + 3, paper, sizeof nudged - 3);
	memcpy(wrong, paper, sizeof wrong);
	memset(wrong + (size_t)3 * (12 * 60 + 16), 0, 9);
	assert_true(picture_diff(&a, &a) == 0);
	assert_true(picture_diff(&a, &b) == 0);
	assert_true(picture_diff(&a, &c) > most_differing);
	assert_true(picture_diff(&a, &narrow) == 1);
}

int main(int argc, char **argv)
{
	GPtrArray *names = argc > 1 ? g_ptr_array_new_with_free_func(g_free) : all_cases();
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_prestate(test_every_case_is_drawn_as_expected, names),
		cmocka_unit_test(test_an_eye_sees_a_wrong_digit_but_not_a_nudge),
	};

	for (int i = 1; i < argc; i++) {
		g_ptr_array_add(names, g_strdup(argv[i]));
	}

	int failed = cmocka_run_group_tests(tests, warm_fonts, NULL);

	g_ptr_array_unref(names);
	return failed;
}
