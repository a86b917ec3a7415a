#include "tests/unit/insight/cases.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

enum { SANITIZED_SHARE = 10, FEW_CASES = 300, DEFAULT_WORLDS_SEED = 1 };

static guint32 number_of(const char *name, guint32 otherwise)
{
	const char *text = g_getenv(name);

	return text ? (guint32)g_ascii_strtoull(text, NULL, 10) : otherwise;
}

guint32 cases_world_seed(void)
{
	return number_of("INSIGHT_WORLDS", DEFAULT_WORLDS_SEED);
}

static guint wanted_cases(guint count)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
	count = MAX(count / SANITIZED_SHARE, 1);
#endif
	return number_of("INSIGHT_CASES", g_getenv("INSIGHT_SEED") ? 1 : count);
}

void cases_run(guint count, case_fn check)
{
	guint32 seed = number_of("INSIGHT_SEED", g_random_int());
	GRand *dice = g_rand_new();
	guint counted = 0;

	count = wanted_cases(count);
	print_message("INSIGHT_SEED=%" PRIu32 " and %u more, INSIGHT_WORLDS=%" PRIu32 "\n", seed,
		count - 1, cases_world_seed());
	for (guint i = 0; i < count; i++) {
		g_rand_set_seed(dice, seed + i);
		counted += check(dice, seed + i);
	}
	print_message("%u of %u cases counted something\n", counted, count);
	assert_true(count < FEW_CASES || counted > count / 3);
	g_rand_free(dice);
}

static bool is_near(double a, double b)
{
	return a == b || fabs(a - b) <= 1e-9 * MAX(fabs(a), fabs(b));
}

static bool is_same(const json_t *a, const json_t *b);

static bool is_same_object(const json_t *a, const json_t *b)
{
	void *at = json_object_iter((json_t *)(uintptr_t)a);
	bool same = json_object_size(a) == json_object_size(b);

	for (; same && at; at = json_object_iter_next((json_t *)(uintptr_t)a, at)) {
		const json_t *other = json_object_get(b, json_object_iter_key(at));

		same = other && is_same(json_object_iter_value(at), other);
	}
	return same;
}

static bool is_same(const json_t *a, const json_t *b)
{
	size_t i;
	const json_t *member;

	if (json_typeof(a) != json_typeof(b)) {
		return false;
	}
	if (json_is_real(a)) {
		return is_near(json_real_value(a), json_real_value(b));
	}
	if (json_is_object(a)) {
		return is_same_object(a, b);
	}
	if (!json_is_array(a)) {
		return json_equal(a, b);
	}
	json_array_foreach(a, i, member)
	{
		const json_t *other = json_array_get(b, i);

		if (!other || !is_same(member, other)) {
			return false;
		}
	}
	return json_array_size(a) == json_array_size(b);
}

void case_compare(guint32 seed, const struct world *w, const json_t *query, const json_t *got,
	const json_t *wanted)
{
	g_autofree char *query_text = NULL, *got_text = NULL, *wanted_text = NULL;

	if (is_same(got, wanted)) {
		return;
	}
	query_text = json_write(query);
	got_text = json_write(got);
	wanted_text = json_write(wanted);
	g_printerr("INSIGHT_SEED=%" PRIu32 " project %" PRId64 " %s week from %d now %" PRId64
		   "\n%s\ngot    %s\nwanted %s\n",
		seed, w->project_id, w->timezone, w->week_start_day, w->now_us, query_text,
		got_text, wanted_text);
	fail_msg("seed %" PRIu32, seed);
}
