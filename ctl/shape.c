#include "ctl/shape.h"

#include <inttypes.h>
#include <stdarg.h>

size_t shape_enter(struct shape *s, const char *key, int64_t index)
{
	size_t mark = s->path->len;

	if (key) {
		g_string_append_printf(s->path, "%s%s", mark > 0 ? "." : "", key);
	}
	if (index >= 0) {
		g_string_append_printf(s->path, "[%" PRId64 "]", index);
	}
	return mark;
}

void shape_leave(struct shape *s, size_t mark)
{
	g_string_truncate(s->path, mark);
}

bool shape_refuse(const struct shape *s, const char *key, struct fault *f, const char *fmt, ...)
{
	g_autofree char *why = NULL;
	const char *dot = s->path->len > 0 && key ? "." : "";
	va_list args;

	va_start(args, fmt);
	why = g_strdup_vprintf(fmt, args);
	va_end(args);
	if (s->path->len == 0 && !key) {
		return fault_set(f, FAULT_INPUT, "%s", why);
	}
	return fault_set(f, FAULT_INPUT, "%s%s%s: %s", s->path->str, dot, key ? key : "", why);
}

bool shape_blame(const struct shape *s, struct fault *f)
{
	return s->path->len > 0 ? fault_wrap(f, "%s: ", s->path->str) : false;
}

static const json_t *lookup(const json_t *object, const char *key)
{
	const json_t *member = json_object_get(object, key);

	return json_is_null(member) ? NULL : member;
}

bool shape_text(const struct shape *s, const json_t *object, const char *key, int64_t most,
	const char **out, struct fault *f)
{
	const json_t *member = lookup(object, key);

	if (member && !json_is_string(member)) {
		return shape_refuse(s, key, f, "must be text");
	}
	if (member && g_utf8_strlen(json_string_value(member), -1) > most) {
		return shape_refuse(s, key, f, "is longer than %" PRId64 " characters", most);
	}
	*out = member ? json_string_value(member) : NULL;
	return true;
}

bool shape_need_text(const struct shape *s, const json_t *object, const char *key, int64_t most,
	const char **out, struct fault *f)
{
	if (!shape_text(s, object, key, most, out, f)) {
		return false;
	}
	return *out && **out ? true : shape_refuse(s, key, f, "is missing");
}

bool shape_int(const struct shape *s, const json_t *object, const char *key, int64_t least,
	int64_t most, int64_t otherwise, int64_t *out, struct fault *f)
{
	const json_t *member = lookup(object, key);

	if (!member) {
		*out = otherwise;
		return true;
	}
	if (!json_is_integer(member) || json_integer_value(member) < least ||
		json_integer_value(member) > most) {
		return shape_refuse(s, key, f,
			"must be a whole number from %" PRId64 " to %" PRId64, least, most);
	}
	*out = json_integer_value(member);
	return true;
}

bool shape_flag(const struct shape *s, const json_t *object, const char *key, bool otherwise,
	bool *out, struct fault *f)
{
	const json_t *member = lookup(object, key);

	if (member && !json_is_boolean(member)) {
		return shape_refuse(s, key, f, "must be true or false");
	}
	*out = member ? json_is_true(member) : otherwise;
	return true;
}

bool shape_object(const struct shape *s, const json_t *object, const char *key, const json_t **out,
	struct fault *f)
{
	const json_t *member = lookup(object, key);

	if (member && !json_is_object(member)) {
		return shape_refuse(s, key, f, "must be an object");
	}
	*out = member;
	return true;
}

bool shape_each(struct shape *s, const json_t *object, const char *key, shape_fn fn, void *arg,
	struct fault *f)
{
	const json_t *list = key ? lookup(object, key) : object;

	if (!list) {
		return true;
	}
	if (!json_is_array(list)) {
		return shape_refuse(s, key, f, "must be a list");
	}
	for (size_t i = 0; i < json_array_size(list); i++) {
		const json_t *element = json_array_get(list, i);
		size_t mark = shape_enter(s, key, (int64_t)i);
		bool ok = json_is_object(element) ? fn(arg, element, f)
						  : shape_refuse(s, NULL, f, "must be an object");

		shape_leave(s, mark);
		if (!ok) {
			return false;
		}
	}
	return true;
}
