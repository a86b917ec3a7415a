#include "api-shim/query_form.h"

#include <glib.h>

enum { CLIENT_QUERY_ID_MAX = 200 };

static bool read_query(const json_t *form, const json_t **out, struct refusal *why)
{
	const json_t *query = json_object_get(form, "query");

	if (!query) {
		return refuse_field(why, "query", "required", "This field is required.");
	}
	if (json_is_null(query)) {
		return refuse_field(why, "query", "null", "This field may not be null.");
	}
	if (!json_is_object(query)) {
		return refuse_field(why, "query", "invalid_input", "The query must be an object.");
	}
	*out = query;
	return true;
}

static bool check_refresh(const json_t *form, struct refusal *why)
{
	const json_t *refresh = json_object_get(form, "refresh");

	return !refresh || json_is_null(refresh) || json_is_boolean(refresh) ||
	       json_is_string(refresh) ||
	       refuse_field(why, "refresh", "invalid_input", "Must be a text or a boolean.");
}

static bool check_id(const json_t *form, struct refusal *why)
{
	const json_t *id = json_object_get(form, "client_query_id");

	if (!id || json_is_null(id)) {
		return true;
	}
	return (json_is_string(id) && json_string_length(id) <= CLIENT_QUERY_ID_MAX) ||
	       refuse_field(why, "client_query_id", "invalid_input",
		       "Must be a text of at most %d bytes.", CLIENT_QUERY_ID_MAX);
}

static bool read_object(
	const json_t *form, const char *field, const json_t **out, struct refusal *why)
{
	const json_t *value = json_object_get(form, field);

	if (!value || json_is_null(value)) {
		return true;
	}
	if (!json_is_object(value)) {
		return refuse_field(why, field, "invalid_input", "Must be an object.");
	}
	*out = value;
	return true;
}

bool query_form_read(const json_t *form, struct query_form *out, struct refusal *why)
{
	*out = (struct query_form){0};
	return read_query(form, &out->query, why) && check_refresh(form, why) &&
	       check_id(form, why) && read_object(form, "filters_override", &out->filters, why) &&
	       read_object(form, "variables_override", &out->variables, why);
}
