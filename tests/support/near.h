/* Real numbers that ought to be equal, up to `within`; include after cmocka.h. */
#pragma once
#include <math.h>

#define assert_near(value, expected, within)                                                       \
	do {                                                                                       \
		double near_value = (value), near_expected = (expected);                           \
		if (!(fabs(near_value - near_expected) <= (within))) {                             \
			fail_msg("%s is %.6g, not %.6g", #value, near_value, near_expected);       \
		}                                                                                  \
	} while (0)
