/* The rules of spec/insights.md 1 to 3, a case a file in rules/ (rules/README.md): events that are
 * few enough to count by hand, a query, and what of the result is certain.
 *
 * RULES_ONLY=<part of a name> runs some.  To add a case: add its file. */
#include "tests/unit/insight/computed.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <glib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define FOLDER TESTS_DIR "/unit/insight/rules"

enum { PATH_LENGTH = 200, FIRST_PROJECT = 1000 };

static struct computed db;

/* Where two values differ first. */
struct difference {
	char path[PATH_LENGTH];
	const json_t *got, *wanted; /* got is NULL where there is none */
};

static bool differs(const char *path, const json_t *got, const json_t *wanted, struct difference *d)
{
	g_strlcpy(d->path, path, sizeof d->path);
	d->got = got;
	d->wanted = wanted;
	return false;
}

static bool same(const char *path, const json_t *got, const json_t *wanted, struct difference *d);

static bool same_item(
	const char *path, size_t at, const json_t *got, const json_t *wanted, struct difference *d)
{
	char place[PATH_LENGTH];

	g_snprintf(place, sizeof place, "%s[%zu]", path, at);
	return same(place, json_array_get(got, at), json_array_get(wanted, at), d);
}

/* The items that are wanted, in their places; `whole`: and no more of them. */
static bool same_items(
	const char *path, const json_t *got, const json_t *wanted, bool whole, struct difference *d)
{
	size_t i, n = json_array_size(wanted);

	if (!json_is_array(got) || json_array_size(got) < n ||
		(whole && json_array_size(got) > n)) {
		return differs(path, got, wanted, d);
	}
	for (i = 0; i < n; i++) {
		if (!same_item(path, i, got, wanted, d)) {
			return false;
		}
	}
	return true;
}

static bool has_item(const char *path, const json_t *got, const json_t *wanted)
{
	struct difference ignored;
	const json_t *item;
	size_t i;

	json_array_foreach(got, i, item)
	{
		if (same(path, item, wanted, &ignored)) {
			return true;
		}
	}
	return false;
}

static bool has_items(
	const char *path, const json_t *got, const json_t *wanted, struct difference *d)
{
	const json_t *item;
	size_t i;

	json_array_foreach(wanted, i, item)
	{
		if (!has_item(path, got, item)) {
			return differs(path, got, item, d);
		}
	}
	return true;
}

static bool is_one_of(
	const char *path, const json_t *got, const json_t *wanted, struct difference *d)
{
	struct difference ignored;
	const json_t *item;
	size_t i;

	json_array_foreach(wanted, i, item)
	{
		if (same(path, got, item, &ignored)) {
			return true;
		}
	}
	return differs(path, got, wanted, d);
}

static bool same_members(
	const char *path, const json_t *got, const json_t *wanted, struct difference *d)
{
	char place[PATH_LENGTH];
	const char *key;
	json_t *value;

	if (!json_is_object(got)) {
		return differs(path, got, wanted, d);
	}
	json_object_foreach((json_t *)(uintptr_t)wanted, key, value)
	{
		g_snprintf(place, sizeof place, "%s.%s", path, key);
		if (!same(place, json_object_get(got, key), value, d)) {
			return false;
		}
	}
	return true;
}

static bool same_number(const json_t *got, const json_t *wanted)
{
	double a = json_number_value(got), b = json_number_value(wanted);

	return json_is_number(got) && fabs(a - b) <= 1e-9 * fmax(1, fabs(b));
}

/* An object wants the members it names, a list all its items.  {"$begins": […]} wants a list that
 * begins so, {"$has": […]} one with these among its items, {"$one_of": […]} any of these. */
static bool same(const char *path, const json_t *got, const json_t *wanted, struct difference *d)
{
	const json_t *list;

	if ((list = json_get_array(wanted, "$begins"))) {
		return same_items(path, got, list, false, d);
	}
	if ((list = json_get_array(wanted, "$has"))) {
		return has_items(path, got, list, d);
	}
	if ((list = json_get_array(wanted, "$one_of"))) {
		return is_one_of(path, got, list, d);
	}
	if (json_is_object(wanted)) {
		return same_members(path, got, wanted, d);
	}
	if (json_is_array(wanted)) {
		return same_items(path, got, wanted, true, d);
	}
	if (json_is_number(wanted) ? same_number(got, wanted) : json_equal(got, wanted)) {
		return true;
	}
	return differs(path, got, wanted, d);
}

static void check_result(const json_t *rule, const json_t *result)
{
	struct difference d;

	if (!same("", result, json_object_get(rule, "expect"), &d)) {
		g_autofree char *got = d.got ? json_write(d.got) : g_strdup("nothing");
		g_autofree char *wanted = json_write(d.wanted);
		g_autofree char *all = json_write(result);

		print_error("%s\n  at     %s\n  got    %s\n  wanted %s\n  why    %s\n  all    %s\n",
			json_get_text(rule, "rule", ""), d.path, got, wanted,
			json_get_text(rule, "why", ""), all);
		fail();
	}
}

