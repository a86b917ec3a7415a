"""Who is calling, and what a key may do (2.8 of the exports text)."""
import hashlib
import unittest

from support import shared
from support.client import Client
from support.stack import ORGANIZATION, OTHER_ORGANIZATION, Stack

QUERY = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "commit"}],
         "dateRange": {"date_from": "2024-01-01", "date_to": "2024-01-07"}}


class Recheck(unittest.TestCase):
    """What a key was asked for must still be its to give when the export is made."""

    def test_a_key_that_is_no_longer_good_gives_nothing(self):
        stack = Stack(shared.servers())
        try:
            stack.start_api()
            insight = stack.add_insight(QUERY)
            lost = {
                "deleted": "DELETE FROM api_keys WHERE id = {id}",
                "narrowed": "UPDATE api_keys SET scopes = '{{export:write}}' WHERE id = {id}",
                "of other projects": "UPDATE api_keys SET scoped_projects = '{{2}}' WHERE id = {id}",
                "kept": None,
            }
            made = {}
            for name, change in lost.items():
                client = stack.client(stack.make_key())
                made[name] = client, client.create({"export_format": "text/csv", "insight": insight}, wait=0).json["id"]
                key = stack.database.number(f"SELECT source_credential_id FROM exports WHERE id = {made[name][1]}")
                if change:
                    stack.database.run(change.format(id=key))
            stack.start_worker()
            for name, (_, number) in made.items():
                with self.subTest(key=name):
                    shown = stack.wait_for_end(stack.client(), number)
                    self.assertIs(shown["has_content"], name == "kept", shown)
                    if name != "kept":
                        self.assertEqual(shown["exception"], "This export could not verify its original authorization. "
                                         "Create a new export and try again.")
                        self.assertEqual(stack.database.one(
                            f"SELECT exception_type || ' ' || failure_type FROM exports WHERE id = {number}"),
                            "ValueError unknown")
        finally:
            stack.close()


