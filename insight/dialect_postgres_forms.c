/* HogQL's functions and conversions in Postgres 15.  What a pattern is filled with: hogql_write.h.
 *
 * Numbers are numeric: they neither overflow nor lose digits, so no odd event fails a query.  Every
 * slot is written with parentheses around what needs them. */
#include "insight/dialect_postgres.h"
#include "insight/hogql_function.h"
#include "insight/hogql_type.h"

/* 64 characters and two digits of exponent: what passes fits into a float8 too.  Only asked whether
 * it matches, which the regular expressions of Postgres do ten times faster than saying where. */
#define NUMBER_TEXT                                                                                \
	"(CASE WHEN length(@1) <= 64 AND @1 ~"                                                     \
	" '^[+-]?([0-9]+([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,2})?$' THEN @1::numeric END)"
#define DATE_PATTERN                                                                               \
	"'^(19|2[0-9])[0-9]{2}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"                           \
	"([T ]([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9]([.][0-9]{1,9})?)?"                         \
	"(Z|[+-](0[0-9]|1[0-4])(:?[0-5][0-9])?)?)?$'"
#define WALL "@1 AT TIME ZONE @z"
#define TRUNC(unit) "date_trunc('" unit "', @1, @z)"
#define TRUNC_DATE(unit) "date_trunc('" unit "', " WALL ")::date"
#define PART(part) "extract(" part " FROM " WALL ")"
#define MINUTES(n)                                                                                 \
	"(date_trunc('hour', @1, @z) + make_interval(mins => (floor(" PART(                        \
		"minute") " / " n ") * " n ")::integer))"
#define PLACES(x)                                                                                  \
	"(extract(year FROM " x " AT TIME ZONE @z) * 12 + extract(month FROM " x                   \
	" AT TIME ZONE @z))"
#define APART(unit)                                                                                \
	"(extract(epoch FROM date_trunc('" unit "', @2, @z)) - extract(epoch FROM"                 \
	" date_trunc('" unit "', @1, @z)))"
/* How far a time is moved at most, in either direction. */
#define AMOUNT(most) "(greatest(least(trunc(@2), " most "), -" most ") * @3)::integer"

const char *const dialect_postgres_types[] = {
	[HOGQL_NULL] = "text",
	[HOGQL_TEXT] = "text",
	[HOGQL_DYNAMIC] = "text",
	[HOGQL_COUNT] = "numeric",
	[HOGQL_INTEGER] = "numeric",
	[HOGQL_REAL] = "numeric",
	[HOGQL_BOOLEAN] = "boolean",
	[HOGQL_DATE] = "date",
	[HOGQL_INSTANT] = "timestamptz",
	[HOGQL_INTERVAL] = "interval",
	[HOGQL_UUID] = "uuid",
	[HOGQL_JSON] = "jsonb",
	[HOGQL_ARRAY] = "text[]",
	[HOGQL_LIST] = "text",
};

