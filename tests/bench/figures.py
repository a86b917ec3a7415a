"""Figures of the whole service over the demo's data.  Run by tests/bench/run."""
import http.client
import json
import os
import shutil
import statistics
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support import demo
from support.png import Png
from support.servers import ROOT, Servers
from support.stack import Stack, programs_directory, resident_kib

ROUNDS = 5


def line(name, value, beside=""):
    print(f"{name:58} {value:>14}   {beside}", flush=True)


def milliseconds(values):
    return f"{statistics.median(values):.1f} ms"


class Caller:
    """One connection, kept."""

    def __init__(self, port, key):
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def timed(self, method, path, value=None):
        body = None if value is None else json.dumps(value).encode()
        began = time.perf_counter()
        self.link.request(method, path, body=body, headers=self.headers)
        answer = self.link.getresponse()
        data = answer.read()
        return (time.perf_counter() - began) * 1e3, answer.status, data


class Figures:
    def __init__(self):
        self.servers = Servers()
        self.stack = None
        try:
            self.prepare()
        except BaseException:
            self.close()
            raise

    def prepare(self):
        self.stack = Stack(self.servers, {"log_level": "info"}, seeded=False)
        self.must("load", "definitions", os.path.join(ROOT, "deploy", "demo", "definitions.json"))
        self.must("load", "--project", "1", "events", demo.FILE)
        database = self.stack.database
        database.run("ANALYZE")
        self.user = database.number("SELECT min(id) FROM users")
        self.insight = database.number("SELECT min(id) FROM insights WHERE project_id = 1")
        self.dashboard = database.number("SELECT min(id) FROM dashboards WHERE project_id = 1")
        self.api = self.stack.start_api()
        self.worker = self.stack.start_worker()

    def must(self, *words):
        done = self.stack.platen(*words)
        if done.returncode != 0:
            raise SystemExit(f"platen {' '.join(words)}: {done.stderr}")

    def caller(self):
        return Caller(self.api.port, self.stack.make_key(user=self.user))

    def close(self):
        if self.stack:
            self.stack.close()
        self.servers.close()

    def creates(self, value, times, check=True):
        """Medians of rounds of POSTs that answer with the file made, one after another."""
        medians, sizes = [], set()
        for _ in range(ROUNDS):
            caller, took = self.caller(), []
            for _ in range(times):
                ms, status, data = caller.timed("POST", "/api/projects/1/exports/", value)
                shown = json.loads(data)
                if status != 201 or (check and not shown["has_content"]):
                    raise SystemExit(f"POST answered {status}: {data[:500]}")
                took.append(ms)
            medians.append(statistics.median(took))
        if value["export_format"] == "image/png":
            _, _, data = self.caller().timed("GET", f"/api/projects/1/exports/{shown['id']}/content/")
            picture = Png(data)
            sizes = f"{picture.width} x {picture.height} px, {len(data) // 1024} KiB"
        else:
            sizes = ""
        return medians, sizes

    def livez(self):
        medians = []
        for _ in range(ROUNDS):
            caller = self.caller()
            medians.append(statistics.median(caller.timed("GET", "/livez")[0] for _ in range(200)))
        return medians

    def posts(self):
        floor = milliseconds(self.livez())
        for name, value, times in (
            ("POST to 201 with content, insight as PNG, p50", {"export_format": "image/png", "insight": self.insight}, 60),
            ("POST to 201 with content, insight as CSV, p50", {"export_format": "text/csv", "insight": self.insight}, 60),
            ("POST to 201 with content, demo dashboard, p50", {"export_format": "image/png", "dashboard": self.dashboard}, 15),
        ):
            medians, size = self.creates(value, times)
            spread = f"rounds {min(medians):.1f}–{max(medians):.1f}"
            line(name, milliseconds(medians), f"{spread}; {size + '; ' if size else ''}/livez {floor}")

    def requests_a_second(self, path, key, seconds=3, pages=0):
        """wrk, one thread, 32 connections; the median of three.  With `pages`, no two requests of a moment
        are alike, so that none can share another's answer."""
        words = ["wrk", "-t1", "-c32", f"-d{seconds}s", "-H", f"Authorization: Bearer {key}"]
        if pages:
            script = os.path.join(self.stack.directory, "pages.lua")
            with open(script, "w", encoding="ascii") as out:
                out.write(f"local n = 0\nfunction request()\n  n = (n + 1) % {pages}\n"
                          f"  return wrk.format('GET', '{path}&offset=' .. n)\nend\n")
            words += ["-s", script]
        found = []
        for _ in range(3):
            said = subprocess.run([*words, f"http://127.0.0.1:{self.api.port}{path}"], capture_output=True, text=True,
                                  check=False).stdout
            rate = [float(row.split()[1]) for row in said.splitlines() if row.startswith("Requests/sec")]
            if not rate or "Non-2xx" in said:
                return 0.0
            found.append(rate[0])
        return statistics.median(found)

    def lists(self):
        if not shutil.which("wrk"):
            line("list endpoint", "not measured", "wrk is not installed")
            return
        key = self.stack.make_key(user=self.user)
        with_cores = os.cpu_count() > 1
        if with_cores:
            subprocess.run(["taskset", "-a", "-c", "-p", "0", str(self.api.pid)], capture_output=True, check=False)
        floor = self.requests_a_second("/livez", key)
        for shown in (5, 100):
            path = f"/api/projects/1/exports/?limit={shown}"
            alike, apart = self.requests_a_second(path, key), self.requests_a_second(path, key, pages=500)
            beside = f"/livez {floor:,.0f}/s; the query alone {self.query_alone(shown):,.0f}/s (pgbench, 4 clients)"
            line(f"list endpoint, {shown} exports a page, API on one core", f"{alike:,.0f}/s", beside)
            line("   the same, every request another page", f"{apart:,.0f}/s")
        if with_cores:
            subprocess.run(["taskset", "-a", "-c", "-p", f"0-{os.cpu_count() - 1}", str(self.api.pid)],
                           capture_output=True, check=False)

    def query_alone(self, limit):
        """The rows that a page shows, by pgbench: what Postgres gives without us."""
        program = "/usr/lib/postgresql/15/bin/pgbench"
        script = os.path.join(self.stack.directory, "list.sql")
        with open(script, "w", encoding="ascii") as out:
            out.write("SELECT e.id, e.export_format, e.created_at, e.expires_after, e.state, e.export_context, e.exception, "
                      "count(*) OVER () FROM exports e "
                      f"WHERE project_id = 1 AND created_by = {self.user} AND (expires_after IS NULL OR expires_after >= now()) "
                      f"ORDER BY created_at DESC, id DESC LIMIT {limit}\n")
        said = subprocess.run([program, "-n", "-M", "prepared", "-c4", "-j1", "-T3", "-f", script, self.stack.database.url],
                              capture_output=True, text=True, check=False).stdout
        rate = [float(row.split()[2]) for row in said.splitlines() if row.startswith("tps")]
        return rate[0] if rate else 0.0

    def memory(self):
        database = self.stack.database
        caller = self.caller()
        while database.number("SELECT count(*) FROM exports WHERE state = 2") < 1000:
            value = {"export_format": "image/png", "insight": self.insight}
            if database.number("SELECT count(*) FROM exports") % 100 == 0:
                value = {"export_format": "image/png", "dashboard": self.dashboard}
            for _ in range(20):
                caller.timed("POST", "/api/projects/1/exports/", value)
                value = {"export_format": "image/png", "insight": self.insight}
        made = database.number("SELECT count(*) FROM exports WHERE state = 2")
        renderer = self.stack.renderer_pid(self.worker)
        for name, pid in (("platen-worker", self.worker.pid), ("platen-renderer", renderer), ("platen-api", self.api.pid)):
            line(f"resident, {name}, after {made:,} exports", f"{resident_kib(pid) / 1024:.1f} MiB", self.shared(pid))

    @staticmethod
    def shared(pid):
        """How much of it is the process's own: libraries' pages are everybody's."""
        own = 0
        with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as stream:
            for row in stream:
                if row.startswith(("Private_Clean", "Private_Dirty")):
                    own += int(row.split()[1])
        return f"of which its own {own / 1024:.1f} MiB"

    def throughput(self):
        """Exports a second through everything: 4 askers who do not wait, one worker."""
        database = self.stack.database
        rounds = []
        for _ in range(3):
            before = database.number("SELECT count(*) FROM exports WHERE state = 2")
            began = time.perf_counter()
            caller = self.caller()
            caller.headers["Prefer"] = "wait=0"
            for _ in range(200):
                caller.timed("POST", "/api/projects/1/exports/", {"export_format": "text/csv", "insight": self.insight})
            while database.number("SELECT count(*) FROM exports WHERE state = 2") < before + 200:
                time.sleep(0.01)
            rounds.append(200 / (time.perf_counter() - began))
        line("exports a second, insight as CSV, one worker", f"{statistics.median(rounds):.0f}/s",
             f"rounds {min(rounds):.0f}–{max(rounds):.0f}")


def queue():
    """Claims through queue.h, and what this Redis does at all over the same socket."""
    servers = Servers()
    try:
        subprocess.run([os.path.join(programs_directory(), "queue_bench"), servers.redis_url], check=True)
        path = servers.redis_url.removeprefix("unix:")
        for name in ("LPUSH", "RPOP"):
            said = subprocess.run(["redis-benchmark", "-s", path, "-q", "-c", "4", "-n", "100000", "-t", name.lower()],
                                  capture_output=True, text=True, check=False).stdout
            rate = [row for row in said.replace("\r", "\n").splitlines() if "requests per second" in row]
            line(f"redis-benchmark {name}, 4 connections", rate[-1].split(":")[1].split()[0] + "/s" if rate else "?")
    finally:
        servers.close()


def main():
    if sys.argv[1:] == ["queue"]:
        queue()
        return
    figures = Figures()
    try:
        figures.posts()
        figures.throughput()
        figures.memory()
        figures.lists()
    finally:
        figures.close()


main()