class Keys(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = shared.stack()
        cls.insight = cls.stack.add_insight(QUERY, "Keys")
        cls.dashboard = cls.stack.add_dashboard("Keys", [cls.insight])

    def caller(self, *scopes, project=1, **more):
        return self.stack.client(self.stack.make_key(scopes=scopes, **more), project)

    def denied(self, answer, status, code, detail):
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.json, {"type": "authentication_error", "code": code, "detail": detail, "attr": None})

    def test_no_key(self):
        answer = self.stack.client().with_key(None).get("/api/projects/1/exports/")
        self.denied(answer, 401, "not_authenticated", "Authentication credentials were not provided.")
        self.assertEqual(answer.header("WWW-Authenticate"), "Bearer")

    def test_a_wrong_key_names_where_it_stood(self):
        port = self.stack.api.port
        said = "Personal API key found in request {} is invalid."
        nobody = Client(port)
        self.denied(Client(port, "phx_wrong").get("/api/projects/1/exports/"), 401, "authentication_failed",
                    said.format("Authorization header"))
        self.denied(nobody.get("/api/projects/1/exports/?personal_api_key=phx_wrong"), 401, "authentication_failed",
                    said.format("query string"))
        self.denied(nobody.post_json("/api/projects/1/exports/", {"personal_api_key": "phx_wrong"}), 401,
                    "authentication_failed", said.format("body"))

    def test_a_key_may_stand_in_header_body_or_query(self):
        nobody = Client(self.stack.api.port)
        value = {"export_format": "text/csv", "insight": self.insight}
        self.assertEqual(nobody.get(f"/api/projects/1/exports/?personal_api_key={self.stack.key}").status, 200)
        self.assertEqual(nobody.post_json("/api/projects/1/exports/",
                                          {**value, "personal_api_key": self.stack.key}).status, 201)
        fields = {**{name: str(word) for name, word in value.items()}, "personal_api_key": self.stack.key}
        self.assertEqual(nobody.post_form("/api/projects/1/exports/", fields).status, 201)
        # Only the first place counts.
        self.assertEqual(Client(self.stack.api.port, "phx_wrong").get(
            f"/api/projects/1/exports/?personal_api_key={self.stack.key}").status, 401)

    def test_only_hashes_are_stored(self):
        digest = hashlib.sha256(self.stack.key.encode()).hexdigest()
        self.assertEqual(self.stack.database.number(
            f"SELECT count(*) FROM api_keys WHERE secure_value = 'sha256${digest}'"), 1)

    def test_use_is_marked(self):
        caller = self.caller("*")
        caller.get(caller.exports)
        digest = "sha256$" + hashlib.sha256(caller.key.encode()).hexdigest()
        self.assertEqual(self.stack.database.one(
            f"SELECT last_used_at > now() - interval '1 minute' FROM api_keys WHERE secure_value = '{digest}'"), "t")

    def test_a_key_of_nobody_active_is_none(self):
        self.stack.database.run("INSERT INTO users (id, email, is_active, current_project_id) "
                                "VALUES (50, 'gone@example.com', false, 1)")
        self.assertEqual(self.caller("*", user=50).get("/api/projects/1/exports/").status, 401)

    def test_reading_needs_export_read(self):
        number = self.stack.client().create({"export_format": "text/csv", "insight": self.insight}).json["id"]
        for caller in (self.caller("export:read"), self.caller("export:write"), self.caller("*")):
            for path in (caller.exports, f"{caller.exports}/{number}/", f"{caller.exports}/{number}/content/"):
                self.assertEqual(caller.get(path).status, 200, path)
        for caller in (self.caller("insight:read"), self.caller("export:reader"), self.caller("insight:write")):
            for path in (caller.exports, f"{caller.exports}/{number}/", f"{caller.exports}/{number}/content/"):
                self.denied(caller.get(path), 403, "permission_denied",
                            "API key missing required scope 'export:read'")

    def test_creating_needs_the_target_too(self):
        insight = {"export_format": "text/csv", "insight": self.insight}
        dashboard = {"export_format": "image/png", "dashboard": self.dashboard}
        source = {"export_format": "text/csv", "export_context": {"source": QUERY}}
        missing = "API key missing required scope '{}'"
        for scopes, value, lacks in (
            (["export:write", "insight:read"], insight, None),
            (["export:write", "insight:write"], insight, None),
            (["export:write", "dashboard:read"], dashboard, None),
            (["export:write", "query:read"], source, None),
            (["*"], source, None),
            (["export:read", "insight:read"], insight, "export:write"),
            (["insight:read"], insight, "export:write"),
            (["export:write"], insight, "insight:read"),
            (["export:write", "insight:read"], dashboard, "dashboard:read"),
            (["export:write", "dashboard:read"], {**dashboard, "insight": self.insight}, "insight:read"),
            (["export:write"], source, "query:read"),
        ):
            with self.subTest(scopes=scopes, lacks=lacks):
                answer = self.caller(*scopes).create(value)
                if lacks:
                    self.denied(answer, 403, "permission_denied", missing.format(lacks))
                else:
                    self.assertEqual(answer.status, 201, answer)

    def test_scope_is_asked_before_membership(self):
        self.denied(self.caller("insight:read", project=3).get("/api/projects/3/exports/"), 403, "permission_denied",
                    "API key missing required scope 'export:read'")

    def test_a_key_of_some_projects(self):
        caller = self.caller("*", projects=[2])
        self.assertEqual(caller.get("/api/projects/2/exports/").status, 200)
        self.denied(caller.get("/api/projects/1/exports/"), 403, "permission_denied",
                    "API key does not have access to the requested project: ID 1.")
        # The restriction comes before the scope.
        caller = self.caller("insight:read", projects=[2])
        self.denied(caller.get("/api/projects/1/exports/"), 403, "permission_denied",
                    "API key does not have access to the requested project: ID 1.")

    def test_a_key_of_some_organizations(self):
        self.assertEqual(self.caller("*", organizations=[ORGANIZATION]).get("/api/projects/1/exports/").status, 200)
        answer = self.caller("*", organizations=[OTHER_ORGANIZATION]).get("/api/projects/1/exports/")
        self.denied(answer, 403, "permission_denied",
                    f"API key does not have access to the requested organization: ID {ORGANIZATION}.")

    def test_a_project_of_strangers(self):
        self.denied(self.caller("*").get("/api/projects/3/exports/"), 403, "permission_denied",
                    "You don't have access to the project.")

    def test_a_project_that_is_none(self):
        for project in ("999", "abc", "0", "-1", "99999999999999999999"):
            answer = self.caller("*").get(f"/api/projects/{project}/exports/")
            self.assertEqual(answer.status, 404, project)
            self.assertEqual(answer.json["detail"], "Project not found.", project)

    def test_nothing_secret_is_logged(self):
        caller = self.caller("*")
        caller.get(caller.exports)
        Client(caller.port).get(f"/api/projects/1/exports/?personal_api_key={caller.key}")
        Client(caller.port, caller.key + "x").get(caller.exports)
        for program in self.stack.programs:
            self.assertNotIn(caller.key, program.log)
