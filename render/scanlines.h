/* Pixels to the zlib stream that a PNG's IDAT holds: scanlines of 8-bit RGB, each less the one
 * above it (filter Up), deflated.
 *
 * Pictures of charts are flat: most pixels equal the one above.  Comparing pixels finds that at
 * the speed of memory, before anything becomes bytes; only what differs is looked at by the byte.
 * README.md has the figures against libdeflate, which must read every byte. */
#pragma once
#include <glib.h>
#include <stdint.h>

/* Rows of 0xXXRRGGBB in the order of the machine, `stride` bytes apart; appends to `out`. */
void scanlines_deflate(const uint8_t *pixels, int width, int height, int stride, GByteArray *out);
