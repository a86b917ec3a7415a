"""The command line, by its exit codes and what it leaves behind."""
import gzip
import hashlib
import json
import os
import unittest

from support import demo, shared
from support.png import Png
from support.servers import ROOT
from support.stack import Stack

QUERY = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit"}],
         "dateRange": {"date_from": "2024-01-01", "date_to": "2024-01-14"}}
SCHEMA = ("--schema", os.path.join(ROOT, "deploy", "schema"))
RESULT = [{"label": "commit", "data": [1.0, 2.0], "count": 3.0, "labels": ["1-Jan-2024", "2-Jan-2024"],
           "days": ["2024-01-01", "2024-01-02"], "action": {"id": "commit", "name": "commit"}}]


class Local(unittest.TestCase):
    """Without programs running; a database of its own."""

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(shared.servers())

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()

    def run_platen(self, *words, code=0, **more):
        done = self.stack.platen(*words, **more)
        self.assertEqual(done.returncode, code, f"platen {' '.join(map(str, words))}: {done.stdout} {done.stderr}")
        return done

    def write(self, name, text):
        path = os.path.join(self.stack.directory, name)
        with open(path, "w", encoding="utf-8", newline="") as stream:
            stream.write(text)
        return path

    def events(self):
        return self.stack.database.number("SELECT count(*) FROM events")

    def test_help_and_version(self):
        for command in ("config", "export", "key", "load", "migrate", "query", "render"):
            self.assertIn(command, self.run_platen("--help").stdout)
            self.assertIn("usage", self.run_platen(command, "--help").stdout.lower())
        self.assertRegex(self.run_platen("--version").stdout, r"^platen \d+\.\d+")

    def test_wrong_usage_is_2_and_on_standard_error(self):
        for words in ((), ("nonsense",), ("export",), ("export", "--nonsense"), ("load",), ("key",), ("query",), ("render",),
                      ("migrate", "x"), ("export", "--insight", "x"), ("export", "--insight", "1", "--dashboard")):
            done = self.run_platen(*words, code=2)
            self.assertEqual(done.stdout, "", words)
            self.assertTrue(done.stderr, words)

    def test_a_bad_setting_is_78(self):
        self.run_platen("migrate", "--query-connections=0", code=78)

    def test_migrating_twice_changes_nothing(self):
        before = self.stack.database.rows("SELECT table_name, column_name FROM information_schema.columns "
                                          "WHERE table_schema = 'public' ORDER BY 1, 2")
        self.run_platen("migrate", *SCHEMA)
        self.run_platen("migrate", *SCHEMA)
        after = self.stack.database.rows("SELECT table_name, column_name FROM information_schema.columns "
                                         "WHERE table_schema = 'public' ORDER BY 1, 2")
        self.assertEqual(before, after)

    def test_migrating_a_database_that_is_not_there_is_69(self):
        self.run_platen("migrate", *SCHEMA, settings={"database_url": "postgresql:///x?host=/nonexistent"}, code=69)

    def test_the_demo_loads_and_loads_again(self):
        self.run_platen("load", "--project", 1, "events", demo.FILE)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM events WHERE project_id = 1"), len(demo.events()))
        people = len({event.distinct_id for event in demo.events()})
        self.assertEqual(self.stack.database.number("SELECT count(DISTINCT person_id) FROM events WHERE project_id = 1"), people)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM person_distinct_ids WHERE project_id = 1"), people)
        self.run_platen("load", "--project", 1, "events", demo.FILE)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM events WHERE project_id = 1"), len(demo.events()))

    def test_a_bad_row_names_its_place_and_loads_nothing(self):
        head = "uuid,event,distinct_id,timestamp,properties\n"
        good = '11111111-1111-4111-8111-11111111111{},a,b,2024-01-01T00:00:00Z,"{{""a"": 1}}"\n'
        cases = [
            ("not-a-uuid,a,b,2024-01-01T00:00:00Z,{}\n", "uuid"),
            ("11111111-1111-4111-8111-111111111119,a,b,yesterday,{}\n", "timestamp"),
            ("11111111-1111-4111-8111-111111111119,a,b,2024-13-01T00:00:00Z,{}\n", "timestamp"),
            ("11111111-1111-4111-8111-111111111119,a,b,2024-01-01T00:00:00Z,{broken\n", "properties"),
            ("11111111-1111-4111-8111-111111111119,a,b\n", ""),
            ("11111111-1111-4111-8111-111111111119,,b,2024-01-01T00:00:00Z,{}\n", "event"),
            ('11111111-1111-4111-8111-111111111119,a,b,2024-01-01T00:00:00Z,"[1]"\n', "properties"),
        ]
        for number, (row, column) in enumerate(cases):
            with self.subTest(row=row):
                before = self.events()
                path = self.write(f"bad-{number}.csv", head + good.format(1) + good.format(2) + row + good.format(3))
                done = self.run_platen("load", "--project", 2, "events", path, code=65)
                self.assertIn(f"bad-{number}.csv", done.stderr)
                self.assertRegex(done.stderr, r"\b4\b")
                self.assertIn(column, done.stderr)
                self.assertEqual(self.events(), before)

    def test_files_that_are_none(self):
        self.run_platen("load", "--project", 1, "events", "/nonexistent/x.csv", code=66)
        self.run_platen("load", "--project", 1, "events", self.write("head.csv", "who,what\n1,2\n"), code=65)
        path = os.path.join(self.stack.directory, "cut.csv.gz")
        with gzip.open(path, "wb") as stream:
            stream.write(os.urandom(100000))
        with open(path, "r+b") as stream:
            stream.truncate(5000)
        before = self.events()
        self.run_platen("load", "--project", 1, "events", path, code=65)
        self.assertEqual(self.events(), before)
        self.run_platen("load", "--project", 4711, "events", self.write("none.csv", "uuid,event,distinct_id,timestamp\n"), code=65)

    def test_a_key_is_shown_once_and_stored_as_a_hash(self):
        done = self.run_platen("key", "create", "--user", "one@example.com", "--scopes", "export:write,insight:read",
                               "--label", "test", "--projects", "1,2")
        key = [word for word in done.stdout.split() if word.startswith("phx_")][0]
        secure = "sha256$" + hashlib.sha256(key.encode()).hexdigest()
        self.assertEqual(self.stack.database.rows(f"SELECT label, scopes, scoped_projects FROM api_keys WHERE secure_value = '{secure}'"),
                         [["test", "{export:write,insight:read}", "{1,2}"]])
        self.run_platen("key", "create", "--user", "nobody@example.com", "--scopes", "*", code=65)
        self.run_platen("key", "create", "--user", "one@example.com", "--scopes", "what is this", code=2)

    def test_a_result_is_drawn_without_a_server(self):
        path = self.write("insight.json", json.dumps({"name": "Alone", "query": QUERY, "result": RESULT}))
        out = os.path.join(self.stack.directory, "alone.png")
        away = {"database_url": "postgresql:///x?host=/nonexistent", "redis_url": "unix:/nonexistent"}
        self.run_platen("render", path, "--output", out, settings=away)
        with open(out, "rb") as stream:
            picture = Png(stream.read())
        self.assertEqual(picture.width, 1600)
        self.run_platen("render", path, "--output", out, "--scale", "1", "--width", "1000", settings=away)
        with open(out, "rb") as stream:
            self.assertEqual(Png(stream.read()).width, 1000)
        out = os.path.join(self.stack.directory, "alone.csv")
        self.run_platen("render", path, "--output", out, settings=away)
        with open(out, "rb") as stream:
            self.assertEqual(stream.read(), b"series,1-Jan-2024,2-Jan-2024\r\ncommit,1.0,2.0\r\n")

    def test_a_document_that_is_none(self):
        self.run_platen("render", "/nonexistent.json", code=66)
        for text in ("", "{", "[", "\"x\"", "5"):
            out = os.path.join(self.stack.directory, "never.png")
            self.run_platen("render", self.write("broken.json", text), "--output", out, code=65)
            self.assertFalse(os.path.exists(out))
        path = self.write("fine.json", json.dumps({"query": QUERY, "result": RESULT}))
        self.run_platen("render", path, "--output", "/nonexistent/folder/x.png", code=73)

    def test_definitions_load_and_load_again(self):
        path = self.write("definitions.json", json.dumps({"results": [
            {"id": 900, "short_id": "abcdefgh", "name": "From the API", "query": QUERY, "result": None}]}))
        plain = self.write("plain.json", json.dumps({"insights": [
            {"id": 901, "short_id": "bcdefghi", "name": "Listed", "query": QUERY}], "dashboards": []}))
        for file in (path, plain):
            done = self.stack.platen("load", "--project", 1, "definitions", file)
            if done.returncode == 0:
                before = self.stack.database.number("SELECT count(*) FROM insights")
                self.run_platen("load", "--project", 1, "definitions", file)
                self.assertEqual(self.stack.database.number("SELECT count(*) FROM insights"), before)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM insights WHERE name = 'Listed'"), 1)
        before = self.stack.database.number("SELECT count(*) FROM insights")
        done = self.run_platen("load", "--project", 1, "definitions", self.write("bad.json", json.dumps(
            {"insights": [{"id": 902, "short_id": "cdefghij", "name": "Good", "query": QUERY}, {"id": 903, "name": 5}]})), code=65)
        self.assertIn("bad.json", done.stderr)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM insights"), before)

    def test_secrets_are_not_shown(self):
        done = self.run_platen("config", settings={"database_url": "postgresql://me:hunter2@127.0.0.1/x",
                                                   "redis_url": "redis://me:hunter3@127.0.0.1:1/0"})
        self.assertNotIn("hunter", done.stdout + done.stderr)


