#include "tests/unit/insight/world_values.h"

#include "tests/unit/insight/world.h"

#include <string.h>

static const char *const plans[] = {"", "", "null", "\"\"", "\"free\"", "\"free\"", "\"Pro\"",
	"\"pro\"", "\"pro\\n\"", "\"100%\"", "\"a_b\"", "\"axb\"", "\"O'Neil; --\"",
	"\"say \\\"hi\\\"\"", "\"back\\\\slash\"", "\"\xc3\xa9t\xc3\xa9\"", "\"\xc3\x89T\xc3\x89\"",
	"\"\xe6\x97\xa5\xe6\x9c\xac\"", "\"two\\nlines\"", "\" free \"", "true", "12"};
static const char *const numbers[] = {"", "null", "\"\"", "0", "-0.0", "1", "1.0", "2.5", "-4",
	"20", "20", "7", "\"7\"", "\"20\"", "\"-3.5\"", "\"1e3\"", "\" 7\"", "\"7\\n\"", "\"n/a\"",
	"\"12abc\"", "true", "[7]", "9007199254740993", "\"9007199254740992\"", "1e300", "-1e15",
	"1e20", "\"+5\"", "\".5\"", "\"5.\"", "\".\"", "\"1e400\"", "\"-1E-400\"", "\"1e1000\"",
	"\"NaN\"", "\"Infinity\"", "\"0x10\"", "0.1", "1e-7", "\"1,5\"",
	"\"00000000000000000000000000000000000000000000000000000000000000007\"",
	"\"0000000000000000000000000000000000000000000000000000000000000007\""};
static const char *const flags[] = {
	"", "null", "true", "true", "false", "false", "\"true\"", "\"FALSE\"", "1", "0"};
static const char *const dates[] = {"", "null", "\"\"", "\"2024-03-31\"", "\"2024-03-30\"",
	"\"2024-04-01\"", "\"2024-03-10 06:07:08\"", "\"2024-03-31T06:07\"",
	"\"2024-03-31T00:00:00Z\"", "\"2024-10-27T06:07:08.5+02:00\"", "\"2024-10-26 23:59:59Z\"",
	"\"2024-11-03T04:00:00.123456Z\"", "\"2011-12-29\"", "\"2011-12-31\"",
	"\"2011-12-30T10:00:00Z\"", "\"2018-11-04\"", "\"2018-02-18\"", "\"2024-04-07\"",
	"\"2024-02-29\"", "\"2023-02-29\"", "\"2024-02-30\"", "\"2024-13-01\"",
	"\"2024-03-31T25:00:00\"", "\"yesterday\"", "\"31.03.2024\"", "\"2024-3-1\"", "1711843200",
	"\"1711843200\"", "1711843200.5", "1711843200500", "\"1323856800000\"", "17118432",
	"\"2024-03-31T06:07:08+0545\"", "\"2024-03-31T06:07:08-10\"", "\"2024-03-31 \"", "true"};
static const char *const anything[] = {"", "null", "{}", "[]", "{\"b\": 1, \"a\": [true, null]}",
	"{\"aa\": \"x\", \"b\": \"q\\\"uo\\n\"}", "[1, \"two\", {\"three\": 3.5}]", "\"[]\"",
	"\"{}\"", "\"null\"", "\"\\u0001\"", "\"[1, \\\"two\\\"]\"", "false", "1.50", "\"%\"",
	"\"_\"", "\"\\\\\"", "\"'\"", "\"\\\"\""};

static const char *const versions[] = {"", "null", "\"\"", "\"1.2.3\"", "\"1.2.9\"",
	"\"1.2.3-beta\"", "\"1.2.3+build-7\"", "\"v1.2\"", "\"V1\"", "1", "1.2", "\"1.2.0\"",
	"\"1.10.0\"", "\"1.3.0-rc.1\"", "\"2.0.0-beta\"", "\"2.0.0\"", "\"0.2.3\"", "\"0.2.9\"",
	"\"0.0.3\"", "\"0.0.4\"", "\"0.3.0\"", "\"1.2.x\"", "\"1.2.3.4\"", "\"1..2\"", "\"1.2.\"",
	"\"vv1\"", "\"1234567890.1\"", "\"999999999.0.1\"", "\"1.2.3\\n\"", "\"1.2.3-a\\nb\"",
	"\"-1.2\""};
/* of what is known of sessions and events, which is not made here */
static const char *const counts[] = {"0", "1", "2", "3", "10", "1800"};
static const char *const urls[] = {"\"/\"", "\"\"", "\"/docs/a\""};
static const char *const names[] = {"\"$pageview\"", "\"pay\"", "\"user 1\"", "\"\""};

