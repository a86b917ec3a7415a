#include "api-shim/heatmap_url.h"
#include "api-shim/wish.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { OWN = 1, OTHER = 2, KNOWN_OWN = 10, KNOWN_OTHER = 20 };

/* As definitions_where() would: 10 is of project 1, 20 of project 2, all others are unknown. */
static bool found(const char *field, int64_t id, int64_t *project, struct refusal *why)
{
	*project = id == KNOWN_OWN ? OWN : id == KNOWN_OTHER ? OTHER : 0;
	return id == 0 || *project || wish_refuse_unknown(field, id, why);
}

static bool check(const char *text, bool is_text, struct wish *w, struct refusal *why)
{
	struct fault f = {0};
	json_t *form = NULL;
	bool fine;

	if (!json_read(text, strlen(text), &json_request_limits, &form, &f)) {
		fail_msg("%s: %s", text, f.detail);
	}
	fine = wish_read_id(form, "dashboard", &w->dashboard_id, why) &&
	       found("dashboard", w->dashboard_id, &w->dashboard_project, why) &&
	       wish_read_id(form, "insight", &w->insight_id, why) &&
	       found("insight", w->insight_id, &w->insight_project, why) &&
	       wish_read_format(w, form, why) && wish_read_context(w, form, is_text, why) &&
	       wish_check(w, OWN, why);
	json_decref(form);
	return fine;
}

struct refused {
	const char *form, *attr, *code, *detail;
};

static void all_are_refused(const struct refused *cases, size_t count, bool is_text)
{
	for (size_t i = 0; i < count; i++) {
		const struct refused *c = &cases[i];
		struct wish w = {0};
		struct refusal why = {0};

		if (check(c->form, is_text, &w, &why)) {
			fail_msg("%s was accepted", c->form);
		}
		assert_int_equal(why.status, 400);
		assert_string_equal(why.type, "validation_error");
		if (g_strcmp0(why.attr, c->attr) != 0 || strcmp(why.code, c->code) != 0 ||
			strcmp(why.detail, c->detail) != 0) {
			fail_msg("%s: %s, %s, %s", c->form, why.attr ? why.attr : "null", why.code,
				why.detail);
		}
		refusal_finish(&why);
		wish_finish(&w);
	}
}

static void is_accepted(const char *form, bool is_text)
{
	struct wish w = {0};
	struct refusal why = {0};

	if (!check(form, is_text, &w, &why)) {
		fail_msg("%s: %s", form, why.detail);
	}
	wish_finish(&w);
}

#define REQUIRED "This field is required."
#define NO_TARGET "Either dashboard, insight or export_context is required for an export."
#define GET_ONLY "Exports from API endpoints only support GET requests without a request body."
#define PNG "\"export_format\":\"image/png\""
#define MP4 "\"export_format\":\"video/mp4\""

