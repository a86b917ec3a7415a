/* What an event must be to be counted: a series, a step of a funnel, an entity of retention
 * (spec/insights.md 1.5).
 *
 * An event by name or any event, an action (one of its steps), or one of several nodes; each with
 * filters of its own.  Texts are borrowed from the query and the references.  To add a kind of
 * node, add its line to entity.c's table. */
#pragma once
#include "insight/filter.h"

enum { ENTITY_MAX_PARTS = 50 };

struct entity {
	const char *event; /* NULL: any event */
	GPtrArray *any_of; /* struct entity: one of them must hold too; NULL: nothing more */
	GPtrArray *filters; /* struct filter: all of them must hold too */
	const char *name; /* what a legend says: custom name, name, what it is about */
	const char *own_name; /* the action's name or the event's; "All events" */
	const json_t *node;
};

/* `node` is an EventsNode, ActionsNode or GroupNode; without a kind its `type` is "events" or
 * "actions" and its `id` the event's name or the action's number, as retention writes it.  Faults
 * begin with the member.  Finish *out in either case. */
bool entity_read(const json_t *node, struct filter_reader *r, struct entity *out,
	struct fault *f) MUST_CHECK;
void entity_finish(struct entity *e);

/* A condition on the row of events: for WHERE, FILTER and CASE, since it may be null instead of
 * false. */
void entity_write(const struct entity *e, struct writer *w);
/* The same without filters of its own: an action's steps are what it is, and stay. */
void entity_write_unfiltered(const struct entity *e, struct writer *w);

/* Adds the names that such an event can have; false when it can be any.  The names are borrowed;
 * the array may hold one twice. */
bool entity_event_names(const struct entity *e, GPtrArray *names);
/* " AND events.event = ANY (…)": what all of the entities together can be, for the index; nothing
 * where one can be any event. */
void entities_write_and_named(const struct entity *const *entities, size_t count, struct writer *w);

/* What a legend says of a node of any kind, even of one that is not computed here. */
const char *entity_node_name(const json_t *node);
/* The name without the custom one. */
const char *entity_plain_name(const struct entity *e);
/* "events" or "actions", and the id beside it in a result; the caller owns the JSON. */
const char *entity_type(const struct entity *e);
json_t *entity_id(const struct entity *e);
