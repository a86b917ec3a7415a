#include "render/format_png.h"
#include "support/drawing.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <png.h>

static const struct png_note notes[] = {
	{"Title", "Zahlen f\u00fcr M\u00e4rz"}, {"Export id", "42"}, {"Creation Time", ""}};

static GByteArray *encoded(const uint32_t *pixels, int width, int height, double scale)
{
	GByteArray *out;
	struct fault f;

	if (!format_png_encode(
		    (const uint8_t *)pixels, width, height, 4 * width, scale, notes, 3, &out, &f)) {
		fail_msg("%s", f.detail);
	}
	return out;
}

static void test_libpng_reads_the_pixels_back(void **state)
{
	(void)state;
	uint32_t pixels[20 * 10];

	for (unsigned i = 0; i < 200; i++) {
		pixels[i] = i * 0x030507;
	}

	GByteArray *png = encoded(pixels, 20, 10, 2);
	struct pixels back = pixels_of(png->data, png->len);

	assert_int_equal(back.width, 20);
	assert_int_equal(back.height, 10);
	for (unsigned i = 0; i < 200; i++) {
		const uint8_t *rgb = back.rgb + (size_t)3 * i;

		assert_int_equal((unsigned)rgb[0] << 16 | (unsigned)rgb[1] << 8 | rgb[2],
			pixels[i] & 0xffffff);
	}
	g_free(back.rgb);
	g_byte_array_unref(png);
}

struct source {
	const GByteArray *bytes;
	size_t at;
};

static void read_bytes(png_structp png, png_bytep out, size_t length)
{
	struct source *s = png_get_io_ptr(png);

	memcpy(out, s->bytes->data + s->at, length);
	s->at += length;
}

static void test_chunks_say_resolution_and_origin(void **state)
{
	(void)state;
	const uint32_t pixels[4] = {0, 1, 2, 3};
	GByteArray *bytes = encoded(pixels, 2, 2, 2);
	struct source source = {bytes, 0};
	png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, NULL, NULL, NULL);
	png_infop info = png_create_info_struct(png);
	png_uint_32 x, y;
	int unit, count;
	png_textp texts;

	png_set_read_fn(png, &source, read_bytes);
	png_read_png(png, info, PNG_TRANSFORM_IDENTITY, NULL);
	png_get_pHYs(png, info, &x, &y, &unit);
	assert_int_equal(x, 7559); /* 192 dots an inch */
	assert_int_equal(y, 7559);
	assert_int_equal(unit, PNG_RESOLUTION_METER);
	assert_int_equal(png_get_valid(png, info, PNG_INFO_sRGB), PNG_INFO_sRGB);
	count = png_get_text(png, info, &texts, NULL);
	assert_int_equal(count, 2);
	assert_string_equal(texts[0].key, "Title");
	assert_string_equal(texts[0].text, "Zahlen f\u00fcr M\u00e4rz");
	assert_string_equal(texts[1].key, "Export id");
	assert_string_equal(texts[1].text, "42");
	png_destroy_read_struct(&png, &info, NULL);
	assert_int_equal(source.at, bytes->len);
	g_byte_array_unref(bytes);
}

static void test_the_same_document_gives_the_same_bytes(void **state)
{
	(void)state;
	json_t *json = document_from(
		"{'kind':'dashboard','title':'Twice','metadata':{'export_id':'7'},'tiles':["
		"{'kind':'text','body':'# words\\n- and **more**'},{'error':'why'},"
		"{'query':{'kind':'TrendsQuery'},'result':[{'label':'a','data':[1,5,2],"
		"'labels':['a','b','c'],'days':['2025-06-01','2025-06-02','2025-06-03']}]}]}");
	const struct render_limits limits = {.max_pixels = 50000000};
	struct picture one, two;
	struct fault f;

	assert_true(render_document(json, format_named("png"), &limits, &one, &f));
	assert_true(render_document(json, format_named("png"), &limits, &two, &f));
	assert_int_equal(one.bytes->len, two.bytes->len);
	assert_memory_equal(one.bytes->data, two.bytes->data, one.bytes->len);
	g_byte_array_unref(one.bytes);
	g_byte_array_unref(two.bytes);
	json_decref(json);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_libpng_reads_the_pixels_back),
		cmocka_unit_test(test_chunks_say_resolution_and_origin),
		cmocka_unit_test(test_the_same_document_gives_the_same_bytes),
	};

	return cmocka_run_group_tests(tests, warm_fonts, NULL);
}