static void fields_are_checked_in_the_order_of_the_wire(void **state)
{
	static const struct refused cases[] = {
		{"{}", "export_format", "required", REQUIRED},
		{"{\"export_format\":null}", "export_format", "null",
			"This field may not be null."},
		{"{\"export_format\":\"image/jpeg\",\"dashboard\":10}", "export_format",
			"invalid_choice", "\"image/jpeg\" is not a valid choice."},
		{"{\"export_format\":\"application/x-ndjson\",\"dashboard\":10}", "export_format",
			"invalid_choice", "\"application/x-ndjson\" is not a valid choice."},
		{"{\"export_format\":\"\"}", "export_format", "invalid_choice",
			"\"\" is not a valid choice."},
		{"{\"export_format\":5}", "export_format", "invalid_choice",
			"\"5\" is not a valid choice."},
		{"{\"export_format\":true}", "export_format", "invalid_choice",
			"\"True\" is not a valid choice."},
		{"{\"dashboard\":54321}", "dashboard", "does_not_exist",
			"Invalid pk \"54321\" - object does not exist."},
		{"{\"insight\":54321,\"export_format\":\"x\"}", "insight", "does_not_exist",
			"Invalid pk \"54321\" - object does not exist."},
		{"{\"insight\":1,\"dashboard\":2}", "dashboard", "does_not_exist",
			"Invalid pk \"2\" - object does not exist."},
		{"{\"dashboard\":\"abc\",\"insight\":1}", "dashboard", "incorrect_type",
			"Incorrect type. Expected pk value, received str."},
		{"{\"dashboard\":true}", "dashboard", "incorrect_type",
			"Incorrect type. Expected pk value, received bool."},
		{"{\"dashboard\":[1]}", "dashboard", "incorrect_type",
			"Incorrect type. Expected pk value, received list."},
		{"{\"dashboard\":{}}", "dashboard", "incorrect_type",
			"Incorrect type. Expected pk value, received dict."},
		{"{\"dashboard\":1.5}", "dashboard", "incorrect_type",
			"Incorrect type. Expected pk value, received float."},
		{"{\"dashboard\":0}", "dashboard", "does_not_exist",
			"Invalid pk \"0\" - object does not exist."},
		{"{\"dashboard\":-3}", "dashboard", "does_not_exist",
			"Invalid pk \"-3\" - object does not exist."},
		{"{\"dashboard\":\"99999999999999999999\"}", "dashboard", "does_not_exist",
			"Invalid pk \"99999999999999999999\" - object does not exist."},
		{"{\"dashboard\":\"-\"}", "dashboard", "incorrect_type",
			"Incorrect type. Expected pk value, received str."},
		{"{" PNG ",\"export_context\":[]}", "export_context", "invalid_input",
			"Value must be a JSON object."},
		{"{" PNG ",\"export_context\":\"x\",\"dashboard\":20}", "export_context",
			"invalid_input", "Value must be a JSON object."},
	};

	(void)state;
	all_are_refused(cases, G_N_ELEMENTS(cases), false);
}

static void then_fields_are_checked_together(void **state)
{
	static const struct refused cases[] = {
		{"{" PNG "}", NULL, "invalid_input", NO_TARGET},
		{"{" PNG ",\"export_context\":{}}", NULL, "invalid_input", NO_TARGET},
		{"{" PNG ",\"export_context\":null,\"insight\":null}", NULL, "invalid_input",
			NO_TARGET},
		{"{" MP4 "}", NULL, "invalid_input", NO_TARGET},
		{"{" PNG ",\"dashboard\":20,\"insight\":20}", "dashboard", "invalid_input",
			"This dashboard does not belong to your team."},
		{"{" PNG ",\"dashboard\":10,\"insight\":20}", "insight", "invalid_input",
			"This insight does not belong to your team."},
		{"{" PNG ",\"insight\":20,\"export_context\":{\"path\":\"x\",\"body\":1}}",
			"insight", "invalid_input", "This insight does not belong to your team."},
		{"{" PNG ",\"export_context\":{\"path\":\"/api\",\"method\":\"POST\"}}",
			"export_context", "invalid_input", GET_ONLY},
		{"{" PNG ",\"export_context\":{\"path\":\"/api\",\"method\":5}}", "export_context",
			"invalid_input", GET_ONLY},
		{"{" PNG ",\"export_context\":{\"path\":\"/api\",\"body\":{}}}", "export_context",
			"invalid_input", GET_ONLY},
		{"{" PNG ",\"export_context\":{\"path\":\"/a\",\"body\":0,"
		 "\"session_recording_id\":\"..\"}}",
			"export_context", "invalid_input", GET_ONLY},
		{"{" MP4 ",\"export_context\":{\"session_recording_id\":\"a/b\","
		 "\"heatmap_url\":\"http://10.0.0.1/\"}}",
			"export_context", "invalid_input", "Invalid session_recording_id."},
		{"{" MP4 ",\"export_context\":{\"heatmap_url\":\"http://10.0.0.1/\"}}",
			"export_context", "invalid_input",
			"heatmap_url not allowed: Disallowed target IP: 10.0.0.1"},
		{"{" PNG ",\"export_context\":{\"heatmap_url\":7}}", "export_context",
			"invalid_input", "heatmap_url not allowed: Invalid URL"},
		{"{" MP4 ",\"insight\":10}", "export_format", "invalid_input",
			"Video export supports session recordings only."},
		{"{" MP4 ",\"insight\":10,\"export_context\":{\"session_recording_id\":\"\"}}",
			"export_format", "invalid_input",
			"Video export supports session recordings only."},
	};

	(void)state;
	all_are_refused(cases, G_N_ELEMENTS(cases), false);
}

