#include "api-shim/auth.h"

#include "api-shim/api.h"
#include "api-shim/caller.h"
#include "api-shim/route.h"
#include "api-shim/sharing.h"
#include "api-shim/throttle.h"
#include "store/keys.h"

#include <inttypes.h>
#include <string.h>

enum { KEY_MAX = 256 };

/* Where a key was found, in the words of the wire. */
struct candidate {
	char *key;
	const char *place;
};

/* "Bearer", case-sensitive, blanks, the key; NULL when the header is of another kind. */
static char *bearer_of(const char *header)
{
	const char *at = header;

	if (!header || strncmp(header, "Bearer", 6) != 0 || !strchr(" \t", header[6])) {
		return NULL;
	}
	at += 6;
	at += strspn(at, " \t");
	return *at ? g_strstrip(g_strdup(at)) : NULL;
}

/* Only the first place that holds a key is tried. */
static struct candidate find_key(struct request *r)
{
	char *key = bearer_of(request_header(r, "Authorization"));
	struct refusal ignored = {0};
	const char *text;
	json_t *form;

	if (key) {
		return (struct candidate){key, "Authorization header"};
	}
	form = request_form(r, (size_t)r->api->config->body_max_bytes, &ignored);
	refusal_finish(&ignored);
	if (form && json_object_get(form, "personal_api_key")) {
		text = json_get_text(form, "personal_api_key", "");
		return (struct candidate){g_strdup(text), "body"};
	}
	text = pairs_value(&r->query, "personal_api_key");
	return (struct candidate){g_strdup(text), "query string"};
}

/* What cannot be a key does not reach the database. */
static bool is_plausible(const char *key)
{
	size_t n = strlen(key);

	for (size_t i = 0; i < n; i++) {
		if (!g_ascii_isgraph(key[i])) {
			return false;
		}
	}
	return n > 0 && n <= KEY_MAX;
}

struct identifying {
	struct request *r;
	auth_fn then;
	char *key;
	const char *place;
};

static void refuse_key(struct request *r, const char *place)
{
	struct refusal why = {0};

	(void)refuse_with(
		&why, PROBLEM_BAD_KEY, "Personal API key found in request %s is invalid.", place);
	answer_refusal(r, &why);
}

static void on_identified(void *arg, const void *answer, const struct fault *f)
{
	g_autofree struct identifying *i = arg;

	g_free(i->key);
	if (f && f->kind == FAULT_NOT_FOUND) {
		refuse_key(i->r, i->place);
	} else if (f) {
		answer_fault(i->r, f);
	} else {
		i->r->caller = caller_create(answer);
		i->then(i->r);
	}
}

static void on_key(void *arg, const struct key_row *k, const struct fault *f)
{
	question_answered(arg, k, f);
}

static void ask_key(struct question *q, void *arg)
{
	const struct identifying *i = arg;

	keys_lookup(i->r->api->store, i->key, on_key, q);
}

void auth_identify(struct request *r, auth_fn then)
{
	struct candidate c = find_key(r);
	struct refusal why = {0};

	if (!c.key) {
		(void)refuse(&why, PROBLEM_NO_KEY);
		answer_refusal(r, &why);
	} else if (g_str_has_prefix(c.key, "pha_")) {
		(void)refuse_with(
			&why, PROBLEM_BAD_KEY, "OAuth access tokens are not accepted here.");
		answer_refusal(r, &why);
	} else if (!is_plausible(c.key)) {
		refuse_key(r, c.place);
	} else {
		struct identifying *i = g_new(struct identifying, 1);
		g_autofree char *question = g_strconcat("key ", c.key, NULL);

		*i = (struct identifying){r, then, g_steal_pointer(&c.key), c.place};
		sharing_ask(r->api->sharing, question, ask_key, on_identified, i);
	}
	g_free(c.key);
}

