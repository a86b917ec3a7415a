"""What strangers send: every answer is a refusal or an exception that says why, and the programs go on."""
import json
import unittest

from support import shared
from support.png import Png

QUERY = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit"}],
         "dateRange": {"date_from": "2024-01-01", "date_to": "2024-01-07"}}
EVIL = "'; DROP TABLE events; --"


def nested(depth):
    return "[" * depth + "]" * depth


class Input(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()
        cls.insight = cls.stack.add_insight(QUERY, "Input")
        cls.running = [(program, program.pid) for program in cls.stack.programs]
        cls.events = cls.stack.database.number("SELECT count(*) FROM events")

    def tearDown(self):
        """Nobody fell over: the processes, their renderer, and the table with the tempting name."""
        for program, pid in self.running:
            self.assertTrue(program.is_running(), f"{program.name}: {program.log[-2000:]}")
            self.assertEqual(program.pid, pid)
        self.assertEqual(self.client.get("/livez").status, 200)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM events"), self.events)

    def post(self, body, content_type="application/json"):
        return self.client.request("POST", self.client.exports + "/", body, {"Content-Type": content_type})

    def refused(self, answer, status, kind):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(set(answer.json) - {"extra"}, {"type", "code", "detail", "attr"})
        self.assertEqual(answer.json["type"], kind, answer)
        self.assertTrue(answer.json["detail"])

    def failed(self, value, says="", failure_type="user"):
        """Accepted, and ended with an exception that says why."""
        answer = self.client.create(value)
        self.assertEqual(answer.status, 201, answer)
        shown = self.stack.wait_for_end(self.client, answer.json["id"])
        self.assertIs(shown["has_content"], False, shown)
        self.assertIn(says.lower(), shown["exception"].lower(), shown)
        row = self.stack.row(shown["id"])
        self.assertEqual(row["failure_type"], failure_type, row)
        self.assertTrue(row["exception_type"], row)
        self.assertEqual(row["attempt"], "1", "a mistake of the user's is not tried again")
        return shown

    def test_json_that_is_none(self):
        for body in (b"", b"{", b"{\"a\":}", b"nonsense", b"{\"a\": 1} x", b"\xff\xfe", b"{'a': 1}", b"{\"a\": NaN}",
                     b"{\"export_format\": \"\xff\"}", b"{\"a\": \"\\u0000\"}", b"[1,", b"{\"a\": 1, \"a\": 2}"):
            with self.subTest(body=body):
                answer = self.post(body)
                self.assertEqual(answer.status, 400, answer)
                self.assertIn(answer.json["type"], ("invalid_request", "validation_error"))
                self.assertTrue(answer.json["detail"])

    def test_json_of_another_type(self):
        for body in (b"[]", b"[1]", b"\"text\"", b"5", b"true", b"null"):
            with self.subTest(body=body):
                self.refused(self.post(body), 400, "validation_error")

    def test_members_of_another_type(self):
        for value in ({"export_format": 5}, {"export_format": ["image/png"]}, {"export_format": {"a": 1}},
                      {"export_format": "image/png", "insight": {"id": 1}}, {"export_format": "image/png", "insight": 1.5},
                      {"export_format": "image/png", "insight": 10**30}, {"export_format": "image/png", "insight": -1},
                      {"export_format": "image/png", "insight": "1; DROP TABLE events"}):
            with self.subTest(value=value):
                answer = self.client.create(value)
                self.assertEqual(answer.status, 400, answer)

    def test_context_that_is_no_object_is_no_crash(self):
        for context in (["a"], "text", 5, True, [[]]):
            with self.subTest(context=context):
                answer = self.client.create({"export_format": "text/csv", "export_context": context})
                self.assertIn(answer.status, (201, 400), answer)

    def test_a_body_of_300_kib(self):
        body = json.dumps({"export_format": "image/png", "insight": self.insight,
                           "export_context": {"filename": "x" * 300 * 1024}}).encode()
        self.refused(self.post(body), 413, "invalid_request")
        # Without saying so beforehand.
        head = (f"POST {self.client.exports}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.client.key}\r\n"
                "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n").encode()
        got = self.client.bare(head + b"".join(b"1000\r\n" + b"x" * 4096 + b"\r\n" for _ in range(75)) + b"0\r\n\r\n")
        self.assertIn(b" 413 ", got.split(b"\r\n")[0])

    def test_the_largest_body_that_is_read(self):
        value = {"export_format": "text/csv", "insight": self.insight, "export_context": {"filename": "x", "pad": ""}}
        room = 262144 - len(json.dumps(value))
        value["export_context"]["pad"] = "p" * room
        self.assertEqual(len(json.dumps(value)), 262144)
        self.assertEqual(self.client.create(value).status, 201)

    def test_nesting_a_hundred_deep(self):
        answer = self.post(f'{{"export_format": "text/csv", "export_context": {{"source": {nested(100)}}}}}'.encode())
        self.assertIn(answer.status, (400, 413), answer)
        answer = self.post(nested(100000).encode())
        self.assertIn(answer.status, (400, 413), answer)

    def test_a_header_line_of_64_kib(self):
        got = self.client.bare(b"GET /livez HTTP/1.1\r\nHost: x\r\nX-Long: " + b"a" * 65536 + b"\r\n\r\n")
        self.assertRegex(got.split(b"\r\n")[0], rb" (400|413|414|431) ", got[:200])
        got = self.client.bare(b"GET /livez?" + b"a" * 65536 + b" HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertRegex(got.split(b"\r\n")[0], rb" (400|413|414|431) ", got[:200])

    def test_bytes_that_are_no_http(self):
        for data in (b"\0" * 1000, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcde",
                     b"GET / HTTP/1.1\r\nHost: x\r\n" + b"A: b\r\n" * 5000 + b"\r\n"):
            with self.subTest(data=data[:40]):
                got = self.client.bare(data)
                self.assertNotIn(b" 500 ", got.split(b"\r\n")[0])

    def test_a_body_that_never_ends(self):
        head = (f"POST {self.client.exports}/ HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {self.client.key}\r\n"
                "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{").encode()
        self.client.bare(head)

    def test_bodies_of_other_kinds(self):
        self.refused(self.post(b"<a/>", "application/xml"), 415, "invalid_request")
        self.refused(self.post(b"hello", "text/plain"), 415, "invalid_request")
        for body, kind in ((b"--x", "multipart/form-data"), (b"garbage", "multipart/form-data; boundary=x"),
                           (b"--x\r\n\r\n", "multipart/form-data; boundary=x"),
                           (b"--x\r\nContent-Disposition: form-data; name=\"export_format\"\r\n\r\nimage/png",
                            "multipart/form-data; boundary=x"),
                           (b"%zz=%", "application/x-www-form-urlencoded"), (b"&&&=&=", "application/x-www-form-urlencoded"),
                           (b"export_format=image/png&export_context={", "application/x-www-form-urlencoded")):
            with self.subTest(body=body):
                answer = self.post(body, kind)
                self.assertEqual(answer.status, 400, answer)

    def test_a_query_of_unknown_kind(self):
        for kind in ("NoSuchQuery", "", None, 5, EVIL):
            with self.subTest(kind=kind):
                self.failed({"export_format": "text/csv", "export_context": {"source": {"kind": kind, "series": []}}})
        self.failed({"export_format": "image/png", "insight": self.stack.add_insight({"kind": "NoSuchQuery"})}, "NoSuchQuery")

    def test_a_date_that_is_none(self):
        for text in ("not a date", "2024-13-45", "-7q7", "99999999999d", "-99999999d", EVIL, "0000-00-00", "9999999-01-01"):
            with self.subTest(text=text):
                shown = self.failed({"export_format": "text/csv",
                                     "export_context": {"source": {**QUERY, "dateRange": {"date_from": text}}}})
                self.assertTrue(shown["exception"])
        for wrong in (5, ["-7d"], {"a": 1}):
            answer = self.client.create({"export_format": "text/csv",
                                         "export_context": {"source": {**QUERY, "dateRange": {"date_from": wrong}}}})
            self.assertEqual(answer.status, 201)
            self.stack.wait_for_end(self.client, answer.json["id"])

    def test_a_property_with_a_tempting_name(self):
        for extra in ({"properties": [{"key": EVIL, "value": [EVIL], "operator": "exact"}]},
                      {"properties": [{"key": EVIL, "operator": "is_set"}]},
                      {"breakdownFilter": {"breakdown": EVIL, "breakdown_type": "event"}},
                      {"series": [{"kind": "EventsNode", "event": EVIL, "custom_name": EVIL}]}):
            with self.subTest(extra=extra):
                answer = self.client.create({"export_format": "text/csv", "export_context": {"source": {**QUERY, **extra}}})
                shown = self.stack.wait_for_end(self.client, answer.json["id"])
                self.assertIs(shown["has_content"], True, shown)

    def test_queries_of_the_wrong_shape(self):
        for source in ({"kind": "TrendsQuery"}, {"kind": "TrendsQuery", "series": []}, {"kind": "TrendsQuery", "series": "x"},
                       {"kind": "TrendsQuery", "series": [5]}, {"kind": "TrendsQuery", "series": [{"kind": "Nonsense"}]},
                       {**QUERY, "interval": "eon"}, {**QUERY, "interval": 5},
                       {**QUERY, "series": [{"kind": "EventsNode", "event": "commit", "math": "magic"}]},
                       {"kind": "InsightVizNode"}, {"kind": "InsightVizNode", "source": 5},
                       {"kind": "InsightVizNode", "source": {"kind": "InsightVizNode", "source": {}}}):
            with self.subTest(source=source):
                self.failed({"export_format": "text/csv", "export_context": {"source": source}})

    def test_a_range_of_more_buckets_than_anyone_reads(self):
        self.failed({"export_format": "text/csv", "export_context": {"source": {
            **QUERY, "interval": "hour", "dateRange": {"date_from": "1990-01-01", "date_to": "2030-01-01"}}}}, "10000")

    def test_an_insight_without_events_is_a_picture_that_says_so(self):
        insight = self.stack.add_insight({**QUERY, "series": [{"kind": "EventsNode", "event": "never happened"}]}, "Nothing")
        shown = self.client.create({"export_format": "image/png", "insight": insight}).json
        shown = self.stack.wait_for_end(self.client, shown["id"])
        self.assertIs(shown["has_content"], True, shown)
        self.assertEqual(Png(self.client.content(shown["id"]).body).width, 1600)

    def test_a_stored_result_of_the_wrong_shape(self):
        for result in (5, "text", [], {}, {"results": 5}, {"result": [{"data": "x"}]}, [{"data": [1], "labels": 5}],
                       {"results": [{"label": {}, "data": [None, "x"], "labels": [1, 2], "days": "y"}]}, [[[[]]]],
                       {"results": [{"data": [1, 2, 3], "labels": ["a"], "days": ["2024-01-01"]}]}):
            for mime in ("image/png", "text/csv"):
                with self.subTest(result=result, mime=mime):
                    insight = self.stack.add_insight(QUERY, "Odd", result=result)
                    answer = self.client.create({"export_format": mime, "insight": insight})
                    shown = self.stack.wait_for_end(self.client, answer.json["id"])
                    if mime == "image/png" and shown["has_content"]:
                        Png(self.client.content(shown["id"]).body)

    def test_a_picture_larger_than_is_allowed(self):
        for context in ({"width": 8000, "scale": 4}, {"width": 10**9}, {"scale": 10**9}, {"width": -5}, {"scale": 0},
                        {"width": "wide"}, {"scale": None}):
            with self.subTest(context=context):
                answer = self.client.create({"export_format": "image/png", "insight": self.insight, "export_context": context})
                shown = self.stack.wait_for_end(self.client, answer.json["id"])
                if shown["has_content"]:
                    picture = Png(self.client.content(shown["id"]).body)
                    self.assertLessEqual(picture.width * picture.height, 50000000)

    def test_a_dashboard_of_nothing(self):
        dashboard = self.stack.add_dashboard("Empty", [])
        answer = self.client.create({"export_format": "image/png", "dashboard": dashboard})
        shown = self.stack.wait_for_end(self.client, answer.json["id"])
        self.assertTrue(shown["has_content"] or shown["exception"])

    def test_a_dashboard_with_one_bad_tile_is_drawn(self):
        bad = self.stack.add_insight({"kind": "NoSuchQuery"}, "Bad")
        dashboard = self.stack.add_dashboard("Half", [self.insight, bad])
        answer = self.client.create({"export_format": "image/png", "dashboard": dashboard})
        shown = self.stack.wait_for_end(self.client, answer.json["id"])
        self.assertIs(shown["has_content"], True, shown)

    def test_what_is_deleted_after_it_was_asked_for(self):
        insight = self.stack.add_insight(QUERY, "Deleted", deleted=True)
        answer = self.client.create({"export_format": "image/png", "insight": insight})
        if answer.status == 201:
            shown = self.stack.wait_for_end(self.client, answer.json["id"])
            self.assertTrue(shown["exception"])
        else:
            self.assertEqual(answer.status, 400)

    def test_paths_are_not_fetched(self):
        self.failed({"export_format": "text/csv", "export_context": {"path": "/api/projects/1/persons"}})

    def test_five_hundred_strangers_at_once(self):
        import concurrent.futures
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            codes = list(pool.map(lambda _: self.client.with_key("phx_nobody").get(self.client.exports).status, range(500)))
        self.assertEqual(set(codes), {401})
