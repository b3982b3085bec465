"""Every row of the ledger tried again with a seed that nobody has used: `make retry`, or `make retry SEED=7001`."""

import argparse
import subprocess
import sys
import tempfile
from collections import defaultdict
from datetime import date
from pathlib import Path
from xml.etree import ElementTree

from course import ROOT
from course.author import build, claims


def retry(seed, lessons=()):
    """Run the tests of the ledger with a seed and print which sentences hold.

    seed: int from 100 on; the course's own results have smaller ones. lessons: their two digits; none means all.
    Returns {(lesson, test): whether it holds}.
    """
    rows = [
        (path.stem[:2], claim)
        for path in build.sources()
        if not lessons or path.stem[:2] in lessons
        for claim in claims.claims(path)
    ]
    tests = list(dict.fromkeys(f"{claim.file}::{claim.test}" for _, claim in rows))
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "-q", "-n", "2", "--dist", "loadfile", "--seed", str(seed)]
        subprocess.run([*command, f"--junitxml={report}", "--tb=line", *tests], cwd=ROOT, check=False)
        outcomes = read(report)
    held = {}
    for lesson, claim in rows:
        holds = held[lesson, claim.test] = outcomes.get(claim.test, False)
        print(f"{lesson}  {'holds' if holds else 'FELL '}  {claim.sentence}  [{claim.test}]")
    print(f"\nSeed {seed}: {sum(held.values())} of {len(held)} tests of the ledger hold.")
    return held


def read(report):
    """What came of each test in pytest's report in XML: {its name without parameters: whether all its cases passed}."""
    outcomes = defaultdict(list)
    for case in ElementTree.parse(report).iter("testcase"):
        passed = not any(part.tag in ("failure", "error", "skipped") for part in case)
        outcomes[case.get("name").partition("[")[0]].append(passed)
    return {name: all(passed) for name, passed in outcomes.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("lessons", nargs="*", metavar="NN", help="lessons, by their two digits; all by default")
    parser.add_argument("--seed", type=int, default=int(f"{date.today():%Y%m%d}"), help="by default today's date")
    options = parser.parse_args()
    if options.seed < 100:
        parser.error("seeds below 100 are those of the course's own results: give a larger one")
    sys.exit(0 if all(retry(options.seed, options.lessons).values()) else 1)


if __name__ == "__main__":
    main()
