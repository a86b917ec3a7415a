"""A worker that dies at each point of its way, and one that sleeps past its lease.

All wait for the same 20 s of silence, so they begin together, each with a database of its own.
"""
import os
import signal
import unittest

from support import shared
from support.crowd import QUERY, RESULT
from support.stack import Stack, children
from support.until import until

DYING = ("store.before", "store.after", "record.before", "record.after")


class Points(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stacks, cls.numbers, cls.first, cls.second = {}, {}, {}, {}
        try:
            for point in DYING:
                cls.begin(point, fail=f"{point}=kill", blob_store="directory" if point == "store.after" else "postgres")
            cls.begin("asleep", fail="renderer.hang=fail", draw_timeout_ms=60000)
            for point, stack in cls.stacks.items():
                cls.hurt(point, stack)
        except BaseException:
            cls.tearDownClass()
            raise

    @classmethod
    def begin(cls, point, fail, **settings):
        stack = Stack(shared.servers())
        cls.stacks[point] = stack
        if settings.get("blob_store") == "directory":
            settings["blob_directory"] = os.path.join(stack.directory, "blobs")
            os.mkdir(settings["blob_directory"])
        stack.settings.update(settings)
        stack.start_api()
        cls.first[point] = stack.start_worker(fail=fail)
        insight = stack.add_insight(QUERY, "Point", result=RESULT)
        cls.numbers[point] = stack.client().create(
            {"export_format": "image/png" if point == "asleep" else "text/csv", "insight": insight}, wait=0).json["id"]

    @classmethod
    def hurt(cls, point, stack):
        worker, number = cls.first[point], cls.numbers[point]
        if point == "asleep":
            until(lambda: stack.row(number)["state"] == "1", 10, "the export runs")
            os.killpg(worker.pid, signal.SIGSTOP)
        else:
            until(lambda: not worker.is_running(), 15, f"the worker dies at {point}; {worker.log[-1500:]}")
        cls.second[point] = stack.start_worker(fail="renderer.hang=fail" if point == "asleep" else None)

    @classmethod
    def tearDownClass(cls):
        for stack in cls.stacks.values():
            for worker in cls.first.values():
                if worker.is_running():
                    os.killpg(worker.pid, signal.SIGCONT)
            stack.close()

    def done_once(self, point):
        stack, number = self.stacks[point], self.numbers[point]
        # 20 s of silence, none of it within 30 s of a start of Postgres, and one pass of the sweep.
        until(lambda: stack.row(number)["state"] == "2", 65, f"another worker makes the export; {stack.row(number)}")
        self.assertEqual(stack.database.number(f"SELECT count(*) FROM export_outcomes WHERE export_id = {number}"), 1)
        self.assertEqual(stack.client().content(number).status, 200)
        return stack.row(number)

    def test_before_it_is_stored(self):
        self.assertEqual(self.done_once("store.before")["crashes"], "1")

    def test_after_it_is_stored_in_a_directory(self):
        self.assertEqual(self.done_once("store.after")["crashes"], "1")
        stack = self.stacks["store.after"]
        self.assertEqual(stack.database.number("SELECT count(*) FROM blob_intents"), 1, "the orphan is known by its intent")

    def test_before_it_is_recorded(self):
        self.assertEqual(self.done_once("record.before")["crashes"], "1")

    def test_after_it_is_recorded(self):
        row = self.done_once("record.after")
        self.assertEqual((row["attempt"], row["crashes"]), ("1", "0"), "what was recorded is not done again")

    def test_asleep_past_its_lease(self):
        """The sleeper wakes while another worker runs its export: only the fence tells them apart."""
        stack, number = self.stacks["asleep"], self.numbers["asleep"]
        sleeper, second = self.first["asleep"], self.second["asleep"]
        until(lambda: (stack.row(number)["state"], stack.row(number)["fence"]) == ("1", "2"), 65,
              f"another worker takes the export; {stack.row(number)}")
        row = stack.row(number)
        os.killpg(sleeper.pid, signal.SIGCONT)
        # It still draws.  What it makes of the end of that must change nothing.
        os.kill(self.child(sleeper), signal.SIGKILL)
        until(lambda: "no longer ours" in sleeper.log, 15, f"the sleeper finds its claim taken; {sleeper.log[-1500:]}")
        self.assertEqual(sleeper.stop(20), 0)
        self.assertEqual(stack.row(number), row)
        # The second one draws for ever too; asked to leave, it gives back what it has.
        stack.start_worker()
        second.signal(signal.SIGTERM)
        os.kill(self.child(second), signal.SIGKILL)
        self.done_once("asleep")
        self.assertEqual(second.stop(20), 0)

    def child(self, worker):
        renderer = self.stacks["asleep"].renderer_pid(worker)
        return until(lambda: children(renderer), 10, "a picture is being drawn")[0]


class Failing(unittest.TestCase):
    def test_a_store_that_refuses_is_tried_again_then_said(self):
        stack = Stack(shared.servers(), {"export_attempts": 2})
        self.addCleanup(stack.close)
        stack.start_api()
        worker = stack.start_worker(fail="store.before=fail")
        insight = stack.add_insight(QUERY, "Refused", result=RESULT)
        number = stack.client().create({"export_format": "text/csv", "insight": insight}, wait=0).json["id"]
        until(lambda: stack.row(number)["state"] == "3", 30, f"the export fails; {stack.row(number)}")
        row = stack.row(number)
        self.assertEqual((row["attempt"], row["exception_type"], row["failure_type"]), ("2", "ObjectStorageError", "system"))
        self.assertEqual(row["exception"], "The file could not be stored.")
        self.assertEqual(stack.database.number("SELECT count(*) FROM export_blobs"), 0)
        self.assertTrue(worker.is_running())
