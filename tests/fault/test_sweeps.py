"""What nobody looks after is found by a sweep, every five seconds."""
import os
import unittest

from support import shared
from support.crowd import QUERY, RESULT
from support.stack import Stack
from support.until import until


class Sweeps(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(shared.servers())
        cls.folder = os.path.join(cls.stack.directory, "blobs")
        os.mkdir(cls.folder)
        cls.stack.settings.update({"blob_store": "directory", "blob_directory": cls.folder})
        cls.stack.start_api()
        cls.stack.start_worker()
        cls.client = cls.stack.client()
        cls.insight = cls.stack.add_insight(QUERY, "Swept", result=RESULT)
        cls.database = cls.stack.database

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def add(self, state="0", dispatch="now()", give_up="now() + interval '1 hour'", more=""):
        return self.database.number(f"""
            INSERT INTO exports (project_id, created_by, insight_id, export_format, state, dispatch_at, give_up_at,
                                 expires_after, worker_id, run_deadline)
            VALUES (1, 1, {self.insight}, 'text/csv', {state}, {dispatch}, {give_up}, now() + interval '1 day',
                    {more or 'NULL, NULL'}) RETURNING id""")

    def state(self, number):
        return self.stack.row(number)["state"]

    def test_a_row_that_redis_never_heard_of(self):
        number = self.add()
        until(lambda: self.state(number) == "2", 15, f"it is found; {self.stack.row(number)}")

    def test_a_row_past_its_time(self):
        number = self.add(dispatch="now() + interval '1 hour'", give_up="now() - interval '1 second'")
        until(lambda: self.state(number) == "3", 15, "it is given up")
        self.assertEqual(self.stack.row(number)["failure_type"], "timeout_generation")
        self.assertTrue(self.client.retrieve(number).json["exception"])

    def test_a_run_past_its_deadline(self):
        beating = self.database.one("SELECT id FROM workers LIMIT 1")
        number = self.add("1", "NULL", more=f"'{beating}', now() - interval '1 second'")
        until(lambda: self.state(number) == "3", 15, "it is ended")
        self.assertEqual(self.stack.row(number)["failure_type"], "timeout_generation")

    def test_what_expires_leaves_and_takes_its_file_along(self):
        shown = self.client.create({"export_format": "text/csv", "insight": self.insight}).json
        self.assertIs(shown["has_content"], True)
        path = os.path.join(self.folder, self.stack.row(shown["id"])["content_location"])
        self.assertTrue(os.path.exists(path))
        self.database.run(f"UPDATE exports SET expires_after = now() - interval '1 second' WHERE id = {shown['id']}")
        until(lambda: self.state(shown["id"]) == "5", 15, "it expires")
        self.assertTrue(os.path.exists(path), "who is downloading may finish")
        self.database.run(f"UPDATE exports SET deleted_at = now() - interval '2 hours' WHERE id = {shown['id']}")
        until(lambda: not os.path.exists(path), 15, "its file goes")
        self.assertEqual(self.database.number(f"SELECT count(*) FROM export_outcomes WHERE export_id = {shown['id']}"), 1)

    def test_a_file_without_a_row(self):
        location = "exports/csv/team-1/task-999999/1-deadbeef"
        path = os.path.join(self.folder, location)
        os.makedirs(os.path.dirname(path))
        with open(path, "w", encoding="ascii") as stream:
            stream.write("orphan")
        self.database.run(f"INSERT INTO blob_intents (location, store, export_id, fence, created_at) "
                          f"VALUES ('{location}', 'directory', 999999, 1, now() - interval '2 hours')")
        until(lambda: not os.path.exists(path), 15, "the orphan goes")
        until(lambda: self.database.number("SELECT count(*) FROM blob_intents WHERE export_id = 999999") == 0, 10,
              "its intent goes")

    def test_a_young_intent_is_left_alone(self):
        self.database.run("INSERT INTO blob_intents (location, store, export_id, fence) VALUES ('young', 'directory', 888888, 1)")
        number = self.add()
        until(lambda: self.state(number) == "2", 15, "a pass of the sweep has been")
        self.assertEqual(self.database.number("SELECT count(*) FROM blob_intents WHERE export_id = 888888"), 1)
