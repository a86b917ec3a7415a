/* Worlds as rows of a test program's own Postgres. */
#pragma once
#include "tests/unit/insight/computed.h"
#include "tests/unit/insight/world.h"

/* Each one a project; by COPY. */
void worlds_load(struct computed *c, const GPtrArray *worlds);
