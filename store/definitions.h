/* What can be exported: projects, insights, dashboards and their tiles, read only.
 *
 * Everything is borrowed for the callback; JSON values may be kept with json_incref(). */
#pragma once
#include "lib/base/json.h"
#include "store/store.h"

struct project_row {
	int64_t id;
	const char *name, *timezone; /* IANA name */
	int week_start_day; /* 0 Sunday, 1 Monday */
	const char *organization_id;
	json_t *data_colors, *test_account_filters; /* or NULL */
};
typedef void (*project_fn)(void *arg, const struct project_row *p, const struct fault *f);
void definitions_project(struct store *s, int64_t id, project_fn done, void *arg);

/* Whether a dashboard or insight exists and where: for POST's two different errors. */
enum definition_kind { DEFINITION_DASHBOARD, DEFINITION_INSIGHT };
/* `project_id` is 0 when there is none such. */
typedef void (*definition_where_fn)(void *arg, int64_t project_id, const struct fault *f);
void definitions_where(struct store *s, enum definition_kind kind, int64_t id,
	definition_where_fn done, void *arg);

struct insight_row {
	int64_t id;
	const char *short_id, *name, *derived_name, *description; /* or NULL */
	json_t *query, *result; /* or NULL */
};
typedef void (*insight_row_fn)(void *arg, const struct insight_row *i, const struct fault *f);
/* FAULT_NOT_FOUND for one of another project or deleted. */
void definitions_insight(
	struct store *s, int64_t project_id, int64_t id, insight_row_fn done, void *arg);
/* By the id that addresses and SavedInsightNode have; the same otherwise. */
void definitions_insight_short(
	struct store *s, int64_t project_id, const char *short_id, insight_row_fn done, void *arg);

struct tile_row {
	int64_t id;
	const struct insight_row *insight; /* NULL for a text tile */
	const char *text; /* markdown; NULL for an insight tile */
	json_t *layouts, *filters_overrides; /* or NULL */
	const char *color; /* or NULL */
	bool show_description, transparent_background;
};
struct dashboard_row {
	int64_t id;
	const char *name, *description; /* or NULL */
	json_t *filters, *variables, *breakdown_colors; /* or NULL */
	const struct tile_row
		*tiles; /* in (y, x) order of their sm layout, missing 100; deleted ones left out */
	size_t tile_count;
};
typedef void (*dashboard_row_fn)(void *arg, const struct dashboard_row *d, const struct fault *f);
void definitions_dashboard(
	struct store *s, int64_t project_id, int64_t id, dashboard_row_fn done, void *arg);
