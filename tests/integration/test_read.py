"""GET exports: the list, one, its content; who sees what, and until when."""
import hashlib
import json
import unittest
import urllib.parse
from datetime import datetime, timedelta, timezone

from support import shared
from support.database import quote

NOT_FOUND = {"type": "invalid_request", "code": "not_found", "detail": "Not found.", "attr": None}
STUCK = ("Export failed without throwing an exception. Please try to rerun this export and contact support if it fails "
         "to complete multiple times.")
QUERY = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit"}],
         "dateRange": {"date_from": "2024-01-01", "date_to": "2024-01-07"}}


def add_row(stack, state, user=2, project=1, age="1 second", mime="image/png", context=None, expires="now() + interval '1 day'"):
    """An export as the database might hold it.  A queued one is due in an hour, so that nobody takes it."""
    ended = "now()" if state == 3 else "NULL"
    return stack.database.number(f"""
        INSERT INTO exports (project_id, created_by, export_format, export_context, state, dispatch_at, created_at,
                             give_up_at, finished_at, exception, exception_type, failure_type, expires_after)
        VALUES ({project}, {user}, {quote(mime)}, {'NULL' if context is None else quote(json.dumps(context))}, {state},
                {"now() + interval '1 hour'" if state == 0 else 'NULL'}, now() - interval {quote(age)},
                now() + interval '2 hours', {ended}, {"'It failed.'" if state == 3 else 'NULL'},
                {"'QueryError'" if state == 3 else 'NULL'}, {"'user'" if state == 3 else 'NULL'}, {expires}) RETURNING id""")


class Read(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()
        cls.other = cls.stack.client(cls.stack.make_key(user=2))
        cls.insight = cls.stack.add_insight(QUERY, "Read")

    def made(self, **more):
        answer = self.client.create({"export_format": "text/csv", "insight": self.insight, **more})
        self.assertEqual(answer.status, 201, answer)
        self.assertIs(answer.json["has_content"], True, answer)
        return answer.json

    def test_retrieve_shows_what_create_showed(self):
        shown = self.made()
        answer = self.client.retrieve(shown["id"])
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.json, shown)

    def test_somebody_elses_export_is_not_found(self):
        number = self.made()["id"]
        for answer in (self.other.retrieve(number), self.other.content(number), self.client.retrieve(987654321),
                       self.client.retrieve("abc"), self.client.retrieve("-1"), self.client.retrieve("99999999999999999999"),
                       self.client.content(987654321)):
            self.assertEqual(answer.status, 404)
            self.assertEqual(answer.json, NOT_FOUND)
        self.assertEqual(self.client.get(f"/api/projects/2/exports/{number}/").status, 404)

    def test_content_is_the_bytes_and_their_type_alone(self):
        number = self.made()["id"]
        answer = self.client.content(number)
        self.assertEqual(answer.status, 200)
        self.assertEqual(answer.header("Content-Type"), "text/csv")
        self.assertEqual(answer.header("Cache-Control"), "max-age=86400")
        self.assertEqual(int(answer.header("Content-Length")), len(answer.body))
        self.assertIsNone(answer.header("Content-Disposition"))
        self.assertTrue(answer.body.startswith(b"series,"))

    def test_only_the_word_true_makes_it_a_download(self):
        shown = self.made()
        answer = self.client.content(shown["id"], "?download=true")
        self.assertEqual(answer.header("Content-Disposition"), f'attachment; filename="{shown["filename"]}"')
        for word in ("1", "True", "TRUE", "yes", "", "true "):
            answer = self.client.content(shown["id"], "?" + urllib.parse.urlencode({"download": word}))
            self.assertEqual(answer.status, 200)
            self.assertIsNone(answer.header("Content-Disposition"), word)
        self.assertEqual(self.client.content(shown["id"], "?direct=true").status, 200)

    def test_what_is_recorded_is_what_is_sent(self):
        number = self.made()["id"]
        row = self.stack.row(number)
        body = self.client.content(number).body
        self.assertEqual(row["content_sha256"], hashlib.sha256(body).hexdigest())
        self.assertEqual(int(row["content_bytes"]), len(body))
        self.assertEqual(row["exception"], "")

    def test_pending_and_failed_content_are_not_found_alike(self):
        for state in (0, 3):
            number = add_row(self.stack, state)
            answer = self.other.content(number)
            self.assertEqual((answer.status, answer.json), (404, NOT_FOUND))

    def test_a_failure_shows_its_words_and_nothing_else(self):
        shown = self.other.retrieve(add_row(self.stack, 3)).json
        self.assertEqual(shown["exception"], "It failed.")
        self.assertIs(shown["has_content"], False)
        self.assertNotIn("failure_type", shown)
        self.assertNotIn("exception_type", shown)

    def test_what_is_stuck_reads_as_failed_and_is_not_written(self):
        for age, says in (("625 seconds", None), ("635 seconds", STUCK), ("2 days", STUCK)):
            number = add_row(self.stack, 0, age=age)
            self.assertEqual(self.other.retrieve(number).json["exception"], says, age)
            listed = [row for row in self.other.get(self.other.exports).json["results"] if row["id"] == number]
            self.assertEqual(listed[0]["exception"] if listed else None, says, age)
            self.assertEqual(self.stack.row(number)["state"], "0")
            self.assertEqual(self.stack.row(number)["exception"], "")

    def test_what_has_expired_is_gone_before_it_is_deleted(self):
        number = self.made()["id"]
        self.stack.database.run(f"UPDATE exports SET expires_after = now() - interval '1 second' WHERE id = {number}")
        self.assertEqual(self.client.retrieve(number).status, 404)
        self.assertEqual(self.client.content(number).status, 404)
        self.assertNotIn(number, [row["id"] for row in self.client.get(self.client.exports).json["results"]])
        number = self.made()["id"]
        self.stack.database.run(f"UPDATE exports SET expires_after = NULL WHERE id = {number}")
        answer = self.client.retrieve(number)
        self.assertEqual(answer.status, 200)
        self.assertIsNone(answer.json["expires_after"])

    def test_microseconds_are_shown_when_there_are_any(self):
        number = add_row(self.stack, 3)
        self.stack.database.run(f"UPDATE exports SET created_at = '2027-01-02 03:04:05+00' WHERE id = {number}")
        self.assertEqual(self.other.retrieve(number).json["created_at"], "2027-01-02T03:04:05Z")
        self.stack.database.run(f"UPDATE exports SET created_at = '2027-01-02 03:04:05.252+00' WHERE id = {number}")
        self.assertEqual(self.other.retrieve(number).json["created_at"], "2027-01-02T03:04:05.252000Z")
        self.stack.database.run(f"DELETE FROM exports WHERE id = {number}")


