/* How a random test runs: seed after seed, each one case that can be repeated alone.
 *
 * INSIGHT_SEED repeats a run, INSIGHT_CASES makes it longer, INSIGHT_WORLDS makes it other worlds.
 * A case takes all its chances from dice seeded with its seed, so the seed is the case. */
#pragma once
#include "tests/unit/insight/world.h"

/* Fails the test itself; true where it counted something. */
typedef bool (*case_fn)(GRand *dice, guint32 seed);

/* Runs `count` cases, a tenth of them under sanitizers; a third of them must count something,
 * for a test over empty results would prove nothing. */
void cases_run(guint count, case_fn check);
/* The seed of the worlds. */
guint32 cases_world_seed(void);

/* Fails with the seed, the world, the query and both sides unless they are equal; reals may
 * differ in their last digits. */
void case_compare(guint32 seed, const struct world *w, const json_t *query, const json_t *got,
	const json_t *wanted);
