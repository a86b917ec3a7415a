#include "support/drawing.h"

#include "render/page.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <png.h>

int warm_fonts(void **state)
{
	struct fault f;

	(void)state;
	if (!render_warm(&f)) {
		print_error("fonts: %s\n", f.detail);
		return -1;
	}
	return 0;
}

json_t *document_from(const char *text)
{
	g_autofree char *json = g_strdelimit(g_strdup(text), "'", '"');
	json_t *value;
	struct fault f;

	if (!json_read(json, strlen(json), &json_stored_limits, &value, &f)) {
		fail_msg("%s in %s", f.detail, json);
	}
	return value;
}

GString *trace_of(const json_t *json)
{
	GString *out = g_string_new(NULL);
	struct document *d;
	struct fault f;

	if (!document_read(json, &d, &f)) {
		fail_msg("%s", f.detail);
	}

	struct page *page = page_create(d);
	struct canvas *c = canvas_trace_create(out);

	g_string_append_printf(out, "page %.2f x %.2f\n", page->width, page->height);
	page_draw(page, c);
	if (!canvas_ok(c, &f)) {
		fail_msg("%s", f.detail);
	}
	canvas_destroy(c);
	page_destroy(page);
	document_destroy(d);
	return out;
}

struct pixels pixels_of(const void *png, size_t length)
{
	png_image image = {.version = PNG_IMAGE_VERSION};
	struct pixels out = {0};

	if (!png_image_begin_read_from_memory(&image, png, length)) {
		fail_msg("%s", image.message);
	}
	image.format = PNG_FORMAT_RGB;
	out.width = (int)image.width;
	out.height = (int)image.height;
	out.rgb = g_malloc(PNG_IMAGE_SIZE(image));
	if (!png_image_finish_read(&image, NULL, out.rgb, 0, NULL) ||
		(image.warning_or_error & 3) != 0) {
		fail_msg("%s", image.message);
	}
	return out;
}
