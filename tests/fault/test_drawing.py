"""A drawing child that dies, hangs or wants too much costs its own export and nothing else."""
import os
import signal
import unittest

from support import shared
from support.crowd import QUERY, RESULT, Crowd
from support.servers import is_alive
from support.stack import Stack, children
from support.until import until


class Drawing(unittest.TestCase):
    def begin(self, fail=None, **settings):
        self.stack = Stack(shared.servers(), settings)
        self.addCleanup(self.stack.close)
        self.stack.start_api()
        self.worker = self.stack.start_worker(fail=fail)
        self.client = self.stack.client()
        self.insight = self.stack.add_insight(QUERY, "Drawing", result=RESULT)
        self.renderer = until(lambda: self.stack.renderer_pid(self.worker), 10, "a renderer runs")

    def create(self, mime="image/png", **more):
        answer = self.client.create({"export_format": mime, "insight": self.insight, **more}, wait=0)
        self.assertEqual(answer.status, 201, answer)
        return answer.json["id"]

    def ends(self, number, seconds=30):
        """Ended, and not kept waiting by the patience between crashes."""
        def look():
            self.stack.database.run(f"UPDATE exports SET dispatch_at = now() WHERE id = {number} AND state = 0 "
                                    "AND dispatch_at > now() + interval '6 seconds' AND dispatch_at < now() + interval '40 seconds'")
            return self.stack.row(number)["state"] in ("2", "3")
        until(look, seconds, f"export {number} ends; {self.stack.row(number)}")
        return self.stack.row(number)

    def nothing_else_happened(self):
        self.assertTrue(self.worker.is_running(), self.worker.log[-2000:])
        self.assertEqual(self.stack.renderer_pid(self.worker), self.renderer, "the renderer is the same")
        number = self.create("text/csv")
        self.assertEqual(self.ends(number)["state"], "2")

    def child(self):
        return until(lambda: children(self.renderer), 10, "a child draws")[0]

    def test_it_dies_each_time(self):
        self.begin(fail="renderer.child=kill")
        number = self.create()
        row = self.ends(number)
        self.assertEqual((row["state"], row["exception_type"], row["failure_type"]), ("3", "RendererCrashed", "system"))
        self.assertLessEqual(int(row["attempt"]), 4)
        self.assertNotIn("signal", row["exception"].lower(), "the customer is told a sentence")
        self.nothing_else_happened()

    def test_it_dies_once(self):
        self.begin(fail="renderer.hang=fail", draw_timeout_ms=60000)
        number = self.create()
        os.kill(self.child(), signal.SIGKILL)
        until(lambda: self.stack.row(number)["crashes"] == "1", 10, "the crash is counted")
        self.nothing_else_happened()
        self.worker.kill()
        self.worker = self.stack.start_worker()
        self.stack.database.run("UPDATE workers SET beat_at = beat_at - interval '1 hour' "
                                f"WHERE pid <> {self.worker.pid}")
        row = self.ends(number, 60)
        self.assertEqual(row["state"], "2", row)

    def test_it_hangs_past_its_limit(self):
        self.begin(fail="renderer.hang=fail", draw_timeout_ms=700)
        number = self.create()
        child = self.child()
        row = self.ends(number)
        self.assertEqual((row["state"], row["failure_type"]), ("3", "timeout_generation"), row)
        self.assertIn("700", row["exception"])
        self.assertIn("draw_timeout_ms", row["exception"])
        until(lambda: not is_alive(child), 5, "the child that hung is gone")
        self.nothing_else_happened()

    def test_it_may_not_draw_that_many_pixels(self):
        self.begin(draw_max_pixels=1000000)
        row = self.ends(self.create())
        self.assertEqual((row["state"], row["failure_type"], row["attempt"]), ("3", "user", "1"), row)
        self.assertRegex(row["exception"], r"limit is (1.0 million|1,?000,?000)\b")
        self.assertIn("draw_max_pixels", row["exception"])
        self.nothing_else_happened()

    def test_children_die_amid_a_crowd(self):
        self.begin()
        crowd = Crowd(self.stack, 80, pictures=1)
        crowd.start()
        self.addCleanup(setattr, crowd, "over", True)
        killed = 0
        for share in (0.1, 0.3, 0.5):
            crowd.until_ended(share)
            try:
                os.kill(self.child(), signal.SIGKILL)
                killed += 1
            except ProcessLookupError:
                continue
        crowd.finish(self)
        self.assertEqual(self.stack.renderer_pid(self.worker), self.renderer)
        self.assertGreater(killed, 0)
        crashes = self.stack.database.number("SELECT coalesce(sum(crashes), 0) FROM exports")
        self.assertLessEqual(crashes, killed)

    def test_a_renderer_that_answers_nobody_is_replaced(self):
        self.begin(draw_timeout_ms=3000)
        crowd = Crowd(self.stack, 60, pictures=2)
        crowd.start()
        self.addCleanup(setattr, crowd, "over", True)
        crowd.until_ended(0.2)
        os.kill(self.renderer, signal.SIGSTOP)
        self.addCleanup(lambda: is_alive(self.renderer) and os.kill(self.renderer, signal.SIGCONT))
        crowd.finish(self)
        self.assertTrue(self.worker.is_running())
        self.assertNotEqual(self.stack.renderer_pid(self.worker), self.renderer)
        until(lambda: not is_alive(self.renderer), 10, "who answered nobody is gone")
