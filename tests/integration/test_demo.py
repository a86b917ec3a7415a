"""The demo as deploy/quickstart lays it out, by the command line alone: everything in it can be exported."""
import json
import os
import unittest

from support import demo, shared
from support.png import Png
from support.servers import ROOT
from support.stack import Stack

DEFINITIONS = os.path.join(ROOT, "deploy", "demo", "definitions.json")


class Demo(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(shared.servers(), seeded=False)
        try:
            for words in (("definitions", DEFINITIONS), ("--project", "1", "events", demo.FILE)):
                done = cls.stack.platen("load", *words)
                if done.returncode != 0:
                    raise AssertionError(f"platen load {words}: {done.stderr}")
            cls.stack.start_api()
            cls.stack.start_worker()
        except BaseException:
            cls.stack.close()
            raise
        with open(DEFINITIONS, encoding="utf-8") as stream:
            cls.defined = json.load(stream)["projects"][0]
        user = cls.stack.database.number("SELECT min(id) FROM users")
        cls.client = cls.stack.client(cls.stack.make_key(user=user))

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def exported(self, value):
        answer = self.client.create(value)
        self.assertEqual(answer.status, 201, answer)
        shown = self.stack.wait_for_end(self.client, answer.json["id"])
        self.assertIs(shown["has_content"], True, shown)
        return self.client.content(shown["id"]).body

    def test_every_insight_is_a_picture_and_a_table(self):
        for insight in self.defined["insights"]:
            with self.subTest(insight["name"]):
                table = self.exported({"export_format": "text/csv", "insight": insight["id"]})
                self.assertTrue(table.startswith(b"series,"), table[:100])
                self.assertGreater(table.count(b"\r\n"), 1)
                picture = Png(self.exported({"export_format": "image/png", "insight": insight["id"]}))
                self.assertEqual(picture.width, 1600)

    def test_every_dashboard_is_a_picture_with_a_title(self):
        for dashboard in self.defined["dashboards"]:
            with self.subTest(dashboard["name"]):
                picture = Png(self.exported({"export_format": "image/png", "dashboard": dashboard["id"]}))
                self.assertEqual(picture.width, 3840)
                self.assertIn(dashboard["name"], picture.texts.values())

    def test_nothing_went_wrong_on_the_way(self):
        for dashboard in self.defined["dashboards"]:
            self.exported({"export_format": "image/png", "dashboard": dashboard["id"]})
        for program in self.stack.programs:
            wrong = [line for line in program.log.splitlines() if " error " in line]
            self.assertEqual(wrong, [], program.name)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM exports WHERE attempt > 1 OR crashes > 0"), 0)


class DefinitionsTwice(unittest.TestCase):
    def test_loading_again_changes_nothing(self):
        stack = Stack(shared.servers(), seeded=False)
        try:
            counts = []
            for _ in range(2):
                done = stack.platen("load", "definitions", DEFINITIONS)
                self.assertEqual(done.returncode, 0, done.stderr)
                counts.append([stack.database.one(f"SELECT count(*) || ' ' || coalesce(max(id::text), '') FROM {table}")
                               for table in ("organizations", "projects", "users", "insights", "dashboards",
                                             "dashboard_tiles", "text_tiles")])
            self.assertEqual(counts[0], counts[1])
        finally:
            stack.close()
