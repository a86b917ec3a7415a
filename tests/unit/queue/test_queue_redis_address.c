#include "queue/redis_address.h"
#include "queue/redis_error.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct good {
	const char *url, *host, *path, *user, *password;
	int port, db;
} goods[] = {
	{"redis://127.0.0.1:6379/0", "127.0.0.1", NULL, NULL, NULL, 6379, 0},
	{"redis://cache", "cache", NULL, NULL, NULL, 6379, 0},
	{"redis://cache/", "cache", NULL, NULL, NULL, 6379, 0},
	{"redis://cache:7000/12", "cache", NULL, NULL, NULL, 7000, 12},
	{"redis://:secret@cache", "cache", NULL, NULL, "secret", 6379, 0},
	{"redis://me:secret@cache", "cache", NULL, "me", "secret", 6379, 0},
	{"redis://me:p%40ss%3aw%2Frd@cache", "cache", NULL, "me", "p@ss:w/rd", 6379, 0},
	{"redis://[::1]:7000/1", "::1", NULL, NULL, NULL, 7000, 1},
	{"unix:/run/redis.sock", NULL, "/run/redis.sock", NULL, NULL, 0, 0},
	{"unix:redis.sock", NULL, "redis.sock", NULL, NULL, 0, 0},
};

static void assert_text(const char *got, const char *wanted)
{
	if (wanted) {
		assert_non_null(got);
		assert_string_equal(got, wanted);
	} else {
		assert_null(got);
	}
}

static void addresses_are_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof goods / sizeof goods[0]; i++) {
		struct redis_address a;
		struct fault f;

		print_message("    %s\n", goods[i].url);
		assert_true(redis_address_read(&a, goods[i].url, &f));
		assert_text(a.host, goods[i].host);
		assert_text(a.path, goods[i].path);
		assert_text(a.user, goods[i].user);
		assert_text(a.password, goods[i].password);
		assert_int_equal(a.port, goods[i].port);
		assert_int_equal(a.db, goods[i].db);
		redis_address_finish(&a);
	}
}

static const char *const bads[] = {
	"localhost:6379",
	"redis",
	"redis:",
	"redis://",
	"redis://:6379",
	"http://cache/0",
	"rediss://secret:secret@cache:6379",
	"redis://cache:0",
	"redis://cache:99999",
	"redis://cache:secret",
	"redis://cache/x",
	"redis://cache/-1",
	"redis://cache/10000",
	"redis://secret@cache",
	"redis://secret:@cache",
	"redis://cache/0?db=1",
	"redis://cache/0#1",
	"redis://ca%20che",
	"redis://ca%0ache",
	"unix:",
	"redis://%zz@cache",
	"redis://[::1",
	"\xff\xfe",
};

static void what_is_no_address_is_refused_without_repeating_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bads / sizeof bads[0]; i++) {
		struct redis_address a;
		struct fault f = {0};

		print_message("    %zu\n", i);
		assert_false(redis_address_read(&a, bads[i], &f));
		assert_int_equal(f.kind, FAULT_INPUT);
		assert_non_null(strstr(f.detail, "redis_url"));
		assert_null(strstr(f.detail, "secret"));
	}
}

static void what_is_too_long_is_refused(void **state)
{
	g_autofree char *name = g_strnfill(254, 'a');
	g_autofree char *url = g_strconcat("redis://", name, NULL);
	g_autofree char *path = g_strconcat("unix:/", name, NULL);
	struct redis_address a;
	struct fault f;

	(void)state;
	assert_false(redis_address_read(&a, url, &f));
	assert_false(redis_address_read(&a, path, &f));
	assert_non_null(strstr(f.detail, "107"));
}

static void an_error_is_known_by_its_first_word(void **state)
{
	(void)state;
	assert_int_equal(redis_error_effect("LOADING Redis is loading"), REDIS_EFFECT_RENEW);
	assert_int_equal(redis_error_effect("OOM command not allowed"), REDIS_EFFECT_KEEP);
	assert_int_equal(redis_error_effect("OOM"), REDIS_EFFECT_KEEP);
	assert_int_equal(redis_error_effect("OOMPH"), REDIS_EFFECT_RENEW);
	assert_int_equal(
		redis_error_effect("NOAUTH Authentication required."), REDIS_EFFECT_PERSON);
	assert_int_equal(redis_error_effect("ERR anything"), REDIS_EFFECT_RENEW);
	assert_int_equal(redis_error_effect(""), REDIS_EFFECT_RENEW);
	assert_true(redis_error_is("NOSCRIPT No matching script.", "NOSCRIPT"));
	assert_false(redis_error_is("NOSCRIPTS", "NOSCRIPT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_are_read),
		cmocka_unit_test(what_is_no_address_is_refused_without_repeating_it),
		cmocka_unit_test(what_is_too_long_is_refused),
		cmocka_unit_test(an_error_is_known_by_its_first_word),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
