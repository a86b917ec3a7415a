#include "api-shim/blobs.h"

#include <glib.h>
#include <string.h>

struct blobs {
	GPtrArray *open; /* of struct blob_store */
};

bool blobs_open(
	struct store *store, const struct config *config, struct blobs **out, struct fault *f)
{
	const struct blob_options options = {store, config->blob_directory};
	struct blobs *b = g_new0(struct blobs, 1);

	b->open = g_ptr_array_new();
	for (size_t i = 0; i < blob_kind_count(); i++) {
		const struct blob_kind *kind = blob_kind_at(i);
		bool wanted = strcmp(kind->name, config->blob_store) == 0;
		struct blob_store *blob_store = NULL;
		struct fault why = {0};

		if (kind->open(store->loop, &options, &blob_store, &why)) {
			g_ptr_array_add(b->open, blob_store);
		} else if (wanted) {
			blobs_close(b);
			return fault_pass(f, &why);
		}
	}
	if (!blobs_named(b, config->blob_store)) {
		blobs_close(b);
		return fault_set(f, FAULT_INPUT, "blob_store is \"%s\", which is no kind of store",
			config->blob_store);
	}
	*out = b;
	return true;
}

void blobs_close(struct blobs *b)
{
	for (guint i = 0; i < b->open->len; i++) {
		struct blob_store *blob_store = g_ptr_array_index(b->open, i);

		blob_store->kind->close(blob_store);
	}
	g_ptr_array_free(b->open, TRUE);
	g_free(b);
}

struct blob_store *blobs_named(const struct blobs *b, const char *name)
{
	for (guint i = 0; i < b->open->len; i++) {
		struct blob_store *blob_store = g_ptr_array_index(b->open, i);

		if (strcmp(blob_store->kind->name, name) == 0) {
			return blob_store;
		}
	}
	return NULL;
}
