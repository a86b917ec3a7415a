#include "ctl/refused.h"

#include <stdio.h>

enum exit_status refused_status(int http_status)
{
	if (http_status == 401 || http_status == 403) {
		return STATUS_NOT_ALLOWED;
	}
	if (http_status == 408 || http_status == 425 || http_status == 429) {
		return STATUS_LATER;
	}
	return http_status >= 500 ? STATUS_UNAVAILABLE : STATUS_DATA;
}

enum exit_status refused_say(const char *command, const struct server_answer *a)
{
	const char *detail = json_get_text(a->body, "detail", NULL);
	const char *attr = json_get_text(a->body, "attr", NULL);

	fprintf(stderr, "platen %s: the server answered %d%s%s%s%s\n", command, a->status,
		detail && attr ? ": " : "", detail && attr ? attr : "", detail ? ": " : "",
		detail ? detail : "");
	return refused_status(a->status);
}
