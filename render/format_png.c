#include "render/format_png.h"

#include "render/scanlines.h"

#include <math.h>
#include <png.h>
#include <string.h>

enum { MAX_SIDE = 16384, MAX_NOTES = 8 };

static const double inches_per_meter = 1 / 0.0254, dots_per_inch = 96;

static void on_png_error(png_structp png, png_const_charp why)
{
	struct fault *f = png_get_error_ptr(png);

	(void)fault_set(f, FAULT_BUG, "libpng: %s", why);
	png_longjmp(png, 1);
}

static void on_png_warning(png_structp png, png_const_charp why)
{
	(void)png;
	(void)why;
}

static void on_png_write(png_structp png, png_bytep bytes, size_t length)
{
	g_byte_array_append(png_get_io_ptr(png), bytes, (guint)length);
}

static void on_png_flush(png_structp png)
{
	(void)png;
}

static bool is_ascii(const char *text)
{
	for (; *text != '\0'; text++) {
		if ((unsigned char)*text >= 0x80) {
			return false;
		}
	}
	return true;
}

/* tEXt is Latin-1; anything else needs iTXt, which is UTF-8. */
static size_t take_notes(
	png_text *texts, const struct png_note *notes, size_t note_count, char **kept)
{
	size_t taken = 0;

	for (size_t i = 0; i < note_count && taken < MAX_NOTES; i++) {
		if (notes[i].text[0] == '\0') {
			continue;
		}
		kept[2 * taken] = g_strdup(notes[i].keyword);
		kept[2 * taken + 1] = g_strdup(notes[i].text);
		texts[taken] = (png_text){.compression = is_ascii(notes[i].text)
								 ? PNG_TEXT_COMPRESSION_NONE
								 : PNG_ITXT_COMPRESSION_NONE,
			.key = kept[2 * taken],
			.text = kept[2 * taken + 1],
			.text_length = strlen(notes[i].text)};
		taken++;
	}
	return taken;
}

/* The one function that libpng may jump out of: it owns nothing and changes no local after
 * setjmp(), so that both ways out find the same state. */
static bool write_chunks(png_structp png, png_infop info, const png_text *texts, size_t text_count,
	uint32_t pixels_per_meter, int width, int height, const GByteArray *stream)
{
	if (setjmp(png_jmpbuf(png)) != 0) {
		return false;
	}
	png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB,
		PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
	png_set_pHYs(png, info, pixels_per_meter, pixels_per_meter, PNG_RESOLUTION_METER);
	png_set_sRGB(png, info, PNG_sRGB_INTENT_PERCEPTUAL);
	png_set_text(png, info, texts, (int)text_count);
	png_write_info(png, info);
	png_write_chunk(png, (png_const_bytep) "IDAT", stream->data, stream->len);
	png_write_chunk(png, (png_const_bytep) "IEND", NULL, 0);
	return true;
}

bool format_png_encode(const uint8_t *pixels, int width, int height, int stride, double scale,
	const struct png_note *notes, size_t note_count, GByteArray **out, struct fault *f)
{
	png_text texts[MAX_NOTES];
	char *kept[2 * MAX_NOTES] = {NULL};
	size_t text_count = take_notes(texts, notes, note_count, kept);
	GByteArray *stream = g_byte_array_sized_new(1 << 18);

	scanlines_deflate(pixels, width, height, stride, stream);
	*out = g_byte_array_sized_new(stream->len + 1024);

	png_structp png =
		png_create_write_struct(PNG_LIBPNG_VER_STRING, f, on_png_error, on_png_warning);
	png_infop info = png != NULL ? png_create_info_struct(png) : NULL;
	bool written = false;

	if (info == NULL) {
		(void)fault_set(f, FAULT_BUG, "libpng does not start");
	} else {
		png_set_write_fn(png, *out, on_png_write, on_png_flush);
		written = write_chunks(png, info, texts, text_count,
			(uint32_t)lround(scale * dots_per_inch * inches_per_meter), width, height,
			stream);
	}
	png_destroy_write_struct(&png, &info);
	g_byte_array_unref(stream);
	for (size_t i = 0; i < sizeof kept / sizeof *kept; i++) {
		g_free(kept[i]);
	}
	if (!written) {
		g_byte_array_unref(*out);
		*out = NULL;
	}
	return written;
}

static bool pixel_size(const struct page *page, const struct render_limits *limits,
	struct picture *out, struct fault *f)
{
	double scale = page->document->scale;
	double width = round(page->width * scale), height = ceil(page->height * scale);

	if (width * height > (double)limits->max_pixels) {
		return fault_set(f, FAULT_TOO_LARGE,
			"The picture would be %.0f x %.0f px, which is %.1f million pixels; the limit is %.1f million (draw_max_pixels). A smaller scale or fewer rows would fit.",
			width, height, width * height / 1e6, (double)limits->max_pixels / 1e6);
	}
	if (width > MAX_SIDE || height > MAX_SIDE) {
		return fault_set(f, FAULT_TOO_LARGE,
			"The picture would be %.0f x %.0f px; at most %d px a side can be drawn. A smaller scale or fewer rows would fit.",
			width, height, MAX_SIDE);
	}
	out->width_px = (int)width;
	out->height_px = (int)height;
	return true;
}

bool format_png_write(const struct page *page, const struct render_limits *limits,
	struct picture *out, struct fault *f)
{
	const struct document *d = page->document;
	const struct png_note notes[] = {
		{"Title", d->file_title[0] != '\0' ? d->file_title : d->title},
		{"Export id", d->export_id},
		{"Creation Time", d->created_at},
		{"Software", "Platen " PLATEN_VERSION},
	};
	struct canvas *c;
	bool ok;
	int stride;

	if (!pixel_size(page, limits, out, f)) {
		return false;
	}
	c = canvas_cairo_create(out->width_px, out->height_px, d->scale, d->theme->page);
	page_draw(page, c);

	const uint8_t *pixels = canvas_cairo_pixels(c, &stride);

	ok = canvas_ok(c, f) &&
	     format_png_encode(pixels, out->width_px, out->height_px, stride, d->scale, notes,
		     sizeof notes / sizeof *notes, &out->bytes, f);
	canvas_destroy(c);
	return ok;
}
