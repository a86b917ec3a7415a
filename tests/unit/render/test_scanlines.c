#include "render/huffman.h"
#include "render/scanlines.h"

#include <libdeflate.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Undoes filters None and Up, the two that are written. */
static void unfilter(uint8_t *rows, size_t row_bytes, size_t height)
{
	for (size_t y = 0; y < height; y++) {
		uint8_t *row = rows + y * row_bytes;

		assert_true(row[0] == 0 || row[0] == 2);
		for (size_t i = 1; row[0] == 2 && y > 0 && i < row_bytes; i++) {
			row[i] = (uint8_t)(row[i] + row[i - row_bytes]);
		}
	}
}

/* What another inflater reads is what was given, byte for byte; its sum is checked too. */
static void assert_survives(const uint32_t *pixels, int width, int height)
{
	GByteArray *packed = g_byte_array_new();
	size_t row_bytes = 3 * (size_t)width + 1, raw = row_bytes * (size_t)height, got;
	g_autofree uint8_t *rows = g_malloc(raw);
	struct libdeflate_decompressor *inflater = libdeflate_alloc_decompressor();

	scanlines_deflate((const uint8_t *)pixels, width, height, 4 * width, packed);
	assert_int_equal(
		libdeflate_zlib_decompress(inflater, packed->data, packed->len, rows, raw, &got),
		LIBDEFLATE_SUCCESS);
	assert_int_equal(got, raw);
	unfilter(rows, row_bytes, (size_t)height);
	for (size_t i = 0; i < (size_t)width * (size_t)height; i++) {
		const uint8_t *rgb =
			rows + i / (size_t)width * row_bytes + 1 + 3 * (i % (size_t)width);

		assert_int_equal((unsigned)rgb[0] << 16 | (unsigned)rgb[1] << 8 | rgb[2],
			pixels[i] & 0xffffff);
	}
	libdeflate_free_decompressor(inflater);
	g_byte_array_unref(packed);
}

enum pattern { NOISE, FLAT, RUNS, ROWS, BLOCKS, WORDS, PATTERNS };

static void paint(
	uint32_t *pixels, size_t width, size_t height, enum pattern pattern, GRand *random)
{
	uint32_t ink = 0;

	for (size_t i = 0; i < width * height; i++) {
		switch (pattern) {
		case NOISE:
			pixels[i] = g_rand_int(random);
			break;
		case FLAT:
			pixels[i] = 0x80f3f4f0;
			break;
		case RUNS:
			ink = g_rand_int_range(random, 0, 20) == 0 ? g_rand_int(random) : ink;
			pixels[i] = ink;
			break;
		case ROWS: /* the row above, but for a few, and with noise in the byte that is none
			    */
			pixels[i] = i >= width && g_rand_int_range(random, 0, 30) > 0
					    ? pixels[i - width] ^ (g_rand_int(random) & 0xff000000)
					    : (uint32_t)g_rand_int_range(random, 0, 3) * 0x777777;
			break;
		case BLOCKS:
			pixels[i] = (uint32_t)(i % width / 7 + i / width / 3) * 0x10203;
			break;
		case WORDS: /* the same letters again and again, as text has them */
			pixels[i] = (uint32_t)((i % width % 13) * (i / width % 9) % 5) * 0x333333;
			break;
		case PATTERNS:
			break;
		}
	}
}

static void test_any_picture_survives(void **state)
{
	(void)state;
	g_autoptr(GRand) random = g_rand_new_with_seed(3);

	for (int round = 0; round < 1200; round++) {
		bool wide = round % 100 == 0;
		int width = g_rand_int_range(random, 1, wide ? 16384 : 120);
		int height = g_rand_int_range(random, 1, wide ? 12 : 60);
		g_autofree uint32_t *pixels = g_new(uint32_t, (gsize)width * (gsize)height);

		paint(pixels, (size_t)width, (size_t)height, (enum pattern)(round % PATTERNS),
			random);
		assert_survives(pixels, width, height);
	}
}

static void test_flat_pictures_become_small(void **state)
{
	(void)state;
	enum { WIDTH = 1600, HEIGHT = 1200 };
	g_autofree uint32_t *pixels = g_new(uint32_t, (gsize)WIDTH * HEIGHT);
	GByteArray *packed = g_byte_array_new();

	paint(pixels, WIDTH, HEIGHT, FLAT, NULL);
	scanlines_deflate((const uint8_t *)pixels, WIDTH, HEIGHT, 4 * WIDTH, packed);
	assert_true(packed->len < 16384);
	g_byte_array_unref(packed);
}

static void test_bytes_beyond_the_colors_do_not_matter(void **state)
{
	(void)state;
	uint32_t a[64], b[64];
	GByteArray *one = g_byte_array_new(), *other = g_byte_array_new();

	for (unsigned i = 0; i < 64; i++) {
		a[i] = i / 8 * 0x101010;
		b[i] = a[i] | i << 24;
	}
	scanlines_deflate((const uint8_t *)a, 8, 8, 32, one);
	scanlines_deflate((const uint8_t *)b, 8, 8, 32, other);
	assert_int_equal(one->len, other->len);
	assert_memory_equal(one->data, other->data, one->len);
	g_byte_array_unref(one);
	g_byte_array_unref(other);
}

/* Kraft's sum: a code whose sum is 1 is complete, which inflaters insist on. */
static void assert_complete(const uint8_t *lengths, size_t symbols, unsigned longest)
{
	unsigned sum = 0;

	for (size_t i = 0; i < symbols; i++) {
		assert_true(lengths[i] <= longest);
		sum += lengths[i] > 0 ? 1u << (longest - lengths[i]) : 0;
	}
	assert_int_equal(sum, 1u << longest);
}

static void test_codes_are_complete_and_never_too_long(void **state)
{
	(void)state;
	g_autoptr(GRand) random = g_rand_new_with_seed(5);

	for (int round = 0; round < 300; round++) {
		uint32_t counts[286] = {0};
		uint8_t lengths[286];
		size_t symbols = (size_t)g_rand_int_range(random, 2, 286);
		uint32_t count = 1;

		counts[0] = counts[1] = 1;
		for (size_t i = 2; i < symbols; i++) {
			/* Doubling counts make the deepest tree there is. */
			count = round % 2 == 0 ? MIN(count * 2, 1u << 30)
					       : (uint32_t)g_rand_int_range(random, 0, 1000);
			counts[i] = count;
		}
		huffman_lengths(counts, symbols, 15, lengths);
		assert_complete(lengths, symbols, 15);
		if (symbols <= 19) {
			huffman_lengths(counts, symbols, 7, lengths);
			assert_complete(lengths, symbols, 7);
		}
	}
}

static void test_frequent_symbols_have_short_codes(void **state)
{
	(void)state;
	const uint32_t counts[] = {1000, 10, 10, 1};
	uint8_t lengths[4];

	huffman_lengths(counts, 4, 15, lengths);
	assert_int_equal(lengths[0], 1);
	assert_int_equal(lengths[3], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_any_picture_survives),
		cmocka_unit_test(test_flat_pictures_become_small),
		cmocka_unit_test(test_bytes_beyond_the_colors_do_not_matter),
		cmocka_unit_test(test_codes_are_complete_and_never_too_long),
		cmocka_unit_test(test_frequent_symbols_have_short_codes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
