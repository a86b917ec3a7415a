"""POST exports: what is accepted, what is refused and with which words, what the answer looks like."""
import re
import unittest
from datetime import datetime, timedelta, timezone

from support import shared

TREND = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit"}],
         "dateRange": {"date_from": "2024-01-01", "date_to": "2024-01-14"}}
KEYS = {"id", "dashboard", "insight", "export_format", "created_at", "has_content", "export_context", "filename",
        "expires_after", "exception", "user_access_level"}


def moment(text):
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


class Create(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.client = cls.stack.client()
        cls.insight = cls.stack.add_insight(TREND, "Weekly (7d) / KPIs")
        cls.dashboard = cls.stack.add_dashboard("Example Dashboard", [cls.insight], ["# Hello"])

    def accepted(self, value, wait=None):
        answer = self.client.create(value, wait)
        self.assertEqual(answer.status, 201, answer)
        return answer.json

    def refused(self, value, status=400, **wanted):
        answer = self.client.create(value)
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(set(answer.json) - {"extra"}, {"type", "code", "detail", "attr"})
        for key, expected in wanted.items():
            self.assertEqual(answer.json[key], expected, answer)
        return answer.json

    def test_an_insight_as_png_is_there_when_the_answer_comes(self):
        shown = self.accepted({"export_format": "image/png", "insight": self.insight})
        self.assertIs(shown["has_content"], True, shown)
        self.assertIsNone(shown["exception"])

    def test_the_answer_has_exactly_the_eleven_keys(self):
        shown = self.accepted({"export_format": "image/png", "insight": self.insight})
        self.assertEqual(set(shown), KEYS)
        self.assertEqual(shown["insight"], self.insight)
        self.assertIsNone(shown["dashboard"])
        self.assertEqual(shown["export_format"], "image/png")
        self.assertIsNone(shown["export_context"])
        self.assertEqual(shown["user_access_level"], "manager")
        self.assertRegex(shown["created_at"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z$")

    def test_every_spelling_of_the_address_works(self):
        for base in ("/api/projects/1/exports", "/api/projects/@current/exports", "/api/environments/1/exports",
                     "/api/environments/@current/exports"):
            for slash in ("", "/"):
                answer = self.client.post_json(base + slash, {"export_format": "text/csv", "insight": self.insight})
                self.assertEqual(answer.status, 201, f"{base}{slash} {answer}")
                number = answer.json["id"]
                for path in (f"{base}{slash}", f"{base}/{number}{slash}", f"{base}/{number}/content{slash}"):
                    self.assertEqual(self.client.get(path).status, 200, path)

    def test_form_and_multipart_bodies_say_the_same(self):
        fields = {"export_format": "text/csv", "insight": str(self.insight),
                  "export_context": '{"filename": "from a form"}'}
        for answer in (self.client.post_form(self.client.exports + "/", fields),
                       self.client.post_multipart(self.client.exports + "/", fields)):
            self.assertEqual(answer.status, 201, answer)
            self.assertEqual(answer.json["insight"], self.insight)
            self.assertTrue(answer.json["filename"].startswith("from-a-form-"), answer)

    def test_context_comes_back_as_it_was_sent(self):
        context = {"filename": "x", "b": [1, 1.0, -0.5, True, None, "é€😀\n\"\\"], "a": {"z": {}, "y": []}, "big": 2**53}
        shown = self.accepted({"export_format": "image/png", "insight": self.insight, "export_context": context})
        self.assertEqual(shown["export_context"], context)
        self.assertEqual(list(shown["export_context"]), list(context))
        self.assertEqual(self.client.retrieve(shown["id"]).json["export_context"], context)

    def test_unknown_and_read_only_fields_are_ignored(self):
        shown = self.accepted({"export_format": "image/png", "insight": self.insight, "expires_after": "2020-01-01T00:00:00Z",
                               "filename": "mine.png", "id": 7, "has_content": False, "created_by": 3, "whatever": [1]})
        self.assertGreater(moment(shown["expires_after"]), datetime.now(timezone.utc))
        self.assertNotEqual(shown["id"], 7)
        self.assertNotEqual(shown["filename"], "mine.png")

    def test_expiry_is_by_format_and_at_midnight(self):
        for mime, days in (("image/png", 180), ("text/csv", 7), ("application/pdf", 180),
                           ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", 7),
                           ("application/json", 180)):
            with self.subTest(mime):
                shown = self.accepted({"export_format": mime, "insight": self.insight})
                made = moment(shown["created_at"])
                expected = (made + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
                self.assertEqual(shown["expires_after"], expected.strftime("%Y-%m-%dT%H:%M:%SZ"))

    def test_file_names(self):
        cases = [
            ("Weekly (7d) / KPIs", None, "export-weekly-7d-kpis"),
            ("Crème Brûlée!", None, "export-creme-brulee"),
            ("日本語", None, "export-"),
            ("_A  -- b_", None, "export-a-b"),
            ("Ignored", "Crème Brûlée!", "creme-brulee"),
            ("Ignored", "report.csv", "reportcsv"),
            ("Ignored", "日本語", ""),
        ]
        for name, given, stem in cases:
            with self.subTest(name=name, given=given):
                insight = self.stack.add_insight(TREND, name)
                value = {"export_format": "text/csv", "insight": insight}
                if given:
                    value["export_context"] = {"filename": given}
                shown = self.accepted(value)
                stamp = moment(shown["created_at"]).strftime("%Y-%m-%d-%H%M%S")
                self.assertEqual(shown["filename"], f"{stem}-{stamp}.csv")

    def test_a_dashboard_names_the_file_before_an_insight(self):
        shown = self.accepted({"export_format": "image/png", "dashboard": self.dashboard, "insight": self.insight})
        self.assertTrue(shown["filename"].startswith("export-example-dashboard-"), shown)
        unnamed = self.stack.add_insight(TREND, None, derived_name="Commit count")
        shown = self.accepted({"export_format": "image/png", "insight": unnamed})
        self.assertTrue(shown["filename"].startswith("export-commit-count-"), shown)
        nameless = self.stack.add_insight(TREND, None)
        shown = self.accepted({"export_format": "image/png", "insight": nameless})
        self.assertTrue(shown["filename"].startswith("export-insight-"), shown)
        shown = self.accepted({"export_format": "text/csv", "export_context": {"source": TREND}})
        self.assertRegex(shown["filename"], r"^export-\d{4}-\d\d-\d\d-\d{6}\.csv$")

    def test_field_errors_in_the_order_of_the_fields(self):
        good = {"insight": self.insight}
        for value, wanted in (
            (good, ("export_format", "required", "This field is required.")),
            ({**good, "export_format": None}, ("export_format", "null", "This field may not be null.")),
            ({**good, "export_format": "image/jpeg"},
             ("export_format", "invalid_choice", '"image/jpeg" is not a valid choice.')),
            ({**good, "export_format": "application/x-ndjson"},
             ("export_format", "invalid_choice", '"application/x-ndjson" is not a valid choice.')),
            ({"export_format": "image/png", "insight": 54321},
             ("insight", "does_not_exist", 'Invalid pk "54321" - object does not exist.')),
            ({"export_format": "image/png", "dashboard": 54321},
             ("dashboard", "does_not_exist", 'Invalid pk "54321" - object does not exist.')),
            ({"export_format": "image/png", "insight": "abc"},
             ("insight", "incorrect_type", "Incorrect type. Expected pk value, received str.")),
            ({"export_format": "image/png", "insight": True},
             ("insight", "incorrect_type", "Incorrect type. Expected pk value, received bool.")),
            ({"export_format": "image/png", "insight": [1]},
             ("insight", "incorrect_type", "Incorrect type. Expected pk value, received list.")),
            ({"export_format": "nonsense", "insight": 54321},
             ("insight", "does_not_exist", 'Invalid pk "54321" - object does not exist.')),
            ({"export_format": "nonsense", "insight": 54321, "dashboard": 54322},
             ("dashboard", "does_not_exist", 'Invalid pk "54322" - object does not exist.')),
        ):
            with self.subTest(value=value):
                attr, code, detail = wanted
                self.refused(value, type="validation_error", attr=attr, code=code, detail=detail)

    def test_something_must_be_asked_for(self):
        said = "Either dashboard, insight or export_context is required for an export."
        for value in ({}, {"export_context": {}}, {"export_context": None}, {"insight": None, "dashboard": None}):
            with self.subTest(value=value):
                self.refused({"export_format": "image/png", **value}, type="validation_error", attr=None,
                             code="invalid_input", detail=said)

    def test_what_belongs_to_another_project_is_refused(self):
        insight = self.stack.add_insight(TREND, "Foreign", project=3)
        dashboard = self.stack.add_dashboard("Foreign", [], project=3)
        self.refused({"export_format": "image/png", "insight": insight}, type="validation_error", attr="insight",
                     code="invalid_input", detail="This insight does not belong to your team.")
        self.refused({"export_format": "image/png", "dashboard": dashboard, "insight": insight}, type="validation_error",
                     attr="dashboard", code="invalid_input", detail="This dashboard does not belong to your team.")

    def test_paths_are_only_read(self):
        said = "Exports from API endpoints only support GET requests without a request body."
        for context in ({"path": "/api/x", "method": "POST"}, {"path": "/api/x", "method": "delete"},
                        {"path": "/api/x", "body": {}}, {"path": "/api/x", "method": "get", "body": "x"}):
            with self.subTest(context=context):
                self.refused({"export_format": "text/csv", "export_context": context}, attr="export_context", detail=said)

    def test_recordings_are_named_safely(self):
        for name in ("a/b", "a\\b", "a%2fb", "..", "abc\n", 5, ["x"], {"a": 1}):
            with self.subTest(name=name):
                self.refused({"export_format": "image/png", "export_context": {"session_recording_id": name}},
                             attr="export_context", detail="Invalid session_recording_id.")

    def test_heatmaps_do_not_reach_inside(self):
        for url in ("http://127.0.0.1/x", "http://localhost/", "http://10.1.2.3/", "http://192.168.1.1/",
                    "http://169.254.169.254/latest", "file:///etc/passwd", "//example.com/", "/relative", "ftp://example.com/"):
            with self.subTest(url=url):
                said = self.refused({"export_format": "image/png", "export_context": {"heatmap_url": url}},
                                    attr="export_context")
                self.assertTrue(said["detail"].startswith("heatmap_url not allowed: "), said)

    def test_video_answers_at_once(self):
        shown = self.accepted({"export_format": "video/mp4", "export_context": {"session_recording_id": "abc"}}, wait=10)
        self.assertIs(shown["has_content"], False)
        self.refused({"export_format": "video/mp4", "insight": self.insight}, attr="export_format",
                     detail="Video export supports session recordings only.")

    def test_a_format_that_nobody_draws_fails_on_the_export(self):
        for mime in ("application/pdf", "application/json",
                     "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"):
            with self.subTest(mime):
                shown = self.accepted({"export_format": mime, "insight": self.insight})
                shown = self.stack.wait_for_end(self.client, shown["id"])
                self.assertIs(shown["has_content"], False)
                self.assertTrue(shown["exception"])
                row = self.stack.row(shown["id"])
                self.assertEqual((row["state"], row["exception_type"]), ("3", "NotImplementedError"))
                self.assertEqual(row["attempt"], "1")

    def test_no_location_and_json_is_what_comes_back(self):
        answer = self.client.create({"export_format": "text/csv", "insight": self.insight})
        self.assertIsNone(answer.header("Location"))
        self.assertTrue(re.match(r"application/json\b", answer.header("Content-Type")))

    def test_objects_are_stored_where_the_specification_says(self):
        shown = self.accepted({"export_format": "text/csv", "insight": self.insight})
        row = self.stack.row(shown["id"])
        self.assertRegex(row["content_location"], rf"^exports/csv/team-1/task-{shown['id']}/\S+$")
