#include "tests/unit/queue/redis_server.h"

#include "lib/base/clock.h"
#include "lib/base/require.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <glib/gstdio.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { START_LIMIT_MS = 10000 };

int free_port(void)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof in;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	REQUIRE(fd >= 0);
	REQUIRE(bind(fd, (struct sockaddr *)&in, sizeof in) == 0);
	REQUIRE(getsockname(fd, (struct sockaddr *)&in, &length) == 0);
	(void)close(fd);
	return ntohs(in.sin_port);
}

/* A test that dies takes its server along. */
static void become_redis(const struct redis_server *s, const char *const *options)
{
	char port[12];
	const char *words[48] = {"redis-server", "--port", port, "--bind", "127.0.0.1", "--save",
		"", "--appendonly", "no", "--dir", s->dir, "--unixsocket", "redis.sock",
		"--loglevel", "warning", "--logfile", "redis.log", "--enable-debug-command", "yes"};
	size_t count = 19;

	(void)g_snprintf(port, sizeof port, "%d", s->port);
	for (size_t i = 0; options && options[i] && count < G_N_ELEMENTS(words) - 1; i++) {
		words[count++] = options[i];
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	(void)execvp(words[0], (char *const *)(uintptr_t)words);
	_exit(127);
}

static void connect_admin(struct redis_server *s)
{
	int64_t until = clock_elapsed_ms() + START_LIMIT_MS;

	for (;;) {
		s->admin = redisConnectWithTimeout("127.0.0.1", s->port, (struct timeval){5, 0});
		if (s->admin && !s->admin->err) {
			(void)redisSetTimeout(s->admin, (struct timeval){20, 0});
			return;
		}
		redisFree(s->admin);
		s->admin = NULL;
		REQUIRE(clock_elapsed_ms() < until);
		(void)poll(NULL, 0, 5);
	}
}

static void spawn(struct redis_server *s, const char *const *options)
{
	s->pid = fork();
	REQUIRE(s->pid >= 0);
	if (s->pid == 0) {
		become_redis(s, options);
	}
	connect_admin(s);
}

void redis_server_start(struct redis_server *s, const char *const *options)
{
	*s = (struct redis_server){0};
	g_strlcpy(s->dir, "/tmp/queue-test-XXXXXX", sizeof s->dir);
	REQUIRE(mkdtemp(s->dir));
	s->port = free_port();
	(void)g_snprintf(s->url, sizeof s->url, "redis://127.0.0.1:%d/0", s->port);
	(void)g_snprintf(s->unix_url, sizeof s->unix_url, "unix:%s/redis.sock", s->dir);
	spawn(s, options);
}

void redis_server_restart(struct redis_server *s, const char *const *options)
{
	REQUIRE(s->pid == 0);
	spawn(s, options);
}

void redis_server_signal(struct redis_server *s, int signum)
{
	REQUIRE(s->pid > 0 && kill(s->pid, signum) == 0);
}

void redis_server_kill(struct redis_server *s)
{
	redis_server_signal(s, SIGKILL);
	REQUIRE(waitpid(s->pid, NULL, 0) == s->pid);
	s->pid = 0;
	redisFree(s->admin);
	s->admin = NULL;
}

void redis_server_stop(struct redis_server *s)
{
	static const char *const files[] = {"redis.sock", "redis.log", "dump.rdb"};

	if (s->pid > 0) {
		redis_server_kill(s);
	}
	for (size_t i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(s->dir, files[i], NULL);

		(void)g_unlink(path);
	}
	(void)g_rmdir(s->dir);
}

static redisReply *ask(struct redis_server *s, const char *format, va_list args)
{
	redisReply *reply = redisvCommand(s->admin, format, args);

	REQUIRE(reply);
	return reply;
}

redisReply *redis_ask(struct redis_server *s, const char *format, ...)
{
	va_list args;
	redisReply *reply;

	va_start(args, format);
	reply = ask(s, format, args);
	va_end(args);
	return reply;
}

long long redis_ask_int(struct redis_server *s, const char *format, ...)
{
	va_list args;
	redisReply *reply;
	long long value;

	va_start(args, format);
	reply = ask(s, format, args);
	va_end(args);
	REQUIRE(reply->type != REDIS_REPLY_ERROR);
	value = reply->str ? g_ascii_strtoll(reply->str, NULL, 10) : reply->integer;
	freeReplyObject(reply);
	return value;
}

void redis_tell(struct redis_server *s, const char *format, ...)
{
	va_list args;
	redisReply *reply;

	va_start(args, format);
	reply = ask(s, format, args);
	va_end(args);
	if (reply->type == REDIS_REPLY_ERROR) {
		fprintf(stderr, "%s: %s\n", format, reply->str);
	}
	REQUIRE(reply->type != REDIS_REPLY_ERROR);
	freeReplyObject(reply);
}
