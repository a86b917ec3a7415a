#include "api-shim/heatmap_url.h"

#include <arpa/inet.h>
#include <glib.h>
#include <netinet/in.h>
#include <stdint.h>
#include <string.h>

struct range {
	uint32_t from;
	unsigned bits;
};

/* reliability.md 5.1 row 6: what is not a public address. */
static bool is_inside_v4(uint32_t address)
{
	static const struct range ranges[] = {
		{0x00000000, 8}, /* 0.0.0.0/8 */
		{0x0a000000, 8}, /* 10.0.0.0/8 */
		{0x64400000, 10}, /* 100.64.0.0/10 */
		{0x7f000000, 8}, /* 127.0.0.0/8 */
		{0xa9fe0000, 16}, /* 169.254.0.0/16 */
		{0xac100000, 12}, /* 172.16.0.0/12 */
		{0xc0000000, 24}, /* 192.0.0.0/24 */
		{0xc0a80000, 16}, /* 192.168.0.0/16 */
		{0xc6120000, 15}, /* 198.18.0.0/15 */
		{0xe0000000, 3}, /* multicast, reserved, broadcast */
	};

	for (size_t i = 0; i < G_N_ELEMENTS(ranges); i++) {
		if ((address ^ ranges[i].from) >> (32 - ranges[i].bits) == 0) {
			return true;
		}
	}
	return false;
}

static uint32_t last_v4(const struct in6_addr *address, size_t at)
{
	uint32_t v4;

	memcpy(&v4, address->s6_addr + at, sizeof v4);
	return ntohl(v4);
}

static bool is_inside_v6(const struct in6_addr *a)
{
	static const uint8_t nat64[12] = {0x00, 0x64, 0xff, 0x9b};
	static const uint8_t zero[12] = {0};

	if (IN6_IS_ADDR_V4MAPPED(a)) {
		return is_inside_v4(last_v4(a, 12));
	}
	if (memcmp(a->s6_addr, nat64, sizeof nat64) == 0) {
		return is_inside_v4(last_v4(a, 12));
	}
	if (a->s6_addr[0] == 0x20 && a->s6_addr[1] == 0x02) {
		return is_inside_v4(last_v4(a, 2)); /* 6to4 */
	}
	/* Unspecified, loopback and v4-compatible; unique local; link and site local; multicast. */
	return memcmp(a->s6_addr, zero, sizeof zero) == 0 || (a->s6_addr[0] & 0xfe) == 0xfc ||
	       (a->s6_addr[0] == 0xfe && (a->s6_addr[1] & 0x80)) || a->s6_addr[0] == 0xff;
}

static bool refuse_as(char *reason, const char *text, const char *what)
{
	(void)g_snprintf(reason, HEATMAP_URL_REASON, "%s%s", text, what);
	return false;
}

static bool check_name(const char *host, char *reason)
{
	static const char *const inside[] = {
		".cluster.local",
		".corp",
		".home",
		".home.arpa",
		".internal",
		".intranet",
		".lan",
		".local",
		".localdomain",
		".localhost",
		".svc",
	};

	if (strcmp(host, "localhost") == 0) {
		return refuse_as(reason, "Local/metadata host", "");
	}
	for (size_t i = 0; i < G_N_ELEMENTS(inside); i++) {
		if (g_str_has_suffix(host, inside[i])) {
			return refuse_as(reason, "Internal domain: ", inside[i]);
		}
	}
	return strchr(host, '.') || refuse_as(reason, "Internal domain: ", "a name without dots");
}

static bool check_host(const char *sent, char *reason)
{
	g_autofree char *ascii = g_hostname_to_ascii(sent);
	g_autofree char *host = ascii ? g_ascii_strdown(ascii, -1) : NULL;
	char text[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;
	size_t n;

	if (!host || strlen(host) > 253) {
		return refuse_as(reason, "Invalid host", "");
	}
	n = strlen(host);
	if (n > 0 && host[n - 1] == '.') {
		host[--n] = '\0';
	}
	if (n == 0) {
		return refuse_as(reason, "Missing host", "");
	}
	if (strchr(host, ':')) {
		*strchrnul(host, '%') = '\0';
		if (inet_pton(AF_INET6, host, &v6) != 1) {
			return refuse_as(reason, "Invalid host", "");
		}
		(void)inet_ntop(AF_INET6, &v6, text, sizeof text);
		return !is_inside_v6(&v6) || refuse_as(reason, "Disallowed target IP: ", text);
	}
	/* As resolvers read them: 2130706433, 0177.1 and 0x7f.0.0.1 are all loopback. */
	if (inet_aton(host, &v4) != 0) {
		(void)inet_ntop(AF_INET, &v4, text, sizeof text);
		return !is_inside_v4(ntohl(v4.s_addr)) ||
		       refuse_as(reason, "Disallowed target IP: ", text);
	}
	return check_name(host, reason);
}

bool heatmap_url_allowed(const char *url, char reason[HEATMAP_URL_REASON])
{
	g_autofree char *scheme = NULL, *host = NULL;

	for (const char *c = url; *c; c++) {
		if ((unsigned char)*c <= 0x20 || *c == 0x7f || *c == '\\') {
			return refuse_as(reason, "Invalid URL", "");
		}
	}
	if (!g_utf8_validate(url, -1, NULL) || !g_uri_split(url, G_URI_FLAGS_NONE, &scheme, NULL,
						       &host, NULL, NULL, NULL, NULL, NULL)) {
		return refuse_as(reason, "Invalid URL", "");
	}
	if (!scheme || (g_ascii_strcasecmp(scheme, "http") != 0 &&
			       g_ascii_strcasecmp(scheme, "https") != 0)) {
		return refuse_as(reason, "Disallowed scheme", "");
	}
	if (!host || !*host) {
		return refuse_as(reason, "Missing host", "");
	}
	return check_host(host, reason);
}
