/* The door to drawing: a document (JSON, README.md describes it) becomes the bytes of a picture,
 * a result becomes the bytes of a table.
 *
 * Pure: no loop, no network, no clock.  render_warm() reads the fonts; after it, drawing opens the
 * document's time zone below /usr/share/zoneinfo and, for a script that Inter has not, a font, and
 * nothing else.
 * One thread at a time.  Pango dies rather than fails when memory ends, so daemons draw in a
 * process made for one picture (worker/renderer). */
#pragma once
#include "lib/base/json.h"
#include "render/format.h"

#include <glib.h>

struct render_limits {
	int64_t max_pixels; /* of the picture, after scaling */
};

struct picture {
	GByteArray *bytes;
	int width_px, height_px;
	size_t insight_tiles;
	size_t failed_tiles; /* of those: cards that say why instead of showing a chart */
	struct fault first_failure; /* the first of them in the order of the document */
};

/* Loads the fonts that documents use, so that drawing opens no file; call once before drawing,
 * and before there are other threads.  Which fonts: FONTCONFIG_FILE or PLATEN_FONTS if set, else
 * share/platen/fonts.conf beside the program's folder, else below the install prefix.  Returns
 * when no thread of pango's runs. */
bool render_warm(struct fault *f) MUST_CHECK;

/* The caller frees out->bytes.  FAULT_TOO_LARGE names the limit; FAULT_CORRUPT what a document
 * lacks.  A tile that cannot be drawn becomes a card that says why, never a failure here. */
bool render_document(const json_t *document, const struct format *format,
	const struct render_limits *limits, struct picture *out, struct fault *f) MUST_CHECK;

/* False, with the first reason, for a picture of nothing but cards that say why. */
bool picture_shows_something(const struct picture *p, struct fault *f) MUST_CHECK;

/* Rows of a result by the shape rules of spec/exports.md 3.3.5-3.3.7.  `source` is the query the
 * result answers or NULL, `context` the export_context or NULL.  g_string_free() *out. */
bool render_table(const json_t *result, const json_t *source, const json_t *context,
	const struct format *format, GString **out, struct fault *f) MUST_CHECK;
