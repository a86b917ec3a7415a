/* The windows of a pass, opened and closed. */
#include "insight/trends.h"

#include <glib.h>

static enum window_use use_of(const struct trends *t)
{
	return t->form == TRENDS_TOTAL || t->form == TRENDS_HEAT ? WINDOW_OF_TOTAL
								 : WINDOW_OF_BUCKETS;
}

bool trends_shares_places(const struct trends *t)
{
	return t->formula_count > 0;
}

bool trends_counts_days(const struct trends *t, const struct series *s)
{
	enum interval whole = s->math->number > 7 ? INTERVAL_MONTH : INTERVAL_WEEK;

	return s->math->shape == MATH_ACTIVE && t->form != TRENDS_TOTAL &&
	       t->scope.interval != whole;
}

static bool open_activity(const struct trends *t, const struct kind_context *c,
	struct trends_pass *pass, struct fault *f)
{
	for (size_t i = 0; i < t->series.count; i++) {
		if (t->series.items[i].math->shape == MATH_ACTIVE) {
			return activity_open(
				&pass->window, t->form == TRENDS_TOTAL, c, &pass->activity, f);
		}
	}
	return true;
}

bool trends_open(const struct trends *t, const struct kind_context *c, int64_t earliest_us,
	struct trends_pass *pass, struct fault *f)
{
	return window_open(&t->scope, c, earliest_us, use_of(t), &pass->window, f) &&
	       open_activity(t, c, pass, f);
}

bool trends_open_previous(const struct trends *t, const struct kind_context *c,
	const struct window *current, const char *compare_to, struct trends_pass *pass,
	struct fault *f)
{
	return window_open_previous(
		       &t->scope, c, current, compare_to, use_of(t), &pass->window, f) &&
	       open_activity(t, c, pass, f);
}

void trends_pass_finish(struct trends_pass *pass)
{
	window_finish(&pass->window);
	activity_finish(&pass->activity);
	if (pass->lines) {
		g_ptr_array_unref(pass->lines);
	}
}
