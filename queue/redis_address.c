#include "queue/redis_address.h"

#include <glib.h>
#include <string.h>
#include <sys/un.h>

enum { PORT_USUAL = 6379, DB_MOST = 9999, HOST_MOST_BYTES = 253 };

static bool read_unix(struct redis_address *a, const char *path, struct fault *f)
{
	const size_t room = sizeof((struct sockaddr_un *)0)->sun_path;

	if (!*path) {
		return fault_set(f, FAULT_INPUT, "redis_url: unix: needs a path");
	}
	if (strlen(path) >= room) {
		return fault_set(f, FAULT_INPUT,
			"redis_url: the path of a unix socket has at most "
			"%zu bytes",
			room - 1);
	}
	a->path = g_strdup(path);
	return true;
}

/* "", "/" and "/3" are the database. */
static bool read_db(struct redis_address *a, const char *path, struct fault *f)
{
	guint64 db = 0;

	if (*path == '/') {
		path++;
	}
	if (*path && !g_ascii_string_to_unsigned(path, 10, 0, DB_MOST, &db, NULL)) {
		return fault_set(f, FAULT_INPUT, "redis_url: the database is a number from 0 to %d",
			DB_MOST);
	}
	a->db = (int)db;
	return true;
}

static bool read_login(
	struct redis_address *a, const char *user, const char *password, struct fault *f)
{
	bool has_user = user && *user;
	bool has_password = password && *password;

	if (has_user && !has_password) {
		return fault_set(f, FAULT_INPUT,
			"redis_url: a user needs a password: "
			"redis://user:password@host");
	}
	a->user = has_user ? g_strdup(user) : NULL;
	a->password = has_password ? g_strdup(password) : NULL;
	return true;
}

/* What a resolver takes without a complaint of its own. */
static bool is_host(const char *host)
{
	for (const char *at = host; *at; at++) {
		if (!g_ascii_isgraph(*at)) {
			return false;
		}
	}
	return *host && strlen(host) <= HOST_MOST_BYTES;
}

static bool read_tcp(struct redis_address *a, const char *url, struct fault *f)
{
	g_autofree char *scheme = NULL;
	g_autofree char *user = NULL;
	g_autofree char *password = NULL;
	g_autofree char *host = NULL;
	g_autofree char *path = NULL;
	g_autofree char *query = NULL;
	g_autofree char *fragment = NULL;
	int port = -1;

	if (!g_uri_split_with_user(url, G_URI_FLAGS_HAS_PASSWORD, &scheme, &user, &password, NULL,
		    &host, &port, &path, &query, &fragment, NULL)) {
		return fault_set(f, FAULT_INPUT,
			"redis_url: not an address: write "
			"redis://[user:password@]host:port/db or unix:path");
	}
	if (g_strcmp0(scheme, "rediss") == 0) {
		return fault_set(f, FAULT_INPUT,
			"redis_url: TLS is not spoken; put a tunnel such as "
			"stunnel in front of Redis and name its unix socket");
	}
	if (g_strcmp0(scheme, "redis") != 0 || !host || !is_host(host) || port == 0 || query ||
		fragment) {
		return fault_set(f, FAULT_INPUT,
			"redis_url: not an address: write "
			"redis://[user:password@]host:port/db or unix:path");
	}
	if (!read_login(a, user, password, f) || !read_db(a, path, f)) {
		return false;
	}
	a->host = g_strdup(host);
	a->port = port > 0 ? port : PORT_USUAL;
	return true;
}

bool redis_address_read(struct redis_address *a, const char *url, struct fault *f)
{
	bool ok;

	*a = (struct redis_address){0};
	if (strncmp(url, "unix:", 5) == 0) {
		ok = read_unix(a, url + 5, f);
	} else {
		ok = read_tcp(a, url, f);
	}
	if (!ok) {
		redis_address_finish(a);
	}
	return ok;
}

void redis_address_finish(struct redis_address *a)
{
	g_free(a->host);
	g_free(a->path);
	g_free(a->user);
	g_free(a->password);
	*a = (struct redis_address){0};
}
