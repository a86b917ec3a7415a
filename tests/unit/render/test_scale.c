#include "render/scale.h"

#include <glib.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void expect_near(double is, double wanted, double within)
{
	if (!(fabs(is - wanted) <= within)) {
		fail_msg("%.17g is not %.17g", is, wanted);
	}
}

static void expect_ticks(const struct scale *s, const double *ticks, size_t count)
{
	assert_int_equal(s->tick_count, count);
	for (size_t i = 0; i < count; i++) {
		expect_near(s->ticks[i], ticks[i], fabs(ticks[i]) * 1e-12);
	}
}

static void ticks_are_about_50_px_apart_and_end_above_the_data(void **state)
{
	static const double to_1200[] = {0, 200, 400, 600, 800, 1000, 1200};
	static const double to_5[] = {0, 1, 2, 3, 4, 5};
	static const double around_zero[] = {-10, -5, 0, 5, 10, 15};
	static const double below_zero[] = {-30, -20, -10, 0};
	struct scale s;

	(void)state;
	s = scale_linear(560, 1180, 400);
	expect_ticks(&s, to_1200, G_N_ELEMENTS(to_1200));
	s = scale_linear(5, 5, 300);
	expect_ticks(&s, to_5, G_N_ELEMENTS(to_5));
	s = scale_linear(-7, 14, 250);
	expect_ticks(&s, around_zero, G_N_ELEMENTS(around_zero));
	s = scale_linear(-28, -3, 150);
	expect_ticks(&s, below_zero, G_N_ELEMENTS(below_zero));
}

static void no_data_and_zeros_have_an_axis_from_0_to_1(void **state)
{
	struct scale none = scale_linear(NAN, NAN, 200);
	struct scale zeros = scale_linear(0, 0, 200);

	(void)state;
	expect_near(none.low, 0, 0);
	expect_near(none.high, 1, 0);
	expect_near(zeros.low, 0, 0);
	expect_near(zeros.high, 1, 0);
}

static bool is_round(double step)
{
	double mantissa = step / pow(10, floor(log10(step) + 1e-9));

	return fabs(mantissa - 1) < 1e-6 || fabs(mantissa - 2) < 1e-6 || fabs(mantissa - 5) < 1e-6;
}

static void check_linear(double low, double high, double px)
{
	struct scale s = scale_linear(low, high, px);

	if (s.tick_count < 2 || s.tick_count > SCALE_MOST_LABELS || !is_round(s.step) ||
		s.low > fmin(low, 0) || s.high < fmax(high, 0) || !(s.low < s.high)) {
		fail_msg("%g..%g over %g px: %zu ticks of %g, %g..%g", low, high, px, s.tick_count,
			s.step, s.low, s.high);
	}
	for (size_t i = 1; i < s.tick_count; i++) {
		assert_true(s.ticks[i] > s.ticks[i - 1]);
	}
	expect_near(scale_at(&s, s.low), 0, 1e-9);
	expect_near(scale_at(&s, s.high), 1, 1e-9);
	assert_true(scale_at(&s, low) >= -1e-9 && scale_at(&s, high) <= 1 + 1e-9);
}

static void ticks_are_round_increasing_few_and_cover_any_range(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(20240614);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double size = pow(10, g_rand_double_range(random, -280, 280));
		double a = g_rand_double_range(random, -1, 1) * size;
		double b = g_rand_double_range(random, -1, 1) * size *
			   pow(10, g_rand_double_range(random, -8, 8));

		check_linear(fmin(a, b), fmax(a, b), g_rand_double_range(random, 0, 2000));
	}
	check_linear(-1e300, 1e300, 300);
	check_linear(5e-324, 5e-324, 300);
}

static void ticks_have_the_values_that_are_written_on_them(void **state)
{
	struct scale s = scale_linear(0, 0.7, 500);

	(void)state;
	/* 3 × 0.1 is 0.30000000000000004. */
	assert_true(s.ticks[3] == 0.3 || s.ticks[6] == 0.3);
}

static void decimals_keep_neighbouring_ticks_apart(void **state)
{
	static const struct {
		double high;
		int decimals;
	} cases[] = {{1200, 0}, {5, 0}, {1, 1}, {0.5, 1}, {0.05, 2}, {1e-6, 7}};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct scale s = scale_linear(0, cases[i].high, 300);

		assert_int_equal(scale_decimals(&s), cases[i].decimals);
	}
}

static void a_log_axis_starts_at_a_power_of_ten_below_the_data(void **state)
{
	static const double decades[] = {1, 10, 100, 1000, 10000};
	struct scale s = scale_log(3, 45000, 200);

	(void)state;
	expect_near(s.low, 1, 1e-12);
	expect_near(s.high, 50000, 1e-6);
	expect_ticks(&s, decades, G_N_ELEMENTS(decades));
	expect_near(scale_at(&s, 1), 0, 1e-12);
	expect_near(scale_at(&s, 50000), 1, 1e-12);
	expect_near(scale_at(&s, 0), 0, 0);
	expect_near(scale_at(&s, -5), 0, 0);
	expect_near(scale_at(&s, NAN), 0, 0);
}

static void a_high_log_axis_keeps_1_2_and_5(void **state)
{
	static const double ticks[] = {10, 20, 50, 100, 200, 500};
	struct scale s = scale_log(30, 480, 600);

	(void)state;
	expect_ticks(&s, ticks, G_N_ELEMENTS(ticks));
}

static void log_ticks_are_increasing_and_few_for_any_range(void **state)
{
	g_autoptr(GRand) random = g_rand_new_with_seed(7);

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double a = pow(10, g_rand_double_range(random, -300, 300));
		double b = a * pow(10, g_rand_double_range(random, 0, 30));
		struct scale s = scale_log(a, b, g_rand_double_range(random, 0, 2000));

		assert_in_range(s.tick_count, 1, SCALE_MOST_LABELS);
		assert_true(s.low < s.high);
		for (size_t t = 1; t < s.tick_count; t++) {
			assert_true(s.ticks[t] > s.ticks[t - 1]);
		}
	}
}

static void bands_leave_a_fifth_between_bars(void **state)
{
	struct bands b = bands_over(0, 100, 10, 0.2, 0.1);

	(void)state;
	expect_near(b.step, 10, 1e-9);
	expect_near(b.width, 8, 1e-9);
	expect_near(bands_at(&b, 0), 1, 1e-9);
	expect_near(bands_at(&b, 9) + b.width, 99, 1e-9);
	b = bands_over(0, 100, 0, 0.2, 0.1);
	assert_true(isfinite(b.start) && isfinite(b.width));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ticks_are_about_50_px_apart_and_end_above_the_data),
		cmocka_unit_test(no_data_and_zeros_have_an_axis_from_0_to_1),
		cmocka_unit_test(ticks_are_round_increasing_few_and_cover_any_range),
		cmocka_unit_test(ticks_have_the_values_that_are_written_on_them),
		cmocka_unit_test(decimals_keep_neighbouring_ticks_apart),
		cmocka_unit_test(a_log_axis_starts_at_a_power_of_ten_below_the_data),
		cmocka_unit_test(a_high_log_axis_keeps_1_2_and_5),
		cmocka_unit_test(log_ticks_are_increasing_and_few_for_any_range),
		cmocka_unit_test(bands_leave_a_fifth_between_bars),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
