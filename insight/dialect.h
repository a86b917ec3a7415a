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
	/* Claims about a property.  Null or false where the property is absent. */
	void (*equals_any)(struct writer *w, const struct property *p, const GPtrArray *texts);
	void (*contains_any)(struct writer *w, const struct property *p, const GPtrArray *texts);
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
	/* A group's numbers as a list, in the order of an expression; and how many numbers of an
	 * ascending list are not above a number, null without a list. */
	void (*list_of)(struct writer *w, const char *expression, const char *order);
	void (*count_up_to)(struct writer *w, const char *number, const char *list);
	/* Around the numbers of a list, which compares number by number and is read by [1], [2] ….
	 */
	const char *list_open, *list_close;
	/* What orders texts by their bytes. */
	const char *byte_order;
	/* HogQL: a pattern for each enum hogql_form (hogql_write.h says what is put into it), and
	 * what a cast calls each enum hogql_kind. */
	const char *const *forms;
	const char *const *types;
	/* Ends a subquery whose expressions are costly and used more than once outside of it. */
	const char *computed_once;
};

extern const struct dialect dialect_postgres;
