#include "render/format.h"

#include <stddef.h>
#include <string.h>

static const struct format formats[] = {
#define FORMAT(name, mime, family, postable, written, days)                                        \
	{#name, mime, FORMAT_##family, postable, written, days},
#include "render/format.def"
#undef FORMAT
};

enum { FORMAT_COUNT = sizeof formats / sizeof *formats };

const struct format *format_of_mime(const char *mime)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		if (strcmp(formats[i].mime, mime) == 0) {
			return &formats[i];
		}
	}
	return NULL;
}

const struct format *format_named(const char *name)
{
	for (size_t i = 0; i < FORMAT_COUNT; i++) {
		if (strcmp(formats[i].name, name) == 0) {
			return &formats[i];
		}
	}
	return NULL;
}

int64_t format_expires_after_us(const struct format *format, int64_t now_us)
{
	const int64_t day_us = INT64_C(86400) * 1000000;
	int64_t at = now_us + format->days * day_us;

	return at - at % day_us;
}
