/* How far two pictures differ to an eye: a pixel counts when nothing in the other picture's 3 x 3
 * neighbourhood is within 48 of it in every channel, either way round.  A curve moved by a quarter
 * of a pixel passes, a wrong digit does not. */
#pragma once
#include "support/drawing.h"

/* The share of pixels that differ, 0 to 1; 1 when the sizes do. */
double picture_diff(const struct pixels *a, const struct pixels *b);
