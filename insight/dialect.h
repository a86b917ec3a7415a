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

enum comparison { COMPARE_GT, COMPARE_GTE, COMPARE_LT, COMPARE_LTE };

struct dialect {
	const char *name;
	/* The number of the bucket of events.timestamp, from 1. */
	void (*bucket)(struct writer *w);
	/* The property as text, null when absent. */
	void (*text)(struct writer *w, const struct property *p);
	/* The property as breakdowns tell values apart: text, '' when there is none. */
	void (*label)(struct writer *w, const struct property *p);
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
	 * changes how it is written. */
	void (*instant_us)(struct writer *w, const char *expression);
	/* True for that part of people, the same ones each time (0 < part < 1): those for whom the
	 * first eight hexadecimal digits of their distinct id's MD5 are below part * 2^32. */
	void (*sample)(struct writer *w, double part);
	/* A table of one column `name` that holds the texts. */
	void (*text_table)(struct writer *w, const GPtrArray *texts);
	/* Of a group: the texts by their bytes, as a JSON list. */
	void (*list_of_texts)(struct writer *w, const char *expression);
	/* What orders texts by their bytes. */
	const char *byte_order;
	/* A regular expression that pattern_check() took, as the database spells it.  g_free() it.
	 */
	char *(*pattern)(const char *regex);
	/* HogQL: a pattern for each enum hogql_form (hogql_write.h says what is put into it), and
	 * what a cast calls each enum hogql_kind. */
	const char *const *forms;
	const char *const *types;
};

extern const struct dialect dialect_postgres;
