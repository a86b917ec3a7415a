#include "worker/renderer/protocol.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

union control {
	char room[CMSG_SPACE(sizeof(int))];
	struct cmsghdr align;
};

bool render_send(int socket, const void *message, size_t length, int fd)
{
	/* sendmsg() reads only; iovec has no const. */
	struct iovec part = {(void *)(uintptr_t)message, length};
	union control control;
	struct msghdr m = {.msg_iov = &part, .msg_iovlen = 1};
	ssize_t n;

	if (fd >= 0) {
		struct cmsghdr *c;

		memset(&control, 0, sizeof control);
		m.msg_control = control.room;
		m.msg_controllen = sizeof control.room;
		c = CMSG_FIRSTHDR(&m);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof fd);
		memcpy(CMSG_DATA(c), &fd, sizeof fd);
	}
	do {
		n = sendmsg(socket, &m, MSG_NOSIGNAL);
	} while (n < 0 && errno == EINTR);
	return n == (ssize_t)length;
}

long render_receive(int socket, void *message, size_t room, int *fd)
{
	struct iovec part = {message, room};
	union control control;
	struct msghdr m = {.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.room,
		.msg_controllen = sizeof control.room};
	ssize_t n;

	*fd = -1;
	do {
		n = recvmsg(socket, &m, MSG_CMSG_CLOEXEC);
	} while (n < 0 && errno == EINTR);
	if (n < 0) {
		return -1;
	}
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
			memcpy(fd, CMSG_DATA(c), sizeof *fd);
		}
	}
	return n;
}

int render_memfd(const void *bytes, size_t length)
{
	int fd = memfd_create("platen", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	const char *at = bytes;

	while (fd >= 0 && length > 0) {
		ssize_t n = write(fd, at, length);

		if (n < 0 && errno != EINTR) {
			close(fd);
			return -1;
		}
		if (n > 0) {
			at += n;
			length -= (size_t)n;
		}
	}
	return fd;
}
