#include "render/huffman.h"

#include "lib/base/require.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_LENGTH = 15 };

struct leaf {
	uint32_t count;
	uint16_t symbol;
};

static int compare_leaves(const void *left, const void *right)
{
	const struct leaf *a = left, *b = right;

	if (a->count != b->count) {
		return a->count < b->count ? -1 : 1;
	}
	return a->symbol < b->symbol ? -1 : 1;
}

/* The two queues of a Huffman tree: leaves by rising count, and inner nodes, which are made in
 * rising order by themselves.  Returns the greatest depth. */
static unsigned build_tree(const struct leaf *leaves, size_t n, uint8_t *depths)
{
	uint64_t weight[HUFFMAN_MAX_SYMBOLS];
	uint16_t leaf_parent[HUFFMAN_MAX_SYMBOLS] = {0}, parent[HUFFMAN_MAX_SYMBOLS] = {0};
	unsigned depth[HUFFMAN_MAX_SYMBOLS], deepest = 0;
	size_t leaf = 0, inner = 0;

	for (size_t made = 0; made + 1 < n; made++) {
		weight[made] = 0;
		for (int child = 0; child < 2; child++) {
			if (leaf < n && (inner >= made || leaves[leaf].count <= weight[inner])) {
				weight[made] += leaves[leaf].count;
				leaf_parent[leaf++] = (uint16_t)made;
			} else {
				weight[made] += weight[inner];
				parent[inner++] = (uint16_t)made;
			}
		}
	}
	depth[n - 2] = 0;
	for (size_t i = n - 2; i-- > 0;) {
		depth[i] = depth[parent[i]] + 1;
	}
	for (size_t i = 0; i < n; i++) {
		unsigned d = depth[leaf_parent[i]] + 1;

		deepest = d > deepest ? d : deepest;
		depths[i] = (uint8_t)d;
	}
	return deepest;
}

void huffman_lengths(const uint32_t *counts, size_t symbols, unsigned longest, uint8_t *lengths)
{
	struct leaf leaves[HUFFMAN_MAX_SYMBOLS];
	uint8_t depths[HUFFMAN_MAX_SYMBOLS];
	size_t n = 0;

	REQUIRE(symbols <= HUFFMAN_MAX_SYMBOLS && longest <= MAX_LENGTH);
	memset(lengths, 0, symbols);
	for (size_t i = 0; i < symbols; i++) {
		if (counts[i] > 0) {
			leaves[n++] = (struct leaf){.count = counts[i], .symbol = (uint16_t)i};
		}
	}
	if (n <= 1) {
		lengths[n == 1 ? leaves[0].symbol : 0] = 1;
		return;
	}
	qsort(leaves, n, sizeof *leaves, compare_leaves);
	/* Flattening the counts shortens the longest codes; it ends at the latest when all are
	 * equal, and costs a fraction of a percent where it happens at all. */
	while (build_tree(leaves, n, depths) > longest) {
		for (size_t i = 0; i < n; i++) {
			leaves[i].count = leaves[i].count / 2 + 1;
		}
	}
	for (size_t i = 0; i < n; i++) {
		lengths[leaves[i].symbol] = depths[i];
	}
}

static uint16_t reversed(unsigned code, unsigned length)
{
	unsigned out = 0;

	for (unsigned i = 0; i < length; i++) {
		out = out << 1 | (code >> i & 1);
	}
	return (uint16_t)out;
}

void huffman_codes(const uint8_t *lengths, size_t symbols, uint16_t *codes)
{
	unsigned of_length[MAX_LENGTH + 1] = {0}, next[MAX_LENGTH + 1] = {0}, code = 0;

	for (size_t i = 0; i < symbols; i++) {
		of_length[lengths[i]]++;
	}
	of_length[0] = 0;
	for (unsigned length = 1; length <= MAX_LENGTH; length++) {
		code = (code + of_length[length - 1]) << 1;
		next[length] = code;
	}
	for (size_t i = 0; i < symbols; i++) {
		codes[i] = lengths[i] > 0 ? reversed(next[lengths[i]]++, lengths[i]) : 0;
	}
}
