/* Pages by limit and offset (spec/exports.md 2.5, spec/file_system_and_groups.md 1.5). */
#pragma once
#include "api-shim/request.h"

struct page {
	int64_t limit, offset;
};

/* From ?limit=&offset=; what is no limit is 100, what is no offset is 0.  There is no most. */
struct page page_of(const struct pairs *query);

/* Appends `"count":…,"next":…,"previous":…` for a page that shows `shown` of `total` rows: the
 * addresses of the same request with other pages, keys sorted, or null at the ends. */
void page_add(GString *json, const struct request *r, const char *site_url, const struct page *p,
	int64_t shown, int64_t total);
