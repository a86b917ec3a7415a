#include "insight/lifecycle.h"

#include "insight/brief.h"
#include "insight/series_actor.h"

#include <glib.h>
#include <string.h>

static const char *const status_names[] = {[LIFECYCLE_NEW] = "new",
	[LIFECYCLE_RETURNING] = "returning",
	[LIFECYCLE_RESURRECTING] = "resurrecting",
	[LIFECYCLE_DORMANT] = "dormant"};

const char *lifecycle_status_name(enum lifecycle_status status)
{
	return status_names[status];
}

static bool read_series(
	const json_t *query, struct filter_reader *r, struct lifecycle *out, struct fault *f)
{
	const json_t *list = json_object_get(query, "series");
	const json_t *node = json_array_get(list, 0);

	if (json_array_size(list) != 1) {
		return fault_set(f, FAULT_QUERY, "series: a lifecycle has exactly one, not %zu",
			json_array_size(list));
	}
	return (entity_read(node, r, &out->entity, f) &&
		       series_actor_read(node, &out->scope, &out->scope.actor, f)) ||
	       fault_wrap(f, "series[0].");
}

static bool show(struct lifecycle *out, const json_t *member, size_t i, struct fault *f)
{
	const char *name = json_is_string(member) ? json_string_value(member) : "";
	char shown[BRIEF_BYTES];

	for (size_t s = 0; s < LIFECYCLE_STATUS_COUNT; s++) {
		if (strcmp(status_names[s], name) == 0) {
			out->is_shown[s] = true;
			return true;
		}
	}
	return fault_set(f, FAULT_QUERY,
		"toggledLifecycles[%zu]: '%s' is none of new, returning, resurrecting, dormant", i,
		brief(name, shown));
}

/* None at all is a choice too: the list is absent when nobody chose. */
static bool read_shown(const json_t *filter, struct lifecycle *out, struct fault *f)
{
	const json_t *list = json_object_get(filter, "toggledLifecycles");
	const json_t *member;
	size_t i;

	for (size_t s = 0; s < LIFECYCLE_STATUS_COUNT; s++) {
		out->is_shown[s] = !list || json_is_null(list);
	}
	if (out->is_shown[0]) {
		return true;
	}
	if (!json_is_array(list)) {
		return fault_set(f, FAULT_QUERY, "toggledLifecycles is not a list");
	}
	json_array_foreach(list, i, member)
	{
		if (!show(out, member, i, f)) {
			return false;
		}
	}
	return true;
}

static bool read_filter(const json_t *query, struct lifecycle *out, struct fault *f)
{
	const json_t *filter = json_object_get(query, "lifecycleFilter");

	if (filter && !json_is_null(filter) && !json_is_object(filter)) {
		return fault_set(f, FAULT_QUERY, "lifecycleFilter is not an object");
	}
	return read_shown(filter, out, f) || fault_wrap(f, "lifecycleFilter.");
}

bool lifecycle_read(const struct kind_context *c, struct lifecycle *out, struct fault *f)
{
	struct filter_reader reader = {.place = &c->place, .references = c->references};

	*out = (struct lifecycle){.scope = {.sample = 1}};
	return read_filter(c->query, out, f) && scope_read(c, &reader, &out->scope, f) &&
	       read_series(c->query, &reader, out, f);
}

void lifecycle_finish(struct lifecycle *l)
{
	entity_finish(&l->entity);
	scope_finish(&l->scope);
}

/* The instant before the first bucket lies in the one before it; whose end is cut short, for a
 * range may end within a week, is filled up, since that is where its people were new. */
static bool open_buckets(const struct lifecycle *l, const struct kind_context *c,
	struct lifecycle_pass *out, struct fault *f)
{
	const struct buckets *b = out->window.buckets;
	const struct date_place *place = &c->place;
	int64_t end = calendar_next(
		b->walls[b->count - 1], interval_unit(l->scope.interval), place->week_start_day);
	struct date_range range = {.from_us = b->cuts[0] - 1,
		.to_us = MAX(zone_instant_us(place->zone, end) - 1, out->window.range.to_us),
		.interval = l->scope.interval};

	out->end_us = range.to_us;
	return buckets_create(&range, place, c->max_buckets + 2, &out->buckets, f);
}

bool lifecycle_open(const struct lifecycle *l, const struct kind_context *c, int64_t earliest_us,
	struct lifecycle_pass *out, struct fault *f)
{
	*out = (struct lifecycle_pass){.buckets = NULL};
	return window_open(&l->scope, c, earliest_us, WINDOW_OF_BUCKETS, &out->window, f) &&
	       open_buckets(l, c, out, f);
}
