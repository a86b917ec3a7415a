#include "lib/pg/pg_target.h"

#include <arpa/inet.h>
#include <glib.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

/* A name with more addresses than this is tried at the first few. */
enum { ADDRESSES_PER_NAME = 4 };

struct host {
	char *name, *port;
	bool must_look_up;
	char *addresses[ADDRESSES_PER_NAME];
	size_t address_count;
};

struct pg_target {
	PQconninfoOption *options;
	struct host *hosts;
	size_t host_count;
	GPtrArray *keywords, *values; /* the values that we made are in `made` */
	GPtrArray *made;
};

/* What the url leaves to us.  A network that swallows packets is noticed after 15 s; Kerberos is
 * only asked when the url wants it, for its lookups block. */
static const char *const defaults[][2] = {
	{"keepalives_idle", "10"},
	{"keepalives_interval", "5"},
	{"keepalives_count", "3"},
	{"tcp_user_timeout", "15000"},
	{"gssencmode", "disable"},
};

static const char *option(PQconninfoOption *options, const char *keyword)
{
	for (PQconninfoOption *o = options; o && o->keyword; o++) {
		if (strcmp(o->keyword, keyword) == 0) {
			return o->val && *o->val ? o->val : NULL;
		}
	}
	return NULL;
}

static bool is_address(const char *name)
{
	struct in6_addr six;
	struct in_addr four;
	g_autofree char *bare = g_strndup(name, strcspn(name, "%"));

	return inet_pton(AF_INET, name, &four) == 1 || inet_pton(AF_INET6, bare, &six) == 1;
}

static void take_hosts(struct pg_target *t, const char *host, const char *port, bool has_address)
{
	g_auto(GStrv) names = g_strsplit(host ? host : "", ",", -1);
	g_auto(GStrv) ports = g_strsplit(port ? port : "", ",", -1);
	guint name_count = MAX(g_strv_length(names), 1), port_count = g_strv_length(ports);

	t->hosts = g_new0(struct host, name_count);
	t->host_count = name_count;
	for (guint i = 0; i < name_count; i++) {
		struct host *h = &t->hosts[i];

		h->name = g_strdup(names[0] ? names[i] : "");
		h->port = g_strdup(
			port_count == 0 ? "" : ports[port_count == 1 ? 0 : MIN(i, port_count - 1)]);
		h->must_look_up = !has_address && *h->name && h->name[0] != '/' &&
				  h->name[0] != '@' && !is_address(h->name);
	}
}

struct pg_target *pg_target_create(const char *url, struct fault *f)
{
	struct pg_target *t;
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message), *environment = NULL;
	const char *host, *port, *address;

	PQfreemem(message);
	if (!options) {
		fault_set(f, FAULT_INPUT, "database_url is no conninfo or URI that libpq reads");
		return NULL;
	}
	t = g_new0(struct pg_target, 1);
	t->options = options;
	t->keywords = g_ptr_array_new();
	t->values = g_ptr_array_new();
	t->made = g_ptr_array_new_with_free_func(g_free);
	host = option(options, "host");
	port = option(options, "port");
	address = option(options, "hostaddr");
	if (!host) {
		/* PGHOST and service files may name one, which libpq would look up. */
		environment = PQconndefaults();
		host = option(environment, "host");
		address = address ? address : option(environment, "hostaddr");
		port = port ? port : option(environment, "port");
	}
	take_hosts(t, host, port, address != NULL);
	PQconninfoFree(environment);
	return t;
}

void pg_target_destroy(struct pg_target *t)
{
	if (!t) {
		return;
	}
	for (size_t i = 0; i < t->host_count; i++) {
		g_free(t->hosts[i].name);
		g_free(t->hosts[i].port);
		for (size_t k = 0; k < t->hosts[i].address_count; k++) {
			g_free(t->hosts[i].addresses[k]);
		}
	}
	g_free(t->hosts);
	g_ptr_array_unref(t->keywords);
	g_ptr_array_unref(t->values);
	g_ptr_array_unref(t->made);
	PQconninfoFree(t->options);
	g_free(t);
}

