"""A whole Platen on private servers: a database of its own, programs started and ended, keys and definitions.

    with Stack(servers) as stack:
        stack.start_api()
        stack.start_worker()
        client = stack.client()
"""
import hashlib
import json
import os
import re
import secrets
import shutil
import signal
import subprocess
import tempfile

from support import demo
from support.client import Client
from support.database import quote
from support.servers import ROOT, is_alive
from support.until import until

ORGANIZATION = "00000000-0000-0000-0000-00000000000a"
OTHER_ORGANIZATION = "00000000-0000-0000-0000-00000000000b"


def programs_directory():
    """Where the programs under test are: PLATEN_BIN, else what was built last."""
    named = os.environ.get("PLATEN_BIN")
    if named:
        return named
    built = [os.path.join(ROOT, "build", preset, "bin") for preset in ("release", "dev")]
    for path in built:
        if os.path.exists(os.path.join(path, "platen-api")):
            return path
    raise AssertionError("no programs are built; cmake --preset release && cmake --build --preset release")


class Program:
    """A running program, its standard error in a file."""

    def __init__(self, name, arguments, environment, directory):
        self.name = name
        self.log_path = os.path.join(directory, f"{name}-{secrets.token_hex(3)}.log")
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([os.path.join(programs_directory(), name), *arguments], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env=environment, start_new_session=True)
        self.pid = self.process.pid

    @property
    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as stream:
            return stream.read()

    def wait_for(self, pattern, seconds=15):
        """The match of a log line."""
        def look():
            found = re.search(pattern, self.log)
            if not found and self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}: {self.log[-2000:]}")
            return found
        return until(look, seconds, f"{self.name} logs {pattern}; it said: {self.log[-2000:]}")

    def is_running(self):
        return self.process.poll() is None

    def resident_kib(self):
        return resident_kib(self.pid)

    def signal(self, number):
        self.process.send_signal(number)

    def kill(self):
        """kill -9, and its children with it only if they end by themselves."""
        if self.is_running():
            self.process.kill()
        self.process.wait(10)

    def stop(self, seconds=70):
        """SIGTERM; its exit status."""
        if self.is_running():
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired as late:
            self.process.kill()
            self.process.wait(10)
            raise AssertionError(f"{self.name} does not end within {seconds} s of SIGTERM: {self.log[-2000:]}") from late


