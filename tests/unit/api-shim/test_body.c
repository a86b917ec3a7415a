#include "api-shim/body.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char multipart[] = "multipart/form-data; boundary=XyZ";

static void reads_as(const char *type, const char *text, const char *shown)
{
	struct refusal why = {0};
	bool is_text;
	json_t *form = body_read(type, text, strlen(text), 262144, &is_text, &why);
	g_autofree char *written = form ? json_write(form) : NULL;

	if (!form) {
		fail_msg("%s: %s", text, why.detail);
	}
	assert_string_equal(written, shown);
	json_decref(form);
}

static void is_refused(const char *type, const char *text, size_t length, int status,
	const char *code, const char *detail)
{
	struct refusal why = {0};
	bool is_text;

	assert_null(body_read(type, text, length, 262144, &is_text, &why));
	assert_int_equal(why.status, status);
	assert_string_equal(why.code, code);
	assert_null(why.attr);
	if (!strstr(why.detail, detail)) {
		fail_msg("\"%s\" does not say \"%s\"", why.detail, detail);
	}
	refusal_finish(&why);
}

static void json_bodies_are_read(void **state)
{
	(void)state;
	reads_as("application/json", "{\"a\":1,\"b\":[1.0,null]}", "{\"a\":1,\"b\":[1.0,null]}");
	reads_as("Application/JSON; charset=utf-8", "{}", "{}");
	reads_as(" application/json", " { } ", "{}");
}

static void an_empty_body_is_an_empty_object_of_any_type(void **state)
{
	(void)state;
	reads_as("application/json", "", "{}");
	reads_as("text/plain", "", "{}");
	reads_as(NULL, "", "{}");
}

static void json_that_is_none_is_a_parse_error(void **state)
{
	g_autofree char *deep = g_strnfill(100, '[');
	static const char nul[] = "{\"a\":\"\\u0000\"}";
	static const char raw[] = "{\"a\":\"x\0y\"}";

	(void)state;
	is_refused("application/json", "{", 1, 400, "parse_error", "JSON parse error - ");
	is_refused("application/json", "{\"a\":1,\"a\":2}", 13, 400, "parse_error", "duplicate");
	is_refused("application/json", deep, 100, 400, "parse_error", "64 levels");
	is_refused("application/json", nul, strlen(nul), 400, "parse_error", "");
	is_refused("application/json", raw, sizeof raw - 1, 400, "parse_error", "");
	is_refused("application/json", "{\"a\":1e999}", 11, 400, "parse_error", "");
	is_refused("application/json", "{\"a\":\"\xff\"}", 9, 400, "parse_error", "");
	is_refused("application/json", "{\"a\":1} x", 9, 400, "parse_error", "");
}

static void json_that_is_no_object_is_invalid(void **state)
{
	(void)state;
	is_refused("application/json", "[1]", 3, 400, "invalid_input",
		"Invalid data. Expected a dictionary, but got list.");
	is_refused("application/json", "\"x\"", 3, 400, "invalid_input", "but got str.");
	is_refused("application/json", "7", 1, 400, "invalid_input", "but got int.");
	is_refused("application/json", "null", 4, 400, "null", "No data provided");
}

static void other_types_are_named_and_refused(void **state)
{
	(void)state;
	is_refused("text/plain", "x", 1, 415, "unsupported_media_type",
		"Unsupported media type \"text/plain\" in request.");
	is_refused(NULL, "x", 1, 415, "unsupported_media_type",
		"Unsupported media type \"\" in request.");
	is_refused("application/jsonx", "x", 1, 415, "unsupported_media_type", "jsonx");
}

static void forms_become_texts(void **state)
{
	struct refusal why = {0};
	bool is_text = false;
	json_t *form;

	(void)state;
	reads_as("application/x-www-form-urlencoded", "export_format=image%2Fpng&insight=5",
		"{\"export_format\":\"image/png\",\"insight\":\"5\"}");
	form = body_read("application/x-www-form-urlencoded", "a=1", 3, 262144, &is_text, &why);
	assert_true(is_text);
	json_decref(form);
	is_refused("application/x-www-form-urlencoded", "a=%00", 5, 400, "parse_error", "Null");
}

static void multipart_fields_become_texts(void **state)
{
	(void)state;
	reads_as(multipart,
		"--XyZ\r\nContent-Disposition: form-data; name=\"export_format\"\r\n\r\ntext/csv\r\n"
		"--XyZ\r\ncontent-disposition: form-data; name=insight\r\n"
		"Content-Type: text/plain\r\n\r\n12\r\n--XyZ--\r\n",
		"{\"export_format\":\"text/csv\",\"insight\":\"12\"}");
	reads_as("multipart/form-data; charset=x; boundary=\"XyZ\"",
		"preamble\r\n--XyZ  \r\nContent-Disposition: form-data; name=\"a\\\"b\"\r\n\r\n"
		"line\r\n--Xy\r\n\r\n--XyZ--",
		"{\"a\\\"b\":\"line\\u000d\\n--Xy\\u000d\\n\"}");
	reads_as(multipart,
		"--XyZ\r\nContent-Disposition: form-data; name=\"empty\"\r\n\r\n\r\n--XyZ--\r\n",
		"{\"empty\":\"\"}");
	reads_as(multipart, "--XyZ--\r\n", "{}");
}

static void files_in_a_form_are_left_out(void **state)
{
	(void)state;
	reads_as(multipart,
		"--XyZ\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.png\"\r\n\r\n"
		"bytes\r\n--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ--",
		"{\"a\":\"1\"}");
}

static void broken_multipart_is_refused(void **state)
{
	static const char *const broken[] = {
		"x",
		"--XyZ",
		"--XyZ\r\n",
		"--XyZ\r\n\r\n",
		"--XyZ\r\n\r\n\r\n--XyZ--",
		"--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1",
		"--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ",
		"--XyZ\r\nContent-Disposition: form-data\r\n\r\n1\r\n--XyZ--",
		"--XyZ\r\nContent-Disposition: form-data; name=\"a\r\n\r\n1\r\n--XyZ-",
		"--XyZgarbage\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--XyZ--",
	};
	static const char nul[] =
		"--XyZ\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\0\r\n--XyZ--";

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
		is_refused(multipart, broken[i], strlen(broken[i]), 400, "parse_error", "Form");
	}
	is_refused(multipart, nul, sizeof nul - 1, 400, "parse_error", "Null characters");
	is_refused("multipart/form-data", "--XyZ--", 7, 400, "parse_error", "boundary");
	is_refused("multipart/form-data; boundary=", "--XyZ--", 7, 400, "parse_error", "boundary");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_bodies_are_read),
		cmocka_unit_test(an_empty_body_is_an_empty_object_of_any_type),
		cmocka_unit_test(json_that_is_none_is_a_parse_error),
		cmocka_unit_test(json_that_is_no_object_is_invalid),
		cmocka_unit_test(other_types_are_named_and_refused),
		cmocka_unit_test(forms_become_texts),
		cmocka_unit_test(multipart_fields_become_texts),
		cmocka_unit_test(files_in_a_form_are_left_out),
		cmocka_unit_test(broken_multipart_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
