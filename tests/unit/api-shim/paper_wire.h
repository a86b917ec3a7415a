/* A wire without a network: one header that a test gives it, and whether it was answered. */
#pragma once
#include "api-shim/request.h"

#include <strings.h>

struct paper_wire {
	struct wire wire; /* first */
	const char *name, *value;
	unsigned answered, more;
};

static inline const char *paper_wire_header(struct wire *w, const char *name)
{
	const struct paper_wire *p = (const struct paper_wire *)(const void *)w;

	return p->name && strcasecmp(p->name, name) == 0 ? p->value : NULL;
}

static inline void paper_wire_answered(struct wire *w)
{
	((struct paper_wire *)(void *)w)->answered++;
}

static inline void paper_wire_more(struct wire *w)
{
	((struct paper_wire *)(void *)w)->more++;
}

static inline struct paper_wire paper_wire(const char *name, const char *value)
{
	return (struct paper_wire){
		{paper_wire_header, paper_wire_answered, paper_wire_more}, name, value, 0, 0};
}
