/* What json_read() takes, json_write() writes so that it reads back equal, and written again it is
 * the same bytes. */
#include "lib/base/json.h"
#include "lib/base/require.h"
#include "tests/fuzz/target.h"

#include <glib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	g_autofree char *once = NULL, *twice = NULL;
	json_t *value = NULL, *again = NULL;
	struct fault f = {.kind = FAULT_NONE};

	if (!json_read((const char *)data, size, &json_request_limits, &value, &f)) {
		REQUIRE(f.kind != FAULT_NONE && f.detail[0]);
		REQUIRE(g_utf8_validate(f.detail, -1, NULL));
		return 0;
	}
	once = json_write(value);
	REQUIRE(json_read(once, strlen(once), &json_stored_limits, &again, &f));
	REQUIRE(json_equal(value, again));
	twice = json_write(again);
	REQUIRE(strcmp(once, twice) == 0);
	json_decref(value);
	json_decref(again);
	return 0;
}
