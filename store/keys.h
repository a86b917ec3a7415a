/* Personal API keys: who is calling, and what they may do (spec/exports.md 2.8).
 *
 * A key is "phx_" and 32 random bytes in base62; stored is sha256$ and its SHA-256 in hex, so that
 * the table is of no use to who steals it. */
#pragma once
#include "store/store.h"

#include <glib.h>

struct key_row {
	int64_t id, user_id, current_project_id; /* current 0: none */
	const char *const *scopes; /* NULL-terminated */
	const int64_t *scoped_projects; /* NULL: all */
	size_t scoped_project_count;
	const char *const *scoped_organizations; /* NULL: all */
};

/* FAULT_NOT_FOUND for an unknown key or an inactive user.  Marks last_used_at at most hourly. */
typedef void (*key_fn)(void *arg, const struct key_row *k, const struct fault *f);
void keys_lookup(struct store *s, const char *key, key_fn done, void *arg);

/* The key that an export was asked for with, once more before it is made (spec/exports.md 2.8):
 * FAULT_NOT_FOUND unless it still is that user's, the user is active and a member of the project's
 * organization, and the key covers both.  Its scopes are the caller's to look at. */
void keys_recheck(
	struct store *s, int64_t id, int64_t user_id, int64_t project_id, key_fn done, void *arg);

/* What a key may see of a project: whether it exists, its name, its organization, and whether the
 * user is a member there. */
struct project_access {
	bool exists, is_member;
	const char *name, *organization_id;
};
typedef void (*project_access_fn)(void *arg, const struct project_access *a, const struct fault *f);
void keys_project_access(
	struct store *s, int64_t user_id, int64_t project_id, project_access_fn done, void *arg);

/* A new key: `key` receives the text to show once, `secure_value` what to store. */
void keys_make(char key[64], char secure_value[80]);
void keys_secure(const char *key, char secure_value[80]);

/* True when one of `scopes` satisfies `wanted`: itself, object:write for object:read, or "*". */
bool scopes_allow(const char *const *scopes, const char *wanted);
