/* Documents drawn for a test: as a trace, as a PNG, and a PNG read back. */
#pragma once
#include "lib/base/json.h"
#include "render/render.h"

#include <glib.h>

/* Fonts once for a test program; a cmocka group setup. */
int warm_fonts(void **state);

/* JSON with ' for ", which reads better in C; fails the test when it is none. */
json_t *document_from(const char *text);
/* What page_draw() does on a canvas of words, and the size of the page first. */
GString *trace_of(const json_t *document);

/* What a line of a trace covers, clips not counted; of a text its baseline.  False for lines that
 * draw nothing. */
struct bounds {
	double left, top, right, bottom;
};
bool bounds_of(const char *line, struct bounds *out);

struct pixels {
	int width, height;
	uint8_t *rgb; /* 3 bytes a pixel; g_free() */
};
/* By libpng, which checks every sum on the way; fails the test when it finds anything wrong. */
struct pixels pixels_of(const void *png, size_t length);