struct line {
	const char *key;
	enum world_sort sort;
	const char *const *texts;
	size_t count;
};

#define LINE(key, sort, texts)                                                                     \
	{                                                                                          \
		key, sort, texts, G_N_ELEMENTS(texts)                                              \
	}

static const struct line event_lines[] = {
	LINE("plan", WORLD_TEXTS, plans),
	LINE("n", WORLD_NUMBERS, numbers),
	LINE("is_new", WORLD_TEXTS, flags),
	LINE("when", WORLD_DATES, dates),
	LINE("version", WORLD_VERSIONS, versions),
	LINE("any 'thing\" 50%_\\", WORLD_ANYTHING, anything),
};

static const struct line person_lines[] = {
	LINE("plan", WORLD_TEXTS, plans),
	LINE("age", WORLD_NUMBERS, numbers),
	LINE("is_staff", WORLD_TEXTS, flags),
	LINE("since", WORLD_DATES, dates),
	LINE("app", WORLD_VERSIONS, versions),
};

static const struct line group_lines[] = {
	LINE("tier", WORLD_TEXTS, plans),
	LINE("seats", WORLD_NUMBERS, numbers),
	LINE("since", WORLD_DATES, dates),
};

static const struct line session_lines[] = {
	LINE("$entry_current_url", WORLD_TEXTS, urls),
	LINE("$end_current_url", WORLD_TEXTS, urls),
	LINE("$session_duration", WORLD_NUMBERS, counts),
	LINE("$pageview_count", WORLD_NUMBERS, counts),
	LINE("$is_bounce", WORLD_TEXTS, flags),
	LINE("$start_timestamp", WORLD_DATES, dates),
	LINE("$end_timestamp", WORLD_DATES, dates),
};

static const struct line metadata_lines[] = {
	LINE("event", WORLD_TEXTS, names),
	LINE("distinct_id", WORLD_TEXTS, names),
	LINE("person_id", WORLD_TEXTS, names),
	LINE("timestamp", WORLD_DATES, dates),
	LINE("uuid", WORLD_TEXTS, names),
};

static const struct line *lines_of(enum world_owner owner, size_t *count)
{
	switch (owner) {
	case WORLD_OF_EVENT:
		*count = G_N_ELEMENTS(event_lines);
		return event_lines;
	case WORLD_OF_PERSON:
		*count = G_N_ELEMENTS(person_lines);
		return person_lines;
	case WORLD_OF_GROUP:
		*count = G_N_ELEMENTS(group_lines);
		return group_lines;
	case WORLD_OF_SESSION:
		*count = G_N_ELEMENTS(session_lines);
		return session_lines;
	case WORLD_OF_METADATA:
		*count = G_N_ELEMENTS(metadata_lines);
		return metadata_lines;
	case WORLD_OF_ANYONE:
		break;
	}
	g_error("not one owner: %d", (int)owner);
}

static json_t *random_value(GRand *dice, const struct line *line)
{
	const char *text = world_pick(dice, line->texts, line->count);
	json_t *value = *text ? json_loads(text, JSON_DECODE_ANY, NULL) : NULL;

	g_assert(value || !*text);
	return value;
}

json_t *world_random_properties(GRand *dice, enum world_owner owner)
{
	json_t *properties = json_object();
	const struct line *lines;
	size_t count;

	lines = lines_of(owner, &count);
	for (size_t i = 0; i < count; i++) {
		json_t *value = world_below(dice, 5) ? random_value(dice, &lines[i]) : NULL;

		if (value) {
			json_object_set_new(properties, lines[i].key, value);
		}
	}
	return properties;
}

const char *world_random_key(GRand *dice, enum world_owner owner)
{
	const struct line *lines;
	size_t count;

	lines = lines_of(owner, &count);
	/* an event has no other columns, and a session is what we know of it */
	if (owner < WORLD_OF_SESSION && world_below(dice, 20) == 0) {
		return "no such thing";
	}
	return lines[world_below(dice, (int)count)].key;
}

const char *world_random_key_of(GRand *dice, enum world_owner owner, enum world_sort sort)
{
	const struct line *lines;
	size_t count;

	lines = lines_of(owner, &count);
	for (size_t i = 0; i < count; i++) {
		if (lines[i].sort == sort && world_below(dice, 3)) {
			return lines[i].key;
		}
	}
	return world_random_key(dice, owner);
}

json_t *world_random_value(GRand *dice, enum world_owner owner, const char *key)
{
	const struct line *lines;
	size_t count;

	lines = lines_of(owner, &count);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(lines[i].key, key) == 0) {
			json_t *value = random_value(dice, &lines[i]);

			return value ? value : json_null();
		}
	}
	return json_null();
}
