/* What the renderer draws: a job's definitions and results as one JSON document
 * (render/README.md). */
#pragma once
#include "worker/job.h"

/* json_decref() it. */
json_t *document_of(const struct job *j);
