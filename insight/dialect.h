/* What one kind of database needs said its own way: buckets, properties, casts, lists.
 *
 * Everything else of a statement is SQL that any of them reads.  To add one, write
 * dialect_<name>.c, which fills this table, and nothing else changes.  Values go through
 * sql_param_* only, names of columns come from these files only. */
#pragma once
#include "insight/property.h"
#include "insight/writer.h"

#include <glib.h>

/* 1.2.3, and whether it is one before that release (1.2.3-beta), which is lower. */
enum { VERSION_PARTS = 3 };
struct version {
	int part[VERSION_PARTS];
	bool is_before_release;
};

/* What is put in place of all that a regular expression matches; \1 in it means a part. */
struct replacement {
	const char *regex, *alias;
};

enum comparison { COMPARE_GT, COMPARE_GTE, COMPARE_LT, COMPARE_LTE };

/* Sets of whole numbers from 0 on, each of them one value that groups and compares. */
enum { DIALECT_SET_SIZE = 62 };

struct dialect_sets {
	/* The set of one number; an expression of ours. */
	void (*of)(struct writer *w, const char *number);
	/* An aggregate: what is in any of them; null of none. */
	void (*unite)(struct writer *w, const char *sets);
	/* Its numbers less by that many; those below nothing are gone. */
	void (*down)(struct writer *w, const char *set, const char *by);
	/* True where both have a number. */
	void (*meet)(struct writer *w, const char *a, const char *b);
	/* A table (place, members) of sets, places counted from 1. */
	void (*table)(struct writer *w, const char *name, const uint64_t *sets, size_t count);
};

struct dialect {
	const char *name;
	const struct dialect_sets *sets;
	/* The number of the bucket of events.timestamp, from 1. */
	void (*bucket)(struct writer *w);
	/* The same of another instant; null or below 1 before the first bucket, and the last one
	 * for all that comes after it. */
	void (*bucket_of)(struct writer *w, const char *expression);
	/* The property as text, null when absent. */
	void (*text)(struct writer *w, const struct property *p);
	/* The property as a floating-point number, null where it is none. */
	void (*real)(struct writer *w, const struct property *p);
	/* The property as breakdowns tell values apart: text, '' when there is none. */
	void (*label)(struct writer *w, const struct property *p);
	/* The same without slashes, question marks and hashes at its end; "/" where that is all. */
	void (*trimmed_label)(struct writer *w, const struct property *p);
	/* Which of `count` bins of the same width between the ends of the one row (lo, hi) of
	 * `bounds`: a text that sorts as the bins do, '' where the property is no number. */
	void (*bin)(struct writer *w, const struct property *p, int count, const char *bounds);
	/* Such a text as "[lo,hi]". */
	void (*bin_label)(struct writer *w, const char *bin, int count, const char *bounds);
	/* Hours since Monday 0:00 on the clock of the project, 0 to 167. */
	void (*hour_of_week)(struct writer *w, const char *instant);
	/* The id of the event's session as text, null when it has none. */
	void (*session)(struct writer *w);
	/* A table (id, start, seconds) of the sessions of a stretch of time: the first instant, and
	 * how many whole seconds lie between it and the last, as a floating-point number.  With a
	 * property of theirs, a table for that property to be read from too. */
	void (*sessions)(
		struct writer *w, const struct property *p, int64_t from_us, int64_t to_us);
	/* An aggregate that interpolates linearly. */
	void (*percentile)(struct writer *w, double fraction, const char *expression);
	/* Claims about a property.  Null or false where the property is absent. */
	void (*equals_any)(struct writer *w, const struct property *p, const GPtrArray *texts);
	void (*contains_any)(struct writer *w, const struct property *p, const GPtrArray *texts);
	/* The same of an id or a name that is no property. */
	void (*contains)(struct writer *w, const char *expression, const char *text);
	void (*matches_any)(struct writer *w, const struct property *p, const GPtrArray *regexes);
	void (*compares)(struct writer *w, const struct property *p, enum comparison how,
		const char *number);
	void (*compares_version)(struct writer *w, const struct property *p, enum comparison how,
		const struct version *version);
	void (*is_before)(struct writer *w, const struct property *p, int64_t instant_us);
	void (*is_after)(struct writer *w, const struct property *p, int64_t instant_us);
	/* An instant of events as whole microseconds since 1970, so that no setting of the session
	 * changes how it is written; the same of a sum of differences between instants. */
	void (*instant_us)(struct writer *w, const char *expression);
	/* How long after an instant an instant is, in microseconds. */
	void (*elapsed_us)(struct writer *w, const char *expression, int64_t since_us);
	/* The bucket, from 1, of so many microseconds after an instant. */
	void (*elapsed_bucket)(struct writer *w, const char *expression, int64_t since_us);
	/* The median of what an expression over a group gives, between two values halfway. */
	void (*median)(struct writer *w, const char *expression);
	/* The text with all replacements made, one after the other: struct replacement. */
	void (*replaced)(struct writer *w, const char *expression, const GPtrArray *replacements);
	/* True for that part of people, the same ones each time (0 < part < 1): those for whom the
	 * first eight hexadecimal digits of their distinct id's MD5 are below part * 2^32. */
	void (*sample)(struct writer *w, double part);
	/* A table of one column `name` that holds the texts. */
	void (*text_table)(struct writer *w, const GPtrArray *texts);
	/* Of a group: the texts by their bytes, as a JSON list. */
	void (*list_of_texts)(struct writer *w, const char *expression);
	/* A table of (place, number), places from 1 on. */
	void (*number_table)(
		struct writer *w, const unsigned *numbers, size_t count, const char *name);
	/* A group's numbers as a list, in the order of an expression; and how many numbers of an
	 * ascending list are not above a number, null without a list. */
	void (*list_of)(struct writer *w, const char *expression, const char *order);
	void (*count_up_to)(struct writer *w, const char *number, const char *list);
	/* Around the numbers of a list, which compares number by number and is read by [1], [2] ….
	 */
	const char *list_open, *list_close;
	/* What orders texts by their bytes. */
	const char *byte_order;
	/* A regular expression that pattern_check() took, as the database spells it.  g_free() it.
	 */
	char *(*pattern)(const char *regex);
	/* HogQL: a pattern for each enum hogql_form (hogql_write.h says what is put into it), and
	 * what a cast calls each enum hogql_kind. */
	const char *const *forms;
	const char *const *types;
	/* Ends a subquery whose expressions are costly and used more than once outside of it. */
	const char *computed_once;
};

extern const struct dialect dialect_postgres;
