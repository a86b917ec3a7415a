/* A page as PNG: 8-bit RGB, lossless, the same bytes for the same page. */
#pragma once
#include "render/page.h"
#include "render/render.h"

bool format_png_write(const struct page *page, const struct render_limits *limits,
	struct picture *out, struct fault *f) MUST_CHECK;

struct png_note {
	const char *keyword, *text; /* an empty text is left out */
};

/* Pixels as canvas_cairo_pixels() gives them; the caller frees *out. */
bool format_png_encode(const uint8_t *pixels, int width, int height, int stride, double scale,
	const struct png_note *notes, size_t note_count, GByteArray **out,
	struct fault *f) MUST_CHECK;
