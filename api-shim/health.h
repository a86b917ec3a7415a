/* How this process is: what it needs, whether it can be reached, and what that means. */
#pragma once
#include <stdbool.h>

struct api;
struct request;

struct health {
	bool postgres, redis, has_redis, draining;
};

/* To be called now and then: notes since when Postgres is away. */
void health_watch(struct api *api);
/* Postgres has been away for longer than a restart takes: whoever asks now is better told so at
 * once than after the limit of a statement, and does not add to those who wait. */
bool health_is_outage(const struct api *api);

struct health health_of(const struct api *api);
/* Creates and reads can be answered.  Redis away does not make it less ready: creates answer 201
 * all the same, and their exports start within seconds. */
bool health_is_ready(const struct health *h);
/* Answers with all of it in words. */
void health_answer(struct request *r, const struct health *h, int status);
