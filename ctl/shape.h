/* Members of JSON that somebody wrote by hand, each checked where it is read: a fault names the
 * path, as in "projects[0].dashboards[1].tiles[3].color: must be text".
 *
 * A member that is missing or null is read as NULL, 0 or the value given. */
#pragma once
#include "lib/base/json.h"

#include <glib.h>
#include <stdint.h>

struct shape {
	GString *path; /* of the object being read */
};

/* Going into a member and, from `index` 0 on, into an element of it; leave with what enter gave. */
enum { SHAPE_NO_INDEX = -1 };
size_t shape_enter(struct shape *s, const char *key, int64_t index);
void shape_leave(struct shape *s, size_t mark);

/* FAULT_INPUT about a member, or about the object itself when `key` is NULL; returns false. */
bool shape_refuse(const struct shape *s, const char *key, struct fault *f, const char *fmt, ...)
	PRINTF_LIKE(4, 5);
/* Puts the path before a fault that happened elsewhere; returns false. */
bool shape_blame(const struct shape *s, struct fault *f);

/* `most` counts characters. */
bool shape_text(const struct shape *s, const json_t *object, const char *key, int64_t most,
	const char **out, struct fault *f) MUST_CHECK;
/* The same, but it must be there and hold something. */
bool shape_need_text(const struct shape *s, const json_t *object, const char *key, int64_t most,
	const char **out, struct fault *f) MUST_CHECK;
bool shape_int(const struct shape *s, const json_t *object, const char *key, int64_t least,
	int64_t most, int64_t otherwise, int64_t *out, struct fault *f) MUST_CHECK;
bool shape_flag(const struct shape *s, const json_t *object, const char *key, bool otherwise,
	bool *out, struct fault *f) MUST_CHECK;
bool shape_object(const struct shape *s, const json_t *object, const char *key, const json_t **out,
	struct fault *f) MUST_CHECK;

/* Calls fn for each element of the list `key`, entered; each must be an object.  NULL for `key`:
 * `object` is the list itself. */
typedef bool (*shape_fn)(void *arg, const json_t *element, struct fault *f);
bool shape_each(struct shape *s, const json_t *object, const char *key, shape_fn fn, void *arg,
	struct fault *f) MUST_CHECK;
