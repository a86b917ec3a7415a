#include "render/render.h"

#include "render/format_png.h"
#include "render/page.h"

#include <string.h>

struct picture_format {
	const char *name; /* as in format.def */
	bool (*write)(const struct page *page, const struct render_limits *limits,
		struct picture *out, struct fault *f);
};

static const struct picture_format picture_formats[] = {
	{"png", format_png_write},
};

static const struct picture_format *picture_format_lookup(const struct format *format)
{
	for (size_t i = 0; i < sizeof picture_formats / sizeof *picture_formats; i++) {
		if (strcmp(picture_formats[i].name, format->name) == 0) {
			return &picture_formats[i];
		}
	}
	return NULL;
}

static void count_failures(const struct page *page, struct picture *out)
{
	for (size_t i = 0; i < page->card_count; i++) {
		const struct card *card = &page->cards[i];

		out->insight_tiles += card->state != CARD_TEXT;
		if (card->state == CARD_FAILED) {
			if (out->failed_tiles == 0) {
				out->first_failure = card->reason;
			}
			out->failed_tiles++;
		}
	}
}

bool picture_shows_something(const struct picture *p, struct fault *f)
{
	return p->failed_tiles == 0 || p->failed_tiles < p->insight_tiles ||
	       fault_pass(f, &p->first_failure);
}

bool render_document(const json_t *document, const struct format *format,
	const struct render_limits *limits, struct picture *out, struct fault *f)
{
	const struct picture_format *how = picture_format_lookup(format);
	struct document *d;

	*out = (struct picture){0};
	if (how == NULL) {
		return fault_set(
			f, FAULT_UNSUPPORTED, "Pictures are not written as %s.", format->name);
	}
	if (!document_read(document, &d, f)) {
		return false;
	}

	struct page *page = page_create(d);
	bool written = how->write(page, limits, out, f);

	count_failures(page, out);
	page_destroy(page);
	document_destroy(d);
	return written;
}
