"""Postgres by way of psql: a client that shares no line with what it checks."""
import csv
import io
import subprocess


class DatabaseError(Exception):
    pass


class Database:
    """One database, by its URL.  Every call is a process and a connection of its own, so that a
    server that was killed in between needs no care."""

    def __init__(self, url):
        self.url = url

    def run(self, sql):
        done = subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "--csv", "-t", "-f", "-", self.url],
                              input=sql.encode(), capture_output=True, check=False)
        if done.returncode != 0:
            raise DatabaseError(done.stderr.decode(errors="replace").strip())
        return done.stdout.decode()

    def rows(self, sql):
        """A list of lists of texts; null is the empty text."""
        return list(csv.reader(io.StringIO(self.run(sql))))

    def one(self, sql):
        return self.rows(sql)[0][0]

    def number(self, sql):
        return int(self.one(sql))

    def bytes(self, sql):
        """One bytea."""
        return bytes.fromhex(self.one(f"SELECT encode(({sql}), 'hex')"))


def quote(value):
    """A value as SQL."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return str(value)
    return "'" + str(value).replace("'", "''") + "'"
