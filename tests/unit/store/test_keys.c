#include "store/keys.h"
#include "tests/unit/store/demo_rows.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <string.h>

static struct demo demo;

static int start(void **state)
{
	(void)state;
	demo_start(&demo);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	demo_stop(&demo);
	return 0;
}

static void made_keys_are_long_and_never_the_same(void **state)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	(void)state;
	for (int i = 0; i < 1000; i++) {
		char key[64], value[80], again[80];

		keys_make(key, value);
		assert_int_equal(strlen(key), 47);
		assert_memory_equal(key, "phx_", 4);
		for (const char *c = key + 4; *c; c++) {
			assert_true(g_ascii_isalnum(*c));
		}
		keys_secure(key, again);
		assert_string_equal(value, again);
		assert_true(g_hash_table_add(seen, g_strdup(key)));
	}
}

static void what_is_stored_is_the_hash(void **state)
{
	char value[80];

	(void)state;
	keys_secure("abc", value);
	assert_string_equal(
		value, "sha256$ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

static void scopes_allow_themselves_and_less(void **state)
{
	static const struct {
		const char *scopes[4];
		const char *wanted;
		bool allowed;
	} cases[] = {
		{{"export:read"}, "export:read", true},
		{{"export:read"}, "export:write", false},
		{{"export:write"}, "export:read", true},
		{{"export:write"}, "export:write", true},
		{{"*"}, "insight:write", true},
		{{"insight:read", "dashboard:read", "export:write"}, "export:read", true},
		{{"insight:write"}, "export:read", false},
		{{"exporter:write"}, "export:read", false},
		{{"expor:write"}, "export:read", false},
		{{"export:writes"}, "export:read", false},
		{{"export"}, "export:read", false},
		{{"export:*"}, "export:read", false},
		{{""}, "export:read", false},
		{{NULL}, "export:read", false},
		{{"export:read:write"}, "export:read", false},
		{{"Export:Read"}, "export:read", false},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		if (scopes_allow(cases[i].scopes, cases[i].wanted) != cases[i].allowed) {
			fail_msg("%s for %s", cases[i].scopes[0], cases[i].wanted);
		}
	}
	assert_false(scopes_allow(NULL, "export:read"));
}

struct seen {
	bool is_done;
	struct fault fault;
	char *text;
};

static void on_key(void *arg, const struct key_row *k, const struct fault *f)
{
	struct seen *s = arg;

	s->is_done = true;
	s->fault = f ? *f : (struct fault){0};
	if (k) {
		GString *text = g_string_new(NULL);

		g_string_printf(text, "user %d project %d scopes", (int)k->user_id,
			(int)k->current_project_id);
		for (const char *const *p = k->scopes; *p; p++) {
			g_string_append_printf(text, " %s", *p);
		}
		g_string_append(text, k->scoped_projects ? " projects" : " all-projects");
		for (size_t i = 0; k->scoped_projects && i < k->scoped_project_count; i++) {
			g_string_append_printf(text, " %d", (int)k->scoped_projects[i]);
		}
		g_string_append(
			text, k->scoped_organizations ? " organizations" : " all-organizations");
		for (const char *const *p = k->scoped_organizations; p && *p; p++) {
			g_string_append_printf(text, " %s", *p);
		}
		s->text = g_string_free(text, FALSE);
	}
}

/* A key of the user with the rest of its row as SQL; writes its text. */
static void make_key(
	char key[64], int user, const char *scopes, const char *projects, const char *organizations)
{
	char value[80];
	g_autofree char *sql = NULL;

	keys_make(key, value);
	sql = g_strdup_printf(
		"INSERT INTO api_keys (user_id, label, secure_value, scopes, scoped_projects, "
		"scoped_organizations) VALUES (%d, 'l', '%s', %s, %s, %s)",
		user, value, scopes, projects, organizations);
	private_postgres_run(&demo.server, sql);
}

static void look_up(const char *key, struct seen *s)
{
	*s = (struct seen){0};
	keys_lookup(&demo.store, key, on_key, s);
	assert_false(s->is_done);
	run_until(&demo.loop, is_true, &s->is_done, 10000, "an answer");
}

static void a_key_says_who_calls_and_what_for(void **state)
{
	static const struct {
		int user;
		const char *scopes, *projects, *organizations, *text;
	} cases[] = {
		{1, "'{export:read,insight:write}'", "NULL", "NULL",
			"user 1 project 1 scopes export:read insight:write all-projects all-organizations"},
		{2, "'{*}'", "'{1,22}'", "'{00000000-0000-0000-0000-000000000001}'",
			"user 2 project 0 scopes * projects 1 22 organizations 00000000-0000-0000-0000-000000000001"},
		{1, "'{}'", "'{}'", "'{}'", "user 1 project 1 scopes projects organizations"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		char key[64];
		struct seen s;

		make_key(key, cases[i].user, cases[i].scopes, cases[i].projects,
			cases[i].organizations);
		look_up(key, &s);
		assert_int_equal(s.fault.kind, FAULT_NONE);
		assert_string_equal(s.text, cases[i].text);
		g_free(s.text);
	}
}

static void strangers_are_not_found(void **state)
{
	char of_inactive[64], value[80];
	const char *keys[] = {"", "phx_nonsense", "'; DROP TABLE api_keys; --", of_inactive, value};

	(void)state;
	make_key(of_inactive, 3, "'{*}'", "NULL", "NULL");
	/* What is stored opens nothing. */
	keys_secure(of_inactive, value);
	for (size_t i = 0; i < G_N_ELEMENTS(keys); i++) {
		struct seen s;

		look_up(keys[i], &s);
		assert_int_equal(s.fault.kind, FAULT_NOT_FOUND);
	}
}

static bool is_marked(void *arg)
{
	(void)arg;
	return private_postgres_number(&demo.server,
		       "SELECT count(*) FROM api_keys WHERE last_used_at > now() - interval '1 min'") ==
	       1;
}

static void use_is_marked_once_an_hour(void **state)
{
	char key[64];
	struct seen s;

	(void)state;
	private_postgres_run(&demo.server, "DELETE FROM api_keys");
	make_key(key, 1, "'{*}'", "NULL", "NULL");
	look_up(key, &s);
	g_free(s.text);
	run_until(&demo.loop, is_marked, NULL, 5000, "the use is marked");
	private_postgres_run(
		&demo.server, "UPDATE api_keys SET last_used_at = now() - interval '59 min'");
	look_up(key, &s);
	g_free(s.text);
	run_for(&demo.loop, 200);
	assert_false(is_marked(NULL));
	private_postgres_run(
		&demo.server, "UPDATE api_keys SET last_used_at = now() - interval '61 min'");
	look_up(key, &s);
	g_free(s.text);
	run_until(&demo.loop, is_marked, NULL, 5000, "the use is marked again");
}

static void a_key_is_checked_again_before_the_work(void **state)
{
	static const struct {
		int64_t user, project;
		const char *projects, *organizations;
		enum fault_kind kind;
	} cases[] = {
		{1, 1, "NULL", "NULL", FAULT_NONE},
		{1, 1, "'{1}'", "'{00000000-0000-0000-0000-000000000001}'", FAULT_NONE},
		{2, 1, "NULL", "NULL", FAULT_NOT_FOUND}, /* another's key */
		{1, 2, "NULL", "NULL", FAULT_NOT_FOUND}, /* no member there */
		{1, 1, "'{2}'", "NULL", FAULT_NOT_FOUND},
		{1, 1, "NULL", "'{00000000-0000-0000-0000-000000000002}'", FAULT_NOT_FOUND},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen s = {0};
		char key[64];
		int64_t id;

		make_key(key, 1, "'{*}'", cases[i].projects, cases[i].organizations);
		id = private_postgres_number(&demo.server, "SELECT max(id) FROM api_keys");
		keys_recheck(&demo.store, id, cases[i].user, cases[i].project, on_key, &s);
		run_until(&demo.loop, is_true, &s.is_done, 5000, "an answer");
		assert_int_equal(s.fault.kind, cases[i].kind);
		g_free(s.text);
	}
}

static void on_access(void *arg, const struct project_access *a, const struct fault *f)
{
	struct seen *s = arg;

	s->is_done = true;
	s->fault = f ? *f : (struct fault){0};
	s->text = g_strdup_printf("%d%d %s %s", a->exists, a->is_member, a->name ? a->name : "-",
		a->organization_id ? a->organization_id : "-");
}

static void access_to_a_project_is_told(void **state)
{
	static const struct {
		int64_t user, project;
		const char *text;
	} cases[] = {
		{1, 1, "11 First 00000000-0000-0000-0000-000000000001"},
		{1, 2, "10 Second 00000000-0000-0000-0000-000000000002"},
		{2, 2, "11 Second 00000000-0000-0000-0000-000000000002"},
		{4711, 1, "10 First 00000000-0000-0000-0000-000000000001"},
		{1, 4711, "00 - -"},
	};

	(void)state;
	for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
		struct seen s = {0};

		keys_project_access(&demo.store, cases[i].user, cases[i].project, on_access, &s);
		run_until(&demo.loop, is_true, &s.is_done, 5000, "an answer");
		assert_string_equal(s.text, cases[i].text);
		g_free(s.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_keys_are_long_and_never_the_same),
		cmocka_unit_test(what_is_stored_is_the_hash),
		cmocka_unit_test(scopes_allow_themselves_and_less),
		cmocka_unit_test(a_key_says_who_calls_and_what_for),
		cmocka_unit_test(strangers_are_not_found),
		cmocka_unit_test(use_is_marked_once_an_hour),
		cmocka_unit_test(a_key_is_checked_again_before_the_work),
		cmocka_unit_test(access_to_a_project_is_told),
	};

	return cmocka_run_group_tests_name("store_keys", tests, start, stop);
}
