/* The blob stores that this process can read: every kind that opens with the settings given.
 *
 * A file is read from the store that its row names, which need not be the one that new files go
 * to; so all that can be opened are. */
#pragma once
#include "lib/base/config.h"
#include "store/blob.h"

struct blobs;

/* FAULT_INPUT when blob_store names none, or one that does not open. */
bool blobs_open(struct store *store, const struct config *config, struct blobs **out,
	struct fault *f) MUST_CHECK;
void blobs_close(struct blobs *b);
struct blob_store *blobs_named(const struct blobs *b, const char *name); /* or NULL */
