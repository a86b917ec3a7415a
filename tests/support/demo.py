"""The demo's events as plain Python values, and into a database without the product's help."""
import csv
import gzip
import hashlib
import io
import json
import os
import subprocess
import tempfile
from datetime import datetime

from support.database import DatabaseError
from support.servers import ROOT

FILE = os.path.join(ROOT, "deploy", "demo", "oss_events.csv.gz")


class Event:
    __slots__ = ("uuid", "name", "distinct_id", "at", "properties")

    def __init__(self, row):
        self.uuid = row["uuid"]
        self.name = row["event"]
        self.distinct_id = row["distinct_id"]
        self.at = datetime.fromisoformat(row["timestamp"].replace("Z", "+00:00"))
        self.properties = json.loads(row["properties"])


def events():
    with gzip.open(FILE, "rt", encoding="utf-8", newline="") as stream:
        return [Event(row) for row in csv.DictReader(stream)]


def load(database, project):
    """One person for each distinct id."""
    with tempfile.NamedTemporaryFile("w", suffix=".csv", encoding="utf-8", newline="") as file:
        out = csv.writer(file)
        with gzip.open(FILE, "rt", encoding="utf-8", newline="") as stream:
            for row in csv.DictReader(stream):
                person = hashlib.md5(row["distinct_id"].encode()).hexdigest()
                out.writerow([project, row["uuid"], row["event"], row["distinct_id"], person, row["timestamp"],
                              row["properties"], row["group_0"], row["group_1"]])
        file.flush()
        done = subprocess.run(
            ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", database.url, "-c",
             "\\copy events (project_id, uuid, event, distinct_id, person_id, timestamp, properties, group_0, group_1) "
             f"FROM '{file.name}' CSV FORCE NOT NULL group_0, group_1"], capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise DatabaseError(done.stderr)
    database.run("ANALYZE events")


def text_of(value):
    """A property as a breakdown and a filter see it: JSON text without its quotes."""
    if value is None:
        return None
    return value if isinstance(value, str) else json.dumps(value)


def csv_bytes(rows):
    """Rows as the specification writes them: comma, CRLF, quotes where needed."""
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n", quoting=csv.QUOTE_MINIMAL).writerows(rows)
    return out.getvalue().encode()
