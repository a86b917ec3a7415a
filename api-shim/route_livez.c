/* GET /livez — the loop turns; says nothing of what lies behind. */
#include "api-shim/route.h"

void route_livez(struct request *r)
{
	answer_json(r, 200, g_string_new("{\"http\":true}"));
}
