#include "api-shim/request.h"

#include "api-shim/page.h"
#include "tests/unit/api-shim/paper_wire.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void splits_into(const char *target, const char *shown)
{
	struct paper_wire wire = paper_wire(NULL, NULL);
	struct request *r = request_create(&wire.wire, "GET", target);
	g_autoptr(GString) out = g_string_new(NULL);

	for (unsigned i = 0; i < r->segment_count; i++) {
		g_string_append_printf(out, "[%s]", r->segments[i]);
	}
	assert_string_equal(out->str, shown);
	request_destroy(r);
}

static void paths_are_split_and_decoded(void **state)
{
	(void)state;
	splits_into("/", "");
	splits_into("/livez", "[livez]");
	splits_into("/livez/", "[livez]");
	splits_into("/livez//", "[livez][]");
	splits_into("/a//b", "[a][][b]");
	splits_into("/api/projects/%40current/exports?x=/y", "[api][projects][@current][exports]");
	splits_into("/a%2Fb/c+d", "[a/b][c+d]");
	splits_into("/a%00b", "");
	splits_into("http://host:80/a/b?c", "[a][b]");
	splits_into("http://host", "");
	splits_into("*", "");
	splits_into("a/b", "");
	splits_into("", "");
	splits_into("/1/2/3/4/5/6/7/8/9/10/11/12/13", "");
}

static unsigned waits(const char *prefer, bool *preferred)
{
	struct paper_wire wire = paper_wire("prefer", prefer);
	struct request *r = request_create(&wire.wire, "POST", "/");
	unsigned ms = request_wait_ms(r, 10000, preferred);

	request_destroy(r);
	return ms;
}