const char *const dialect_postgres_forms[FORM_COUNT] = {
	/* conditions */
	[FORM_and] = "(@&)",
	[FORM_or] = "(@|)",
	[FORM_not] = "(NOT @1)",
	[FORM_equals_plain] = "(@1 = @2)",
	[FORM_equals] = "((@1 = @2) IS TRUE)",
	[FORM_equals_null] = "(@1 IS NOT DISTINCT FROM @2)",
	[FORM_not_equals_plain] = "(@1 <> @2)",
	[FORM_notEquals] = "(@1 IS DISTINCT FROM @2)",
	[FORM_less] = "(@1@c < @2@c)",
	[FORM_lessOrEquals] = "(@1@c <= @2@c)",
	[FORM_greater] = "(@1@c > @2@c)",
	[FORM_greaterOrEquals] = "(@1@c >= @2@c)",
	[FORM_like] = "((@1 LIKE @2) IS TRUE)",
	[FORM_ilike] = "((@1 ILIKE @2) IS TRUE)",
	[FORM_notLike] = "((@1 NOT LIKE @2) IS NOT FALSE)",
	[FORM_notILike] = "((@1 NOT ILIKE @2) IS NOT FALSE)",
	[FORM_match] = "((@1 ~ @2) IS TRUE)",
	[FORM_notMatch] = "((@1 !~ @2) IS NOT FALSE)",
	[FORM_isNull] = "(@1 IS NULL)",
	[FORM_isNotNull] = "(@1 IS NOT NULL)",
	[FORM_coalesce] = "coalesce(@*)",
	[FORM_greatest] = "greatest(@*)",
	[FORM_least] = "least(@*)",

	/* numbers */
	[FORM_plus] = "(@1::numeric + @2::numeric)",
	[FORM_minus] = "(@1::numeric - @2::numeric)",
	[FORM_multiply] = "(@1::numeric * @2::numeric)",
	[FORM_divide] = "(@1::numeric / nullif(@2::numeric, 0))",
	[FORM_modulo] = "mod(@1::numeric, nullif(@2::numeric, 0))",
	[FORM_intDiv] = "div(@1::numeric, nullif(@2::numeric, 0))",
	[FORM_negate] = "(- @1::numeric)",
	[FORM_abs] = "abs(@1::numeric)",
	[FORM_ceil] = "ceil(@1::numeric)",
	[FORM_floor] = "floor(@1::numeric)",
	[FORM_round] = "round(@1::numeric@{2:, @2@})",
	[FORM_truncate] = "trunc(@1::numeric)",
	[FORM_sqrt] = "(CASE WHEN @1 >= 0 THEN sqrt(@1::numeric) END)",
	[FORM_exp] = "(CASE WHEN @1 < 700 THEN exp(greatest(@1::numeric, -700)) END)",
	[FORM_log] = "(CASE WHEN @1 > 0 THEN ln(@1::numeric) END)",
	[FORM_log2] = "(CASE WHEN @1 > 0 THEN log(2::numeric, @1::numeric) END)",
	[FORM_log10] = "(CASE WHEN @1 > 0 THEN log(@1::numeric) END)",
	[FORM_pow] = "(CASE WHEN @1 = 0 THEN CASE WHEN @2 > 0 THEN 0 WHEN @2 = 0 THEN 1 END"
		     " WHEN @1 < 0 AND @2 <> trunc(@2::numeric) THEN NULL"
		     " WHEN abs(@2 * ln(abs(@1::numeric))) < 690"
		     " THEN power(@1::numeric, @2::numeric) END)",

	/* texts */
	[FORM_lower] = "lower(@1)",
	[FORM_upper] = "upper(@1)",
	[FORM_trim] = "btrim(@1)",
	[FORM_trimLeft] = "ltrim(@1)",
	[FORM_trimRight] = "rtrim(@1)",
	[FORM_reverse] = "reverse(@1)",
	[FORM_concat] = "concat(@*)",
	[FORM_length] = "octet_length(@1)",
	[FORM_lengthUTF8] = "char_length(@1)",
	[FORM_empty] = "(@1 = '')",
	[FORM_notEmpty] = "(@1 <> '')",
	[FORM_substring] = "substr(@1, CASE WHEN @2 < 0 THEN char_length(@1) + @2 + 1 ELSE @2"
			   " END@{3:, greatest(@3, 0)@})",
	[FORM_replace] = "replace(@1, @2, @3)",
	[FORM_replaceRegexpAll] = "regexp_replace(@1, @2, @3, 'g')",
	[FORM_replaceRegexpOne] = "regexp_replace(@1, @2, @3)",
	[FORM_position] = "strpos(@1, @2)",
	[FORM_positionCaseInsensitive] = "strpos(lower(@1), lower(@2))",
	[FORM_startsWith] = "starts_with(@1, @2)",
	[FORM_endsWith] = "(right(@1, char_length(@2)) = @2)",
	[FORM_splitByChar] = "string_to_array(@2, @1)",

	/* arrays */
	[FORM_array_of] = "ARRAY[@*]::@t[]",
	[FORM_length_array] = "cardinality(@1)",
	[FORM_empty_array] = "(cardinality(@1) = 0)",
	[FORM_not_empty_array] = "(cardinality(@1) > 0)",
	[FORM_element] = "(@1)[@2]",
	[FORM_has] = "((@2 = ANY (@1)) IS TRUE)",
	[FORM_arrayJoin] = "unnest(@1)",
	[FORM_arrayStringConcat] = "array_to_string(@1, @{2:@2 || @}'')",

	/* JSON: the operator between an object and its keys */
	[FORM_path_text] = " ->> ",
	[FORM_path_json] = " -> ",
	[FORM_path_deep_text] = " #>> ARRAY[",
	[FORM_path_deep_json] = " #> ARRAY[",
	[FORM_JSONExtractString] = "coalesce(@1, '')",
	[FORM_JSONExtractInt] = "coalesce(trunc(@1), 0)",
	[FORM_JSONExtractFloat] = "coalesce(@1, 0)",
	[FORM_JSONExtractBool] = "coalesce(@1, FALSE)",
	[FORM_JSONExtractRaw] = "coalesce(@1::text, '')",
	[FORM_JSONHas] = "(@1 IS NOT NULL)",

	/* dates and times */
	[FORM_now] = "@n",
	[FORM_today] = "(@n AT TIME ZONE @z)::date",
	[FORM_yesterday] = "((@n AT TIME ZONE @z)::date - 1)",
	[FORM_wall_time] = " AT TIME ZONE @z",
	[FORM_toDate] = "@1",
	[FORM_toDateTime] = "@1",
	[FORM_toYear] = PART("year"),
	[FORM_toQuarter] = PART("quarter"),
	[FORM_toMonth] = PART("month"),
	[FORM_toISOWeek] = PART("week"),
	[FORM_toDayOfMonth] = PART("day"),
	[FORM_toDayOfWeek] = PART("isodow"),
	[FORM_toDayOfYear] = PART("doy"),
	[FORM_toHour] = PART("hour"),
	[FORM_toMinute] = PART("minute"),
	[FORM_toSecond] = "floor(" PART("second") ")",
	[FORM_toYYYYMM] = "(" PART("year") " * 100 + " PART("month") ")",
	[FORM_toYYYYMMDD] =
		"(" PART("year") " * 10000 + " PART("month") " * 100 + " PART("day") ")",
	[FORM_toUnixTimestamp] = "floor(extract(epoch FROM @1))",
	[FORM_toStartOfSecond] = TRUNC("second"),
	[FORM_toStartOfMinute] = TRUNC("minute"),
	[FORM_toStartOfFiveMinutes] = MINUTES("5"),
	[FORM_toStartOfTenMinutes] = MINUTES("10"),
	[FORM_toStartOfFifteenMinutes] = MINUTES("15"),
	[FORM_toStartOfHour] = TRUNC("hour"),
	[FORM_toStartOfDay] = TRUNC("day"),
	[FORM_week_monday] = TRUNC_DATE("week"),
	[FORM_week_sunday] = "(date_trunc('week', " WALL " + interval '1 day')::date - 1)",
	[FORM_toMonday] = TRUNC_DATE("week"),
	[FORM_toStartOfMonth] = TRUNC_DATE("month"),
	[FORM_toStartOfQuarter] = TRUNC_DATE("quarter"),
	[FORM_toStartOfYear] = TRUNC_DATE("year"),
	[FORM_toLastDayOfMonth] =
		"(date_trunc('month', " WALL ") + interval '1 month - 1 day')::date",
	[FORM_formatDateTime] = "to_char(" WALL ", @2)",
	[FORM_shift_second] = "(@1 + make_interval(secs => " AMOUNT("1000000000") "))",
	[FORM_shift_minute] = "(@1 + make_interval(mins => " AMOUNT("100000000") "))",
	[FORM_shift_hour] = "(@1 + make_interval(hours => " AMOUNT("1000000") "))",
	[FORM_shift_day] =
		"((" WALL " + make_interval(days => " AMOUNT("100000") ")) AT TIME ZONE @z)",
	[FORM_shift_month] =
		"((" WALL " + make_interval(months => " AMOUNT("1000") ")) AT TIME ZONE @z)",
	[FORM_shift_date] = "(@1 + " AMOUNT("100000") ")",
	[FORM_shift_date_month] = "(@1 + make_interval(months => " AMOUNT("1000") "))::date",
	[FORM_apart_second] = "trunc(" APART("second") ")",
	[FORM_apart_minute] = "trunc(" APART("minute") " / 60)",
	[FORM_apart_hour] = "trunc(" APART("hour") " / 3600)",
	[FORM_apart_day] = "((@2 AT TIME ZONE @z)::date - (@1 AT TIME ZONE @z)::date)",
	[FORM_apart_week] = "((date_trunc('week', @2 AT TIME ZONE @z)::date"
			    " - date_trunc('week', @1 AT TIME ZONE @z)::date) / 7)",
	[FORM_apart_month] = "(" PLACES("@2") " - " PLACES("@1") ")",
	[FORM_apart_quarter] =
		"(floor((" PLACES("@2") " - 1) / 3) - floor((" PLACES("@1") " - 1) / 3))",
	[FORM_apart_year] = "(extract(year FROM @2 AT TIME ZONE @z)"
			    " - extract(year FROM @1 AT TIME ZONE @z))",

	/* one type from another */
	[FORM_toString] = "@1",
	[FORM_toUUID] = "@1",
	[FORM_toBool] = "@1",
	[FORM_toFloat] = "@1",
	[FORM_toFloatOrZero] = "coalesce(@1, 0)",
	[FORM_toFloatOrDefault] = "coalesce(@1, @{2:@2, @}0)",
	[FORM_toIntOrDefault] = "coalesce(trunc(@1::numeric), @{2:trunc(@2::numeric), @}0)",
	[FORM_toInt] = "trunc(@1::numeric)",
	[FORM_toIntOrZero] = "coalesce(trunc(@1::numeric), 0)",
	[FORM_number_text] = "trim_scale(@1::numeric)::text",
	[FORM_time_text] = "to_char(" WALL ", 'YYYY-MM-DD HH24:MI:SS')",
	[FORM_date_text] = "to_char(@1, 'YYYY-MM-DD')",
	[FORM_boolean_text] = "(@1)::text",
	[FORM_uuid_text] = "(@1)::text",
	[FORM_json_text] = "(@1)::text",
	[FORM_array_text] = "to_jsonb(@1)::text",
	[FORM_text_number] = NUMBER_TEXT,
	[FORM_boolean_number] = "(@1)::integer::numeric",
	[FORM_time_number] = "extract(epoch FROM @1)",
	[FORM_date_number] = "(@1 - '1970-01-01'::date)::numeric",
	[FORM_text_boolean] = "(CASE lower(@1) WHEN 'true' THEN TRUE WHEN '1' THEN TRUE"
			      " WHEN 'yes' THEN TRUE WHEN 'false' THEN FALSE WHEN '0' THEN FALSE"
			      " WHEN 'no' THEN FALSE END)",
	[FORM_number_boolean] = "(@1 <> 0)",
	[FORM_time_date] = "(" WALL ")::date",
	[FORM_date_time] = "(@1::timestamp AT TIME ZONE @z)",
	/* 2024-02-30 is no date: its day is past the end of its month. */
	[FORM_text_time] =
		"(CASE WHEN @1 ~ " DATE_PATTERN " THEN CASE WHEN substr(@1, 9, 2)::integer >"
		" extract(day FROM make_date(left(@1, 4)::integer, substr(@1, 6, 2)::integer, 1)"
		" + interval '1 month - 1 day') THEN NULL"
		" WHEN @1 ~ ':[0-9]{2}[0-9:.]*(Z|[+-][0-9:]+)$' THEN @1::timestamptz"
		" ELSE @1::timestamp AT TIME ZONE @z END"
		" WHEN @1 ~ '^[0-9]{9,10}([.][0-9]{1,6})?$' THEN to_timestamp(@1::float8)"
		" WHEN @1 ~ '^[0-9]{12,13}$' THEN to_timestamp(@1::float8 / 1000) END)",
	[FORM_number_time] = "(CASE WHEN abs(@1) < 100000000000 THEN"
			     " to_timestamp(trunc(@1::numeric, 6)::float8) END)",
	[FORM_small_integer] =
		"greatest(least(trunc(@1::numeric), 1000000000), -1000000000)::integer",
	[FORM_real] = "(CASE WHEN @1 = 0 OR abs(@1) BETWEEN 1e-300 AND 1e300 THEN @1::float8 END)",
	[FORM_real_plain] = "(@1)::float8",
	[FORM_instant_us] = "(extract(epoch FROM @1) * 1000000)::bigint",
	[FORM_array_json] = "to_jsonb(@1)::text",
	[FORM_array_time_json] =
		"(SELECT coalesce(jsonb_agg((extract(epoch FROM u.e) * 1000000)::bigint"
		" ORDER BY u.n), '[]') FROM unnest(@1) WITH ORDINALITY AS u (e, n))::text",

	/* aggregates */
	[FORM_count_all] = "count(*)@f@o",
	[FORM_count] = "count(@1)@f@o",
	[FORM_count_distinct] = "count(DISTINCT (@*))@f",
	[FORM_sum] = "sum(@1)@f@o",
	[FORM_sum_zero] = "coalesce(sum(@1)@f@o, 0)",
	[FORM_avg] = "avg(@1::numeric)@f@o",
	[FORM_min] = "min(@1@c)@f@o",
	[FORM_max] = "max(@1@c)@f@o",
	[FORM_min_dynamic] = "(CASE WHEN count(@1)@f = count(@2)@f"
			     " THEN trim_scale(min(@2)@f)::text ELSE min(@1@c)@f END)",
	[FORM_max_dynamic] = "(CASE WHEN count(@1)@f = count(@2)@f"
			     " THEN trim_scale(max(@2)@f)::text ELSE max(@1@c)@f END)",
	[FORM_any] = "min(@1@c)@f@o",
	[FORM_any_json] = "(array_agg(@1) FILTER (WHERE @1 IS NOT NULL@i))[1]",
	[FORM_argMax] = "(array_agg(@1 ORDER BY @2@c DESC) FILTER (WHERE @2 IS NOT NULL@i))[1]",
	[FORM_argMin] = "(array_agg(@1 ORDER BY @2@c ASC) FILTER (WHERE @2 IS NOT NULL@i))[1]",
	[FORM_groupArray] = "coalesce(array_agg(@d@1::@t) FILTER (WHERE @1 IS NOT NULL@i), '{}')",
	[FORM_groupUniqArray] =
		"coalesce(array_agg(DISTINCT @1::@t) FILTER (WHERE @1 IS NOT NULL@i), '{}')",
	[FORM_quantile] = "percentile_cont(@2::float8) WITHIN GROUP (ORDER BY @1)@f",
	[FORM_stddevPop] = "stddev_pop(@1::numeric)@f@o",
	[FORM_stddevSamp] = "stddev_samp(@1::numeric)@f@o",
	[FORM_varPop] = "var_pop(@1::numeric)@f@o",
	[FORM_varSamp] = "var_samp(@1::numeric)@f@o",

	/* window functions */
	[FORM_row_number] = "row_number()@o",
	[FORM_rank] = "rank()@o",
	[FORM_dense_rank] = "dense_rank()@o",
	[FORM_ntile] = "ntile(greatest(@1, 1))@o",
	[FORM_first_value] = "first_value(@1)@o",
	[FORM_last_value] = "last_value(@1)@o",
	[FORM_lag] = "lag(@*)@o",
	[FORM_lead] = "lead(@*)@o",
};
