#include "render/scanlines.h"

#include "render/deflate.h"

#include <libdeflate.h>
#include <string.h>

enum {
	FILTER_NONE = 0,
	FILTER_UP = 2,
	HASH_BITS = 13,
	PLACES = 4, /* that are kept for a hash */
	SHORTEST = 4, /* bytes that a match has at least */
	FAR = 1024, /* a distance whose extra bits cost more than a literal */
	ADLER = 65521
};

/* The stream as far back as matches may reach, and the row that is being written. */
struct scanlines {
	struct deflate deflate;
	size_t row_bytes;
	uint8_t *row; /* filter byte and colors of the last row that was written in full */
	uint8_t *history; /* bytes of the stream from `base` on, `end` of them */
	size_t base, end, capacity;
	uint32_t seen[1 << HASH_BITS][PLACES]; /* 1 + where in the stream, latest first */
	uint32_t adler;
};

static uint32_t pixel_at(const uint8_t *row, size_t x)
{
	uint32_t pixel;

	memcpy(&pixel, row + 4 * x, sizeof pixel);
	return pixel & 0xffffff;
}

static uint64_t eight_bytes(const uint8_t *at)
{
	uint64_t eight;

	memcpy(&eight, at, sizeof eight);
	return eight;
}

/* Which bits differ somewhere in the next 32 bytes. */
static uint64_t difference(const uint8_t *a, const uint8_t *b)
{
	return (eight_bytes(a) ^ eight_bytes(b)) | (eight_bytes(a + 8) ^ eight_bytes(b + 8)) |
	       (eight_bytes(a + 16) ^ eight_bytes(b + 16)) |
	       (eight_bytes(a + 24) ^ eight_bytes(b + 24));
}

/* The first pixel from x on that differs between the rows, or `width`. */
static size_t next_change(const uint8_t *row, const uint8_t *above, size_t x, size_t width)
{
	const uint64_t colors = UINT64_C(0x00ffffff00ffffff);

	while (x + 8 <= width && (difference(row + 4 * x, above + 4 * x) & colors) == 0) {
		x += 8;
	}
	while (x < width && pixel_at(row, x) == pixel_at(above, x)) {
		x++;
	}
	return x;
}

/* How many bytes from `late` to `end` are those from `early` on, which may overlap them. */
static size_t match_length(const uint8_t *bytes, size_t early, size_t late, size_t end)
{
	size_t length = 0;

	while (late + length + 32 <= end &&
		difference(bytes + early + length, bytes + late + length) == 0) {
		length += 32;
	}
	while (late + length < end && bytes[early + length] == bytes[late + length]) {
		length++;
	}
	return length;
}

struct match {
	size_t length, distance;
};

static uint32_t four_bytes(const uint8_t *at)
{
	uint32_t four;

	memcpy(&four, at, sizeof four);
	return four;
}

/* The longest match among the places where the next four bytes were last seen; remembers this one.
 * No longer than one token: the rest may be a run, which is cheaper than a far match. */
static struct match look_back(struct scanlines *s, size_t at)
{
	const uint8_t *bytes = s->history;
	uint32_t four = four_bytes(bytes + at), now = (uint32_t)(s->base + at + 1);
	uint32_t *seen = s->seen[four * UINT32_C(2654435761) >> (32 - HASH_BITS)];
	size_t end = MIN(s->end, at + DEFLATE_LONGEST);
	struct match best = {0, 0};

	for (int i = 0; i < PLACES && seen[i] > s->base; i++) {
		size_t distance = now - seen[i];

		if (distance > DEFLATE_WINDOW) {
			break;
		}
		if (four_bytes(bytes + at - distance) == four) {
			size_t length = match_length(bytes, at - distance, at, end);

			if (length > best.length) {
				best = (struct match){length, distance};
			}
		}
	}
	memmove(seen + 1, seen, (PLACES - 1) * sizeof *seen);
	seen[0] = now;
	return best;
}

/* A run of one byte, as grays have, or of one pixel: most of a row.  One distance for all grays
 * keeps the code of distances short. */
static struct match look_beside(const struct scanlines *s, size_t at)
{
	const uint8_t *bytes = s->history;

	if (at >= 1 && at + 4 <= s->end && memcmp(bytes + at - 1, bytes + at, 4) == 0) {
		return (struct match){match_length(bytes, at - 1, at, s->end), 1};
	}
	if (at >= 3 && at + 6 <= s->end && memcmp(bytes + at - 3, bytes + at, 6) == 0) {
		return (struct match){match_length(bytes, at - 3, at, s->end), 3};
	}
	return (struct match){0, 0};
}

