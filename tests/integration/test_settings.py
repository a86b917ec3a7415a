"""Stacks that are set up otherwise: another blob store, no Redis, nobody who works."""
import hashlib
import os
import threading
import time
import unittest

from support import shared
from support.png import Png
from support.servers import is_alive
from support.stack import Stack
from support.until import until

RESULT = [{"label": "x", "data": [1.0, 2.0], "count": 3.0, "labels": ["1-Jan-2024", "2-Jan-2024"],
           "days": ["2024-01-01", "2024-01-02"], "action": {"id": "x", "name": "x"}}]
QUERY = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "x"}]}


class Waiting(unittest.TestCase):
    """Nobody works, so every create waits as long as it may."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(shared.servers(), {"create_wait_ms": 1500})
        cls.stack.start_api()
        cls.client = cls.stack.client()
        cls.insight = cls.stack.add_insight(QUERY, result=RESULT)

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def timed(self, headers=None):
        began = time.monotonic()
        answer = self.client.post_json(self.client.exports, {"export_format": "image/png", "insight": self.insight}, headers)
        self.assertEqual(answer.status, 201, answer)
        self.assertIs(answer.json["has_content"], False)
        self.assertIsNone(answer.json["exception"])
        return time.monotonic() - began

    def test_the_setting_bounds_the_wait(self):
        self.assertTrue(1.4 < self.timed() < 3)

    def test_the_client_may_prefer_another(self):
        self.assertLess(self.timed({"Prefer": "wait=0"}), 0.5)
        self.assertTrue(0.9 < self.timed({"Prefer": "wait=1"}) < 1.5)
        self.assertTrue(1.9 < self.timed({"Prefer": "respond-async, wait=2"}) < 3)

    def test_a_preference_that_is_none_is_passed_over(self):
        for word in ("wait=abc", "wait=", "wait=-1", "nonsense"):
            self.assertTrue(1.4 < self.timed({"Prefer": word}) < 3, word)

    def test_others_are_answered_meanwhile(self):
        slow = threading.Thread(target=self.timed)
        slow.start()
        began = time.monotonic()
        self.assertEqual(self.client.get("/livez").status, 200)
        self.assertEqual(self.client.get(self.client.exports).status, 200)
        self.assertLess(time.monotonic() - began, 1)
        slow.join()

    def test_whoever_waits_is_told_when_it_is_there(self):
        got = []
        asking = threading.Thread(target=lambda: got.append(self.client.create(
            {"export_format": "text/csv", "insight": self.insight}, wait=20)))
        asking.start()
        worker = self.stack.start_worker()
        asking.join()
        self.assertEqual(got[0].status, 201)
        self.assertIs(got[0].json["has_content"], True, got[0])
        self.assertEqual(worker.stop(), 0)


class Directory(unittest.TestCase):
    def test_files_lie_in_the_directory(self):
        stack = Stack(shared.servers())
        try:
            folder = os.path.join(stack.directory, "blobs")
            os.mkdir(folder)
            stack.settings.update({"blob_store": "directory", "blob_directory": folder})
            stack.start_api()
            stack.start_worker()
            client = stack.client()
            insight = stack.add_insight(QUERY, result=RESULT)
            for mime in ("image/png", "text/csv"):
                shown = client.create({"export_format": mime, "insight": insight}).json
                shown = stack.wait_for_end(client, shown["id"])
                row = stack.row(shown["id"])
                self.assertEqual(row["content_store"], "directory")
                body = client.content(shown["id"]).body
                with open(os.path.join(folder, row["content_location"]), "rb") as stream:
                    self.assertEqual(stream.read(), body)
                self.assertEqual(hashlib.sha256(body).hexdigest(), row["content_sha256"])
            self.assertEqual(stack.database.number("SELECT count(*) FROM export_blobs"), 0)
            left = [name for _, _, names in os.walk(folder) for name in names]
            self.assertEqual(len(left), 2, "temporary files stay behind")
            self.assertEqual(stack.database.number("SELECT count(*) FROM blob_intents"), 0)
            # An export made before the store was changed is still read from where it lies.
            stack.api.stop()
            stack.start_api({"blob_store": "postgres"})
            self.assertEqual(stack.client().content(shown["id"]).status, 200)
        finally:
            stack.close()


class WithoutRedis(unittest.TestCase):
    def run_without(self, url):
        stack = Stack(shared.servers(), {"redis_url": url})
        try:
            stack.start_api()
            stack.start_worker()
            client = stack.client()
            insight = stack.add_insight(QUERY, result=RESULT)
            for mime in ("image/png", "text/csv", "text/csv"):
                began = time.monotonic()
                answer = client.create({"export_format": mime, "insight": insight}, wait=0)
                self.assertEqual(answer.status, 201, answer)
                shown = stack.wait_for_end(client, answer.json["id"], 10)
                self.assertIs(shown["has_content"], True, shown)
                self.assertLess(time.monotonic() - began, 4.5, "found by the rows within 3 s, and drawn")
            answer = client.create({"export_format": "image/png", "insight": insight})
            self.assertIs(answer.json["has_content"], True)
            Png(client.content(answer.json["id"]).body)
        finally:
            stack.close()

    def test_no_redis_is_set(self):
        self.run_without("")

    def test_redis_is_not_there(self):
        self.run_without("unix:/nonexistent/redis.sock")

    def test_redis_listens_on_no_port(self):
        self.run_without("redis://127.0.0.1:1/0")


class Throttled(unittest.TestCase):
    def test_480_calls_a_minute_for_each_key(self):
        stack = Stack(shared.servers())
        try:
            stack.start_api({"api_throttle": 1})
            client = stack.client()
            codes = [client.get(client.exports).status for _ in range(480)]
            self.assertEqual(set(codes), {200})
            answer = client.get(client.exports)
            self.assertEqual(answer.status, 429)
            self.assertEqual((answer.json["type"], answer.json["code"]), ("throttled_error", "throttled"))
            seconds = int(answer.header("Retry-After"))
            self.assertTrue(1 <= seconds <= 60)
            self.assertRegex(answer.json["detail"], r"^Request was throttled\. Expected available in \d+ seconds?\.$")
            self.assertEqual(stack.client(stack.make_key()).get(client.exports).status, 200, "each key counts alone")
            self.assertEqual(client.get("/livez").status, 200)
        finally:
            stack.close()


class Starting(unittest.TestCase):
    def test_a_busy_port_is_said(self):
        stack = shared.stack()
        second = stack.start("platen-api", {"listen_port": stack.api.port})
        self.assertNotEqual(second.process.wait(15), 0)
        self.assertIn(str(stack.api.port), second.log)

    def test_a_setting_that_is_none_is_named(self):
        stack = shared.stack()
        for name in ("platen-api", "platen-worker"):
            program = stack.start(name, {"log_level": "loud"})
            self.assertNotEqual(program.process.wait(15), 0)
            self.assertIn("loud", program.log)

    def test_sigterm_ends_everything_at_rest(self):
        stack = Stack(shared.servers())
        try:
            api, worker = stack.start_api(), stack.start_worker()
            renderer = until(lambda: stack.renderer_pid(worker), 10, "a renderer runs")
            self.assertEqual(worker.stop(10), 0)
            self.assertEqual(api.stop(40), 0)
            until(lambda: not is_alive(renderer), 5, "the renderer ends with its worker")
            self.assertEqual(stack.database.number("SELECT count(*) FROM workers"), 0)
        finally:
            stack.close()
