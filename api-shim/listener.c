#include "api-shim/listener.h"

#include <errno.h>
#include <glib.h>
#include <netdb.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 511 };

static bool open_at(const struct addrinfo *at, int *socket_out)
{
	int yes = 1;

	*socket_out = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (*socket_out < 0) {
		return false;
	}
	(void)setsockopt(*socket_out, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	return bind(*socket_out, at->ai_addr, at->ai_addrlen) == 0 &&
	       listen(*socket_out, BACKLOG) == 0;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage bound;
	socklen_t length = sizeof bound;
	char digits[8];

	if (getsockname(fd, (struct sockaddr *)&bound, &length) != 0 ||
		getnameinfo((struct sockaddr *)&bound, length, NULL, 0, digits, sizeof digits,
			NI_NUMERICSERV) != 0) {
		return 0;
	}
	return (unsigned)g_ascii_strtoull(digits, NULL, 10);
}

bool listener_open(
	const char *address, unsigned port, int *socket_out, unsigned *bound, struct fault *f)
{
	const struct addrinfo hints = {.ai_flags = AI_PASSIVE, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char digits[8];
	int status;
	bool fine;

	(void)g_snprintf(digits, sizeof digits, "%u", port);
	status = getaddrinfo(address, digits, &hints, &found);
	if (status != 0) {
		return fault_set(f, FAULT_INPUT, "listen_address is \"%s\": %s", address,
			gai_strerror(status));
	}
	fine = open_at(found, socket_out);
	if (!fine) {
		(void)fault_set(f, FAULT_INPUT,
			"cannot listen on %s port %u (listen_address, listen_port): %s", address,
			port, g_strerror(errno));
		if (*socket_out >= 0) {
			(void)close(*socket_out);
		}
	}
	freeaddrinfo(found);
	if (fine) {
		*bound = port_of(*socket_out);
	}
	return fine;
}
