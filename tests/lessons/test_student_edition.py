"""A student who leaves every exercise open gets through every lesson. Run small: nbval runs the solved edition at full size."""

import ast
from contextlib import nullcontext
from functools import cache

import nbformat
import papermill
import pytest
from warm_kernels import warm_kernels

from course import ROOT
from course.author import build
from course.lessons.lesson_12.report import PAGES

every_lesson = pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])


@every_lesson
def test_what_makes_a_lesson_small_are_parameters_of_it(path):
    code, small = build.parameters(build.read(path))
    assert set(small) <= {node.targets[0].id for node in ast.parse(code).body}


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A function: runs the student edition of a lesson, small, once; returns it executed, and the folder of its pages."""

    @cache
    def run(path):
        folder, (code, small) = tmp_path_factory.mktemp(path.stem[:2]), build.parameters(build.read(path))
        student = ROOT / "notebooks" / f"{path.stem}.ipynb"
        pages = {"PAGES": str(folder / "pages")} if "PAGES = " in code else {}
        # The first lesson's kernel starts from nothing, as a student's does: what TensorFlow says while it loads would be seen.
        start = nullcontext() if path.stem[:2] == "00" else warm_kernels()
        with pytest.MonkeyPatch.context() as patch, start:
            patch.delenv("XAILAB_STRICT", raising=False)
            # Raises PapermillExecutionError, which names the cell.
            papermill.execute_notebook(
                student,
                folder / student.name,
                {**small, **pages},
                cwd=student.parent,
                progress_bar=False,
                log_output=False,
                start_timeout=build.CELL_SECONDS,
                execution_timeout=build.CELL_SECONDS,
            )
        return build.tidy(nbformat.read(folder / student.name, as_version=4)), folder / "pages"

    return run


@every_lesson
def test_with_its_exercises_open_a_lesson_runs_to_its_end_and_every_exercise_says_so(path, run, murmurs):
    executed, _ = run(path)
    exercises = [cell for cell in executed.cells if build.is_tagged(cell, "exercise")]
    assert len(exercises) >= 3
    for cell in exercises:
        said = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        assert [each.split(".")[0] for each in said] == ["Not tried yet"], cell.metadata["id"]
    assert murmurs(executed) == []


def test_the_pages_of_the_beams_say_what_was_measured(run):
    executed, pages = run(build.source("12"))
    assert "FOLDER is empty" in "".join(
        output.get("text", "") for cell in executed.cells for output in cell.get("outputs", [])
    )
    for reader, figures in zip(PAGES, (2, 1, 2)):
        page = (pages / f"12_{reader}.html").read_text(encoding="utf-8")
        assert "Not measured" not in page and page.count("<img") == figures and "drawn steel beams" in page
