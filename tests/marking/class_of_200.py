"""A class of 200, twenty of them hostile, marked as on a Sunday night: none may be lost, none marked wrong.

    make class

Each of the others has right answers, known mistakes and open exercises, drawn at random; a third hand in the whole lesson 01
or 02, the rest its exercises alone. What each exercise must be worth is known from how it was made.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import nbformat
import numpy as np
from submissions import HOSTILE, IMPORTS, MISTAKES, NAMES, RIGHT, RIGHT_02, SLOW, hand_in

from course import ROOT
from course.author import build
from course.marking.grade import grade
from course.marking.pages import write_report
from course.marking.sandbox import Limits

EVERY = {**RIGHT, **RIGHT_02}


def code(id, kind):
    """An exercise's cell as a student left it. kind: "right", "not tried" or the name of a mistake."""
    if kind == "not tried":
        lines = f"{NAMES[id]} = ..."
    else:
        lines = EVERY[id] if kind == "right" else MISTAKES[id][kind]
    return f'{lines}\n\n\n{NAMES[id]} = check("{id}", {NAMES[id]})'


def student(draw, number):
    """One student's notebook and what is expected of it: (text, {exercise: kind})."""
    lesson = ("01", "02")[int(draw.integers(2))]
    expected = {}
    for id in [id for id in EVERY if id[:2] == lesson]:
        expected[id] = str(draw.choice(["right"] * 4 + ["not tried"] + list(MISTAKES[id])))
    if number % 3 == 0:
        whole = nbformat.read(ROOT / "notebooks" / f"{build.source(lesson).stem}.ipynb", as_version=4)
        for cell in whole.cells:
            if build.is_tagged(cell, "exercise"):
                cell.source = code(cell.metadata["id"], expected[cell.metadata["id"]])
    else:
        cells = [IMPORTS, *(code(id, kind) for id, kind in expected.items()), f"# student {number}"]
        whole = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return nbformat.writes(whole), expected


def main(count=200, hostile_ones=20):
    """Make the class, mark it, and compare. Returns 1 if any mark is not what it must be."""
    draw, expected = np.random.default_rng(0), {}
    hostile = dict([*SLOW.items(), *HOSTILE.items()][:hostile_ones])
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count - len(hostile)):
            name = f"student {number:03d}"
            text, expected[name] = student(draw, number)
            hand_in(Path(folder, "in"), name, text)
        for name, (text, right) in hostile.items():
            expected[name] = {id: "right" if id in right else None for id in RIGHT if id[:2] == "01"}
            hand_in(Path(folder, "in"), name, text)
        start = time.perf_counter()
        marked = grade(Path(folder, "in"), Path(folder, "out"), limits=Limits(seconds=120))
        taken = time.perf_counter() - start
        write_report(marked, Path(folder, "out"))
    wrong, states = [], Counter()
    for row in marked.rows:
        kind = expected[row.student].get(row.exercise, "not handed in")
        got = row.mistake if row.mistake else row.state
        fine = row.state != "right" and row.points == 0 if kind is None else got == kind
        states[row.state] += 1
        if not fine:
            wrong.append(f"{row.student}: {row.exercise} is {got!r}, {kind!r} was expected ({row.found})")
    print("\n".join(wrong))
    print(
        f"{len({row.student for row in marked.rows})} students, {len(hostile)} of them hostile, {taken:.0f} s: {dict(states)}"
    )
    print(f"lost: {len(marked.unmarked)}, marked wrong: {len(wrong)}")
    return int(bool(wrong or marked.unmarked))


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
