/* How this process is: what it needs, whether it can be reached, and what that means. */
#pragma once
#include <stdbool.h>

struct api;
struct request;

struct health {
	bool postgres, redis, has_redis, draining;
};

struct health health_of(const struct api *api);
/* Creates and reads can be answered.  Redis away does not make it less ready: creates answer 201
 * all the same, and their exports start within seconds. */
bool health_is_ready(const struct health *h);
/* Answers with all of it in words. */
void health_answer(struct request *r, const struct health *h, int status);
