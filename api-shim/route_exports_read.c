/* GET …/exports/:id — one export as it stands (spec/exports.md 2.6). */
#include "api-shim/api.h"
#include "api-shim/export_json.h"
#include "api-shim/export_lookup.h"
#include "api-shim/route.h"
#include "lib/base/clock.h"

static void on_row(struct request *r, const struct export_row *row)
{
	GString *json = g_string_sized_new(512);

	export_json_add(json, row, clock_wall_us());
	answer_json(r, 200, json);
}

void route_exports_read(struct request *r)
{
	export_lookup(r, on_row);
}
