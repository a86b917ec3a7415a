/* What the worker and platen-renderer say to each other over a SOCK_SEQPACKET: one struct a
 * message, with a memfd beside it where one is named.
 *
 * Both ends are built together, so the structs need no versions; lengths and values are checked
 * all the same, for a child that draws hostile input may have been taken over. */
#pragma once
#include "lib/base/fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum render_verb {
	RENDER_DRAW = 0x31575244, /* worker to renderer, with the document */
	RENDER_CANCEL = 0x314c4e43, /* worker to renderer */
	RENDER_READY = 0x31594452, /* renderer to worker: fonts are warm */
	RENDER_DRAWN = 0x314e5744 /* renderer to worker, with the picture when fault_kind is NONE */
};

struct render_request {
	uint32_t verb;
	uint32_t limit_ms;
	uint64_t id;
	int64_t max_pixels;
	uint64_t max_bytes; /* address space of the child */
	char format[16];
};

struct render_reply {
	uint32_t verb;
	uint32_t fault_kind;
	uint64_t id;
	uint64_t length; /* bytes in the memfd */
	int32_t width_px, height_px;
	char detail[504];
};

enum { RENDERER_FD = 3 }; /* the renderer's end, as it is started */

/* Sends one message; `fd` -1 for none.  False when the peer is gone or will not take it now. */
bool render_send(int socket, const void *message, size_t length, int fd);
/* Takes one message of at most `room` bytes: its length, 0 at the end of the stream, -1 when there
 * is none now or the call failed (errno).  *fd is -1 or the caller's to close. */
long render_receive(int socket, void *message, size_t room, int *fd);

/* A sealable memfd holding these bytes, or -1. */
int render_memfd(const void *bytes, size_t length);
