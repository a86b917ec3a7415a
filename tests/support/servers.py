"""A private Postgres and Redis (deploy/private-servers), and ways to hurt them.

Only processes that it started are ended, by their ids.
"""
import os
import shutil
import signal
import subprocess
import tempfile

from support.database import Database
from support.redis import Redis
from support.until import until

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SCRIPT = os.path.join(ROOT, "deploy", "private-servers")


class Servers:
    def __init__(self):
        self.directory = tempfile.mkdtemp(prefix="platen-test-")
        # The servers run as another user when we are root.
        os.chmod(self.directory, 0o755)
        self.home = self.directory
        try:
            self.urls = self._script("start")
        except BaseException:
            self.close()
            raise
        elsewhere = os.path.realpath(os.path.join(self.directory, "servers"))
        if os.path.isdir(elsewhere):
            self.home = elsewhere
        self.redis = Redis(os.path.join(self.home, "run", "redis.sock"))
        self._admin = Database(self.database_url("postgres"))
        self._made = 0

    def _script(self, verb):
        done = subprocess.run([SCRIPT, verb, self.directory], env={**os.environ, "FSYNC": "off"}, capture_output=True,
                              text=True, check=False, timeout=120)
        if done.returncode != 0:
            raise AssertionError(f"private-servers {verb}: {done.stderr.strip()}")
        return dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)

    def database_url(self, name):
        return self.urls["PLATEN_DATABASE_URL"].replace("///platen?", f"///{name}?")

    @property
    def redis_url(self):
        return self.urls["PLATEN_REDIS_URL"]

    def new_database(self):
        """An empty database of its own."""
        self._made += 1
        name = f"platen_{os.getpid()}_{self._made}"
        self._admin.run(f"CREATE DATABASE {name}")
        return Database(self.database_url(name))

    def redis_pid(self):
        return self._pid("run", "redis.pid")

    def _pid(self, *path):
        with open(os.path.join(self.home, *path), encoding="ascii") as stream:
            return int(stream.readline())

    def _end(self, number, *path):
        pid = self._pid(*path)
        os.kill(pid, number)
        until(lambda: not is_alive(pid), 20, f"{path[-1]}'s process is gone after signal {number}")
        # Where nobody waits for orphans, a dead server still has its id.
        if os.path.exists(os.path.join(self.home, *path)):
            os.unlink(os.path.join(self.home, *path))

    def kill_redis(self):
        """kill -9; nothing that Redis knew is left."""
        self._end(signal.SIGKILL, "run", "redis.pid")

    def start_again(self):
        """Whatever does not run."""
        self._script("start")

    def restart_postgres_at_once(self):
        """Postgres without a word of farewell: immediate shutdown, recovery, back."""
        self._end(signal.SIGQUIT, "postgres", "postmaster.pid")
        self._script("start")

    def kill_backends(self):
        """Every connection but ours is cut."""
        return self._admin.number("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                                  "WHERE pid <> pg_backend_pid() AND backend_type = 'client backend'")

    def close(self):
        try:
            self._script("stop")
        finally:
            if self.home != self.directory:
                shutil.rmtree(self.home, ignore_errors=True)
            shutil.rmtree(self.directory, ignore_errors=True)


def is_alive(pid):
    """A zombie, which someone else has yet to wait for, does not live."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stream:
            return stream.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except (FileNotFoundError, ProcessLookupError):
        return False