/* Puts the bytes of the history from `at` to its end. */
static void put_bytes(struct scanlines *s, size_t at)
{
	while (at < s->end) {
		struct match match = look_beside(s, at);

		if (match.length == 0 && at + SHORTEST <= s->end) {
			match = look_back(s, at);
		}
		if (match.length > SHORTEST || (match.length == SHORTEST && match.distance < FAR)) {
			deflate_match(
				&s->deflate, (unsigned)match.length, (unsigned)match.distance);
			at += match.length;
		} else {
			deflate_literal(&s->deflate, s->history[at++]);
		}
	}
}

/* Room for one more row, and what matches may still reach before it. */
static uint8_t *next_row(struct scanlines *s)
{
	uint8_t *room;

	if (s->end + s->row_bytes > s->capacity) {
		size_t kept = MIN(s->end, DEFLATE_WINDOW);

		memmove(s->history, s->history + s->end - kept, kept);
		s->base += s->end - kept;
		s->end = kept;
	}
	room = s->history + s->end;
	s->end += s->row_bytes;
	return room;
}

/* A row like the one above it: nothing but zeros under filter Up. */
static void put_same_row(struct scanlines *s)
{
	uint8_t *row = next_row(s);
	uint64_t s1 = s->adler & 0xffff, s2 = s->adler >> 16;

	memset(row, 0, s->row_bytes);
	row[0] = FILTER_UP;
	deflate_literal(&s->deflate, FILTER_UP);
	deflate_literal(&s->deflate, 0);
	if (s->row_bytes - 2 >= 3) {
		deflate_match(&s->deflate, (unsigned)(s->row_bytes - 2), 1);
	} else {
		deflate_literal(&s->deflate, 0);
		deflate_literal(&s->deflate, 0);
	}
	/* Zeros add nothing to the first sum, and the first sum to the second once each. */
	s1 = (s1 + FILTER_UP) % ADLER;
	s2 = (s2 + s1 * s->row_bytes) % ADLER;
	s->adler = (uint32_t)(s2 << 16 | s1);
}

static void put_changed_row(
	struct scanlines *s, const uint8_t *row, const uint8_t *above, size_t width, size_t change)
{
	for (size_t x = change; x < width; x = next_change(row, above, x, width)) {
		for (; x < width && pixel_at(row, x) != pixel_at(above, x); x++) {
			uint32_t pixel = pixel_at(row, x);
			uint8_t *rgb = s->row + 1 + 3 * x;

			rgb[0] = (uint8_t)(pixel >> 16);
			rgb[1] = (uint8_t)(pixel >> 8);
			rgb[2] = (uint8_t)pixel;
		}
	}
	memcpy(next_row(s), s->row, s->row_bytes);
	put_bytes(s, s->end - s->row_bytes);
	s->adler = libdeflate_adler32(s->adler, s->row, s->row_bytes);
}

void scanlines_deflate(const uint8_t *pixels, int width, int height, int stride, GByteArray *out)
{
	const uint8_t header[] = {0x78, 0x01};
	struct scanlines *s = g_new0(struct scanlines, 1);
	uint8_t *black = g_malloc0((size_t)width * 4);
	const uint8_t *above = black;

	s->row_bytes = 1 + 3 * (size_t)width;
	s->row = g_malloc0(s->row_bytes);
	s->row[0] = FILTER_NONE;
	s->capacity = (size_t)4 * DEFLATE_WINDOW + s->row_bytes;
	s->history = g_malloc(s->capacity);
	s->adler = 1;
	g_byte_array_append(out, header, sizeof header);
	deflate_begin(&s->deflate, out);
	for (int y = 0; y < height; y++) {
		const uint8_t *row = pixels + (size_t)y * (size_t)stride;
		size_t change = next_change(row, above, 0, (size_t)width);

		if (change == (size_t)width) {
			put_same_row(s);
		} else {
			put_changed_row(s, row, above, (size_t)width, change);
		}
		above = row;
	}
	deflate_end(&s->deflate);

	uint32_t sum = GUINT32_TO_BE(s->adler);

	g_byte_array_append(out, (const uint8_t *)&sum, sizeof sum);
	g_free(black);
	g_free(s->history);
	g_free(s->row);
	g_free(s);
}
