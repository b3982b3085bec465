"""Marking a class: what the sandbox and the judging add to the notebooks' own time, and what a second worker brings."""

import os
import tempfile
import time
from pathlib import Path

import nbformat
from nbclient import NotebookClient

from course import ROOT
from course.marking import grade as grading
from course.marking.submissions import prepare


def _hand_in(folder, lesson, count):
    notebook = nbformat.read(ROOT / "notebooks" / f"{lesson}.ipynb", as_version=4)
    for number in range(count):
        notebook.cells[-1].source += "\n"  # no two alike: what is alike is marked once
        path = folder / str(number) / "lesson.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(notebook, path)


def _alone(path):
    """Seconds of one notebook without any of ours: nbclient in this process, with the threads that marking gives it."""
    _, text = prepare(path)
    start = time.perf_counter()
    NotebookClient(nbformat.reads(text, as_version=4), allow_errors=True).execute(
        env={**os.environ, **grading._ALONE}, cwd=str(ROOT / "notebooks")
    )
    return time.perf_counter() - start


def rows(small=False):
    """Yield (what, ratio, largest allowed). small: as little as shows that it runs."""
    lesson, count = ("01_convolution_arithmetic", 1) if small else ("03_cam_mnist", 4)
    with tempfile.TemporaryDirectory() as name:
        folder, taken = Path(name), {}
        _hand_in(folder / "in", lesson, count)
        if not small:
            _alone(folder / "in" / "0" / "lesson.ipynb")  # caches
        alone = sum(_alone(path) for path in sorted((folder / "in").rglob("*.ipynb")))
        for jobs in (1, 2):
            start = time.perf_counter()
            marked = grading.grade(folder / "in", folder / f"out{jobs}", jobs=jobs, bar=False)
            taken[jobs] = time.perf_counter() - start
            assert len(marked.runs) == count and not marked.unmarked
    yield f"Marking {count} notebooks / nbclient alone, kernel starts included", taken[1] / alone, 1.15
    yield "Marking with two workers / with one", taken[2] / taken[1], 1 / 1.7
