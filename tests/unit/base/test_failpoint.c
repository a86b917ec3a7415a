#include "lib/base/failpoint.h"

#include <glib.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#ifdef WITH_FAILPOINTS
static void only_the_named_point_fails(void **state)
{
	static const struct {
		const char *plan, *name;
		bool fails;
	} cases[] = {
		{NULL, "store.before", false},
		{"", "store.before", false},
		{"store.before=fail", "store.before", true},
		{"store.before=fail", "store.after", false},
		{"store.before=fail", "store", false},
		{"store=fail", "store.before", false},
		{"record.after=fail,store.before=fail", "store.before", true},
		{"record.after=fail,store.before=fail", "record.after", true},
		{"store.before", "store.before", false},
		{"store.before=", "store.before", false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (cases[i].plan) {
			g_setenv("PLATEN_FAIL", cases[i].plan, TRUE);
		} else {
			g_unsetenv("PLATEN_FAIL");
		}
		assert_int_equal(FAILPOINT(cases[i].name), cases[i].fails);
	}
	g_unsetenv("PLATEN_FAIL");
}

static void kill_ends_the_process_at_once(void **state)
{
	int status = 0;
	pid_t child = fork();

	(void)state;
	if (child == 0) {
		g_setenv("PLATEN_FAIL", "record.after=kill", TRUE);
		(void)FAILPOINT("record.after");
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGKILL);
}
#else
static void a_build_without_failpoints_ignores_the_plan(void **state)
{
	(void)state;
	g_setenv("PLATEN_FAIL", "store.before=fail", TRUE);
	assert_false(FAILPOINT("store.before"));
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
#ifdef WITH_FAILPOINTS
		cmocka_unit_test(only_the_named_point_fails),
		cmocka_unit_test(kill_ends_the_process_at_once),
#else
		cmocka_unit_test(a_build_without_failpoints_ignores_the_plan),
#endif
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
