/* The writing half of deflate (RFC 1951): literals and matches become blocks of bits.
 *
 * Whoever calls finds the matches, for that is where knowing the data pays: scanlines.c knows
 * that it has pictures of charts. */
#pragma once
#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

enum { DEFLATE_WINDOW = 32768, DEFLATE_LONGEST = 258, DEFLATE_TOKENS = 2048 };

/* A block of bits has its own codes: short ones follow what a part of a page shows, and cost their
 * tables of about 80 bytes. */
struct deflate {
	GByteArray *out;
	uint64_t bits;
	unsigned bit_count;
	size_t token_count;
	uint32_t tokens[DEFLATE_TOKENS];
	uint32_t literal_counts[286], distance_counts[30];
};

void deflate_begin(struct deflate *d, GByteArray *out);
void deflate_literal(struct deflate *d, uint8_t byte);
/* `length` bytes, 3 or more, that stood `distance` bytes before. */
void deflate_match(struct deflate *d, unsigned length, unsigned distance);
void deflate_end(struct deflate *d);