size_t pg_target_host_count(const struct pg_target *t)
{
	return t->host_count;
}

const char *pg_target_lookup_name(const struct pg_target *t, size_t host)
{
	return t->hosts[host].must_look_up ? t->hosts[host].name : NULL;
}

void pg_target_found(struct pg_target *t, size_t host, const struct addrinfo *found)
{
	struct host *h = &t->hosts[host];

	for (; found && h->address_count < ADDRESSES_PER_NAME; found = found->ai_next) {
		char text[NI_MAXHOST];

		if (getnameinfo(found->ai_addr, found->ai_addrlen, text, sizeof text, NULL, 0,
			    NI_NUMERICHOST) == 0) {
			h->addresses[h->address_count++] = g_strdup(text);
		}
	}
}

static void put(struct pg_target *t, const char *keyword, const char *value)
{
	g_ptr_array_add(t->keywords, (gpointer)(uintptr_t)keyword);
	g_ptr_array_add(t->values, (gpointer)(uintptr_t)value);
}

static void put_made(struct pg_target *t, const char *keyword, char *value)
{
	g_ptr_array_add(t->made, value);
	put(t, keyword, value);
}

static void append(GString *list, const char *entry, size_t before)
{
	if (before > 0) {
		g_string_append_c(list, ',');
	}
	g_string_append(list, entry);
}

/* Host, address and port are lists of equal length: a name is repeated for each address. */
static bool put_hosts(struct pg_target *t, struct fault *f)
{
	GString *names = g_string_new(NULL), *addresses = g_string_new(NULL);
	GString *ports = g_string_new(NULL);
	size_t count = 0;

	for (size_t i = 0; i < t->host_count; i++) {
		const struct host *h = &t->hosts[i];
		size_t entries = h->must_look_up ? h->address_count : 1;

		for (size_t k = 0; k < entries; k++, count++) {
			append(names, h->name, count);
			append(addresses, h->must_look_up ? h->addresses[k] : "", count);
			append(ports, h->port, count);
		}
	}
	put_made(t, "host", g_string_free(names, FALSE));
	put_made(t, "hostaddr", g_string_free(addresses, FALSE));
	put_made(t, "port", g_string_free(ports, FALSE));
	if (count == 0) {
		return fault_set(f, FAULT_UNAVAILABLE, "Postgres: no address for host \"%s\"",
			t->hosts[0].name);
	}
	return true;
}

static bool is_ours(const char *keyword)
{
	return strcmp(keyword, "client_encoding") == 0 || strcmp(keyword, "application_name") == 0;
}

bool pg_target_params(struct pg_target *t, const char *application_name,
	const char *const **keywords, const char *const **values, struct fault *f)
{
	bool looked_up = false;

	for (size_t i = 0; i < t->host_count; i++) {
		looked_up = looked_up || t->hosts[i].must_look_up;
	}
	for (PQconninfoOption *o = t->options; o->keyword; o++) {
		bool place = strcmp(o->keyword, "host") == 0 ||
			     strcmp(o->keyword, "hostaddr") == 0 || strcmp(o->keyword, "port") == 0;

		if (o->val && !is_ours(o->keyword) && !(place && looked_up)) {
			put(t, o->keyword, o->val);
		}
	}
	if (looked_up && !put_hosts(t, f)) {
		return false;
	}
	for (size_t i = 0; i < G_N_ELEMENTS(defaults); i++) {
		if (!option(t->options, defaults[i][0])) {
			put(t, defaults[i][0], defaults[i][1]);
		}
	}
	put(t, "client_encoding", "UTF8");
	put_made(t, "application_name", g_strdup(application_name));
	put(t, NULL, NULL);
	*keywords = (const char *const *)t->keywords->pdata;
	*values = (const char *const *)t->values->pdata;
	return true;
}
