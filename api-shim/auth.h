/* Who may do what, in the wire's order (spec/exports.md 2.8): a key (401), a method that exists
 * (405, the router's), a project that exists (404), what the key is limited to, scopes (403), a
 * body that can be read where it decides on scopes (400), membership (403), throttles (429).
 *
 * The one rule: `then` is called only when all of it allows; a refusal is answered here. */
#pragma once
#include "api-shim/request.h"

typedef void (*auth_fn)(struct request *r);

/* Finds the key and whose it is: r->caller. */
void auth_identify(struct request *r, auth_fn then);
/* Whether r->caller may use r->route in the project of the path: r->project_id. */
void auth_admit(struct request *r, auth_fn then);
