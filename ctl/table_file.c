#include "ctl/table_file.h"

#include "lib/base/require.h"

#include <csv.h>
#include <errno.h>
#include <glib.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

enum { PIECE_BYTES = 256 * 1024, CELL_STEP_BYTES = 64 * 1024 };

struct span {
	size_t at, length;
	uint64_t line;
};

struct reading {
	struct csv_parser parser;
	table_row_fn row;
	void *arg;
	GString *text; /* the cells of the row, each with its NUL */
	GArray *spans; /* of struct span */
	GArray *cells; /* of struct cell, filled when the row is whole */
	uint64_t line; /* of the bytes being parsed */
	uint64_t next_line; /* where the next cell begins */
	uint64_t row_line;
	size_t row_bytes; /* since the last row ended */
	bool row_is_blank; /* and they were nothing but line ends */
	bool failed;
	struct fault *f;
};

bool table_place(struct fault *f, const struct cell *cell, size_t column, const char *name)
{
	if (name) {
		return fault_wrap(
			f, "line %" PRIu64 ", column %zu (%s): ", cell->line, column + 1, name);
	}
	return fault_wrap(f, "line %" PRIu64 ", column %zu: ", cell->line, column + 1);
}

static bool refuse_cell(struct reading *r, const struct cell *cell, const char *why)
{
	r->failed = true;
	fault_set(r->f, FAULT_INPUT, "%s", why);
	return table_place(r->f, cell, r->spans->len, NULL);
}

static void on_cell(void *bytes, size_t length, void *arg)
{
	struct reading *r = arg;
	struct cell cell = {bytes, length, r->next_line};
	struct span span = {r->text->len, length, r->next_line};

	if (r->failed) {
		return;
	}
	r->next_line = r->line;
	if (r->spans->len == 0) {
		r->row_line = span.line;
	}
	if (length > 0 && memchr(bytes, '\0', length)) {
		(void)refuse_cell(r, &cell, "holds a NUL byte");
	} else if (length > 0 && !g_utf8_validate_len(bytes, length, NULL)) {
		(void)refuse_cell(r, &cell, "is not valid UTF-8");
	} else if (r->spans->len >= TABLE_MAX_COLUMNS) {
		r->failed = true;
		fault_set(r->f, FAULT_TOO_LARGE, "line %" PRIu64 ": more than %d columns",
			span.line, TABLE_MAX_COLUMNS);
	} else {
		g_string_append_len(r->text, bytes, (gssize)length);
		g_string_append_c(r->text, '\0');
		g_array_append_val(r->spans, span);
	}
}

static void on_row(int ended_by, void *arg)
{
	struct reading *r = arg;
	struct table_row row = {.line = r->row_line};

	if (r->failed) {
		return;
	}
	g_array_set_size(r->cells, 0);
	for (guint i = 0; i < r->spans->len; i++) {
		const struct span *s = &g_array_index(r->spans, struct span, i);
		struct cell cell = {r->text->str + s->at, s->length, s->line};

		g_array_append_val(r->cells, cell);
	}
	row.cells = (const struct cell *)(const void *)r->cells->data;
	row.cell_count = r->cells->len;
	r->failed = !r->row(r->arg, &row, r->f);
	g_string_truncate(r->text, 0);
	g_array_set_size(r->spans, 0);
	r->row_bytes = 0;
	r->row_is_blank = true;
	/* libcsv tells which byte ended the row: -1 is the end of the file. */
	r->next_line = r->line + (ended_by == '\n' ? 1 : 0);
}

static bool is_blank(const char *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			return false;
		}
	}
	return true;
}

static bool parse(struct reading *r, const char *bytes, size_t length)
{
	r->row_bytes += length;
	r->row_is_blank = r->row_is_blank && is_blank(bytes, length);
	if (r->row_bytes > TABLE_ROW_MAX_BYTES) {
		return fault_set(r->f, FAULT_TOO_LARGE,
			"line %" PRIu64 ": the row is longer than %d bytes; is a quote missing?",
			r->spans->len > 0 ? r->row_line : r->next_line, TABLE_ROW_MAX_BYTES);
	}
	if (csv_parse(&r->parser, bytes, length, on_cell, on_row, r) != length && !r->failed) {
		REQUIRE(csv_error(&r->parser) == CSV_EPARSE);
		fault_set(r->f, FAULT_INPUT,
			"a quote stands where none may; a quoted cell doubles its quotes");
		return fault_wrap(
			r->f, "line %" PRIu64 ", column %u: ", r->line, r->spans->len + 1);
	}
	return !r->failed;
}

