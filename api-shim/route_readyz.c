/* GET /readyz — 200 while this process should be given requests, else 503, and why. */
#include "api-shim/health.h"
#include "api-shim/route.h"

void route_readyz(struct request *r)
{
	struct health h = health_of(r->api);

	health_answer(r, &h, health_is_ready(&h) ? 200 : 503);
}
