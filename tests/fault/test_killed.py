"""Our processes killed in the middle of 200 exports: every one ends exactly once."""
import os
import signal
import unittest

from support import shared
from support.crowd import Crowd
from support.servers import is_alive
from support.stack import Stack
from support.until import until


class Killed(unittest.TestCase):
    def setUp(self):
        self.stack = Stack(shared.servers())
        self.addCleanup(self.stack.close)
        self.stack.start_api()
        self.workers = [self.stack.start_worker(), self.stack.start_worker()]

    def crowd(self, **more):
        crowd = Crowd(self.stack, **more)
        crowd.start()
        self.addCleanup(setattr, crowd, "over", True)
        return crowd

    def running(self, worker):
        return self.stack.database.number(f"SELECT count(*) FROM exports e JOIN workers w ON w.id = e.worker_id "
                                          f"WHERE e.state = 1 AND w.pid = {worker.pid}")

    def test_a_worker(self):
        crowd = self.crowd(pictures=1)
        crowd.until_ended(0.2)
        until(lambda: self.running(self.workers[0]), 10, "the worker has something to lose")
        self.workers[0].kill()
        self.stack.start_worker()
        crowd.finish(self)

    def test_a_renderer_again_and_again(self):
        crowd = self.crowd(pictures=1)
        for share in (0.1, 0.3, 0.5):
            crowd.until_ended(share)
            for worker in self.workers:
                pid = until(lambda w=worker: self.stack.renderer_pid(w), 10, "a renderer runs")
                os.kill(pid, signal.SIGKILL)
                until(lambda p=pid: not is_alive(p), 5, "the renderer is gone")
        crowd.finish(self)
        for worker in self.workers:
            self.assertTrue(worker.is_running(), worker.log[-2000:])

    def test_the_api_right_after_it_answered(self):
        client = self.stack.client()
        crowd = self.crowd()
        crowd.until_ended(0.3)
        self.stack.api.kill()
        port = self.stack.api.port
        self.stack.start_api({"listen_port": port})
        crowd.finish(self)
        self.assertEqual(client.get("/readyz").status, 200)

    def test_sigterm_lets_running_exports_finish(self):
        crowd = self.crowd(pictures=1)
        crowd.until_ended(0.2)
        until(lambda: self.running(self.workers[0]), 10, "the worker is busy")
        self.assertEqual(self.workers[0].stop(30), 0)
        self.stack.start_worker()
        self.assertEqual(self.workers[1].stop(30), 0)
        crowd.finish(self)
        self.assertEqual(self.stack.database.number("SELECT count(*) FROM exports WHERE crashes > 0 OR attempt > 1"), 0,
                         "draining charges nobody")
