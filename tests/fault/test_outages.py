"""Redis and Postgres taken away in the middle of 200 exports: every one ends exactly once."""
import os
import signal
import time
import unittest

from support import shared
from support.crowd import Crowd
from support.stack import Stack
from support.until import until


class Outages(unittest.TestCase):
    def setUp(self):
        self.servers = shared.servers()
        self.stack = Stack(self.servers)
        self.addCleanup(self.stack.close)
        self.stack.start_api()
        self.stack.start_worker()
        self.stack.start_worker()

    def crowd(self, **more):
        crowd = Crowd(self.stack, **more)
        crowd.start()
        self.addCleanup(setattr, crowd, "over", True)
        return crowd

    def test_redis_and_all_that_it_knew(self):
        crowd = self.crowd()
        crowd.until_ended(0.2)
        self.servers.kill_redis()
        # Without Redis the rows are found all the same.
        crowd.until_ended(0.5)
        self.servers.start_again()
        crowd.until_ended(0.7)
        self.servers.kill_redis()
        self.servers.start_again()
        crowd.finish(self)
        self.claims_within_seconds()

    def claims_within_seconds(self):
        """Redis is back in use: a hint reaches a worker at once."""
        client = self.stack.client()
        insight = Crowd(self.stack, 0).insight
        def quick():
            began = time.monotonic()
            answer = client.create({"export_format": "text/csv", "insight": insight})
            return answer.json["has_content"] and time.monotonic() - began < 0.4
        until(quick, 20, "an export is taken at once again")

    def test_everything_in_redis_is_flushed(self):
        crowd = self.crowd()
        for share in (0.1, 0.3, 0.6):
            crowd.until_ended(share)
            self.servers.redis.call("FLUSHALL")
        crowd.finish(self)

    def test_redis_hangs(self):
        crowd = self.crowd()
        crowd.until_ended(0.2)
        pid = self.servers.redis_pid()
        os.kill(pid, signal.SIGSTOP)
        try:
            crowd.until_ended(0.6)
        finally:
            os.kill(pid, signal.SIGCONT)
        crowd.finish(self)

    def test_every_connection_to_postgres(self):
        crowd = self.crowd()
        for share in (0.1, 0.3, 0.5, 0.7):
            crowd.until_ended(share)
            self.servers.kill_backends()
        crowd.finish(self)

    def test_postgres_restarts_without_a_word(self):
        crowd = self.crowd()
        for share in (0.2, 0.5):
            crowd.until_ended(share)
            self.servers.restart_postgres_at_once()
        crowd.finish(self)
