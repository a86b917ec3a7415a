/* The date language of a query and the range it means in a project's zone (spec/insights.md 1.3).
 *
 * Text is read first (struct date_request), without a clock; then it is resolved against now, and
 * for "all" against the earliest event.  Points in time are microseconds since 1970 UTC; both ends
 * of a range belong to it.  A text that is no date is FAULT_DATE with the field and the text. */
#pragma once
#include "insight/calendar.h"
#include "insight/zone.h"
#include "lib/base/json.h"

enum { DATES_FIRST_YEAR = 1970, DATES_LAST_YEAR = 2200 };

enum date_form {
	DATE_ABSENT,
	DATE_ALL,
	DATE_DAY, /* 2024-01-31: a whole day of the project's */
	DATE_TIME, /* 2024-01-31 10:20, of the project's clock */
	DATE_INSTANT, /* 2024-01-31T10:20:00Z */
	DATE_RELATIVE /* -7d, mStart, -1wEnd */
};

enum date_position { DATE_AS_IT_IS, DATE_AT_START, DATE_AT_END };

struct date_text {
	enum date_form form;
	int64_t us; /* wall time of DAY and TIME, instant of INSTANT */
	int64_t number; /* RELATIVE: how many units back */
	enum calendar_unit unit;
	enum date_position position;
};

struct date_request {
	struct date_text from, to;
	const char *from_text, *to_text; /* as written, for messages; NULL when absent */
	bool is_explicit; /* dateRange.explicitDate */
};

/* Where and when a query is computed. */
struct date_place {
	const struct zone *zone;
	int week_start_day;
	int64_t now_us;
};

struct date_range {
	int64_t from_us, to_us;
	enum interval interval;
};

/* `field` names the text in the fault. */
bool date_read(
	const char *text, const char *field, struct date_text *out, struct fault *f) MUST_CHECK;
/* dateRange of a query whose wrappers are off.  Borrows texts from the query. */
bool dates_read(const json_t *query, struct date_request *out, struct fault *f) MUST_CHECK;

/* `earliest_us` counts when from is DATE_ALL; INT64_MAX when there is no event. */
bool dates_resolve(const struct date_request *request, enum interval interval,
	const struct date_place *place, int64_t earliest_us, struct date_range *out,
	struct fault *f) MUST_CHECK;
/* The span that a date of a property filter covers: a whole day, or one instant. */
bool date_span(const struct date_text *date, const char *text, const char *field,
	const struct date_place *place, int64_t *first_us, int64_t *last_us,
	struct fault *f) MUST_CHECK;

/* The window to compare with: shifted by `compare_to` ("-1y"), or with NULL the one before, of
 * `bucket_count` buckets too (spec/insights.md 1.3, 2.2.9). */
bool dates_previous(const struct date_request *request, const struct date_range *range,
	const struct date_place *place, int64_t bucket_count, const char *compare_to,
	struct date_range *out, struct fault *f) MUST_CHECK;
