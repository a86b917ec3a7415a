#include "api-shim/wish.h"

#include "api-shim/heatmap_url.h"

#include <glib.h>
#include <inttypes.h>
#include <string.h>

enum { RECORDING_ID_MAX = 200 };

static const struct json_limits context_limits = {16777216, 64};

static const char *python_name(const json_t *value)
{
	switch (json_typeof(value)) {
	case JSON_OBJECT:
		return "dict";
	case JSON_ARRAY:
		return "list";
	case JSON_STRING:
		return "str";
	case JSON_REAL:
		return "float";
	case JSON_TRUE:
	case JSON_FALSE:
		return "bool";
	case JSON_INTEGER:
	case JSON_NULL:
		break;
	}
	return "int";
}

static bool refuse_pk(const char *field, const char *pk, struct refusal *why)
{
	return refuse_field(
		why, field, "does_not_exist", "Invalid pk \"%s\" - object does not exist.", pk);
}

bool wish_refuse_unknown(const char *field, int64_t id, struct refusal *why)
{
	char pk[24];

	(void)g_snprintf(pk, sizeof pk, "%" PRId64, id);
	return refuse_pk(field, pk, why);
}

static bool read_id_text(const char *field, const char *sent, int64_t *id, struct refusal *why)
{
	g_autofree char *text = g_strstrip(g_strdup(sent));
	const char *digits = text + (*text == '-' || *text == '+');

	if (!*sent) {
		return true; /* an empty field of a form */
	}
	if (!*digits || strspn(digits, "0123456789") != strlen(digits)) {
		return refuse_field(why, field, "incorrect_type",
			"Incorrect type. Expected pk value, received str.");
	}
	if (*text == '-' || strlen(digits) > 18 || !(*id = g_ascii_strtoll(digits, NULL, 10))) {
		*id = 0;
		return refuse_pk(field, text, why);
	}
	return true;
}

bool wish_read_id(const json_t *form, const char *field, int64_t *id, struct refusal *why)
{
	const json_t *value = json_object_get(form, field);

	*id = 0;
	if (!value || json_is_null(value)) {
		return true;
	}
	if (json_is_string(value)) {
		return read_id_text(field, json_string_value(value), id, why);
	}
	if (!json_is_integer(value)) {
		return refuse_field(why, field, "incorrect_type",
			"Incorrect type. Expected pk value, received %s.", python_name(value));
	}
	*id = json_integer_value(value);
	return *id > 0 || wish_refuse_unknown(field, *id, why);
}

/* A value as Python's str() would show it, near enough for what is no format anyway. */
static char *shown(const json_t *value)
{
	if (json_is_string(value)) {
		return g_strdup(json_string_value(value));
	}
	if (json_is_boolean(value)) {
		return g_strdup(json_is_true(value) ? "True" : "False");
	}
	return json_write(value);
}

bool wish_read_format(struct wish *w, const json_t *form, struct refusal *why)
{
	const json_t *value = json_object_get(form, "export_format");
	g_autofree char *text = NULL;

	if (!value) {
		return refuse_field(why, "export_format", "required", "This field is required.");
	}
	if (json_is_null(value)) {
		return refuse_field(why, "export_format", "null", "This field may not be null.");
	}
	text = shown(value);
	w->format = json_is_string(value) ? format_of_mime(text) : NULL;
	if (!w->format || !w->format->postable) {
		return refuse_field(why, "export_format", "invalid_choice",
			"\"%s\" is not a valid choice.", text);
	}
	return true;
}

/* New reference to the context, NULL for none; `bad` says that it is neither object nor null. */
static json_t *context_of(const json_t *form, bool is_text, const char **bad)
{
	json_t *value = json_incref(json_object_get(form, "export_context"));
	struct fault f = {0};

	*bad = NULL;
	if (value && is_text) {
		const char *text = json_string_value(value);
		json_t *read = NULL;

		if (!json_read(text, strlen(text), &context_limits, &read, &f)) {
			*bad = "Value must be valid JSON.";
		}
		json_decref(value);
		value = read;
	}
	if (value && !json_is_object(value)) {
		*bad = json_is_null(value) ? NULL : "Value must be a JSON object.";
		json_decref(value);
		value = NULL;
	}
	return value;
}

