/* Data range to pixels: round ticks, logarithms and bands (spec/insights.md 5.4).
 *
 * Ticks fall on round values and the domain is stretched to them, so an axis may end above the
 * largest value: place marks with scale_at(), never by proportion of the data. */
#pragma once
#include <stdbool.h>
#include <stddef.h>

enum { SCALE_MAX_TICKS = 64, SCALE_MOST_LABELS = 11 };

struct scale {
	bool log;
	double low, high; /* the domain; low < high always */
	double ticks[SCALE_MAX_TICKS];
	size_t tick_count;
	double step; /* between ticks; 0 on a log scale */
};

/* For values in low..high, NAN when there are none, drawn over `px` pixels.  Zero is always in
 * the domain. */
struct scale scale_linear(double low, double high, double px);
/* `smallest` is the smallest positive value, NAN when there is none. */
struct scale scale_log(double smallest, double high, double px);
/* 0..1 for 0 % to 100 %. */
struct scale scale_percent(double low, double px);

/* 0 at the domain's low end, 1 at its high end; what lies outside is held at the ends by a log
 * scale, which has no place for zero, and passes them on a linear one. */
double scale_at(const struct scale *s, double value);
/* Digits after the point that keep neighbouring ticks apart. */
int scale_decimals(const struct scale *s);

/* Equal shares of a length for categories: d3's band scale. */
struct bands {
	double start, step, width;
};
struct bands bands_over(double start, double length, size_t count, double inner, double outer);
double bands_at(const struct bands *b, size_t index); /* where the band begins */
