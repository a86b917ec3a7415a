#include "render/scanlines.h"

#include "render/deflate.h"

#include <libdeflate.h>
#include <string.h>

enum {
	FILTER_UP = 2,
	HASH_BITS = 12,
	SHORTEST = 4, /* bytes that a match of the hash has at least */
	FAR = 2048, /* a distance whose extra bits cost as much as two literals */
	ADLER = 65521
};

struct scanlines {
	struct deflate deflate;
	uint8_t *row; /* filter byte and differences; zero where nothing differs */
	size_t row_bytes;
	uint32_t adler;
	/* Where in which row four bytes were last seen: row number and place in the row. */
	uint64_t seen[1 << HASH_BITS];
	uint64_t row_number;
};

static uint32_t pixel_at(const uint8_t *row, size_t x)
{
	uint32_t pixel;

	memcpy(&pixel, row + 4 * x, sizeof pixel);
	return pixel & 0xffffff;
}

/* The first pixel from x on that differs between the rows, or `width`. */
static size_t next_change(const uint8_t *row, const uint8_t *above, size_t x, size_t width)
{
	const uint64_t colors = UINT64_C(0x00ffffff00ffffff);

	for (; x + 8 <= width; x += 8) {
		uint64_t a[4], b[4];

		memcpy(a, row + 4 * x, sizeof a);
		memcpy(b, above + 4 * x, sizeof b);
		if ((((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) & colors) !=
			0) {
			break;
		}
	}
	while (x < width && pixel_at(row, x) == pixel_at(above, x)) {
		x++;
	}
	return x;
}

static size_t next_same(const uint8_t *row, const uint8_t *above, size_t x, size_t width)
{
	while (x < width && pixel_at(row, x) != pixel_at(above, x)) {
		x++;
	}
	return x;
}

static void subtract(uint8_t *out, const uint8_t *row, const uint8_t *above, size_t x, size_t end)
{
	for (uint8_t *at = out + 1 + 3 * x; x < end; x++, at += 3) {
		uint32_t a = pixel_at(row, x), b = pixel_at(above, x);

		at[0] = (uint8_t)((a >> 16) - (b >> 16));
		at[1] = (uint8_t)((a >> 8) - (b >> 8));
		at[2] = (uint8_t)(a - b);
	}
}

static uint32_t four_bytes(const uint8_t *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof four);
	return four;
}

static void put_zeros(struct scanlines *s, size_t at, size_t end)
{
	if (at < end && s->row[at - 1] != 0) {
		deflate_literal(&s->deflate, 0);
		at++;
	}
	if (end - at >= 3) {
		deflate_match(&s->deflate, (unsigned)(end - at), 1);
	} else {
		for (; at < end; at++) {
			deflate_literal(&s->deflate, 0);
		}
	}
}

static size_t match_length(const uint8_t *row, size_t early, size_t late, size_t end)
{
	size_t length = 0;

	while (late + length < end && row[early + length] == row[late + length]) {
		length++;
	}
	return length;
}

/* Puts what stands at `at` and says where the next token begins. */
static size_t put_change(struct scanlines *s, size_t at)
{
	if (at + SHORTEST <= s->row_bytes) {
		uint32_t four = four_bytes(s->row + at);
		uint64_t *seen = &s->seen[four * UINT32_C(2654435761) >> (32 - HASH_BITS)];
		uint64_t before = *seen;
		size_t early = (size_t)(before & 0xffffffff);

		*seen = s->row_number << 32 | at;
		if (before >> 32 == s->row_number && at - early <= DEFLATE_WINDOW &&
			four_bytes(s->row + early) == four) {
			size_t length = match_length(s->row, early, at, s->row_bytes);

			if (length > SHORTEST + 1 || at - early < FAR) {
				deflate_match(
					&s->deflate, (unsigned)length, (unsigned)(at - early));
				return at + length;
			}
		}
	}
	deflate_literal(&s->deflate, s->row[at]);
	return at + 1;
}

/* Zeros that follow on one another are found a pixel at a time by next_change(), so `zeros` is
 * only asked where a match has ended somewhere between. */
static size_t zeros_from(const struct scanlines *s, size_t at, size_t end)
{
	while (at < end && s->row[at] == 0) {
		at++;
	}
	return at;
}

static void put_same_row(struct scanlines *s)
{
	uint64_t s1 = s->adler & 0xffff, s2 = s->adler >> 16;

	s->row[0] = FILTER_UP;
	deflate_literal(&s->deflate, FILTER_UP);
	put_zeros(s, 1, s->row_bytes);
	/* Zeros add nothing to the first sum, and the first sum to the second once each. */
	s1 = (s1 + FILTER_UP) % ADLER;
	s2 = (s2 + s1 * s->row_bytes) % ADLER;
	s->adler = (uint32_t)(s2 << 16 | s1);
}

static void put_row(
	struct scanlines *s, const uint8_t *row, const uint8_t *above, size_t width, size_t change)
{
	memset(s->row, 0, s->row_bytes);
	s->row[0] = FILTER_UP;
	for (size_t x = change; x < width;) {
		size_t end = next_same(row, above, x, width);

		subtract(s->row, row, above, x, end);
		x = next_change(row, above, end, width);
	}
	s->adler = libdeflate_adler32(s->adler, s->row, s->row_bytes);
	s->row_number++;
	deflate_literal(&s->deflate, FILTER_UP);

	size_t at = 1 + 3 * change;

	put_zeros(s, 1, at);
	while (at < s->row_bytes) {
		if (s->row[at] == 0) {
			size_t x = (at - 1) / 3;
			size_t end = zeros_from(s, at, MIN(1 + 3 * (x + 1), s->row_bytes));

			if (end == 1 + 3 * (x + 1)) {
				end = 1 + 3 * next_change(row, above, x + 1, width);
				end = zeros_from(s, end, MIN(end + 2, s->row_bytes));
			}
			if (end - at >= SHORTEST) {
				put_zeros(s, at, end);
				at = end;
				continue;
			}
		}
		at = put_change(s, at);
	}
}

void scanlines_deflate(const uint8_t *pixels, int width, int height, int stride, GByteArray *out)
{
	const uint8_t header[] = {0x78, 0x01};
	struct scanlines *s = g_new0(struct scanlines, 1);
	g_autofree uint8_t *black = g_malloc0((size_t)width * 4);
	const uint8_t *above = black;

	s->row_bytes = 1 + 3 * (size_t)width;
	s->row = g_malloc(s->row_bytes);
	s->adler = 1;
	g_byte_array_append(out, header, sizeof header);
	deflate_begin(&s->deflate, out);
	for (int y = 0; y < height; y++) {
		const uint8_t *row = pixels + (size_t)y * (size_t)stride;
		size_t change = next_change(row, above, 0, (size_t)width);

		if (change == (size_t)width) {
			memset(s->row, 0, MIN(s->row_bytes, 4));
			put_same_row(s);
		} else {
			put_row(s, row, above, (size_t)width, change);
		}
		above = row;
	}
	deflate_end(&s->deflate);

	uint32_t sum = GUINT32_TO_BE(s->adler);

	g_byte_array_append(out, (const uint8_t *)&sum, sizeof sum);
	g_free(s->row);
	g_free(s);
}
