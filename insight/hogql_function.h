/* The functions of HogQL: what they take, what they give, and by which form of the dialect they
 * are written.
 *
 * To add one, add its line to hogql_function.def and its form to the dialects. */
#pragma once
#include "lib/base/fault.h"

enum hogql_family {
	FAMILY_PLAIN,
	FAMILY_AGGREGATE,
	FAMILY_WINDOW,
	FAMILY_SPECIAL,
	FAMILY_ELSEWHERE
};

/* Each is a pattern in every dialect (hogql_form.h). */
enum hogql_form {
	FORM_NONE,
#define PLAIN(name, takes, gives) FORM_##name,
#define AGGREGATE(name, takes, gives) FORM_##name,
#define WINDOW(name, takes, gives) FORM_##name,
#define SPECIAL(name, takes) FORM_##name,
#define SYNONYM(name, other)
#define ELSEWHERE(name)
#include "insight/hogql_function.def"
#undef PLAIN
#undef AGGREGATE
#undef WINDOW
#undef SPECIAL
#undef SYNONYM
#undef ELSEWHERE
	/* one type from another */
	FORM_number_text,
	FORM_time_text,
	FORM_date_text,
	FORM_boolean_text,
	FORM_uuid_text,
	FORM_json_text,
	FORM_array_text,
	FORM_text_number,
	FORM_boolean_number,
	FORM_time_number,
	FORM_date_number,
	FORM_text_boolean,
	FORM_number_boolean,
	FORM_time_date,
	FORM_date_time,
	FORM_text_time,
	FORM_number_time,
	FORM_small_integer,
	FORM_real,
	FORM_real_plain, /* of what surely fits */
	/* where one function has several */
	FORM_length_array,
	FORM_empty_array,
	FORM_not_empty_array,
	FORM_equals_plain,
	FORM_equals_null,
	FORM_not_equals_plain,
	FORM_any_json,
	FORM_any_boolean,
	FORM_max_dynamic,
	FORM_min_dynamic,
	FORM_sum_zero,
	FORM_count_all,
	FORM_count_distinct,
	FORM_week_sunday,
	FORM_week_monday,
	FORM_shift_second,
	FORM_shift_minute,
	FORM_shift_hour,
	FORM_shift_day,
	FORM_shift_month,
	FORM_shift_date,
	FORM_shift_date_month,
	FORM_apart_second,
	FORM_apart_minute,
	FORM_apart_hour,
	FORM_apart_day,
	FORM_apart_week,
	FORM_apart_month,
	FORM_apart_quarter,
	FORM_apart_year,
	FORM_path_text,
	FORM_path_json,
	FORM_path_deep_text,
	FORM_path_deep_json,
	FORM_array_of,
	FORM_element,
	FORM_wall_time,
	FORM_instant_us,
	FORM_array_json,
	FORM_array_time_json,
	FORM_COUNT
};

struct hogql_function {
	const char *name;
	enum hogql_family family;
	const char *takes, *gives;
	enum hogql_form form;
	const char *other; /* of a synonym */
};

/* *has_condition: the name ends in If, and its last argument is a condition.  NULL for a name that
 * is none of ours. */
const struct hogql_function *hogql_function_lookup(const char *name, bool *has_condition);
bool hogql_function_is_aggregate(const struct hogql_function *function);
/* How many arguments; *most is -1 without a limit. */
void hogql_function_arity(const struct hogql_function *function, int *least, int *most);
/* The letter of argument i. */
char hogql_function_takes(const struct hogql_function *function, unsigned i);