class List(unittest.TestCase):
    """Over seven rows of a user of its own project."""

    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client(cls.stack.make_key(user=3), project=3)
        cls.stack.database.run("DELETE FROM exports WHERE project_id = 3")
        cls.rows = []
        for i in range(7):
            context = {"session_recording_id": "rec"} if i == 2 else {"path": "/api/Persons/list"} if i == 4 else None
            cls.rows.append(add_row(cls.stack, 3, user=3, project=3, age=f"{100 - i} seconds", context=context,
                                    mime="text/csv" if i % 2 else "image/png"))
        cls.newest_first = cls.rows[::-1]

    @classmethod
    def tearDownClass(cls):
        cls.stack.database.run("DELETE FROM exports WHERE project_id = 3")

    def ask(self, query=""):
        answer = self.client.get(f"{self.client.exports}/{query}")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(set(answer.json), {"count", "next", "previous", "results"})
        return answer.json

    def ids(self, query=""):
        return [row["id"] for row in self.ask(query)["results"]]

    def test_newest_first_and_only_ones_own(self):
        foreign = add_row(self.stack, 3, user=1, project=3)
        self.assertEqual(self.ids(), self.newest_first)
        self.assertEqual(self.ask()["count"], 7)
        self.stack.database.run(f"DELETE FROM exports WHERE id = {foreign}")

    def test_pages_lead_to_each_other(self):
        base = f"http://127.0.0.1:{self.client.port}{self.client.exports}/"
        page = self.ask("?limit=3")
        self.assertEqual([row["id"] for row in page["results"]], self.newest_first[:3])
        self.assertEqual((page["count"], page["previous"]), (7, None))
        self.assertEqual(page["next"], f"{base}?limit=3&offset=3")
        page = self.ask("?offset=3&limit=3")
        self.assertEqual([row["id"] for row in page["results"]], self.newest_first[3:6])
        self.assertEqual(page["next"], f"{base}?limit=3&offset=6")
        self.assertEqual(page["previous"], f"{base}?limit=3")
        page = self.ask("?limit=3&offset=6")
        self.assertEqual([row["id"] for row in page["results"]], self.newest_first[6:])
        self.assertIsNone(page["next"])
        self.assertEqual(page["previous"], f"{base}?limit=3&offset=3")
        page = self.ask("?limit=3&offset=100")
        self.assertEqual((page["results"], page["next"], page["count"]), ([], None, 7))

    def test_next_keeps_the_filters(self):
        page = self.ask("?limit=1&export_format=text%2Fcsv")
        self.assertEqual(page["count"], 3)
        asked = urllib.parse.parse_qs(urllib.parse.urlsplit(page["next"]).query)
        self.assertEqual(asked, {"export_format": ["text/csv"], "limit": ["1"], "offset": ["1"]})

    def test_bad_limits_and_offsets_fall_back(self):
        for query in ("?limit=0", "?limit=-1", "?limit=x", "?limit=", "?offset=-1", "?offset=x", "?limit=99999999999999999999"):
            self.assertEqual(self.ids(query), self.newest_first, query)

    def test_a_hundred_is_the_page_when_nobody_says(self):
        self.stack.database.run("""
            INSERT INTO exports (project_id, created_by, export_format, state, created_at, give_up_at, finished_at, exception)
            SELECT 3, 3, 'image/png', 3, now() - interval '1 day', now(), now(), 'x' FROM generate_series(1, 150)""")
        try:
            page = self.ask()
            self.assertEqual((len(page["results"]), page["count"]), (100, 157))
            self.assertEqual(len(self.ask("?limit=500")["results"]), 157)
        finally:
            self.stack.database.run("DELETE FROM exports WHERE project_id = 3 AND exception = 'x'")

    def test_filters(self):
        self.assertEqual(self.ids("?export_format=text/csv"), [n for n in self.newest_first if self.rows.index(n) % 2])
        self.assertEqual(self.ids("?export_format=image/jpeg"), self.newest_first)
        self.assertEqual(self.ids("?session_recording_id=rec"), [self.rows[2]])
        self.assertEqual(self.ids("?session_recording_id=re"), [])
        self.assertEqual(self.ids("?context_path=pErSons"), [self.rows[4]])
        self.assertEqual(self.ids("?context_path=per%25"), [])
        self.assertEqual(self.ids("?context_path=persons&export_format=text/csv"), [])

    def test_times_are_utc_with_z(self):
        for row in self.ask()["results"]:
            self.assertTrue(row["created_at"].endswith("Z"))
            made = datetime.fromisoformat(row["created_at"][:-1] + "+00:00")
            self.assertLess(datetime.now(timezone.utc) - made, timedelta(minutes=5))


