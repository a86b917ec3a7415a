#include "api-shim/sharing.h"

#include "tests/unit/pg/private_postgres.h"

#include <glib.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Someone who asks, and a question that is answered when the test says so. */
struct somebody {
	struct sharing *sharing;
	unsigned put, answered, failed;
	int answer;
	struct question *question;
	struct somebody *next; /* who asks from inside this one's answer */
};

static void put(struct question *q, void *arg)
{
	struct somebody *s = arg;

	s->put++;
	s->question = q;
}

static void done(void *arg, const void *answer, const struct fault *f)
{
	struct somebody *s = arg;

	s->answered++;
	s->failed += f != NULL;
	s->answer = answer ? *(const int *)answer : 0;
	if (s->next) {
		sharing_ask(s->sharing, "k", put, done, s->next);
		s->next = NULL;
	}
}

static bool is_put(void *arg)
{
	const struct somebody *s = arg;

	return s->put > 0;
}

static void answer(struct somebody *s, int value)
{
	struct question *q = s->question;

	s->question = NULL;
	question_answered(q, &value, NULL);
}

static void those_who_ask_together_are_answered_together(void **state)
{
	uv_loop_t loop;
	struct somebody all[3] = {0};
	struct sharing *sharing;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	sharing = sharing_create(&loop);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		sharing_ask(sharing, "k", put, done, &all[i]);
		assert_int_equal(all[i].put, 0);
	}
	run_until(&loop, is_put, &all[0], 5000, "not put");
	answer(&all[0], 7);
	for (size_t i = 0; i < G_N_ELEMENTS(all); i++) {
		assert_int_equal(all[i].put, i == 0);
		assert_int_equal(all[i].answered, 1);
		assert_int_equal(all[i].answer, 7);
	}
	sharing_destroy(sharing);
	loop_finish(&loop);
}

/* What makes it safe: a row made after a question was put is seen by who asks after that. */
static void whoever_comes_while_it_is_under_way_waits_for_the_next(void **state)
{
	uv_loop_t loop;
	struct somebody first = {0}, second = {0}, third = {0}, other = {0};
	struct sharing *sharing;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	sharing = sharing_create(&loop);
	third.sharing = second.sharing = first.sharing = sharing;
	first.next = &third;
	sharing_ask(sharing, "k", put, done, &first);
	run_until(&loop, is_put, &first, 5000, "not put");
	sharing_ask(sharing, "k", put, done, &second);
	sharing_ask(sharing, "other", put, done, &other);
	run_until(&loop, is_put, &other, 5000, "another question does not wait");
	assert_int_equal(second.put, 0);
	answer(&first, 1);
	assert_int_equal(first.answer, 1);
	assert_int_equal(second.answered, 0);
	run_until(&loop, is_put, &second, 5000, "not put again");
	answer(&second, 2);
	assert_int_equal(second.answer, 2);
	assert_int_equal(third.answer, 2);
	assert_int_equal(third.put, 0);
	answer(&other, 3);
	assert_int_equal(first.answered, 1);
	sharing_destroy(sharing);
	loop_finish(&loop);
}

static void a_failure_is_everyones(void **state)
{
	uv_loop_t loop;
	struct somebody all[2] = {0};
	struct fault f = {0};
	struct sharing *sharing;

	(void)state;
	assert_int_equal(uv_loop_init(&loop), 0);
	sharing = sharing_create(&loop);
	sharing_ask(sharing, "k", put, done, &all[0]);
	sharing_ask(sharing, "k", put, done, &all[1]);
	run_until(&loop, is_put, &all[0], 5000, "not put");
	(void)fault_set(&f, FAULT_UNAVAILABLE, "away");
	question_answered(all[0].question, NULL, &f);
	assert_int_equal(all[0].failed, 1);
	assert_int_equal(all[1].failed, 1);
	sharing_destroy(sharing);
	loop_finish(&loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(those_who_ask_together_are_answered_together),
		cmocka_unit_test(whoever_comes_while_it_is_under_way_waits_for_the_next),
		cmocka_unit_test(a_failure_is_everyones),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
