#include "golden/picture_diff.h"

#include <stdlib.h>

enum { TOLERANCE = 48 };

static bool near_any(const uint8_t *pixel, const struct pixels *other, int x, int y)
{
	for (int ny = MAX(y - 1, 0); ny <= MIN(y + 1, other->height - 1); ny++) {
		for (int nx = MAX(x - 1, 0); nx <= MIN(x + 1, other->width - 1); nx++) {
			const uint8_t *near =
				other->rgb + 3 * ((size_t)ny * (size_t)other->width + (size_t)nx);

			if (abs(pixel[0] - near[0]) <= TOLERANCE &&
				abs(pixel[1] - near[1]) <= TOLERANCE &&
				abs(pixel[2] - near[2]) <= TOLERANCE) {
				return true;
			}
		}
	}
	return false;
}

double picture_diff(const struct pixels *a, const struct pixels *b)
{
	size_t differing = 0;

	if (a->width != b->width || a->height != b->height) {
		return 1;
	}
	for (int y = 0; y < a->height; y++) {
		for (int x = 0; x < a->width; x++) {
			size_t at = 3 * ((size_t)y * (size_t)a->width + (size_t)x);

			if (!near_any(a->rgb + at, b, x, y) || !near_any(b->rgb + at, a, x, y)) {
				differing++;
			}
		}
	}
	return (double)differing / ((double)a->width * a->height);
}
