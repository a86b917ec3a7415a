/* GET …/exports/:id/content — the file itself (spec/exports.md 2.7).
 *
 * What is not there is 404, be it pending, failed or empty-handed.  All stores give bytes, so the
 * answer is never a redirect and `direct` has nothing to change. */
#include "api-shim/api.h"
#include "api-shim/blobs.h"
#include "api-shim/download.h"
#include "api-shim/export_lookup.h"
#include "api-shim/file_name.h"
#include "api-shim/route.h"
#include "lib/base/log.h"

#include <string.h>

enum { FILE_NAME_MAX = 150 };

/* A slug is ASCII without quotes, so that it needs no escaping; its end, which tells time and
 * format, is what must stay of a long one. */
static void add_disposition(struct request *r, const struct export_row *row)
{
	g_autoptr(GString) name = g_string_new(NULL);
	size_t kept = strlen("-2021-08-25-220914.jsonl");

	file_name_add(name, row);
	if (name->len > FILE_NAME_MAX) {
		g_string_erase(
			name, (gssize)(FILE_NAME_MAX - kept), (gssize)(name->len - FILE_NAME_MAX));
	}
	answer_header(r, "Content-Disposition", "attachment; filename=\"%s\"", name->str);
}

/* Whether If-None-Match names this file: a list of tags, or "*". */
static bool is_known(const struct request *r, const char *tag)
{
	const char *sent = request_header(r, "If-None-Match");
	g_auto(GStrv) tags = sent ? g_strsplit(sent, ",", 64) : NULL;

	for (char **t = tags; t && *t; t++) {
		const char *one = g_strstrip(*t);

		if (g_str_has_prefix(one, "W/")) {
			one += 2;
		}
		if (strcmp(one, tag) == 0 || strcmp(one, "*") == 0) {
			return true;
		}
	}
	return false;
}

static ssize_t read_nothing(void *arg, uint64_t offset, char *out, size_t room)
{
	(void)arg;
	(void)offset;
	(void)out;
	(void)room;
	return -1;
}

static void send_content(
	struct request *r, struct blob_store *blob_store, const struct export_row *row)
{
	const struct answer_source headers_only = {
		.size = (uint64_t)MAX(row->content_bytes, 0), .read = read_nothing};
	const char *download = pairs_value(&r->query, "download");
	g_autofree char *tag =
		g_strdup_printf("\"%s\"", row->content_sha256 ? row->content_sha256 : "");

	answer_header(r, "Cache-Control", "max-age=86400");
	if (row->content_sha256) {
		answer_header(r, "ETag", "%s", tag);
		if (is_known(r, tag)) {
			answer_nothing(r, 304);
			return;
		}
	}
	answer_header(r, "Content-Type", "%s", row->format);
	answer_header(r, "Content-Security-Policy", "default-src 'none'; sandbox");
	if (download && strcmp(download, "true") == 0) {
		add_disposition(r, row);
	}
	if (r->method == REQUEST_HEAD) {
		answer_source(r, &headers_only);
	} else {
		download_start(r, blob_store, row);
	}
}

static void on_row(struct request *r, const struct export_row *row)
{
	struct refusal why = {0};
	struct blob_store *blob_store;
	struct fault f = {0};

	if (!row->content_location || !row->content_store) {
		(void)refuse(&why, PROBLEM_NOT_FOUND);
		answer_refusal(r, &why);
		return;
	}
	blob_store = blobs_named(r->api->blobs, row->content_store);
	if (!blob_store) {
		(void)fault_set(&f, FAULT_STORAGE,
			"export %" G_GINT64_FORMAT
			" lies in blob store \"%s\", which is not set up",
			row->id, row->content_store);
		answer_fault(r, &f);
		return;
	}
	send_content(r, blob_store, row);
}

void route_exports_content(struct request *r)
{
	export_lookup(r, on_row);
}
