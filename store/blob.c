#include "store/blob.h"

#include "lib/base/require.h"
#include "store/blob_kinds.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

static const struct blob_kind *const kinds[] = {
#define BLOB_KIND(name) &blob_kind_##name,
#include "store/blob.def"
#undef BLOB_KIND
};

const struct blob_kind *blob_kind_named(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (strcmp(kinds[i]->name, name) == 0) {
			return kinds[i];
		}
	}
	return NULL;
}

size_t blob_kind_count(void)
{
	return G_N_ELEMENTS(kinds);
}

const struct blob_kind *blob_kind_at(size_t i)
{
	REQUIRE(i < G_N_ELEMENTS(kinds));
	return kinds[i];
}

char *blob_location(const char *mime, int64_t project_id, int64_t export_id, int64_t fence)
{
	const char *slash = strchr(mime, '/');
	uint64_t chance[2];

	random_bytes(chance, sizeof chance);
	return g_strdup_printf("exports/%s/team-%" PRId64 "/task-%" PRId64 "/%" PRId64
			       "-%016" PRIx64 "%016" PRIx64,
		slash ? slash + 1 : mime, project_id, export_id, fence, chance[0], chance[1]);
}

void blob_sha256(const void *bytes, size_t length, char out[65])
{
	g_autoptr(GChecksum) sum = g_checksum_new(G_CHECKSUM_SHA256);

	/* GLib's length is signed, and -1 would mean text. */
	REQUIRE(length <= (size_t)G_MAXSSIZE);
	g_checksum_update(sum, length > 0 ? bytes : (const void *)"", (gssize)length);
	(void)g_strlcpy(out, g_checksum_get_string(sum), 65);
}

static bool is_name(const char *name, size_t length)
{
	if (length == 0 || (length == 1 && name[0] == '.') ||
		(length == 2 && name[0] == '.' && name[1] == '.') ||
		(length >= 4 && strncmp(name + length - 4, ".tmp", 4) == 0)) {
		return false;
	}
	for (size_t i = 0; i < length; i++) {
		if ((unsigned char)name[i] < 0x20 || name[i] == 0x7f) {
			return false;
		}
	}
	return true;
}

bool blob_location_check(const char *location, struct fault *f)
{
	bool well = strlen(location) <= 1000;

	for (const char *at = location; well; at++) {
		size_t length = strcspn(at, "/");

		well = is_name(at, length) && length <= 250;
		at += length;
		if (*at == '\0') {
			break;
		}
	}
	return well || fault_set(f, FAULT_INPUT, "this is no location of a file");
}
