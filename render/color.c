#include "render/canvas.h"

#include <string.h>

static double channel(const char *two)
{
	return (g_ascii_xdigit_value(two[0]) * 16 + g_ascii_xdigit_value(two[1])) / 255.0;
}

bool color_is_hex(const char *text)
{
	size_t length = strlen(text);

	return text[0] == '#' && (length == 7 || length == 9) &&
	       strspn(text + 1, "0123456789abcdefABCDEF") == length - 1;
}

struct color color_of_hex(const char *hex)
{
	if (hex == NULL || !color_is_hex(hex)) {
		return (struct color){0, 0, 0, 1};
	}
	return (struct color){channel(hex + 1), channel(hex + 3), channel(hex + 5),
		strlen(hex) == 9 ? channel(hex + 7) : 1};
}

struct color color_with_alpha(struct color c, double alpha)
{
	c.a = alpha;
	return c;
}