static void a_client_may_say_how_long_it_waits(void **state)
{
	static const struct {
		const char *prefer;
		unsigned ms;
		bool preferred;
	} cases[] = {
		{NULL, 10000, false},
		{"", 10000, false},
		{"wait=0", 0, true},
		{"wait=5", 5000, true},
		{"wait=120", 120000, true},
		{"wait=121", 120000, true},
		{"wait=99999999999999999999999", 120000, true},
		{"respond-async, wait=3", 3000, true},
		{"Wait = \"7\"; foo=bar", 7000, true},
		{"wait=3, wait=9", 3000, true},
		{"wait", 10000, false},
		{"wait=", 10000, false},
		{"wait=-1", 10000, false},
		{"wait=1.5", 10000, false},
		{"wait=abc", 10000, false},
		{"waiting=5", 10000, false},
		{"return=minimal", 10000, false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		bool preferred;

		assert_int_equal(waits(cases[i].prefer, &preferred), cases[i].ms);
		assert_int_equal(preferred, cases[i].preferred);
	}
}

static void a_request_keeps_its_name_if_it_is_one(void **state)
{
	static const char *const no_names[] = {NULL, "", "a b", "a\"b", "\xc3\xa9",
		"0123456789012345678901234567890123456789012345678901234567890123456789"};
	struct paper_wire named = paper_wire("X-Request-ID", "abc-123_DEF.4");
	struct request *r = request_create(&named.wire, "GET", "/");

	(void)state;
	request_name(r);
	assert_string_equal(r->id, "abc-123_DEF.4");
	request_destroy(r);
	for (size_t i = 0; i < G_N_ELEMENTS(no_names); i++) {
		struct paper_wire wire = paper_wire("X-Request-ID", no_names[i]);

		r = request_create(&wire.wire, "GET", "/");
		request_name(r);
		assert_int_equal(strlen(r->id), 32);
		request_destroy(r);
	}
}

static void pages_as(const char *query, int64_t limit, int64_t offset)
{
	struct pairs pairs = {0};
	struct fault f = {0};
	struct page p;

	assert_true(pairs_read(&pairs, query, strlen(query), &f));
	p = page_of(&pairs);
	assert_int_equal(p.limit, limit);
	assert_int_equal(p.offset, offset);
	pairs_finish(&pairs);
}

static void what_is_no_page_is_the_first_hundred(void **state)
{
	(void)state;
	pages_as("", 100, 0);
	pages_as("limit=5&offset=7", 5, 7);
	pages_as("limit=0", 100, 0);
	pages_as("limit=-1&offset=-1", 100, 0);
	pages_as("limit=x&offset=y", 100, 0);
	pages_as("limit=&offset=", 100, 0);
	pages_as("limit=1.5", 100, 0);
	pages_as("limit=%2010%20", 10, 0);
	pages_as("limit=100000", 100000, 0);
	pages_as("limit=99999999999999999999&offset=99999999999999999999", INT64_C(1) << 60,
		INT64_C(1) << 60);
}

static void links(
	const char *target, const char *site, int64_t shown, int64_t total, const char *expected)
{
	struct paper_wire wire = paper_wire("Host", "api.example:8600");
	struct request *r = request_create(&wire.wire, "GET", target);
	struct page p = page_of(&r->query);
	g_autoptr(GString) json = g_string_new(NULL);

	page_add(json, r, site, &p, shown, total);
	assert_string_equal(json->str, expected);
	request_destroy(r);
}

static void links_repeat_the_request_with_sorted_keys(void **state)
{
	(void)state;
	links("/x", "", 3, 3, "\"count\":3,\"next\":null,\"previous\":null");
	links("/x", "", 0, 0, "\"count\":0,\"next\":null,\"previous\":null");
	links("/x/?zeta=1&alpha=b+c%26", "", 100, 250,
		"\"count\":250,\"next\":\"http://api.example:8600/x/?alpha=b+c%26&limit=100&"
		"offset=100&zeta=1\",\"previous\":null");
	links("/x?limit=10&offset=20", "https://site/", 10, 40,
		"\"count\":40,\"next\":\"https://site/x?limit=10&offset=30\","
		"\"previous\":\"https://site/x?limit=10&offset=10\"");
	links("/x?limit=10&offset=10", "https://site", 10, 20,
		"\"count\":20,\"next\":null,\"previous\":\"https://site/x?limit=10\"");
	links("/x?limit=10&offset=5", "https://site", 10, 20,
		"\"count\":20,\"next\":\"https://site/x?limit=10&offset=15\","
		"\"previous\":\"https://site/x?limit=10\"");
	links("/x?limit=10&offset=50", "https://site", 0, 20,
		"\"count\":20,\"next\":null,\"previous\":\"https://site/x?limit=10&offset=40\"");
	links("/x?b=2&b=1&limit=1&limit=2", "https://site", 2, 3,
		"\"count\":3,\"next\":\"https://site/x?b=2&b=1&limit=2&offset=2\",\"previous\":null");
	links("/x\"<?q=\"%22", "https://site", 100, 101,
		"\"count\":101,\"next\":\"https://site/x%22%3C?limit=100&offset=100&q=%22%22\","
		"\"previous\":null");
}

static void a_host_that_is_none_is_not_repeated(void **state)
{
	static const char *const hosts[] = {NULL, "", "a\"b", "evil/path", "a b", "x@y"};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(hosts); i++) {
		struct paper_wire wire = paper_wire("Host", hosts[i]);
		struct request *r = request_create(&wire.wire, "GET", "/");
		g_autofree char *site = request_site(r, "");

		assert_string_equal(site, "http://localhost");
		request_destroy(r);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(paths_are_split_and_decoded),
		cmocka_unit_test(a_client_may_say_how_long_it_waits),
		cmocka_unit_test(a_request_keeps_its_name_if_it_is_one),
		cmocka_unit_test(what_is_no_page_is_the_first_hundred),
		cmocka_unit_test(links_repeat_the_request_with_sorted_keys),
		cmocka_unit_test(a_host_that_is_none_is_not_repeated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