static void unsafe_recordings_are_refused(void **state)
{
	static const char *const unsafe[] = {"\"a/b\"", "\"a\\\\b\"", "\"a%2fb\"", "\"..\"",
		"\".\"", "\"abc\\n\"", "5", "[\"a\"]", "{\"a\":1}", "true", "\"a b\"",
		"\"\xc3\xa9\"", "\"a?b\"", "\"a#b\""};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(unsafe); i++) {
		g_autofree char *form = g_strdup_printf(
			"{" PNG ",\"export_context\":{\"session_recording_id\":%s}}", unsafe[i]);
		const struct refused one = {
			form, "export_context", "invalid_input", "Invalid session_recording_id."};

		all_are_refused(&one, 1, false);
	}
}

static void what_the_wire_takes_is_accepted(void **state)
{
	(void)state;
	is_accepted("{" PNG ",\"insight\":10}", false);
	is_accepted("{" PNG ",\"insight\":\"10\"}", false);
	is_accepted("{" PNG ",\"insight\":\" 10 \",\"dashboard\":\"\"}", false);
	is_accepted(
		"{" PNG ",\"dashboard\":10,\"insight\":10,\"expires_after\":5,\"x\":[]}", false);
	is_accepted("{\"export_format\":\"application/pdf\",\"insight\":10}", false);
	is_accepted("{\"export_format\":\"application/json\",\"insight\":10}", false);
	is_accepted("{\"export_format\":\"text/csv\",\"export_context\":{\"path\":\"/api/x\","
		    "\"method\":\"get\",\"body\":null}}",
		false);
	is_accepted(
		"{\"export_format\":\"text/csv\",\"export_context\":{\"method\":\"POST\"}}", false);
	is_accepted("{" PNG ",\"export_context\":{\"session_recording_id\":\"\",\"a\":1}}", false);
	is_accepted("{" MP4 ",\"export_context\":{\"session_recording_id\":\"0190-ab_C\"}}", false);
	is_accepted(
		"{" PNG ",\"export_context\":{\"heatmap_url\":\"https://example.com/\"}}", false);
}

static void a_form_sends_its_context_as_the_text_of_its_json(void **state)
{
	static const struct refused cases[] = {
		{"{" PNG ",\"export_context\":\"{\"}", "export_context", "invalid_input",
			"Value must be valid JSON."},
		{"{" PNG ",\"export_context\":\"\"}", "export_context", "invalid_input",
			"Value must be valid JSON."},
		{"{" PNG ",\"export_context\":\"[1]\"}", "export_context", "invalid_input",
			"Value must be a JSON object."},
		{"{" PNG ",\"export_context\":\"null\"}", NULL, "invalid_input", NO_TARGET},
	};

	(void)state;
	is_accepted("{" PNG ",\"export_context\":\"{\\\"source\\\":{}}\"}", true);
	is_accepted("{" PNG ",\"insight\":\"10\"}", true);
	all_are_refused(cases, G_N_ELEMENTS(cases), true);
}

static void scopes_follow_what_is_asked_for(void **state)
{
	static const struct {
		const char *form;
		bool is_text;
		const char *scopes;
	} cases[] = {
		{"{}", false, ""},
		{"{\"insight\":1}", false, "insight:read "},
		{"{\"insight\":1,\"dashboard\":2}", false, "insight:read dashboard:read "},
		{"{\"insight\":null,\"dashboard\":\"\"}", false, ""},
		{"{\"export_context\":{\"source\":{\"kind\":\"x\"}}}", false, "query:read "},
		{"{\"export_context\":{\"source\":{}}}", false, ""},
		{"{\"export_context\":\"{\\\"source\\\":[1]}\"}", true, "query:read "},
		{"{\"export_context\":\"{\\\"source\\\":[1]}\"}", false, ""},
		{"{\"export_context\":{\"session_recording_id\":\"a\",\"heatmap_url\":\"b\"}}",
			false, "session_recording:read heatmap:read "},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		json_t *form = json_loads(cases[i].form, 0, NULL);
		g_autoptr(GString) all = g_string_new(NULL);
		const char *scopes[8];
		unsigned count = wish_scopes(form, cases[i].is_text, scopes, 8);

		for (unsigned k = 0; k < count; k++) {
			g_string_append_printf(all, "%s ", scopes[k]);
		}
		assert_string_equal(all->str, cases[i].scopes);
		json_decref(form);
	}
}