bool wish_read_context(struct wish *w, const json_t *form, bool is_text, struct refusal *why)
{
	const char *bad;

	w->context = context_of(form, is_text, &bad);
	return !bad || refuse_field(why, "export_context", "invalid_input", "%s", bad);
}

static bool check_path(const json_t *context, struct refusal *why)
{
	const json_t *method = json_object_get(context, "method");
	const json_t *body = json_object_get(context, "body");
	bool is_get = !json_truthy(method) ||
		      (json_is_string(method) &&
			      g_ascii_strcasecmp(json_string_value(method), "GET") == 0);

	if (!json_truthy(json_object_get(context, "path")) ||
		(is_get && (!body || json_is_null(body)))) {
		return true;
	}
	return refuse_field(why, "export_context", "invalid_input",
		"Exports from API endpoints only support GET requests without a request body.");
}

/* It becomes part of addresses further on, so it is made of nothing that means something there. */
static bool is_recording_id(const json_t *id)
{
	const char *text = json_string_value(id);
	size_t n = text ? strlen(text) : 0;

	for (size_t i = 0; i < n; i++) {
		if (!g_ascii_isalnum(text[i]) && !strchr("-_.~:", text[i])) {
			return false;
		}
	}
	return n > 0 && n <= RECORDING_ID_MAX && strcmp(text, ".") != 0 && strcmp(text, "..") != 0;
}

static bool check_heatmap(const json_t *context, struct refusal *why)
{
	const json_t *url = json_object_get(context, "heatmap_url");
	char reason[HEATMAP_URL_REASON] = "Invalid URL";

	if (!json_truthy(url) ||
		(json_is_string(url) && heatmap_url_allowed(json_string_value(url), reason))) {
		return true;
	}
	return refuse_field(
		why, "export_context", "invalid_input", "heatmap_url not allowed: %s", reason);
}

bool wish_is_rasterized(const struct wish *w)
{
	return w->format->family == FORMAT_VIDEO;
}

bool wish_check(const struct wish *w, int64_t project_id, struct refusal *why)
{
	const json_t *recording = json_object_get(w->context, "session_recording_id");

	if (!w->dashboard_id && !w->insight_id && !json_truthy(w->context)) {
		return refuse_field(why, NULL, "invalid_input",
			"Either dashboard, insight or export_context is required for an export.");
	}
	if (w->dashboard_id && w->dashboard_project != project_id) {
		return refuse_field(why, "dashboard", "invalid_input",
			"This dashboard does not belong to your team.");
	}
	if (w->insight_id && w->insight_project != project_id) {
		return refuse_field(why, "insight", "invalid_input",
			"This insight does not belong to your team.");
	}
	if (!check_path(w->context, why)) {
		return false;
	}
	if (json_truthy(recording) && !is_recording_id(recording)) {
		return refuse_field(
			why, "export_context", "invalid_input", "Invalid session_recording_id.");
	}
	if (!check_heatmap(w->context, why)) {
		return false;
	}
	if (wish_is_rasterized(w) && !json_truthy(recording)) {
		return refuse_field(why, "export_format", "invalid_input",
			"Video export supports session recordings only.");
	}
	return true;
}

unsigned wish_scopes(const json_t *form, bool is_text, const char **scopes, unsigned room)
{
	const char *bad;
	json_t *context = context_of(form, is_text, &bad);
	const struct {
		bool needed;
		const char *scope;
	} all[] = {
		{json_truthy(json_object_get(form, "insight")), "insight:read"},
		{json_truthy(json_object_get(form, "dashboard")), "dashboard:read"},
		{json_truthy(json_object_get(context, "session_recording_id")),
			"session_recording:read"},
		{json_truthy(json_object_get(context, "heatmap_url")), "heatmap:read"},
		{json_truthy(json_object_get(context, "source")), "query:read"},
	};
	unsigned count = 0;

	for (size_t i = 0; i < G_N_ELEMENTS(all) && count < room; i++) {
		if (all[i].needed) {
			scopes[count++] = all[i].scope;
		}
	}
	json_decref(context);
	return count;
}

void wish_finish(struct wish *w)
{
	json_decref(w->context);
	memset(w, 0, sizeof *w);
}
