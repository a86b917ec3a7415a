/* What a server's refusal means for whoever runs a command: the sentence of its body
 * (spec/exports.md 2.9) on standard error, and the exit status. */
#pragma once
#include "ctl/cmd.h"
#include "ctl/server.h"

enum exit_status refused_status(int http_status);
enum exit_status refused_say(const char *command, const struct server_answer *a);