def children(pid):
    """Ids of the living children of a process."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as stream:
            return [int(word) for word in stream.read().split() if is_alive(int(word))]
    except (FileNotFoundError, ProcessLookupError):
        return []


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii", errors="replace") as stream:
        for line in stream:
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    return 0


class Stack:
    def __init__(self, servers, settings=None, seeded=True):
        self.servers = servers
        self.directory = tempfile.mkdtemp(prefix="platen-stack-")
        self.database = servers.new_database()
        self.settings = {
            "database_url": self.database.url,
            "redis_url": servers.redis_url,
            "queue_name": "test" + secrets.token_hex(4),
            "listen_port": 0,
            "log_level": "debug",
            **(settings or {}),
        }
        self.programs = []
        self.api = None
        try:
            done = self.platen("migrate", "--schema", os.path.join(ROOT, "deploy", "schema"))
            if done.returncode != 0:
                raise AssertionError(f"platen migrate ended with {done.returncode}: {done.stderr}")
            self.key = self.seed() if seeded else None
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # Programs.

    def environment(self, settings=None, **more):
        """Nothing of ours but what the test says."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PLATEN_")}
        kept.update({f"PLATEN_{name.upper()}": str(value) for name, value in {**self.settings, **(settings or {})}.items()})
        kept.update(more)
        return kept

    def start(self, name, settings=None, fail=None, arguments=()):
        program = Program(name, arguments, self.environment(settings, **({"PLATEN_FAIL": fail} if fail else {})), self.directory)
        self.programs.append(program)
        return program

    def start_api(self, settings=None, arguments=()):
        api = self.start("platen-api", settings, arguments=arguments)
        api.port = int(api.wait_for(r"(?:127\.0\.0\.1|port)[: ]+(\d{4,5})").group(1))
        until(lambda: Client(api.port).get("/readyz").status == 200, 15, f"/readyz says 200; {api.log[-1000:]}")
        self.api = api
        return api

    def start_worker(self, settings=None, fail=None):
        """Ready when its heartbeat is in the database."""
        worker = self.start("platen-worker", settings, fail)
        def beats():
            if not worker.is_running():
                raise AssertionError(f"platen-worker ended with {worker.process.returncode}: {worker.log[-2000:]}")
            return self.database.number(f"SELECT count(*) FROM workers WHERE pid = {worker.pid}")
        until(beats, 15, f"the worker beats; {worker.log[-1000:]}")
        return worker

    def renderer_pid(self, worker):
        """The renderer is the worker's child of that name."""
        for pid in children(worker.pid):
            try:
                with open(f"/proc/{pid}/comm", encoding="ascii") as stream:
                    if stream.read().startswith("platen-render"):
                        return pid
            except FileNotFoundError:
                continue
        return None

    def platen(self, *arguments, settings=None, stdin=None, environment=None):
        """The command line, to its end."""
        return subprocess.run([os.path.join(programs_directory(), "platen"), *[str(word) for word in arguments]],
                              env=self.environment(settings, **(environment or {})), input=stdin, capture_output=True, text=True,
                              check=False, timeout=120, cwd=self.directory)

    def close(self):
        for program in self.programs:
            try:
                if program.is_running():
                    program.stop(20)
            except AssertionError:
                pass
        for program in self.programs:
            if is_alive(program.pid):
                program.kill()
        shutil.rmtree(self.directory, ignore_errors=True)

    # Who asks.

    def seed(self):
        """Two organizations, three projects, three people; a key of the first."""
        self.database.run(f"""
            INSERT INTO organizations (id, name) VALUES ('{ORGANIZATION}', 'Ours'), ('{OTHER_ORGANIZATION}', 'Theirs');
            INSERT INTO projects (id, organization_id, name, timezone) VALUES
                (1, '{ORGANIZATION}', 'Demo', 'UTC'),
                (2, '{ORGANIZATION}', 'Second', 'Europe/Berlin'),
                (3, '{OTHER_ORGANIZATION}', 'Foreign', 'UTC');
            INSERT INTO users (id, email, current_project_id) VALUES
                (1, 'one@example.com', 1), (2, 'two@example.com', 1), (3, 'three@example.com', 3);
            INSERT INTO memberships (organization_id, user_id) VALUES
                ('{ORGANIZATION}', 1), ('{ORGANIZATION}', 2), ('{OTHER_ORGANIZATION}', 3);
            SELECT setval(pg_get_serial_sequence('projects', 'id'), 100);
            SELECT setval(pg_get_serial_sequence('users', 'id'), 100);
        """)
        return self.make_key()

    def make_key(self, user=1, scopes=("*",), projects=None, organizations=None):
        """A personal API key, stored as the specification says, by no code of ours."""
        key = "phx_" + secrets.token_urlsafe(32).replace("-", "a").replace("_", "b")
        secure = "sha256$" + hashlib.sha256(key.encode()).hexdigest()
        scoped = "NULL" if projects is None else "ARRAY[" + ",".join(map(str, projects)) + "]::bigint[]"
        within = "NULL" if organizations is None else "ARRAY[" + ",".join(map(quote, organizations)) + "]::uuid[]"
        self.database.run(f"""
            INSERT INTO api_keys (user_id, label, secure_value, scopes, scoped_projects, scoped_organizations)
            VALUES ({user}, 'test', {quote(secure)}, ARRAY[{",".join(map(quote, scopes))}]::text[], {scoped}, {within})""")
        return key

    def client(self, key=None, project=1):
        return Client(self.api.port, self.key if key is None else key, project)

    # What can be asked for.

    def add_insight(self, query, name="Insight", project=1, result=None, **more):
        text = "NULL" if query is None else quote(json.dumps(query))
        stored = "NULL" if result is None else quote(json.dumps(result))
        return self.database.number(f"""
            INSERT INTO insights (project_id, short_id, name, query, result, result_at, derived_name, description, deleted)
            VALUES ({project}, {quote(secrets.token_hex(4))}, {quote(name)}, {text}, {stored},
                    {'now()' if result is not None else 'NULL'}, {quote(more.get('derived_name'))},
                    {quote(more.get('description'))}, {quote(more.get('deleted', False))}) RETURNING id""")

    def add_dashboard(self, name="Dashboard", insights=(), texts=(), project=1):
        number = self.database.number(
            f"INSERT INTO dashboards (project_id, name) VALUES ({project}, {quote(name)}) RETURNING id")
        for place, insight in enumerate(insights):
            layout = json.dumps({"sm": {"x": 6 * (place % 2), "y": 5 * (place // 2), "w": 6, "h": 5}})
            self.database.run(f"INSERT INTO dashboard_tiles (dashboard_id, insight_id, layouts) "
                              f"VALUES ({number}, {insight}, {quote(layout)})")
        for text in texts:
            self.database.run(f"""
                WITH t AS (INSERT INTO text_tiles (project_id, body) VALUES ({project}, {quote(text)}) RETURNING id)
                INSERT INTO dashboard_tiles (dashboard_id, text_tile_id, layouts) SELECT {number}, id, '{{}}' FROM t""")
        return number

    def load_demo(self, project=1):
        """The demo's events, by SQL of our own: what counts them later must not have loaded them."""
        demo.load(self.database, project)

    # How it went.

    def row(self, number):
        names = ["state", "attempt", "crashes", "exception", "exception_type", "failure_type", "content_bytes",
                 "content_sha256", "content_store", "content_location", "last_error", "fence"]
        return dict(zip(names, self.database.rows(f"SELECT {', '.join(names)} FROM exports WHERE id = {number}")[0]))

    def wait_for_end(self, client, number, seconds=30):
        """The export as the wire shows it, once it has content or an exception."""
        def ended():
            answer = client.retrieve(number)
            shown = answer.json
            return shown if answer.status == 200 and (shown["has_content"] or shown["exception"]) else None
        return until(ended, seconds, f"export {number} ends; {self.row(number)}")
