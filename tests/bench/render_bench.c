/* Milliseconds (p50) and bytes of a picture: planning, drawing, encoding, all of it, and the
 * processor's time for all of it, which is the figure to trust on a busy machine; and what cairo's
 * own PNG writer and libdeflate take for the same pixels in the same run.
 *
 *   render_bench [runs] [document.json …]
 *
 * Every run is a process of its own, forked from this warm one as the renderer does, so that
 * memory is as cold as it is for a customer's picture. */
#include "lib/base/clock.h"
#include "lib/base/json.h"
#include "render/format_png.h"
#include "render/page.h"
#include "render/render.h"

#include <cairo.h>
#include <libdeflate.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_RUNS = 199 };

enum part { PLAN, DRAW, ENCODE, WHOLE, CPU, CAIRO, DEFLATE_1, DEFLATE_3, PARTS };

struct figures {
	double ms[PARTS];
	size_t bytes, cairo_bytes, deflate_bytes[2];
	int width, height;
};

static cairo_status_t count_bytes(void *arg, const unsigned char *bytes, unsigned length)
{
	size_t *count = arg;

	(void)bytes;
	*count += length;
	return CAIRO_STATUS_SUCCESS;
}

static void try_cairo(const uint8_t *pixels, int stride, struct figures *out)
{
	union {
		const uint8_t *in;
		uint8_t *out;
	} borrowed = {.in = pixels};
	double start = clock_elapsed_fine_ms();
	cairo_surface_t *surface = cairo_image_surface_create_for_data(
		borrowed.out, CAIRO_FORMAT_RGB24, out->width, out->height, stride);

	(void)cairo_surface_write_to_png_stream(surface, count_bytes, &out->cairo_bytes);
	cairo_surface_destroy(surface);
	out->ms[CAIRO] = clock_elapsed_fine_ms() - start;
}

/* RGB without a filter, which suits libdeflate best on charts. */
static void try_libdeflate(const uint8_t *pixels, int stride, int level, double *ms, size_t *bytes,
	struct figures *out)
{
	double start = clock_elapsed_fine_ms();
	size_t row_bytes = 3 * (size_t)out->width + 1, raw = row_bytes * (size_t)out->height;
	uint8_t *rows = g_malloc(raw);
	struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(level);
	size_t bound = libdeflate_zlib_compress_bound(compressor, raw);
	uint8_t *packed = g_malloc(bound);

	for (int y = 0; y < out->height; y++) {
		uint8_t *to = rows + row_bytes * (size_t)y;

		*to++ = 0;
		for (int x = 0; x < out->width; x++) {
			uint32_t pixel;

			memcpy(&pixel, pixels + (size_t)y * (size_t)stride + 4 * (size_t)x, 4);
			*to++ = (uint8_t)(pixel >> 16);
			*to++ = (uint8_t)(pixel >> 8);
			*to++ = (uint8_t)pixel;
		}
	}
	*bytes = libdeflate_zlib_compress(compressor, rows, raw, packed, bound);
	*ms = clock_elapsed_fine_ms() - start;
	libdeflate_free_compressor(compressor);
	g_free(packed);
	g_free(rows);
}

static double cpu_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static bool measure(const json_t *json, bool peers, struct figures *out, struct fault *f)
{
	const struct png_note notes[] = {{"Software", "render_bench"}};
	struct document *d;
	double start = clock_elapsed_fine_ms(), cpu_start = cpu_ms();

	if (!document_read(json, &d, f)) {
		return false;
	}

	struct page *page = page_create(d);
	double planned = clock_elapsed_fine_ms();
	int stride;

	out->width = (int)round(page->width * d->scale);
	out->height = (int)ceil(page->height * d->scale);

	struct canvas *c = canvas_cairo_create(out->width, out->height, d->scale, d->theme->page);

	page_draw(page, c);

	const uint8_t *pixels = canvas_cairo_pixels(c, &stride);
	double drawn = clock_elapsed_fine_ms();
	GByteArray *bytes;
	bool ok = canvas_ok(c, f) && format_png_encode(pixels, out->width, out->height, stride,
					     d->scale, notes, 1, &bytes, f);
	double encoded = clock_elapsed_fine_ms();

	out->ms[CPU] = cpu_ms() - cpu_start;

	if (ok) {
		out->ms[PLAN] = planned - start;
		out->ms[DRAW] = drawn - planned;
		out->ms[ENCODE] = encoded - drawn;
		out->ms[WHOLE] = encoded - start;
		out->bytes = bytes->len;
		g_byte_array_unref(bytes);
		if (peers) {
			try_cairo(pixels, stride, out);
			try_libdeflate(pixels, stride, 1, &out->ms[DEFLATE_1],
				&out->deflate_bytes[0], out);
			try_libdeflate(pixels, stride, 3, &out->ms[DEFLATE_3],
				&out->deflate_bytes[1], out);
		}
	}
	canvas_destroy(c);
	page_destroy(page);
	document_destroy(d);
	return ok;
}

