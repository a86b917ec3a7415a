/* A file being made: written under another name beside its place and renamed when it is whole, so
 * that nobody ever reads half of one and a failure leaves what was there.
 *
 * "-" is standard output.  What is no plain file (a device, a pipe) is written as it stands. */
#pragma once
#include "lib/base/fault.h"

#include <stddef.h>

struct output;

bool output_open(const char *path, struct output **out, struct fault *f) MUST_CHECK;
bool output_write(struct output *o, const void *bytes, size_t length, struct fault *f) MUST_CHECK;
/* Either ends it, whatever the answer. */
bool output_commit(struct output *o, struct fault *f) MUST_CHECK;
void output_abandon(struct output *o); /* NULL is fine */
