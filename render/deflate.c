#include "render/deflate.h"

#include "render/huffman.h"

#include <string.h>

enum {
	END_OF_BLOCK = 256,
	LITERALS = 286,
	DISTANCES = 30,
	LENGTH_SYMBOLS = 19,
	FIRST_LENGTH = 257,
	LONGEST_LENGTH_CODE = 285
};

/* A token is a literal, or a match: its length in the high half, its distance less one below. */
static const uint32_t literal_mark = UINT32_C(1) << 31;

static unsigned top_bit(unsigned value)
{
	return 31u - (unsigned)__builtin_clz(value);
}

/* RFC 1951 3.2.5, worked out instead of looked up: four codes for each doubling of a length, two
 * for each doubling of a distance. */
static unsigned length_code(unsigned length, unsigned *extra_bits, unsigned *extra)
{
	unsigned l = length - 3;

	*extra_bits = *extra = 0;
	if (l < 8) {
		return FIRST_LENGTH + l;
	}
	if (length == DEFLATE_LONGEST) {
		return LONGEST_LENGTH_CODE;
	}
	*extra_bits = top_bit(l) - 2;
	*extra = l & ((1u << *extra_bits) - 1);
	return FIRST_LENGTH + (*extra_bits + 1) * 4 + (l >> *extra_bits & 3);
}

static unsigned distance_code(unsigned less_one, unsigned *extra_bits, unsigned *extra)
{
	*extra_bits = *extra = 0;
	if (less_one < 4) {
		return less_one;
	}
	*extra_bits = top_bit(less_one) - 1;
	*extra = less_one & ((1u << *extra_bits) - 1);
	return (*extra_bits + 1) * 2 + (less_one >> *extra_bits & 1);
}

static void flush_bytes(struct deflate *d)
{
	uint8_t bytes[8];
	unsigned count = d->bit_count / 8;

	for (unsigned i = 0; i < count; i++) {
		bytes[i] = (uint8_t)(d->bits >> (8 * i));
	}
	g_byte_array_append(d->out, bytes, count);
	d->bits >>= 8 * count;
	d->bit_count -= 8 * count;
}

static void put_bits(struct deflate *d, uint64_t value, unsigned count)
{
	if (d->bit_count + count >= 64) {
		flush_bytes(d);
	}
	d->bits |= value << d->bit_count;
	d->bit_count += count;
}

struct code_table {
	uint8_t lengths[LITERALS];
	uint16_t codes[LITERALS];
};

static void make_codes(struct code_table *table, const uint32_t *counts, size_t symbols)
{
	huffman_lengths(counts, symbols, 15, table->lengths);
	huffman_codes(table->lengths, symbols, table->codes);
}

/* Lengths of both tables in a row, runs shortened (3.2.7).  Each entry: symbol, then what follows
 * it and in how many bits. */
struct length_run {
	uint8_t symbol, extra_bits, extra;
};

static size_t shorten_runs(const uint8_t *lengths, size_t count, struct length_run *runs)
{
	size_t made = 0;

	for (size_t i = 0; i < count;) {
		size_t same = 1;

		while (i + same < count && lengths[i + same] == lengths[i]) {
			same++;
		}
		if (lengths[i] == 0 && same >= 3) {
			size_t take = MIN(same, 138);

			runs[made++] = take <= 10
					       ? (struct length_run){17, 3, (uint8_t)(take - 3)}
					       : (struct length_run){18, 7, (uint8_t)(take - 11)};
			i += take;
		} else if (same >= 4) {
			size_t take = MIN(same - 1, 6);

			runs[made++] = (struct length_run){lengths[i], 0, 0};
			runs[made++] = (struct length_run){16, 2, (uint8_t)(take - 3)};
			i += take + 1;
		} else {
			runs[made++] = (struct length_run){lengths[i], 0, 0};
			i++;
		}
	}
	return made;
}

