/* Colours and sizes by role (spec/insights.md 5.1, 5.2), so that drawing code names what a thing
 * is and a theme says how it looks. */
#pragma once
#include "render/canvas.h"

struct theme {
	const char *name;
	struct color page, surface, surface_secondary, border, text, text_secondary, text_tertiary;
	struct color grid, accent, success, danger, bubble;
	struct color series[15];
};

const struct theme *theme_named(const char *name); /* "light" when NULL or unknown */
struct color theme_series(const struct theme *t, size_t index); /* repeats after 15 */
/* "preset-7", "#1d4aff", else the colour of `otherwise`. */
struct color theme_preset(const struct theme *t, const char *preset, size_t otherwise);
