/* Files into tables: a whole file or nothing of it, and a second time changes nothing. */
#pragma once
#include "lib/pg/pg_wait.h"

#include <stdint.h>

struct events_loaded {
	int64_t rows, events, persons; /* in the file; new in the tables */
};
/* A bad row is FAULT_INPUT with file, line and column. */
bool load_events(struct pg_wait *pg, int64_t project_id, const char *path,
	struct events_loaded *loaded, struct fault *f) MUST_CHECK;

struct definitions_loaded {
	int organizations, users, projects, insights, dashboards, tiles;
	int groups, actions, cohorts; /* groups count their types too */
	int skipped; /* tiles that hold neither an insight nor a text */
};
/* Faults name the file and the JSON path.  `project_id` is where insights and dashboards go that
 * stand outside of a project; 0: there is none. */
bool load_definitions(struct pg_wait *pg, int64_t project_id, const char *path,
	struct definitions_loaded *loaded, struct fault *f) MUST_CHECK;