static bool check_limits(
	const struct request *r, const struct project_access *a, struct refusal *why)
{
	if (!caller_may_see_project(r->caller, r->project_id)) {
		return refuse_with(why, PROBLEM_FORBIDDEN,
			"API key does not have access to the requested project: ID %" PRId64 ".",
			r->project_id);
	}
	if (!caller_may_see_organization(r->caller, a->organization_id)) {
		return refuse_with(why, PROBLEM_FORBIDDEN,
			"API key does not have access to the requested organization: ID %s.",
			a->organization_id);
	}
	return true;
}

static bool check_scope(const struct request *r, const char *scope, struct refusal *why)
{
	return caller_has_scope(r->caller, scope) ||
	       refuse_with(why, PROBLEM_FORBIDDEN, "API key missing required scope '%s'", scope);
}

static bool check_scopes(struct request *r, struct refusal *why)
{
	const char *more[ROUTE_SCOPES_MAX];
	unsigned count;

	if (!check_scope(r, r->route->scope, why)) {
		return false;
	}
	if (!r->route->more_scopes) {
		return true;
	}
	if (!request_form(r, (size_t)r->api->config->body_max_bytes, why)) {
		return false;
	}
	count = r->route->more_scopes(r, more, ROUTE_SCOPES_MAX);
	for (unsigned i = 0; i < count; i++) {
		if (!check_scope(r, more[i], why)) {
			return false;
		}
	}
	return true;
}

static bool check_membership(const struct project_access *a, struct refusal *why)
{
	return a->is_member ||
	       refuse_with(why, PROBLEM_FORBIDDEN, "You don't have access to the project.");
}

static bool check_throttle(struct request *r, struct refusal *why)
{
	unsigned wait_s = throttle_take(r->api->throttle, r->caller->key_id);

	if (wait_s == 0) {
		return true;
	}
	answer_header(r, "Retry-After", "%u", wait_s);
	return refuse_with(why, PROBLEM_THROTTLED,
		"Request was throttled. Expected available in %u second%s.", wait_s,
		wait_s == 1 ? "" : "s");
}

struct admitting {
	struct request *r;
	auth_fn then;
};

static void refuse_project(struct request *r)
{
	struct refusal why = {0};

	(void)refuse_with(&why, PROBLEM_NOT_FOUND, "Project not found.");
	answer_refusal(r, &why);
}

static void on_admitted(void *arg, const void *answer, const struct fault *f)
{
	g_autofree struct admitting *admitting = arg;
	const struct project_access *a = answer;
	struct request *r = admitting->r;
	struct refusal why = {0};

	if (f) {
		answer_fault(r, f);
	} else if (!a->exists) {
		refuse_project(r);
	} else if (check_limits(r, a, &why) && check_scopes(r, &why) && check_membership(a, &why) &&
		   check_throttle(r, &why)) {
		admitting->then(r);
	} else {
		answer_refusal(r, &why);
	}
}

static void on_access(void *arg, const struct project_access *a, const struct fault *f)
{
	question_answered(arg, a, f);
}

static void ask_access(struct question *q, void *arg)
{
	const struct request *r = ((const struct admitting *)arg)->r;

	keys_project_access(r->api->store, r->caller->user_id, r->project_id, on_access, q);
}

/* 0 for what is no project. */
static int64_t project_of(const struct request *r)
{
	const char *text = r->params[PARAM_PROJECT];

	if (strcmp(text, "@current") == 0) {
		return r->caller->current_project_id;
	}
	if (!*text || strlen(text) > 18 || strspn(text, "0123456789") != strlen(text)) {
		return 0;
	}
	return g_ascii_strtoll(text, NULL, 10);
}

void auth_admit(struct request *r, auth_fn then)
{
	struct admitting *admitting;
	char question[64];

	r->project_id = project_of(r);
	if (r->project_id == 0) {
		refuse_project(r);
		return;
	}
	admitting = g_new(struct admitting, 1);
	*admitting = (struct admitting){r, then};
	(void)g_snprintf(question, sizeof question, "access %" PRId64 " %" PRId64,
		r->caller->user_id, r->project_id);
	sharing_ask(r->api->sharing, question, ask_access, on_admitted, admitting);
}