static bool measure_in_child(const json_t *json, bool peers, struct figures *out)
{
	int ends[2], status;

	if (pipe(ends) != 0) {
		return false;
	}

	pid_t child = fork();

	if (child == 0) {
		struct figures own = {0};
		struct fault f;

		if (!measure(json, peers, &own, &f)) {
			fprintf(stderr, "%s\n", f.detail);
			_exit(1);
		}
		_exit(write(ends[1], &own, sizeof own) == (ssize_t)sizeof own ? 0 : 1);
	}
	close(ends[1]);

	bool whole = child > 0 && read(ends[0], out, sizeof *out) == (ssize_t)sizeof *out;

	close(ends[0]);
	return child > 0 && waitpid(child, &status, 0) == child && status == 0 && whole;
}

static int compare_reals(const void *a, const void *b)
{
	double left = *(const double *)a, right = *(const double *)b;

	return left < right ? -1 : left > right;
}

static double median(const struct figures *runs, size_t count, enum part part)
{
	double values[MAX_RUNS] = {0};

	for (size_t i = 0; i < count; i++) {
		values[i] = runs[i].ms[part];
	}
	qsort(values, count, sizeof *values, compare_reals);
	return values[count / 2];
}

static bool bench(const char *name, const json_t *json, size_t runs)
{
	static struct figures all[MAX_RUNS];
	struct figures peers = {0};

	for (size_t i = 0; i < runs; i++) {
		if (!measure_in_child(json, false, &all[i])) {
			return false;
		}
	}
	if (!measure_in_child(json, true, &peers)) {
		return false;
	}
	printf("%-26s %5d x %-5d plan %5.1f  draw %5.1f  encode %5.1f  all %6.1f (cpu %.1f) ms  %7zu bytes\n",
		name, all[0].width, all[0].height, median(all, runs, PLAN), median(all, runs, DRAW),
		median(all, runs, ENCODE), median(all, runs, WHOLE), median(all, runs, CPU),
		all[0].bytes);
	printf("%-26s encoding by cairo %.1f ms %zu bytes, libdeflate 1 %.1f ms %zu, libdeflate 3 %.1f ms %zu\n",
		"", peers.ms[CAIRO], peers.cairo_bytes, peers.ms[DEFLATE_1], peers.deflate_bytes[0],
		peers.ms[DEFLATE_3], peers.deflate_bytes[1]);
	return true;
}

/* A document as it is, and again at scale 1. */
static bool bench_file(const char *path, size_t runs)
{
	struct fault f;
	json_t *json;
	g_autofree char *name = g_path_get_basename(path);

	if (!json_read_file(path, &json_stored_limits, &json, &f)) {
		fprintf(stderr, "%s: %s\n", path, f.detail);
		return false;
	}

	bool ok = bench(name, json, runs);

	if (ok && json_object_set_new(json, "scale", json_integer(1)) == 0) {
		ok = bench(name, json, runs);
	}
	json_decref(json);
	return ok;
}

int main(int argc, char **argv)
{
	static const char *const documents[] = {TESTS_DIR "/golden/cases/insight_line.json",
		TESTS_DIR "/golden/cases/dashboard_twelve.json"};
	size_t runs = argc > 1 ? (size_t)CLAMP(strtol(argv[1], NULL, 10), 1, MAX_RUNS) : 31;
	struct fault f;
	bool ok = true;

	if (!render_warm(&f)) {
		fprintf(stderr, "%s\n", f.detail);
		return 1;
	}
	if (argc > 2) {
		for (int i = 2; i < argc; i++) {
			ok = bench_file(argv[i], runs) && ok;
		}
		return ok ? 0 : 1;
	}
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		ok = bench_file(documents[i], runs) && ok;
	}
	return ok ? 0 : 1;
}
