/* GET /healthz — what /readyz says, for people and graphs: always 200. */
#include "api-shim/health.h"
#include "api-shim/route.h"

void route_healthz(struct request *r)
{
	struct health h = health_of(r->api);

	health_answer(r, &h, 200);
}
