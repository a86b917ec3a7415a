#include "insight/math.h"

#include <glib.h>
#include <string.h>

static const struct math maths[] = {
#define MATH(name, text, shape) {#name, text, shape},
#define MATH_ELSEWHERE(name, text) {#name, text, MATH_REFUSED},
#include "insight/math.def"
#undef MATH
#undef MATH_ELSEWHERE
};

const struct math *math_lookup(const char *name)
{
	for (size_t i = 0; i < G_N_ELEMENTS(maths); i++) {
		if (strcmp(maths[i].name, name) == 0) {
			return &maths[i];
		}
	}
	return NULL;
}
