#include "render/theme.h"

#include <stdlib.h>
#include <string.h>

/* clang-format off */
#define INK(hex) {((hex) >> 16 & 255) / 255.0, ((hex) >> 8 & 255) / 255.0, ((hex) & 255) / 255.0, 1}
static const struct theme themes[] = {
	{
		.name = "light",
		.page = INK(0xf3f4f0), .surface = INK(0xffffff), .surface_secondary = INK(0xeff0ea),
		.border = INK(0xdbded4), .text = INK(0x0d0d0d), .text_secondary = INK(0x404040),
		.text_tertiary = INK(0x666666), .grid = INK(0xe3e4e8), .accent = INK(0xf54e00),
		.success = INK(0x388600), .danger = INK(0xdb3707), .bubble = INK(0x232429),
		.series = {
			INK(0x1d4aff), INK(0x621da6), INK(0x42827e), INK(0xce0e74), INK(0xf14f58),
			INK(0x7c440e), INK(0x529a0a), INK(0x0476fb), INK(0xfe729e), INK(0x35416b),
			INK(0x41cbc4), INK(0xb64b02), INK(0xe4a604), INK(0xa56eff), INK(0x30d5c8),
		},
	},
	{
		.name = "dark",
		.page = INK(0x131316), .surface = INK(0x232429), .surface_secondary = INK(0x17171c),
		.border = INK(0x2f3037), .text = INK(0xe6e6e6), .text_secondary = INK(0xa6a6a6),
		.text_tertiary = INK(0x8c8c8c), .grid = INK(0x3b3b45), .accent = INK(0xf8be2a),
		.success = INK(0x6fbf3a), .danger = INK(0xf0674a), .bubble = INK(0x3b3b45),
		.series = {
			INK(0x1d4aff), INK(0x7f26d9), INK(0x3e7a76), INK(0xbf0d6c), INK(0xf0474f),
			INK(0xb36114), INK(0x529a0a), INK(0x0476fb), INK(0xfe729e), INK(0x6576b3),
			INK(0x41cbc4), INK(0xb64b02), INK(0xe4a604), INK(0xa56eff), INK(0x30d5c8),
		},
	},
};
#undef INK
/* clang-format on */

enum { THEME_COUNT = sizeof themes / sizeof *themes, SERIES_COUNT = 15 };

const struct theme *theme_named(const char *name)
{
	for (size_t i = 0; name != NULL && i < THEME_COUNT; i++) {
		if (strcmp(themes[i].name, name) == 0) {
			return &themes[i];
		}
	}
	return &themes[0];
}

struct color theme_series(const struct theme *t, size_t index)
{
	return t->series[index % SERIES_COUNT];
}

struct color theme_preset(const struct theme *t, const char *preset, size_t otherwise)
{
	static const char prefix[] = "preset-";

	if (preset != NULL && strncmp(preset, prefix, strlen(prefix)) == 0) {
		char *end;
		const char *digits = preset + strlen(prefix);
		long number = strtol(digits, &end, 10);

		if (g_ascii_isdigit(digits[0]) && *end == '\0' && number > 0 && number <= 1000) {
			return theme_series(t, (size_t)number - 1);
		}
	} else if (preset != NULL && color_is_hex(preset)) {
		return color_of_hex(preset);
	}
	return theme_series(t, otherwise);
}
