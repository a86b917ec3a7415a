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

	g_string_append_printf(out, "page 0.00 0.00 %.2f %.2f\n", page->width, page->height);
	page_draw(page, c);
	if (!canvas_ok(c, &f)) {
		fail_msg("%s", f.detail);
	}
	canvas_destroy(c);
	page_destroy(page);
	document_destroy(d);
	return out;
}

/* The numbers that stand after the first word; "w=" of a text counts as one. */
static GArray *numbers_of(const char *line)
{
	GArray *numbers = g_array_new(FALSE, FALSE, sizeof(double));
	const char *at = strchr(line, ' ');

	while (at != NULL) {
		char *end;

		at += strspn(at, " w=");
		double number = g_ascii_strtod(at, &end);

		if (end == at) {
			break;
		}
		g_array_append_val(numbers, number);
		at = end;
	}
	return numbers;
}

static struct bounds around(const double *xy, size_t points)
{
	struct bounds out = {xy[0], xy[1], xy[0], xy[1]};

	for (size_t i = 1; i < points; i++) {
		out.left = MIN(out.left, xy[2 * i]);
		out.right = MAX(out.right, xy[2 * i]);
		out.top = MIN(out.top, xy[2 * i + 1]);
		out.bottom = MAX(out.bottom, xy[2 * i + 1]);
	}
	return out;
}

bool bounds_of(const char *line, struct bounds *out)
{
	GArray *numbers = numbers_of(line);
	const double *n = (const double *)(const void *)numbers->data;
	bool drawn = numbers->len >= 2;

	if (g_str_has_prefix(line, "text")) {
		assert_true(numbers->len >= 3);
		*out = (struct bounds){n[0], n[1] - 4, n[0] + n[2], n[1]};
	} else if (g_str_has_prefix(line, "line") || g_str_has_prefix(line, "polygon")) {
		*out = around(n, numbers->len / 2);
	} else if (drawn) {
		assert_true(numbers->len >= 4);
		*out = (struct bounds){n[0], n[1], n[0] + n[2], n[1] + n[3]};
	}
	g_array_free(numbers, TRUE);
	return drawn;
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
