#include "lib/pg/pg_fault.h"

#include <string.h>

/* The longest prefix wins, so the order is for people. */
static const struct mapping {
	const char *prefix;
	enum fault_kind kind;
} mappings[] = {
	{"08", FAULT_UNAVAILABLE}, /* connection exceptions */
	{"0A", FAULT_QUERY}, /* feature not supported */
	{"22", FAULT_QUERY}, /* data exceptions: division by zero, bad casts */
	{"23", FAULT_INPUT}, /* constraints */
	{"25006", FAULT_UNAVAILABLE}, /* read-only: a standby during failover */
	{"26000", FAULT_UNAVAILABLE}, /* a prepared statement that the session lost */
	{"40001", FAULT_UNAVAILABLE}, /* serialization */
	{"40P01", FAULT_UNAVAILABLE}, /* deadlock */
	{"42", FAULT_QUERY}, /* syntax, names, rights */
	{"53", FAULT_UNAVAILABLE}, /* disk, memory, connections */
	{"54", FAULT_QUERY}, /* too complex, too many columns */
	{"55P03", FAULT_UNAVAILABLE}, /* lock_timeout */
	{"57014", FAULT_QUERY_SLOW}, /* statement_timeout; pg_pool.c tells a foreign cancel apart */
	{"57P0", FAULT_UNAVAILABLE}, /* shutting down, starting up */
	{"58", FAULT_UNAVAILABLE}, /* the server's own disk */
};

enum fault_kind pg_fault_kind(const char *sqlstate)
{
	if (!sqlstate || !*sqlstate) {
		return FAULT_UNAVAILABLE;
	}
	for (size_t i = 0; i < sizeof mappings / sizeof mappings[0]; i++) {
		if (strncmp(sqlstate, mappings[i].prefix, strlen(mappings[i].prefix)) == 0) {
			return mappings[i].kind;
		}
	}
	return FAULT_BUG;
}

bool pg_fault_result(struct fault *f, const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
	const char *hint = PQresultErrorField(result, PG_DIAG_MESSAGE_HINT);
	enum fault_kind kind = pg_fault_kind(sqlstate);

	if (!message) {
		message = PQresultErrorMessage(result);
	}
	if (kind == FAULT_QUERY) {
		return fault_set(f, kind, "%s%s%s", message, hint ? ". " : "", hint ? hint : "");
	}
	return fault_set(f, kind, "%s (%s)", message, sqlstate ? sqlstate : "no SQLSTATE");
}

bool pg_fault_connection(struct fault *f, const PGconn *pg)
{
	const char *message = pg ? PQerrorMessage(pg) : "";
	size_t length = strlen(message);

	while (length > 0 && message[length - 1] == '\n') {
		length--;
	}
	if (length == 0) {
		return fault_set(f, FAULT_UNAVAILABLE, "Postgres: the connection ended");
	}
	return fault_set(f, FAULT_UNAVAILABLE, "Postgres: %.*s", (int)length, message);
}

bool pg_fault_spoils(const PGresult *result)
{
	const char *sqlstate = PQresultErrorField(result, PG_DIAG_SQLSTATE);

	/* 0A000 is also "cached plan must not change result type", after a migration. */
	return sqlstate && (strcmp(sqlstate, "26000") == 0 || strcmp(sqlstate, "0A000") == 0);
}