static void addresses_of_the_inside_are_no_heatmaps(void **state)
{
	static const struct {
		const char *url, *reason; /* NULL: allowed */
	} cases[] = {
		{"https://example.com/page?a=b#c", NULL},
		{"http://user@example.com:8080/", NULL},
		{"HTTPS://8.8.8.8/", NULL},
		{"http://[2606:4700:4700::1111]/", NULL},
		{"http://172.32.0.1/", NULL},
		{"http://localhost/", "Local/metadata host"},
		{"http://LOCALHOST./", "Local/metadata host"},
		{"http://127.0.0.1/", "Disallowed target IP: 127.0.0.1"},
		{"http://2130706433/", "Disallowed target IP: 127.0.0.1"},
		{"http://0x7f.1/", "Disallowed target IP: 127.0.0.1"},
		{"http://0177.0.0.1/", "Disallowed target IP: 127.0.0.1"},
		{"http://user:pw@10.1.2.3:80/x", "Disallowed target IP: 10.1.2.3"},
		{"http://example.com@169.254.169.254/", "Disallowed target IP: 169.254.169.254"},
		{"http://172.16.0.1/", "Disallowed target IP: 172.16.0.1"},
		{"http://192.168.0.1/", "Disallowed target IP: 192.168.0.1"},
		{"http://100.64.0.1/", "Disallowed target IP: 100.64.0.1"},
		{"http://0.0.0.0/", "Disallowed target IP: 0.0.0.0"},
		{"http://224.0.0.1/", "Disallowed target IP: 224.0.0.1"},
		{"http://[::1]/", "Disallowed target IP: ::1"},
		{"http://[::ffff:10.0.0.1]/", "Disallowed target IP: ::ffff:10.0.0.1"},
		{"http://[fd00::1]/", "Disallowed target IP: fd00::1"},
		{"http://[fe80::1]/", "Disallowed target IP: fe80::1"},
		{"http://[64:ff9b::7f00:1]/", "Disallowed target IP: 64:ff9b::7f00:1"},
		{"http://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/",
			"Disallowed target IP: 127.0.0.1"},
		{"http://redis/", "Internal domain: a name without dots"},
		{"http://x.svc.cluster.local/", "Internal domain: .cluster.local"},
		{"http://metadata.google.internal/", "Internal domain: .internal"},
		{"ftp://example.com/", "Disallowed scheme"},
		{"file:///etc/passwd", "Disallowed scheme"},
		{"gopher://example.com/", "Disallowed scheme"},
		{"/relative", "Disallowed scheme"},
		{"//example.com/", "Disallowed scheme"},
		{"example.com", "Disallowed scheme"},
		{"http://", "Missing host"},
		{"http:///x", "Missing host"},
		{"http://example.com\\@10.0.0.1/", "Invalid URL"},
		{"http://exa mple.com/", "Invalid URL"},
		{"http://example.com/\r\nX: y", "Invalid URL"},
		{"http://[::1/", "Invalid URL"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char reason[HEATMAP_URL_REASON] = "";
		bool allowed = heatmap_url_allowed(cases[i].url, reason);

		if (allowed != !cases[i].reason ||
			(!allowed && strcmp(reason, cases[i].reason) != 0)) {
			fail_msg("%s: %s", cases[i].url, allowed ? "allowed" : reason);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_checked_in_the_order_of_the_wire),
		cmocka_unit_test(then_fields_are_checked_together),
		cmocka_unit_test(unsafe_recordings_are_refused),
		cmocka_unit_test(what_the_wire_takes_is_accepted),
		cmocka_unit_test(a_form_sends_its_context_as_the_text_of_its_json),
		cmocka_unit_test(scopes_follow_what_is_asked_for),
		cmocka_unit_test(addresses_of_the_inside_are_no_heatmaps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
