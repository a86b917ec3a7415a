#include "lib/base/failpoint.h"

#ifdef WITH_FAILPOINTS
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool failpoint(const char *name)
{
	const char *plan = getenv("PLATEN_FAIL");
	size_t length = strlen(name);

	while (plan && *plan) {
		if (strncmp(plan, name, length) == 0 && plan[length] == '=') {
			const char *action = plan + length + 1;

			if (strncmp(action, "kill", 4) == 0) {
				(void)kill(getpid(), SIGKILL);
			}
			if (strncmp(action, "fail", 4) == 0) {
				return true;
			}
		}
		plan = strchr(plan, ',');
		plan = plan ? plan + 1 : NULL;
	}
	return false;
}
#else
/* An empty translation unit is not C. */
typedef int failpoints_are_off;
#endif
