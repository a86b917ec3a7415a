#include "api-shim/download.h"

#include "api-shim/api.h"
#include "api-shim/request.h"
#include "lib/base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

struct download {
	struct request *r; /* until it is answered */
	struct api *api;
	int64_t export_id;
	uint64_t size, stored;
	GByteArray *memory; /* or NULL: in the file */
	int file; /* or -1 */
	struct wire *wire; /* while it is served */
	bool getting; /* the blob store still has our callback */
	struct fault fault;
};

static void let_go(struct download *d)
{
	if (d->getting || d->wire || d->r) {
		return;
	}
	if (d->file >= 0) {
		d->api->spooling--;
		(void)close(d->file);
	}
	if (d->memory) {
		g_byte_array_free(d->memory, TRUE);
	}
	g_free(d);
}

static ssize_t read_download(void *arg, uint64_t offset, char *out, size_t room)
{
	struct download *d = arg;
	size_t n = d->stored > offset ? (size_t)MIN((uint64_t)room, d->stored - offset) : 0;

	if (n == 0) {
		return d->fault.kind == FAULT_NONE && d->getting ? 0 : -1;
	}
	if (d->memory) {
		memcpy(out, d->memory->data + offset, n);
		return (ssize_t)n;
	}
	return pread(d->file, out, n, (off_t)offset) == (ssize_t)n ? (ssize_t)n : -1;
}

static void serving_ended(void *arg)
{
	struct download *d = arg;

	d->wire = NULL;
	let_go(d);
}

static bool open_spool(struct download *d, struct fault *f)
{
	g_autofree char *path = NULL;

	if (d->api->spooling >= DOWNLOAD_SPOOLS_MAX) {
		return fault_set(f, FAULT_UNAVAILABLE,
			"more than %d large downloads at the same time", DOWNLOAD_SPOOLS_MAX);
	}
	d->file = open(g_get_tmp_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (d->file < 0) {
		/* Not every file system has files without a name. */
		path = g_build_filename(g_get_tmp_dir(), "platen-download-XXXXXX", NULL);
		d->file = g_mkstemp_full(path, O_RDWR | O_CLOEXEC, 0600);
		if (d->file >= 0) {
			(void)unlink(path);
		}
	}
	if (d->file < 0) {
		return fault_set(f, FAULT_STORAGE, "a temporary file in %s: %s", g_get_tmp_dir(),
			g_strerror(errno));
	}
	d->api->spooling++;
	return true;
}

static bool write_all(int file, const guint8 *bytes, size_t length)
{
	while (length > 0) {
		ssize_t n = write(file, bytes, length);

		if (n < 0 && errno != EINTR) {
			return false;
		}
		if (n > 0) {
			bytes += n;
			length -= (size_t)n;
		}
	}
	return true;
}

static bool keep_piece(struct download *d, const void *piece, size_t length, struct fault *f)
{
	if (length > d->size - d->stored) {
		return fault_set(f, FAULT_CORRUPT,
			"the file is longer than the %" PRIu64 " bytes recorded", d->size);
	}
	if (d->memory) {
		g_byte_array_append(d->memory, piece, (guint)length);
	} else if (!write_all(d->file, piece, length)) {
		return fault_set(f, FAULT_STORAGE, "a temporary file in %s: %s", g_get_tmp_dir(),
			g_strerror(errno));
	}
	d->stored += length;
	return true;
}

static void begin_answer(struct download *d)
{
	const struct answer_source source = {d->size, read_download, serving_ended, d};
	struct request *r = d->r;

	d->r = NULL;
	d->wire = r->wire;
	answer_source(r, &source);
}

static void refuse_download(struct download *d)
{
	struct request *r = d->r;
	struct refusal why = {0};

	d->r = NULL;
	answer_drop_headers(r); /* they speak of a file */
	if (d->fault.kind == FAULT_NOT_FOUND) {
		(void)refuse(&why, PROBLEM_NOT_FOUND);
		answer_refusal(r, &why);
	} else {
		answer_fault(r, &d->fault);
	}
}

static void on_piece(void *arg, const void *piece, size_t length, const struct fault *f)
{
	struct download *d = arg;
	bool failed_before = d->fault.kind != FAULT_NONE;

	if (piece) {
		if (!failed_before && (d->r || d->wire)) {
			(void)keep_piece(d, piece, length, &d->fault);
		}
	} else {
		d->getting = false;
		if (!failed_before && f) {
			d->fault = *f;
		} else if (!failed_before && d->stored < d->size && (d->r || d->wire)) {
			(void)fault_set(&d->fault, FAULT_CORRUPT,
				"the file has %" PRIu64 " of the %" PRIu64 " bytes recorded",
				d->stored, d->size);
		}
	}
	if (!failed_before && d->fault.kind != FAULT_NONE) {
		log_line(LOG_WARN, "content", d->export_id, "%s", d->fault.detail);
	}
	if (d->r && d->fault.kind != FAULT_NONE) {
		refuse_download(d);
	} else if (d->r) {
		begin_answer(d);
	} else if (d->wire) {
		d->wire->more(d->wire);
	}
	let_go(d);
}

void download_start(struct request *r, struct blob_store *from, const struct export_row *row)
{
	struct download *d = g_new0(struct download, 1);

	d->r = r;
	d->api = r->api;
	d->export_id = row->id;
	d->size = (uint64_t)MAX(row->content_bytes, 0);
	d->file = -1;
	if (d->size <= DOWNLOAD_MEMORY) {
		d->memory = g_byte_array_sized_new((guint)d->size);
	} else if (!open_spool(d, &d->fault)) {
		refuse_download(d);
		let_go(d);
		return;
	}
	d->getting = true;
	from->kind->get(from, row->content_location, on_piece, d);
}
