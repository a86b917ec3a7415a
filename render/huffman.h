/* Huffman codes as deflate has them (RFC 1951 3.2.2): from counts to lengths, from lengths to
 * codes with their first bit lowest. */
#pragma once
#include <stddef.h>
#include <stdint.h>

enum { HUFFMAN_MAX_SYMBOLS = 288 };

/* No length is above `longest`; symbols that were not counted have length 0, but at least one
 * symbol has a code. */
void huffman_lengths(const uint32_t *counts, size_t symbols, unsigned longest, uint8_t *lengths);
void huffman_codes(const uint8_t *lengths, size_t symbols, uint16_t *codes);