class Methods(unittest.TestCase):
    def test_nothing_is_changed_or_deleted_over_http(self):
        client = shared.stack().client()
        for method in ("PUT", "PATCH", "DELETE"):
            for path in (client.exports, client.exports + "/", client.exports + "/1", client.exports + "/1/",
                         client.exports + "/1/content/"):
                answer = client.request(method, path, b"{}", {"Content-Type": "application/json"})
                self.assertEqual(answer.status, 405, f"{method} {path}")
                self.assertEqual((answer.json["type"], answer.json["code"]), ("invalid_request", "method_not_allowed"))
                self.assertIn("GET", answer.header("Allow") or "")
        self.assertEqual(client.post_json(client.exports + "/1/", {}).status, 405)
        self.assertEqual(client.post_json(client.exports + "/1/content/", {}).status, 405)

    def test_unknown_addresses_are_not_found(self):
        client = shared.stack().client()
        for path in ("/", "/api/", "/api/projects/1/", "/api/projects/1/exportss/", "/api/projects/1/exports/1/other/",
                     "/api/projects//exports/", "/api/projects/1/exports/1/content/x", "/../etc/passwd", "/api/%00"):
            answer = client.get(path)
            self.assertIn(answer.status, (400, 404), path)
            self.assertEqual(answer.json["type"], "invalid_request", path)

    def test_it_is_alive_and_ready(self):
        client = shared.stack().client().with_key(None)
        for path in ("/livez", "/readyz"):
            self.assertEqual(client.get(path).status, 200)


class Content404(unittest.TestCase):
    def test_a_file_that_was_lost_is_no_crash(self):
        stack = shared.stack()
        client = stack.client()
        insight = stack.add_insight(QUERY, "Lost")
        number = client.create({"export_format": "text/csv", "insight": insight}).json["id"]
        stack.database.run(f"DELETE FROM export_blobs WHERE location = (SELECT content_location FROM exports WHERE id = {number})")
        answer = client.content(number)
        self.assertIn(answer.status, (404, 410), answer)
        self.assertEqual(client.get("/livez").status, 200)


