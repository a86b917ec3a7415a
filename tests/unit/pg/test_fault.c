#include "lib/pg/pg_fault.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void codes_become_kinds(void **state)
{
	static const struct {
		const char *sqlstate;
		enum fault_kind kind;
	} cases[] = {
		{"08006", FAULT_UNAVAILABLE},
		{"0A000", FAULT_QUERY},
		{"22012", FAULT_QUERY},
		{"22P02", FAULT_QUERY},
		{"23503", FAULT_INPUT},
		{"23505", FAULT_INPUT},
		{"25006", FAULT_UNAVAILABLE},
		{"25P02", FAULT_BUG},
		{"40001", FAULT_UNAVAILABLE},
		{"40003", FAULT_BUG},
		{"40P01", FAULT_UNAVAILABLE},
		{"42601", FAULT_QUERY},
		{"42P01", FAULT_QUERY},
		{"53100", FAULT_UNAVAILABLE},
		{"53300", FAULT_UNAVAILABLE},
		{"54001", FAULT_QUERY},
		{"55P03", FAULT_UNAVAILABLE},
		{"57014", FAULT_QUERY_SLOW},
		{"57P01", FAULT_UNAVAILABLE},
		{"57P03", FAULT_UNAVAILABLE},
		{"58030", FAULT_UNAVAILABLE},
		{"P0001", FAULT_BUG},
		{"XX000", FAULT_BUG},
		{"", FAULT_UNAVAILABLE},
		{NULL, FAULT_UNAVAILABLE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		enum fault_kind kind = pg_fault_kind(cases[i].sqlstate);

		if (kind != cases[i].kind) {
			fail_msg("%s became %s", cases[i].sqlstate, fault_name(kind));
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(codes_become_kinds)};

	return cmocka_run_group_tests_name("pg_fault", tests, NULL, NULL);
}
