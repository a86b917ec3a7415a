#include "render/scale.h"

#include <math.h>

/* Above the largest double that still has room for a nice end, arithmetic on ticks overflows. */
static const double largest = 1e300;

static double clamp_finite(double v)
{
	return fmin(fmax(v, -largest), largest);
}

/* 1, 2, 5 or 10 times a power of ten, nearest to the raw step by ratio, as d3 chooses. */
static double nice_step(double raw)
{
	double power = pow(10, floor(log10(raw)));
	double ratio = raw / power;

	if (ratio >= sqrt(50)) {
		return power * 10;
	}
	if (ratio >= sqrt(10)) {
		return power * 5;
	}
	return ratio >= sqrt(2) ? power * 2 : power;
}

static double next_step(double step)
{
	return nice_step(step * 2.01);
}

/* k × step for a step below one is written as k / (1 / step): 3 × 0.1 is not 0.3, 3 / 10 is. */
static double multiple(double k, double step)
{
	double inverse = 1 / step;

	if (step < 1 && isfinite(inverse)) {
		return k / round(inverse);
	}
	return k * step;
}

static void fill_ticks(struct scale *s, double low, double high, double step)
{
	/* 0.6 / 0.2 is 2.9999999999999996: what is as good as whole is taken for it. */
	double first = floor(low / step + fabs(low / step) * 1e-12);
	double last = ceil(high / step - fabs(high / step) * 1e-12);

	s->step = step;
	s->tick_count = (size_t)fmin(last - first + 1, SCALE_MAX_TICKS);
	for (size_t i = 0; i < s->tick_count; i++) {
		s->ticks[i] = multiple(first + (double)i, step) + 0.0;
	}
	s->low = s->ticks[0];
	s->high = s->ticks[s->tick_count - 1];
}

struct scale scale_linear(double low, double high, double px)
{
	struct scale s = {.log = false};
	double wanted = fmin(fmax(floor(px / 50), 2), SCALE_MOST_LABELS);
	double step;

	low = isnan(low) ? 0 : clamp_finite(fmin(low, 0));
	high = isnan(high) ? 0 : clamp_finite(fmax(high, 0));
	/* Nothing but zeros, or numbers too small to divide: an axis all the same. */
	if (high - low < 1e-300) {
		high = 1;
		low = 0;
	}
	step = nice_step((high - low) / wanted);
	fill_ticks(&s, low, high, step);
	/* Labels 16 px apart, and never more of them than can be read. */
	while (step < high - low &&
		(s.tick_count > SCALE_MOST_LABELS || px / (double)(s.tick_count - 1) < 16)) {
		step = next_step(step);
		fill_ticks(&s, low, high, step);
	}
	return s;
}

struct scale scale_percent(double low, double px)
{
	struct scale s = scale_linear(low < 0 ? -1 : 0, 1, px);

	return s;
}

static bool keeps(int mantissa, int detail)
{
	return detail == 2 ? mantissa == 1 || mantissa == 2 || mantissa == 5 : mantissa == 1;
}

/* detail 2: 1, 2 and 5 of each decade; 1: each decade; below: every (2 - detail)th decade. */
static void fill_log_ticks(struct scale *s, int detail)
{
	int from = (int)lround(log10(s->low));
	int to = (int)floor(log10(s->high) + 1e-9);
	int stride = detail >= 1 ? 1 : 2 - detail;

	s->tick_count = 0;
	for (int decade = from; decade <= to; decade += stride) {
		for (int m = 1; m <= 9; m++) {
			double tick = decade < 0 ? m / pow(10, -decade) : m * pow(10, decade);

			if (keeps(m, detail) && tick <= s->high * (1 + 1e-12) &&
				s->tick_count < SCALE_MAX_TICKS) {
				s->ticks[s->tick_count++] = tick;
			}
		}
	}
}

static double closest_ticks(const struct scale *s, double px)
{
	double closest = INFINITY;

	for (size_t i = 1; i < s->tick_count; i++) {
		closest = fmin(
			closest, px * (scale_at(s, s->ticks[i]) - scale_at(s, s->ticks[i - 1])));
	}
	return closest;
}

struct scale scale_log(double smallest, double high, double px)
{
	struct scale s = {.log = true};
	double decade;
	int detail = 2;

	if (isnan(smallest) || !(high > 0)) {
		smallest = high = 1;
	}
	smallest = fmin(fmax(smallest, 1e-290), 1e290);
	high = fmin(fmax(high, smallest), 1e290);
	s.low = pow(10, ceil(log10(smallest) - 1e-12) - 1);
	decade = pow(10, floor(log10(high) + 1e-12));
	s.high = decade * ceil(high / decade - 1e-12);
	if (!(s.high > s.low)) {
		s.high = s.low * 10;
	}
	fill_log_ticks(&s, detail);
	while ((s.tick_count > SCALE_MOST_LABELS || closest_ticks(&s, px) < 16) &&
		s.tick_count > 2) {
		fill_log_ticks(&s, --detail);
	}
	return s;
}

double scale_at(const struct scale *s, double value)
{
	if (s->log) {
		if (!(value > s->low)) {
			return 0;
		}
		return fmin((log10(value) - log10(s->low)) / (log10(s->high) - log10(s->low)), 1);
	}
	return (clamp_finite(value) - s->low) / (s->high - s->low);
}

int scale_decimals(const struct scale *s)
{
	double finest = s->log ? s->ticks[0] : s->step;

	if (!(finest < 1)) {
		return 0;
	}
	return (int)fmin(-floor(log10(finest) + 1e-9), 12);
}

struct bands bands_over(double start, double length, size_t count, double inner, double outer)
{
	double n = (double)count;
	double step = length / fmax(1, n - inner + 2 * outer);

	return (struct bands){
		.start = start + (length - step * (n - inner)) / 2,
		.step = step,
		.width = step * (1 - inner),
	};
}

double bands_at(const struct bands *b, size_t index)
{
	return b->start + b->step * (double)index;
}
