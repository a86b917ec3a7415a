/* A stored file on its way to a client.
 *
 * The one rule: memory stays bounded whatever the file's size and the client's speed.  A blob store
 * gives its pieces as fast as it can, so what is more than a mebibyte goes through an unlinked file
 * in TMPDIR, from which the client is served while the rest still arrives. */
#pragma once
#include "store/blob.h"
#include "store/exports.h"

struct request;

enum { DOWNLOAD_MEMORY = 1048576, DOWNLOAD_SPOOLS_MAX = 64 };

/* Answers `r` with the content of `row` once its first piece is there, so that a file that is
 * missing is still a 404.  Headers of its own are added; the request's others stand already. */
void download_start(struct request *r, struct blob_store *from, const struct export_row *row);
