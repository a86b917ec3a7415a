/* The parts of dialect_postgres that have a file of their own. */
#pragma once
#include "insight/dialect.h"

extern const char *const dialect_postgres_forms[]; /* by enum hogql_form */
extern const char *const dialect_postgres_types[]; /* by enum hogql_kind */
extern const struct dialect_sets dialect_postgres_sets;
