"""Many exports at once, asked for and watched by clients of their own; afterwards, whether each ended
exactly once (reliability 4.1: A1 to A6).

Every table asks for columns that carry its own number, so that no file can pass for another's.
"""
import hashlib
import http.client
import json
import threading
import time

from support.png import SIGNATURE
from support.until import until

RESULT = [{"label": "x", "data": [1.0, 2.0], "count": 3.0, "labels": ["1-Jan-2024", "2-Jan-2024"],
           "days": ["2024-01-01", "2024-01-02"], "action": {"id": "x", "name": "x"}}]
QUERY = {"kind": "TrendsQuery", "series": [{"kind": "EventsNode", "event": "x"}]}
# Refused or cut connections, and answers cut short: what an outage looks like from outside.
BROKEN = (OSError, http.client.HTTPException, json.JSONDecodeError)


class Crowd:
    def __init__(self, stack, count=200, askers=4, pictures=4):
        """Every `pictures`-th export is a PNG, the others are CSV; one in fifty is a mistake of the asker's."""
        self.stack = stack
        self.count = count
        self.insight = stack.add_insight(QUERY, "Crowd", result=RESULT)
        self.broken = stack.add_insight({"kind": "NoSuchQuery"}, "Broken")
        self.client = stack.client()
        self.pictures = pictures
        self.lock = threading.Lock()
        self.asked = {}
        self.seen = {}
        self.flips = []
        self.refused = 0
        self.left = iter(range(count))
        self.over = False
        self.threads = [threading.Thread(target=self.ask, daemon=True) for _ in range(askers)]
        self.threads.append(threading.Thread(target=self.watch, daemon=True))

    def start(self):
        for thread in self.threads:
            thread.start()

    def request(self, number):
        if number % 50 == 49:
            return {"export_format": "text/csv", "insight": self.broken}
        if number % self.pictures == 0:
            return {"export_format": "image/png", "insight": self.insight}
        return {"export_format": "text/csv", "insight": self.insight, "export_context": {"columns": ["series", f"n{number}"]}}

    def ask(self):
        while True:
            with self.lock:
                number = next(self.left, None)
            if number is None:
                return
            while not self.over:
                try:
                    answer = self.client.create(self.request(number), wait=0)
                except BROKEN:
                    answer = None
                if answer is not None and answer.status == 201:
                    with self.lock:
                        self.asked[answer.json["id"]] = number
                    break
                self.refused += 1
                time.sleep(0.1)

    def watch(self):
        """What was once terminal stays so, word for word."""
        while not self.over:
            try:
                answer = self.client.get(self.client.exports + "/?limit=1000")
                rows = answer.json["results"] if answer.status == 200 else []
            except BROKEN:
                rows = []
            for row in rows:
                state = (row["has_content"], row["exception"])
                before = self.seen.get(row["id"])
                if before and before != state and before != (False, None):
                    self.flips.append((row["id"], before, state))
                self.seen[row["id"]] = state
            time.sleep(0.1)

    def ended(self):
        return self.stack.database.number("SELECT count(*) FROM exports WHERE state IN (2, 3)")

    def until_ended(self, share, seconds=60):
        """A part of them has ended."""
        until(lambda: self.ended() >= self.count * share, seconds, f"{share:.0%} of {self.count} exports end; {self.states()}")

    def states(self):
        return self.stack.database.rows("SELECT state, attempt, crashes, count(*) FROM exports GROUP BY 1, 2, 3 ORDER BY 1, 2, 3")

    def finish(self, test, seconds=75):
        """Waits for all, then asks whether all is as it must be."""
        until(lambda: len(self.asked) == self.count, seconds, f"all {self.count} are accepted; {len(self.asked)} were")
        database = self.stack.database
        until(lambda: database.number("SELECT count(*) FROM exports WHERE state IN (0, 1)") == 0, seconds,
              f"every export ends; {self.states()}")
        time.sleep(0.3)  # one more look by the watcher
        self.over = True
        for thread in self.threads:
            thread.join(30)
        test.assertEqual(self.flips, [], "a client saw an end that changed")
        outcomes = dict(database.rows("SELECT export_id, count(*) FROM export_outcomes GROUP BY 1"))
        rows = {int(row[0]): row[1:] for row in database.rows(
            "SELECT id, state, coalesce(content_sha256, ''), coalesce(exception, ''), export_format FROM exports")}
        test.assertEqual({number for number, count in outcomes.items() if count != "1"}, set(), "more than one outcome")
        test.assertEqual({int(number) for number in outcomes}, set(rows), "every export has an outcome")
        test.assertLessEqual(set(self.asked), set(rows), "what was accepted is there")
        for export, number in self.asked.items():
            state, sha256, exception, mime = rows[export]
            answer = self.client.content(export)
            if number % 50 == 49:
                test.assertEqual(state, "3", exception)
                test.assertIn("NoSuchQuery", exception)
                test.assertEqual(answer.status, 404)
                continue
            test.assertEqual((state, exception), ("2", ""), f"export {export}")
            test.assertEqual(hashlib.sha256(answer.body).hexdigest(), sha256, f"export {export}")
            if mime == "image/png":
                test.assertEqual(answer.body[:8], SIGNATURE)
            else:
                test.assertEqual(answer.body.decode(), f"series,n{number}\r\nx,\r\n")
        loose = database.rows("SELECT DISTINCT location FROM export_blobs WHERE location NOT IN "
                              "(SELECT content_location FROM exports WHERE content_location IS NOT NULL) "
                              "AND location NOT IN (SELECT location FROM blob_intents)")
        test.assertEqual(loose, [], "files that no row and no intent knows")
