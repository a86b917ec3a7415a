#include "api-shim/body.h"

#include "api-shim/multipart.h"
#include "api-shim/pairs.h"

#include <glib.h>
#include <string.h>

enum { DEPTH_MAX = 64, CONTENT_TYPE_SHOWN = 200 };

static const char *python_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "dict";
	case JSON_ARRAY:
		return "list";
	case JSON_STRING:
		return "str";
	case JSON_INTEGER:
		return "int";
	case JSON_REAL:
		return "float";
	case JSON_TRUE:
	case JSON_FALSE:
		return "bool";
	case JSON_NULL:
		break;
	}
	return "NoneType";
}

static json_t *read_json(const char *text, size_t length, size_t limit, struct refusal *why)
{
	struct json_limits limits = {limit, DEPTH_MAX};
	struct fault f = {0};
	json_t *value;

	if (!json_read(text, length, &limits, &value, &f)) {
		(void)refuse_with(why, PROBLEM_MALFORMED, "JSON parse error - %s", f.detail);
		return NULL;
	}
	if (json_is_object(value)) {
		return value;
	}
	if (json_is_null(value)) {
		(void)refuse_field(why, NULL, "null", "No data provided");
	} else {
		(void)refuse_field(why, NULL, "invalid_input",
			"Invalid data. Expected a dictionary, but got %s.", python_name(value));
	}
	json_decref(value);
	return NULL;
}

static json_t *object_of(const struct pairs *p)
{
	json_t *object = json_object();

	for (size_t i = 0; i < p->count; i++) {
		(void)json_object_set_new(object, p->at[i].name, json_string(p->at[i].value));
	}
	return object;
}

static json_t *read_form(const char *content_type, bool multipart, const char *text, size_t length,
	struct refusal *why)
{
	struct pairs pairs = {0};
	struct fault f = {0};
	json_t *object = NULL;

	if (multipart ? multipart_read(&pairs, content_type, text, length, &f)
		      : pairs_read(&pairs, text, length, &f)) {
		object = object_of(&pairs);
	} else {
		(void)refuse_with(why, PROBLEM_MALFORMED, "Form parse error - %s", f.detail);
	}
	pairs_finish(&pairs);
	return object;
}

static bool is_type(const char *content_type, const char *wanted)
{
	size_t n = strlen(wanted);

	content_type += strspn(content_type, " \t");
	return g_ascii_strncasecmp(content_type, wanted, n) == 0 &&
	       strchr("; \t", content_type[n]) != NULL;
}

json_t *body_read(const char *content_type, const char *text, size_t length, size_t limit,
	bool *is_text, struct refusal *why)
{
	*is_text = false;
	if (length == 0) {
		return json_object();
	}
	if (!content_type) {
		content_type = "";
	}
	if (is_type(content_type, "application/json")) {
		return read_json(text, length, limit, why);
	}
	*is_text = true;
	if (is_type(content_type, "application/x-www-form-urlencoded")) {
		return read_form(content_type, false, text, length, why);
	}
	if (is_type(content_type, "multipart/form-data")) {
		return read_form(content_type, true, text, length, why);
	}
	(void)refuse_with(why, PROBLEM_MEDIA_TYPE, "Unsupported media type \"%.*s\" in request.",
		CONTENT_TYPE_SHOWN, content_type);
	return NULL;
}
