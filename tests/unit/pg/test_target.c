#include "lib/pg/pg_target.h"

#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* What is to be looked up, host by host; NULL ends. */
static void only_names_are_looked_up(void **state)
{
	static const struct {
		const char *url;
		const char *names[4];
	} cases[] = {
		{"postgresql:///platen?host=/run/somewhere", {NULL}},
		{"host=127.0.0.1 dbname=x", {NULL}},
		{"host=::1", {NULL}},
		{"host=fe80::1%lo", {NULL}},
		{"host=@abstract", {NULL}},
		{"host=db.example hostaddr=127.0.0.1", {NULL}},
		{"postgresql://db.example:5433/x", {"db.example"}},
		{"host=a.example,127.0.0.1,b.example", {"a.example", "", "b.example"}},
	};

	(void)state;
	unsetenv("PGHOST");
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct fault f;
		struct pg_target *t = pg_target_create(cases[i].url, &f);

		assert_non_null(t);
		for (size_t k = 0; k < pg_target_host_count(t); k++) {
			const char *name = pg_target_lookup_name(t, k), *wanted = cases[i].names[k];

			assert_string_equal(name ? name : "", wanted ? wanted : "");
		}
		pg_target_destroy(t);
	}
}

static void a_host_of_the_environment_is_looked_up_too(void **state)
{
	struct fault f;
	struct pg_target *t;

	(void)state;
	setenv("PGHOST", "env.example", 1);
	t = pg_target_create("dbname=x", &f);
	unsetenv("PGHOST");
	assert_non_null(t);
	assert_string_equal(pg_target_lookup_name(t, 0), "env.example");
	pg_target_destroy(t);
}

static const char *value(
	const char *const *keywords, const char *const *values, const char *keyword)
{
	const char *found = NULL;

	for (size_t i = 0; keywords[i]; i++) {
		if (strcmp(keywords[i], keyword) == 0) {
			assert_null(found); /* no keyword twice */
			found = values[i];
		}
	}
	return found;
}

static void a_name_with_two_addresses_becomes_two_hosts(void **state)
{
	struct sockaddr_in a = {.sin_family = AF_INET}, b = {.sin_family = AF_INET};
	struct addrinfo second = {.ai_addr = (struct sockaddr *)&b, .ai_addrlen = sizeof b};
	struct addrinfo first = {
		.ai_addr = (struct sockaddr *)&a, .ai_addrlen = sizeof a, .ai_next = &second};
	const char *const *keywords, *const *values;
	struct fault f;
	struct pg_target *t =
		pg_target_create("host=a.example,/run/x port=5433,5434 keepalives_idle=7", &f);

	(void)state;
	assert_int_equal(inet_pton(AF_INET, "127.0.0.1", &a.sin_addr), 1);
	assert_int_equal(inet_pton(AF_INET, "127.0.0.2", &b.sin_addr), 1);
	assert_non_null(t);
	pg_target_found(t, 0, &first);
	assert_true(pg_target_params(t, "part", &keywords, &values, &f));
	assert_string_equal(value(keywords, values, "host"), "a.example,a.example,/run/x");
	assert_string_equal(value(keywords, values, "hostaddr"), "127.0.0.1,127.0.0.2,");
	assert_string_equal(value(keywords, values, "port"), "5433,5433,5434");
	assert_string_equal(value(keywords, values, "keepalives_idle"), "7");
	assert_string_equal(value(keywords, values, "tcp_user_timeout"), "15000");
	assert_string_equal(value(keywords, values, "application_name"), "part");
	assert_string_equal(value(keywords, values, "client_encoding"), "UTF8");
	pg_target_destroy(t);
}

static void names_without_addresses_are_a_fault_that_names_them(void **state)
{
	const char *const *keywords, *const *values;
	struct fault f;
	struct pg_target *t = pg_target_create("host=nowhere.example", &f);

	(void)state;
	assert_non_null(t);
	pg_target_found(t, 0, NULL);
	assert_false(pg_target_params(t, "part", &keywords, &values, &f));
	assert_int_equal(f.kind, FAULT_UNAVAILABLE);
	assert_non_null(strstr(f.detail, "nowhere.example"));
	pg_target_destroy(t);
}

static void a_bad_url_is_refused_without_quoting_it(void **state)
{
	static const char *const urls[] = {
		"postgresql://user:secret@[host/x", "host=x password=secret nonsense", "secret"};

	(void)state;
	for (size_t i = 0; i < sizeof urls / sizeof urls[0]; i++) {
		struct fault f;

		assert_null(pg_target_create(urls[i], &f));
		assert_int_equal(f.kind, FAULT_INPUT);
		assert_null(strstr(f.detail, "secret"));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_names_are_looked_up),
		cmocka_unit_test(a_host_of_the_environment_is_looked_up_too),
		cmocka_unit_test(a_name_with_two_addresses_becomes_two_hosts),
		cmocka_unit_test(names_without_addresses_are_a_fault_that_names_them),
		cmocka_unit_test(a_bad_url_is_refused_without_quoting_it),
	};

	return cmocka_run_group_tests_name("pg_target", tests, NULL, NULL);
}
