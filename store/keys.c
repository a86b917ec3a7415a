#include "store/keys.h"

#include "store/blob.h"
#include "store/statement.h"

#include <string.h>

enum { KEY_BYTES = 32, KEY_DIGITS = 43 }; /* 62^43 > 2^256 */

static const char prefix[] = "phx_";

void keys_secure(const char *key, char secure_value[80])
{
	char hex[65];

	blob_sha256(key, strlen(key), hex);
	(void)g_snprintf(secure_value, 80, "sha256$%s", hex);
}

void keys_make(char key[64], char secure_value[80])
{
	static const char digits[] =
		"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
	unsigned char bytes[KEY_BYTES];
	size_t start = sizeof prefix - 1;

	random_bytes(bytes, sizeof bytes);
	memcpy(key, prefix, start);
	key[start + KEY_DIGITS] = '\0';
	/* Long division by 62; each remainder is a digit, the last one first. */
	for (size_t i = KEY_DIGITS; i > 0; i--) {
		unsigned rest = 0;

		for (size_t k = 0; k < KEY_BYTES; k++) {
			unsigned part = rest * 256 + bytes[k];

			bytes[k] = (unsigned char)(part / 62);
			rest = part % 62;
		}
		key[start + i - 1] = digits[rest];
	}
	keys_secure(key, secure_value);
}

struct asked_key {
	struct store *store;
	key_fn done;
	void *arg;
};

static void on_used(void *arg, const struct rows *rows, const struct fault *f)
{
	/* Nobody waits for it, and beside an existing database the table may be a view. */
	(void)arg;
	(void)rows;
	(void)f;
}

static void mark_used(struct store *s, int64_t id)
{
	struct sql *sql = sql_create();

	sql_add(sql, "UPDATE api_keys SET last_used_at = now() WHERE (last_used_at IS NULL "
		     "OR last_used_at < now() - interval '1 hour') AND id = ");
	sql_param_int(sql, id);
	store_ask(s, sql, on_used, NULL);
}

static int64_t *read_ids(char **texts, size_t *count)
{
	int64_t *ids = g_new(int64_t, g_strv_length(texts) + 1);

	for (*count = 0; texts[*count]; (*count)++) {
		ids[*count] = g_ascii_strtoll(texts[*count], NULL, 10);
	}
	return ids;
}

static char **read_list(const struct rows *rows, size_t column)
{
	const char *text = rows_text(rows, 0, column);

	return text ? g_strsplit(text, "\n", -1) : NULL;
}

static void on_key(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_key *a = arg;
	struct fault fault;

	if (f) {
		a->done(a->arg, NULL, store_fault(f, &fault));
	} else if (rows->row_count == 0) {
		fault_set(&fault, FAULT_NOT_FOUND, "There is no such API key.");
		a->done(a->arg, NULL, &fault);
	} else {
		g_auto(GStrv) scopes = read_list(rows, 3), projects = read_list(rows, 4);
		g_auto(GStrv) organizations = read_list(rows, 5);
		struct key_row k = {
			.id = rows_int(rows, 0, 0, 0),
			.user_id = rows_int(rows, 0, 1, 0),
			.current_project_id = rows_int(rows, 0, 2, 0),
			.scopes = (const char *const *)scopes,
			.scoped_organizations = (const char *const *)organizations,
		};
		g_autofree int64_t *ids =
			projects ? read_ids(projects, &k.scoped_project_count) : NULL;

		k.scoped_projects = ids;
		if (rows_bool(rows, 0, 6)) {
			mark_used(a->store, k.id);
		}
		a->done(a->arg, &k, NULL);
	}
	g_free(a);
}

/* SELECT … FROM … WHERE, up to what tells which key. */
static struct sql *begin_key(void)
{
	struct sql *sql = sql_create();

	sql_add(sql,
		"SELECT k.id, k.user_id, u.current_project_id, array_to_string(k.scopes, E'\\n'), "
		"array_to_string(k.scoped_projects, E'\\n'), "
		"array_to_string(k.scoped_organizations, E'\\n'), "
		"k.last_used_at IS NULL OR k.last_used_at < now() - interval '1 hour' "
		"FROM api_keys k JOIN users u ON u.id = k.user_id WHERE u.is_active AND ");
	return sql;
}

static void ask_key(struct store *s, struct sql *sql, key_fn done, void *arg)
{
	struct asked_key *a = g_new(struct asked_key, 1);

	*a = (struct asked_key){s, done, arg};
	store_ask(s, sql, on_key, a);
}

void keys_lookup(struct store *s, const char *key, key_fn done, void *arg)
{
	struct sql *sql = begin_key();
	char secure_value[80];

	keys_secure(key, secure_value);
	sql_add(sql, "k.secure_value = ");
	sql_param_text(sql, secure_value);
	ask_key(s, sql, done, arg);
}

void keys_recheck(
	struct store *s, int64_t id, int64_t user_id, int64_t project_id, key_fn done, void *arg)
{
	struct sql *sql = begin_key();

	sql_add(sql, "k.id = ");
	sql_param_int(sql, id);
	sql_add(sql, " AND k.user_id = ");
	sql_param_int(sql, user_id);
	sql_add(sql,
		" AND EXISTS (SELECT 1 FROM projects p JOIN memberships m "
		"ON m.organization_id = p.organization_id AND m.user_id = k.user_id "
		"WHERE (k.scoped_projects IS NULL OR p.id = ANY (k.scoped_projects)) "
		"AND (k.scoped_organizations IS NULL OR p.organization_id = ANY (k.scoped_organizations)) "
		"AND p.id = ");
	sql_param_int(sql, project_id);
	sql_add(sql, ")");
	ask_key(s, sql, done, arg);
}

struct asked_access {
	project_access_fn done;
	void *arg;
};

static void on_access(void *arg, const struct rows *rows, const struct fault *f)
{
	struct asked_access *a = arg;
	struct project_access access = {0};
	struct fault room;

	if (!f && rows->row_count > 0) {
		access = (struct project_access){
			.exists = true,
			.name = rows_text(rows, 0, 0),
			.organization_id = rows_text(rows, 0, 1),
			.is_member = rows_bool(rows, 0, 2),
		};
	}
	a->done(a->arg, f ? NULL : &access, store_fault(f, &room));
	g_free(a);
}

void keys_project_access(
	struct store *s, int64_t user_id, int64_t project_id, project_access_fn done, void *arg)
{
	struct asked_access *a = g_new(struct asked_access, 1);
	struct sql *sql = sql_create();

	*a = (struct asked_access){done, arg};
	sql_add(sql, "SELECT p.name, p.organization_id, EXISTS (SELECT 1 FROM memberships m "
		     "WHERE m.organization_id = p.organization_id AND m.user_id = ");
	sql_param_int(sql, user_id);
	sql_add(sql, ") FROM projects p WHERE p.id = ");
	sql_param_int(sql, project_id);
	store_ask(s, sql, on_access, a);
}

bool scopes_allow(const char *const *scopes, const char *wanted)
{
	const char *action = strchr(wanted, ':');

	for (; scopes && *scopes; scopes++) {
		const char *scope = *scopes;

		if (strcmp(scope, "*") == 0 || strcmp(scope, wanted) == 0) {
			return true;
		}
		/* Who may write may read. */
		if (action && strcmp(action, ":read") == 0 &&
			strncmp(scope, wanted, (size_t)(action - wanted)) == 0 &&
			strcmp(scope + (action - wanted), ":write") == 0) {
			return true;
		}
	}
	return false;
}
