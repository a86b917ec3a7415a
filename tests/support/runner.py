"""Runs the test_*.py of one folder and writes each test's outcome to a tally.

    runner.py FOLDER TALLY              all, a process for each module
    runner.py FOLDER TALLY NAME…        here; NAME: a part of module.Class.test
"""
import concurrent.futures
import os
import signal
import subprocess
import sys
import time
import traceback
import unittest

sys.dont_write_bytecode = True
TESTS = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path.insert(0, TESTS)


class Outcome(unittest.TestResult):
    def __init__(self, stage, tally):
        super().__init__()
        self.stage = stage
        self.tally = tally
        self.began = time.monotonic()

    def startTest(self, test):
        super().startTest(test)
        self.began = time.monotonic()

    def note(self, word, test, detail=""):
        name = test.id() if hasattr(test, "id") else str(test)
        seconds = time.monotonic() - self.began
        print(f"  {word:7} {name} ({seconds:.2f} s)", flush=True)
        if detail:
            print("    " + detail.strip().replace("\n", "\n    "), flush=True)
        with open(self.tally, "a", encoding="utf-8") as out:
            out.write(f"{word}\t{self.stage}\t{name}\n")

    def addSuccess(self, test):
        super().addSuccess(test)
        self.note("passed", test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.note("failed", test, "".join(traceback.format_exception(*err)))

    def addError(self, test, err):
        super().addError(test, err)
        self.note("failed", test, "".join(traceback.format_exception(*err)))

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.note("skipped", test, reason)

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err is not None:
            self.note("failed", subtest, "".join(traceback.format_exception(*err)))


def each(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from each(item)
        else:
            yield item


def run_here(folder, tally, names):
    """All tests of the named modules, or of those whose names hold a word."""
    found = unittest.defaultTestLoader.discover(folder, "test_*.py", folder)
    wanted = unittest.TestSuite(test for test in each(found)
                                if not names or any(name in test.id() for name in names))
    if not wanted.countTestCases():
        print(f"no test in {folder} is called {' or '.join(names)}")
        return 4
    outcome = Outcome(os.path.basename(folder), tally)
    try:
        wanted.run(outcome)
    finally:
        from support import shared
        shared.close()
    return 0 if outcome.wasSuccessful() else 1


def run_modules(folder, tally, jobs):
    """Every module in a process and on servers of its own, the longest first."""
    modules = [name[:-3] for name in os.listdir(folder) if name.startswith("test_") and name.endswith(".py")]
    modules.sort(key=lambda name: -os.path.getsize(os.path.join(folder, name + ".py")))

    running = set()

    def one(module):
        with subprocess.Popen([sys.executable, os.path.abspath(__file__), folder, tally, module + "."], text=True,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT) as child:
            running.add(child)
            said, _ = child.communicate()
            running.discard(child)
        print(said, end="", flush=True)
        if child.returncode not in (0, 1):
            with open(tally, "a", encoding="utf-8") as out:
                out.write(f"failed\t{os.path.basename(folder)}\t{module} ended with {child.returncode}\n")
        return child.returncode

    def stop(*_):
        for child in list(running):
            child.terminate()
        sys.exit(143)

    signal.signal(signal.SIGTERM, stop)
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        return 0 if all(code == 0 for code in list(pool.map(one, modules))) else 1


def main():
    folder, tally, names = os.path.abspath(sys.argv[1]), sys.argv[2], sys.argv[3:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    sys.path.insert(0, folder)
    if names:
        return run_here(folder, tally, names)
    return run_modules(folder, tally, 1 + (os.cpu_count() or 1))


sys.exit(main())