static void put_tables(
	struct deflate *d, const struct code_table *literals, const struct code_table *distances)
{
	static const uint8_t order[LENGTH_SYMBOLS] = {
		16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
	uint8_t lengths[LITERALS + DISTANCES], run_lengths[LENGTH_SYMBOLS];
	uint16_t run_codes[LENGTH_SYMBOLS];
	uint32_t counts[LENGTH_SYMBOLS] = {0};
	struct length_run runs[LITERALS + DISTANCES];
	size_t literal_count = LITERALS, distance_count = DISTANCES, shown = LENGTH_SYMBOLS;

	while (literal_count > FIRST_LENGTH && literals->lengths[literal_count - 1] == 0) {
		literal_count--;
	}
	while (distance_count > 1 && distances->lengths[distance_count - 1] == 0) {
		distance_count--;
	}
	memcpy(lengths, literals->lengths, literal_count);
	memcpy(lengths + literal_count, distances->lengths, distance_count);

	size_t run_count = shorten_runs(lengths, literal_count + distance_count, runs);

	for (size_t i = 0; i < run_count; i++) {
		counts[runs[i].symbol]++;
	}
	huffman_lengths(counts, LENGTH_SYMBOLS, 7, run_lengths);
	huffman_codes(run_lengths, LENGTH_SYMBOLS, run_codes);
	while (shown > 4 && run_lengths[order[shown - 1]] == 0) {
		shown--;
	}
	put_bits(d, literal_count - FIRST_LENGTH, 5);
	put_bits(d, distance_count - 1, 5);
	put_bits(d, shown - 4, 4);
	for (size_t i = 0; i < shown; i++) {
		put_bits(d, run_lengths[order[i]], 3);
	}
	for (size_t i = 0; i < run_count; i++) {
		put_bits(d, run_codes[runs[i].symbol], run_lengths[runs[i].symbol]);
		put_bits(d, runs[i].extra, runs[i].extra_bits);
	}
}

static void put_match(struct deflate *d, uint32_t token, const struct code_table *literals,
	const struct code_table *distances)
{
	unsigned extra_bits, extra;
	unsigned code = length_code(token >> 16, &extra_bits, &extra);

	put_bits(d, literals->codes[code] | (uint64_t)extra << literals->lengths[code],
		literals->lengths[code] + extra_bits);
	code = distance_code(token & 0xffff, &extra_bits, &extra);
	put_bits(d, distances->codes[code] | (uint64_t)extra << distances->lengths[code],
		distances->lengths[code] + extra_bits);
}

static void put_block(struct deflate *d, bool last)
{
	struct code_table literals, distances;

	d->literal_counts[END_OF_BLOCK] = 1;
	make_codes(&literals, d->literal_counts, LITERALS);
	make_codes(&distances, d->distance_counts, DISTANCES);
	put_bits(d, last ? 1 : 0, 1);
	put_bits(d, 2, 2);
	put_tables(d, &literals, &distances);
	for (size_t i = 0; i < d->token_count; i++) {
		uint32_t token = d->tokens[i];

		if (token & literal_mark) {
			put_bits(d, literals.codes[token & 0xff], literals.lengths[token & 0xff]);
		} else {
			put_match(d, token, &literals, &distances);
		}
	}
	put_bits(d, literals.codes[END_OF_BLOCK], literals.lengths[END_OF_BLOCK]);
	d->token_count = 0;
	memset(d->literal_counts, 0, sizeof d->literal_counts);
	memset(d->distance_counts, 0, sizeof d->distance_counts);
}

static void add_token(struct deflate *d, uint32_t token)
{
	if (d->token_count == DEFLATE_TOKENS) {
		put_block(d, false);
	}
	d->tokens[d->token_count++] = token;
}

void deflate_begin(struct deflate *d, GByteArray *out)
{
	memset(d, 0, sizeof *d);
	d->out = out;
}

void deflate_literal(struct deflate *d, uint8_t byte)
{
	add_token(d, literal_mark | byte);
	d->literal_counts[byte]++;
}

void deflate_match(struct deflate *d, unsigned length, unsigned distance)
{
	unsigned extra_bits, extra;

	/* Never leaves one or two bytes over, which no match can be. */
	while (length > 0) {
		unsigned take = length <= DEFLATE_LONGEST      ? length
				: length < DEFLATE_LONGEST + 3 ? length - 3
							       : DEFLATE_LONGEST;

		add_token(d, take << 16 | (distance - 1));
		d->literal_counts[length_code(take, &extra_bits, &extra)]++;
		d->distance_counts[distance_code(distance - 1, &extra_bits, &extra)]++;
		length -= take;
	}
}

void deflate_end(struct deflate *d)
{
	put_block(d, true);
	put_bits(d, 0, (8 - d->bit_count % 8) % 8);
	flush_bytes(d);
}
