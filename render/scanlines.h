/* Pixels to the zlib stream that a PNG's IDAT holds: scanlines of 8-bit RGB, deflated.
 *
 * Pictures of charts are flat: most rows equal the one above, most pixels the one beside. Comparing
 * pixels finds the first at the speed of memory, before anything becomes bytes; such a row is zeros
 * under filter Up.  The others are written without a filter, as runs and as repeats of letters.
 * README.md has the figures against libdeflate, which must read every byte. */
#pragma once
#include <glib.h>
#include <stdint.h>

/* Rows of 0xXXRRGGBB in the order of the machine, `stride` bytes apart; appends to `out`. */
void scanlines_deflate(const uint8_t *pixels, int width, int height, int stride, GByteArray *out);
