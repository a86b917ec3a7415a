#include "api-shim/export_json.h"

#include "api-shim/answer.h"
#include "api-shim/file_name.h"
#include "render/format.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

/* How old a row without an outcome may be before it is shown as failed, in seconds: what its kind
 * of export may take, and half a minute. */
enum { STUCK_S = 600 + 30, STUCK_VIDEO_S = 75 * 60 + 30, STUCK_DATASET_S = 35 * 60 + 30 };

static const char stuck_text[] =
	"Export failed without throwing an exception. Please try to rerun this export and contact "
	"support if it fails to complete multiple times.";

static int64_t stuck_after_us(const char *mime)
{
	const struct format *format = format_of_mime(mime);

	if (format && format->family == FORMAT_VIDEO) {
		return STUCK_VIDEO_S * INT64_C(1000000);
	}
	if (format && strcmp(format->name, "jsonl") == 0) {
		return STUCK_DATASET_S * INT64_C(1000000);
	}
	return STUCK_S * INT64_C(1000000);
}

static const char *exception_of(const struct export_row *row, int64_t now_us)
{
	if (row->content_location || row->exception) {
		return row->exception;
	}
	return now_us - row->created_at_us > stuck_after_us(row->format) ? stuck_text : NULL;
}

void export_json_add_time(GString *json, int64_t us)
{
	time_t seconds = (time_t)(us / 1000000);
	int64_t rest = us % 1000000;
	char text[32];
	struct tm tm;

	if (rest < 0) {
		rest += 1000000;
		seconds--;
	}
	(void)gmtime_r(&seconds, &tm);
	(void)strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &tm);
	g_string_append(json, text);
	if (rest > 0) {
		g_string_append_printf(json, ".%06" PRId64, rest);
	}
	g_string_append_c(json, 'Z');
}

static void add_id(GString *json, const char *key, int64_t id)
{
	if (id) {
		g_string_append_printf(json, ",\"%s\":%" PRId64, key, id);
	} else {
		g_string_append_printf(json, ",\"%s\":null", key);
	}
}

static void add_time_or_null(GString *json, int64_t us)
{
	if (us) {
		g_string_append_c(json, '"');
		export_json_add_time(json, us);
		g_string_append_c(json, '"');
	} else {
		g_string_append(json, "null");
	}
}

void export_json_add(GString *json, const struct export_row *row, int64_t now_us)
{
	const char *exception = exception_of(row, now_us);

	g_string_append_printf(json, "{\"id\":%" PRId64, row->id);
	add_id(json, "dashboard", row->dashboard_id);
	add_id(json, "insight", row->insight_id);
	g_string_append(json, ",\"export_format\":");
	answer_add_text(json, row->format);
	g_string_append(json, ",\"created_at\":");
	add_time_or_null(json, row->created_at_us);
	g_string_append(json, ",\"has_content\":");
	g_string_append(json, row->content_location ? "true" : "false");
	/* JSON as it was stored, so that it comes back unchanged. */
	g_string_append(json, ",\"export_context\":");
	g_string_append(json, row->context ? row->context : "null");
	g_string_append(json, ",\"filename\":\"");
	file_name_add(json, row);
	g_string_append(json, "\",\"expires_after\":");
	add_time_or_null(json, row->expires_after_us);
	g_string_append(json, ",\"exception\":");
	if (exception) {
		answer_add_text(json, exception);
	} else {
		g_string_append(json, "null");
	}
	/* Only the creator sees a row (spec/exports.md 2.6), and a creator manages it. */
	g_string_append(json, ",\"user_access_level\":\"manager\"}");
}