/* Messages name fields as the query does; a rule says which part of one it insists on. */
static void check_fault(const json_t *rule, const json_t *wanted, const struct fault *f)
{
	const char *kind = json_get_text(wanted, "kind", ""),
		   *says = json_get_text(wanted, "says", "");

	if (strcmp(fault_name(f->kind), kind) != 0 || !strstr(f->detail, says)) {
		print_error("%s\n  got    %s: %s\n  wanted %s: … %s …\n",
			json_get_text(rule, "rule", ""), fault_name(f->kind), f->detail, kind,
			says);
		fail();
	}
}

/* Row-level security must not be what keeps the neighbour's rows out. */
static void check_as_owner(const json_t *rule, const struct insight_env *env, const json_t *result)
{
	json_t *as_owner = computed_as_owner(&db, json_object_get(rule, "query"), env);

	if (!json_equal(result, as_owner)) {
		g_autofree char *all = json_write(as_owner);

		fail_msg("%s: reads another project's rows: %s", json_get_text(rule, "rule", ""),
			all);
	}
	json_decref(as_owner);
}

static void check_outcome(const json_t *rule, const struct insight_env *env)
{
	const json_t *fault = json_get_object(rule, "fault");
	json_t *result = NULL;
	struct fault f;

	if (!computed_try(&db, json_object_get(rule, "query"), env, &result, &f)) {
		if (!fault) {
			fail_msg("%s: %s: %s", json_get_text(rule, "rule", ""), fault_name(f.kind),
				f.detail);
		}
		check_fault(rule, fault, &f);
		return;
	}
	if (fault) {
		g_autofree char *all = json_write(result);

		fail_msg("%s: is not refused but gives %s", json_get_text(rule, "rule", ""), all);
	}
	check_result(rule, result);
	check_as_owner(rule, env, result);
	json_decref(result);
}

static int64_t microseconds(const char *text)
{
	g_autoptr(GDateTime) at = g_date_time_new_from_iso8601(text, NULL);

	if (!at) {
		fail_msg("now: '%s' is not a time", text);
	}
	return g_date_time_to_unix(at) * G_USEC_PER_SEC + g_date_time_get_microsecond(at);
}

static void load(const json_t *rule, int64_t project)
{
	g_autofree char *text = json_write(rule);
	g_auto(GStrv) parts = g_strsplit(text, "'", -1);
	g_autofree char *quoted = g_strjoinv("''", parts);
	g_autofree char *call =
		g_strdup_printf("CALL rule_load(%" PRId64 ", '%s')", project, quoted);

	computed_run(&db, call);
}

static void a_rule_holds(void **state)
{
	static int64_t project = FIRST_PROJECT;
	g_autofree char *path = g_strdup_printf(FOLDER "/%s.json", (const char *)*state);
	struct insight_env env = {.project_id = project++};
	struct fault f;
	json_t *rule;

	if (!json_read_file(path, &json_request_limits, &rule, &f)) {
		fail_msg("%s: %s", path, f.detail);
	}
	env.timezone = json_get_text(rule, "timezone", "UTC");
	env.week_start_day = (int)json_get_int(rule, "week_start_day", 0);
	env.now_us = microseconds(json_get_text(rule, "now", "2024-01-31T10:20:00Z"));
	env.test_account_filters = json_get_array(rule, "test_account_filters");
	load(rule, env.project_id);
	check_outcome(rule, &env);
	json_decref(rule);
}

static int start(void **state)
{
	g_autofree char *procedures = NULL;

	(void)state;
	computed_start(&db);
	if (!g_file_get_contents(FOLDER "/load.sql", &procedures, NULL, NULL)) {
		return -1;
	}
	computed_run(&db, procedures);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	computed_stop(&db);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Names of the files without their ending, sorted. */
static GPtrArray *rule_names(const char *only)
{
	GPtrArray *names = g_ptr_array_new_with_free_func(g_free);
	GDir *folder = g_dir_open(FOLDER, 0, NULL);
	const char *file;

	while (folder && (file = g_dir_read_name(folder))) {
		if (g_str_has_suffix(file, ".json") && (!only || strstr(file, only))) {
			g_ptr_array_add(names, g_strndup(file, strlen(file) - strlen(".json")));
		}
	}
	g_dir_close(folder);
	g_ptr_array_sort(names, by_name);
	return names;
}

int main(void)
{
	g_autoptr(GPtrArray) names = rule_names(g_getenv("RULES_ONLY"));
	g_autofree struct CMUnitTest *tests = g_new0(struct CMUnitTest, names->len);
	guint i;
	int failed;

	for (i = 0; i < names->len; i++) {
		tests[i] = (struct CMUnitTest){.name = names->pdata[i],
			.test_func = a_rule_holds,
			.initial_state = names->pdata[i]};
	}
	failed = _cmocka_run_group_tests("rules", tests, names->len, start, stop);
	return failed ? 1 : 0;
}