class Export(unittest.TestCase):
    """platen export against the running stack."""

    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.insight = cls.stack.add_insight(QUERY, "By command")
        cls.key_file = os.path.join(cls.stack.directory, "key")
        with open(cls.key_file, "w", encoding="ascii") as stream:
            stream.write(cls.stack.key + "\n")
        os.chmod(cls.key_file, 0o600)

    def export(self, *words, code=0, key=None, url=None):
        done = self.stack.platen("export", *words, environment={
            "PLATEN_URL": url or f"http://127.0.0.1:{self.stack.api.port}",
            "PLATEN_API_KEY": self.stack.key if key is None else key, "PLATEN_PROJECT_ID": "1"})
        self.assertEqual(done.returncode, code, f"{words}: {done.stdout} {done.stderr}")
        return done

    def out(self, name):
        return os.path.join(self.stack.directory, name)

    def test_an_insight_and_a_dashboard_are_saved(self):
        dashboard = self.stack.add_dashboard("By command", [self.insight])
        for words, file, width in ((("--insight", self.insight), "i.png", 1600), (("--dashboard", dashboard), "d.png", 3840)):
            self.export(*words, "--format", "png", "--wait", "--output", self.out(file))
            with open(self.out(file), "rb") as stream:
                self.assertEqual(Png(stream.read()).width, width)
        self.export("--insight", self.insight, "--format", "csv", "--wait", "30", "--output", self.out("i.csv"))
        with open(self.out("i.csv"), "rb") as stream:
            self.assertTrue(stream.read().startswith(b"series,1-Jan-2024,"))

    def test_what_fails_is_65_and_leaves_nothing(self):
        broken = self.stack.add_insight({"kind": "NoSuchQuery"}, "Broken")
        done = self.export("--insight", broken, "--wait", "--output", self.out("never.png"), code=65)
        self.assertIn("NoSuchQuery", done.stderr)
        self.assertFalse(os.path.exists(self.out("never.png")))
        self.export("--insight", 987654, "--wait", "--output", self.out("never.png"), code=65)

    def test_who_may_not_is_77(self):
        self.export("--insight", self.insight, "--output", self.out("never.png"), key="phx_wrong", code=77)
        self.export("--insight", self.insight, "--output", self.out("never.png"),
                    key=self.stack.make_key(scopes=["export:read"]), code=77)

    def test_nobody_there_is_69(self):
        self.export("--insight", self.insight, "--output", self.out("never.png"), url="http://127.0.0.1:1", code=69)

    def test_a_place_that_is_none_is_73(self):
        self.export("--insight", self.insight, "--wait", "--output", "/nonexistent/folder/x.png", code=73)

    def test_the_key_may_come_from_a_file(self):
        done = self.stack.platen("export", "--insight", self.insight, "--format", "csv", "--wait", "--output", "-",
                                 "--key-file", self.key_file, "--project", 1, "--url", f"http://127.0.0.1:{self.stack.api.port}")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue(done.stdout.startswith("series,"))
        self.assertNotIn(self.stack.key, done.stdout + done.stderr)
