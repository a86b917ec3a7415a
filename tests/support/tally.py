"""Counts single tests.

    tally.py ctest STAGE JUNIT TALLY    the cases of every program that ctest ran, into the tally
    tally.py close TALLY                names what failed; the last line is N passed, N failed, N skipped
"""
import re
import sys
import xml.etree.ElementTree as xml

CASE = re.compile(r"^\[\s*(OK|FAILED|SKIPPED)\s*\] (\S+)\s*$", re.M)
WORDS = {"OK": "passed", "FAILED": "failed", "SKIPPED": "skipped"}


def ctest(stage, junit, tally):
    """cmocka's lines count one each; a program that prints none counts once, and one that ctest calls
    failed counts as a failure at least once, however it died."""
    with open(tally, "a", encoding="utf-8") as out:
        for case in xml.parse(junit).getroot().iter("testcase"):
            program = case.get("name")
            said = case.findtext("system-out") or ""
            cases = {name: WORDS[word] for word, name in CASE.findall(said)}
            failed = case.get("status") != "run"
            if failed and "failed" not in cases.values():
                cases[program] = "failed"
            if not cases:
                cases[program] = "passed"
            for name, word in cases.items():
                out.write(f"{word}\t{stage}\t{program if name == program else program + '.' + name}\n")


def close(tally):
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    with open(tally, encoding="utf-8") as lines:
        for line in lines:
            word, stage, name = line.rstrip("\n").split("\t")
            counts[word] += 1
            if word != "passed":
                print(f"{word}: {stage} {name}")
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 0 if counts["failed"] == 0 and counts["passed"] > 0 else 1


def main():
    if sys.argv[1:2] == ["ctest"] and len(sys.argv) == 5:
        ctest(*sys.argv[2:])
        return 0
    if sys.argv[1:2] == ["close"] and len(sys.argv) == 3:
        return close(sys.argv[2])
    print(__doc__)
    return 2


sys.exit(main())
