"""POST query: numbers without a picture; why there are none; and exports of what was sent rather than saved."""
import contextlib
import csv
import io
import json
import os
import socket
import subprocess
import time
import unittest

from support import shared
from support.stack import Stack
from support.until import until

DATES = {"date_from": "2024-01-01", "date_to": "2024-01-31"}
TREND = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit"}], "dateRange": DATES}
BAD = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit", "properties": [
    {"type": "event", "key": "project", "operator": "like", "value": "redis"}]}]}
BAD_PATH = "series[0].properties[0].operator: 'like' is not an operator"
# A result that no query would have.
STORED = [{"label": "stored", "data": [4711.0], "count": 4711.0, "labels": ["1-Jan-2024"], "days": ["2024-01-01"]}]


class Asking(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()

    def ask(self, value, client=None, project=1):
        return (client or self.client).post_json(f"/api/projects/{project}/query/", value)

    def refused(self, value, status=400, **wanted):
        answer = self.ask(value)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(set(answer.json), {"type", "code", "detail", "attr"})
        for key, expected in wanted.items():
            self.assertEqual(answer.json[key], expected, answer)

    def short_id(self, insight):
        return self.stack.database.one(f"SELECT short_id FROM insights WHERE id = {insight}")

    def table(self, value):
        answer = self.client.create({"export_format": "text/csv", **value})
        self.assertEqual(answer.status, 201, answer)
        shown = self.stack.wait_for_end(self.client, answer.json["id"])
        self.assertIs(shown["has_content"], True, shown)
        return list(csv.reader(io.StringIO(self.client.content(shown["id"]).body.decode())))

    def test_a_trend_has_the_numbers_of_its_table(self):
        for query in (TREND, {"kind": "InsightVizNode", "source": TREND},
                      {**TREND, "breakdownFilter": {"breakdown": "project", "breakdown_type": "event"}}):
            answer = self.ask({"query": query})
            self.assertEqual(answer.status, 200, answer)
            table = self.table({"export_context": {"source": query}})
            shown = [[str(number) for number in line["data"]] for line in answer.json["results"]]
            self.assertEqual(shown, [row[-31:] for row in table[1:]])
            self.assertGreater(sum(sum(line["data"]) for line in answer.json["results"]), 0)

    def test_the_envelope_says_what_it_is(self):
        shown = self.ask({"query": TREND, "refresh": "blocking", "client_query_id": "x"}).json
        self.assertIs(shown["is_cached"], False)
        self.assertIs(shown["hasMore"], False)
        self.assertEqual(shown["timezone"], "UTC")
        self.assertRegex(shown["last_refresh"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")
        self.assertTrue(shown["resolved_date_range"]["date_from"].startswith("2024-01-01T00:00:00"))

    def test_filters_lie_on_top(self):
        whole = self.ask({"query": TREND}).json["results"][0]["data"]
        part = self.ask({"query": TREND, "filters_override": {"date_from": "2024-01-03", "date_to": "2024-01-05"}})
        self.assertEqual(part.json["results"][0]["data"], whole[2:5])

    def test_a_saved_insight_by_its_short_id(self):
        insight = self.stack.add_insight({"kind": "InsightVizNode", "source": TREND}, "Saved", result=STORED)
        saved = {"kind": "SavedInsightNode", "shortId": self.short_id(insight)}
        self.assertEqual(self.ask({"query": saved}).json["results"], self.ask({"query": TREND}).json["results"])
        theirs = {"kind": "SavedInsightNode", "shortId": self.short_id(self.stack.add_insight(TREND, project=2))}
        self.refused({"query": theirs}, 404, type="validation_error", code="does_not_exist", attr="query",
                     detail=f"shortId: There is no insight '{theirs['shortId']}'.")

    def test_keys_and_projects(self):
        for scopes, status in ((("query:read",), 200), (("query:write",), 200), (("*",), 200), (("export:write", "insight:read"), 403)):
            answer = self.ask({"query": TREND}, self.stack.client(self.stack.make_key(scopes=scopes)))
            self.assertEqual(answer.status, status, f"{scopes} {answer}")
        self.assertEqual(answer.json["detail"], "API key missing required scope 'query:read'")
        self.assertEqual(self.ask({"query": TREND}, project=3).status, 403)
        self.assertEqual(self.ask({"query": TREND}, project=4711).status, 404)
        self.assertEqual(self.ask({"query": TREND}, project="@current").status, 200)
        self.assertEqual(self.ask({"query": TREND}, self.client.with_key(None)).status, 401)
        # A project of one's own without events has none of another's.
        self.assertEqual(sum(self.ask({"query": TREND}, project=2).json["results"][0]["data"]), 0)

    def test_what_is_wrong_is_named(self):
        bad = self.client.request("POST", "/api/projects/1/query/", b"{", {"Content-Type": "application/json"})
        self.assertEqual((bad.status, bad.json["code"]), (400, "parse_error"))
        self.refused({}, type="validation_error", code="required", attr="query")
        self.refused({"query": []}, type="validation_error", code="invalid_input", attr="query")
        self.refused({"query": TREND, "filters_override": 7}, attr="filters_override")
        self.refused({"query": BAD}, type="validation_error", code="invalid_input", attr="query", detail=BAD_PATH)
        self.refused({"query": {"kind": "Nonsense"}}, attr="query", detail="Unknown query kind 'Nonsense'")
        self.refused({"query": {**TREND, "dateRange": {"date_from": "yesterday-ish"}}}, attr="query")
        self.refused({"query": {**TREND, "interval": "hour", "dateRange": {"date_from": "1990-01-01"}}}, 413, code="too_large")

    def test_by_the_command_line(self):
        where = {"PLATEN_URL": f"http://127.0.0.1:{self.stack.api.port}", "PLATEN_API_KEY": self.stack.key,
                 "PLATEN_PROJECT_ID": "1"}
        expected = self.ask({"query": TREND}).json["results"]
        done = self.stack.platen("query", "-", stdin=json.dumps(TREND), environment=where)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(json.loads(done.stdout)["results"], expected)
        insight = self.stack.add_insight(TREND, "Line")
        done = self.stack.platen("query", "--insight", self.short_id(insight), "--output", "q.json", environment=where)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))
        with open(os.path.join(self.stack.directory, "q.json"), encoding="utf-8") as stream:
            self.assertEqual(json.load(stream)["results"], expected)
        done = self.stack.platen("query", "-", stdin=json.dumps(BAD), environment=where)
        self.assertEqual(done.returncode, 65)
        self.assertIn(BAD_PATH, done.stderr)


class Sent(unittest.TestCase):
    """Exports of a query that came with the request (spec/exports.md 3.2.1, 3.3.1)."""

    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()

    def ended(self, value, mime="text/csv"):
        answer = self.client.create({"export_format": mime, **value})
        self.assertEqual(answer.status, 201, answer)
        return self.stack.wait_for_end(self.client, answer.json["id"])

    def text(self, value):
        shown = self.ended(value)
        self.assertIs(shown["has_content"], True, shown)
        return self.client.content(shown["id"]).body.decode()

    def short_id(self, insight):
        return self.stack.database.one(f"SELECT short_id FROM insights WHERE id = {insight}")

    def test_a_wrong_query_fails_once_and_says_where(self):
        insight = self.stack.add_insight({"kind": "InsightVizNode", "source": BAD}, "Bad")
        for mime in ("text/csv", "image/png"):
            for value in ({"export_context": {"source": BAD}}, {"insight": insight}):
                shown = self.ended(value, mime)
                self.assertEqual((shown["has_content"], shown["exception"]), (False, BAD_PATH))
                row = self.stack.row(shown["id"])
                self.assertEqual((row["state"], row["attempt"], row["exception_type"], row["failure_type"]),
                                 ("3", "1", "QueryError", "user"))

    def test_a_source_stands_in_place_of_the_saved_query(self):
        insight = self.stack.add_insight({"kind": "TrendsQuery", "series": []}, "Replaced", result=STORED)
        self.assertIn("4711", self.text({"insight": insight}))
        expected = self.text({"export_context": {"source": TREND}})
        self.assertEqual(self.text({"insight": insight, "export_context": {"source": TREND}}), expected)
        # A table is of what was sent, whatever dashboard it was sent from.
        dashboard = self.stack.add_dashboard("Filtered", [insight])
        self.stack.database.run(f"""UPDATE dashboards SET filters = '{{"date_from": "2023-01-01", "date_to": "2023-01-02"}}'
                                    WHERE id = {dashboard}""")
        for target in ({"dashboard": dashboard}, {"dashboard": dashboard, "insight": insight}):
            self.assertEqual(self.text({**target, "export_context": {"source": TREND}}), expected, target)

    def test_a_saved_insight_as_source(self):
        stored = self.stack.add_insight({"kind": "InsightVizNode", "source": TREND}, "Stored", result=STORED)
        computed = self.stack.add_insight({"kind": "InsightVizNode", "source": TREND}, "Computed")
        expected = self.text({"export_context": {"source": TREND}})
        source = {"kind": "SavedInsightNode", "shortId": self.short_id(computed)}
        self.assertEqual(self.text({"export_context": {"source": source}}), expected)
        self.assertEqual(self.text({"insight": stored, "export_context": {"source": source}}), expected)
        source = {"kind": "SavedInsightNode", "shortId": self.short_id(stored)}
        self.assertIn("4711", self.text({"export_context": {"source": source}}), "as the insight itself")
        self.assertIs(self.ended({"export_context": {"source": source}}, "image/png")["has_content"], True)
        for missing in ("none", self.short_id(self.stack.add_insight(TREND, project=2))):
            shown = self.ended({"export_context": {"source": {"kind": "SavedInsightNode", "shortId": missing}}})
            self.assertEqual(shown["exception"], f"export_context.source.shortId: There is no insight '{missing}'.")
            self.assertEqual(self.stack.row(shown["id"])["failure_type"], "user")

    def test_other_values_of_variables_are_not_answered_by_what_is_stored(self):
        query = {"kind": "HogQLQuery", "query": "SELECT {variables.n} AS n",
                 "variables": {"v1": {"code_name": "n", "variableId": "v1", "value": 1}}}
        insight = self.stack.add_insight({"kind": "DataVisualizationNode", "source": query}, "Variables", result=STORED)
        same = {"v1": {"code_name": "n", "variableId": "v1", "value": 1}, "v2": {"code_name": "m", "value": 7}}
        other = {"v1": {"code_name": "n", "variableId": "v1", "value": 2}}
        dashboard = self.stack.add_dashboard("Variables", [insight])

        def shows_stored(value):
            shown = self.ended(value)
            return shown["has_content"] and "4711" in self.client.content(shown["id"]).body.decode()

        def save(variables):
            self.stack.database.run(f"UPDATE dashboards SET variables = '{json.dumps(variables)}' WHERE id = {dashboard}")

        on_dashboard = {"insight": insight, "dashboard": dashboard}
        self.assertTrue(shows_stored({"insight": insight}))
        self.assertTrue(shows_stored({"insight": insight, "export_context": {"variables_override": same}}))
        self.assertFalse(shows_stored({"insight": insight, "export_context": {"variables_override": other}}))
        save(same)
        self.assertTrue(shows_stored(on_dashboard))
        save(other)
        self.assertFalse(shows_stored(on_dashboard))
        # What was sent stands in place of what the dashboard has.
        self.assertTrue(shows_stored({**on_dashboard, "export_context": {"variables_override": same}}))


class Slow(unittest.TestCase):
    """Queries that wait for a table that somebody else holds."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(shared.servers(), {"query_timeout_ms": 20000, "query_connections": 1})
        cls.stack.start_api()
        cls.client = cls.stack.client()

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    @contextlib.contextmanager
    def held(self):
        with subprocess.Popen(["psql", "-X", "-q", self.stack.database.url, "-c",
                               "BEGIN; SET LOCAL application_name = 'holder'; LOCK TABLE events; SELECT pg_sleep(60)"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as holder:
            try:
                until(lambda: self.stack.database.number("SELECT count(*) FROM pg_locks WHERE granted AND mode = "
                                                         "'AccessExclusiveLock' AND relation = 'events'::regclass"), 10, "the table is held")
                yield
            finally:
                self.stack.database.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'holder'")
                holder.wait(10)

    def running(self):
        return self.stack.database.number("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
                                          "AND application_name = 'platen-api-query' AND state = 'active'")

    def send(self):
        body = json.dumps({"query": TREND}).encode()
        link = socket.create_connection(("127.0.0.1", self.client.port), timeout=20)
        link.sendall(b"POST /api/projects/1/query/ HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                     b"Authorization: Bearer " + self.client.key.encode() +
                     b"\r\nContent-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body)
        return link

    def test_a_client_that_goes_away_takes_its_statement_along(self):
        with self.held():
            link = self.send()
            until(self.running, 10, "the statement runs")
            link.close()
            until(lambda: not self.running(), 10, "the statement is stopped")
        self.assertEqual(self.client.post_json("/api/projects/1/query/", {"query": TREND}).status, 200)

    def test_a_limit_is_named(self):
        other = self.stack.start("platen-api", {"query_timeout_ms": 300})
        other.port = int(other.wait_for(r"127\.0\.0\.1:(\d+)").group(1))
        client = self.stack.client()
        client.port = other.port
        self.assertEqual(client.post_json("/api/projects/1/query/", {"query": TREND}).status, 200)
        with self.held():
            answer = client.post_json("/api/projects/1/query/", {"query": TREND})
        self.assertEqual(answer.status, 504, answer)
        self.assertEqual(answer.json, {"type": "server_error", "code": "query_timeout", "attr": None,
                                       "detail": "the query took longer than its limit of 300 ms"})
        self.assertEqual(other.stop(), 0)

    def test_no_more_run_than_may_and_the_rest_is_answered(self):
        with self.held():
            first, second = self.send(), self.send()
            until(self.running, 10, "one runs")
            time.sleep(0.5)
            self.assertEqual(self.running(), 1)
            self.assertEqual(self.client.get(self.client.exports).status, 200, "other requests have their own connections")
        for link in (first, second):
            self.assertTrue(link.recv(100).startswith(b"HTTP/1.1 200 "))
            link.close()


class Stopping(unittest.TestCase):
    def test_what_runs_is_answered_when_the_process_stops(self):
        with Stack(shared.servers()) as stack:
            stack.load_demo()
            api = stack.start_api()
            self.assertEqual(stack.client().post_json("/api/projects/1/query/", {"query": TREND}).status, 200)
            self.assertEqual(api.stop(20), 0)