/* libcsv does not count lines, so it is given one at a time. */
static bool parse_lines(struct reading *r, const char *bytes, size_t length)
{
	while (length > 0) {
		const char *newline = memchr(bytes, '\n', length);
		size_t some = newline ? (size_t)(newline - bytes) + 1 : length;

		if (!parse(r, bytes, some)) {
			return false;
		}
		r->line += newline ? 1 : 0;
		/* Empty lines and the LF of a CR LF end no row. */
		if (newline && r->row_is_blank) {
			r->next_line = r->line;
			r->row_bytes = 0;
		}
		bytes += some;
		length -= some;
	}
	return true;
}

static bool finish(struct reading *r)
{
	if (csv_fini(&r->parser, on_cell, on_row, r) != 0 && !r->failed) {
		return fault_set(r->f, FAULT_INPUT,
			"line %" PRIu64 ": a quote is opened and never closed", r->next_line);
	}
	return !r->failed;
}

static bool read_all(struct reading *r, gzFile file)
{
	static const char mark[] = "\xef\xbb\xbf";
	g_autofree char *piece = g_malloc(PIECE_BYTES);
	bool first = true;

	for (;;) {
		int n = gzread(file, piece, PIECE_BYTES), code = Z_OK;
		size_t skip = 0;

		if (n < PIECE_BYTES) {
			const char *said = gzerror(file, &code);

			/* A cut gzip file ends early without an error of gzread(). */
			if (n < 0 || code == Z_BUF_ERROR) {
				return fault_set(r->f, FAULT_INPUT, "%s",
					code == Z_ERRNO       ? g_strerror(errno)
					: code == Z_BUF_ERROR ? "the gzip data end too early"
							      : said);
			}
		}
		if (n == 0) {
			return finish(r);
		}
		if (first && n >= 3 && memcmp(piece, mark, 3) == 0) {
			skip = 3;
		}
		first = false;
		if (!parse_lines(r, piece + skip, (size_t)n - skip)) {
			return false;
		}
	}
}

static int no_space(unsigned char c)
{
	(void)c;
	return 0;
}

bool table_file_read(const char *path, table_row_fn row, void *arg, struct fault *f)
{
	struct reading r = {
		.row = row, .arg = arg, .line = 1, .next_line = 1, .row_is_blank = true, .f = f};
	bool is_stdin = strcmp(path, "-") == 0, ok;
	gzFile file = is_stdin ? gzdopen(dup(STDIN_FILENO), "rb") : gzopen(path, "rb");

	if (!file) {
		return fault_set(f, FAULT_INPUT, "%s: %s", path, g_strerror(errno));
	}
	(void)gzbuffer(file, PIECE_BYTES);
	REQUIRE(csv_init(&r.parser, CSV_STRICT | CSV_STRICT_FINI) == 0);
	/* It grows its cell by this much at a time, 128 bytes unless told. */
	csv_set_blk_size(&r.parser, CELL_STEP_BYTES);
	/* Spaces around a cell belong to it. */
	csv_set_space_func(&r.parser, no_space);
	r.text = g_string_new(NULL);
	r.spans = g_array_new(FALSE, FALSE, sizeof(struct span));
	r.cells = g_array_new(FALSE, FALSE, sizeof(struct cell));
	ok = read_all(&r, file);
	if (!ok) {
		fault_wrap(f, "%s: ", is_stdin ? "standard input" : path);
	}
	csv_free(&r.parser);
	g_string_free(r.text, TRUE);
	g_array_free(r.spans, TRUE);
	g_array_free(r.cells, TRUE);
	(void)gzclose(file);
	return ok;
}
