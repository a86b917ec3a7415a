/* The statement of a funnel while it is written: one WITH query after another, each reading the
 * one before.
 *
 *   marked   (p, ts, tie, …)      an actor's events and which steps they are
 *   starts   (p, t1, …, tn, …)    the chain of each start: when it was where, null past its end
 *   chains   (p, t1, …, tn, v1…)    those that count in the view
 *   cells                         what the client gets
 *
 * Times are microseconds since the window's beginning.  Names are ours and numbers are counted
 * here; values of the query are parameters. */
#pragma once
#include "insight/funnels.h"

struct funnel_writer {
	struct writer w;
	const struct funnel *t;
	const struct date_range *range;
	bool shares_values; /* actors have chains of their own for each value */
	bool touches; /* every event has the value of its actor */
	const char *order; /* an actor's events, latest first */
	const char *last; /* the name of the query that was written last */
	int window_param; /* bound already; 0: not yet */
};

/* The rows of `marked` that the chains are made of, numbered and with what lies ahead. */
void funnel_write_marked(struct funnel_writer *s);
/* "tie = 2" or "s2": the event is that step, or that exclusion. */
void funnel_write_is_step(struct funnel_writer *s, size_t step);
void funnel_write_is_exclusion(struct funnel_writer *s, size_t exclusion);
/* ", v1, v2": the columns of what a breakdown splits by, each with what stands before it. */
void funnel_write_values(struct funnel_writer *s, const char *before);
/* "p", or "p, v1, v2": who has chains of their own; and what chains are told apart by. */
void funnel_write_part(struct funnel_writer *s);
void funnel_write_keys(struct funnel_writer *s);
/* Who did it, and " AND …" that there is anyone. */
void funnel_write_actor(struct funnel_writer *s);
void funnel_write_known(struct funnel_writer *s);
/* "starts" without "marked", for funnels that are simple enough. */
bool funnel_is_searched(const struct funnel *t);
void funnel_write_searched_starts(struct funnel_writer *s);
/* "starts" from "marked", for each order. */
void funnel_write_starts(struct funnel_writer *s);
void funnel_write_unordered_starts(struct funnel_writer *s);
/* The ones that count, from s->last; s->last names them then. */
void funnel_write_chains(struct funnel_writer *s);
/* "$n::bigint", how long a chain may take. */
void funnel_write_window(struct funnel_writer *s);
/* A chain has a column an: the number n of the event that its value is taken from. */
bool funnel_points_at_value(const struct funnel *t);
/* The rows are numbered. */
bool funnel_has_numbers(const struct funnel *t);
