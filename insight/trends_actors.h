/* Who is behind a point of a trend: the persons whose events a series counts on a day, with a
 * breakdown's value, in the window that is shown or the one it is compared with
 * (spec/insights.md 2.2). */
#pragma once
#include "insight/kind.h"

extern const struct kind_actors trends_actors;
