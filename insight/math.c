#include "insight/math.h"

#include <glib.h>
#include <string.h>

static const struct math maths[] = {
#define MATH(name, text, shape, aggregate, number) {#name, text, shape, aggregate, number},
#include "insight/math.def"
#undef MATH
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

bool math_is_additive(const struct math *m)
{
	return m->aggregate == AGGREGATE_COUNT ||
	       (m->shape == MATH_PROPERTY && m->aggregate == AGGREGATE_SUM);
}
