#include "api-shim/throttle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t now_ms;

static int64_t fake_clock(void)
{
	return now_ms;
}

static void a_burst_waits_for_the_end_of_its_minute(void **state)
{
	struct throttle *t = throttle_create(3, 100, fake_clock);

	(void)state;
	now_ms = 5000;
	for (int i = 0; i < 3; i++) {
		assert_int_equal(throttle_take(t, 1), 0);
	}
	assert_int_equal(throttle_take(t, 1), 60);
	now_ms += 59001;
	assert_int_equal(throttle_take(t, 1), 1);
	assert_int_equal(throttle_take(t, 2), 0);
	now_ms += 999;
	assert_int_equal(throttle_take(t, 1), 0);
	throttle_destroy(t);
}

static void the_hour_is_counted_apart(void **state)
{
	struct throttle *t = throttle_create(3, 5, fake_clock);
	unsigned allowed = 0;

	(void)state;
	now_ms = 0;
	for (int i = 0; i < 10; i++) {
		allowed += throttle_take(t, 1) == 0;
		now_ms += 30000;
	}
	assert_int_equal(allowed, 5);
	assert_int_equal(throttle_take(t, 1), 3600 - 300);
	now_ms = 3600000;
	assert_int_equal(throttle_take(t, 1), 0);
	throttle_destroy(t);
}

static void it_remembers_a_bounded_number_of_keys(void **state)
{
	struct throttle *t = throttle_create(1, 1, fake_clock);

	(void)state;
	now_ms = 0;
	for (int64_t key = 1; key <= 25000; key++) {
		assert_int_equal(throttle_take(t, key), 0);
	}
	throttle_destroy(t);
	assert_int_equal(throttle_take(0, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_burst_waits_for_the_end_of_its_minute),
		cmocka_unit_test(the_hour_is_counted_apart),
		cmocka_unit_test(it_remembers_a_bounded_number_of_keys),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
