"""A student who leaves every exercise open gets through every lesson. Run small: nbval runs the solved edition at full size."""

import ast

import nbformat
import papermill
import pytest

from xailab.course import ROOT, build

every_lesson = pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])


def parameters(path):
    """A lesson's cell of parameters, or an empty one: its code, and the values that make the lesson small."""
    cell = next((cell for cell in build.read(path).cells if build.is_tagged(cell, "parameters")), None)
    return (cell.source, cell.metadata.get("small", {})) if cell else ("", {})


@every_lesson
def test_what_makes_a_lesson_small_are_parameters_of_it(path):
    code, small = parameters(path)
    assert set(small) <= {node.targets[0].id for node in ast.parse(code).body}


@every_lesson
def test_with_its_exercises_open_a_lesson_runs_to_its_end_and_every_exercise_says_so(
    path, tmp_path, monkeypatch, murmurs
):
    monkeypatch.delenv("XAILAB_STRICT", raising=False)
    student = ROOT / "notebooks" / f"{path.stem}.ipynb"
    _, small = parameters(path)
    papermill.execute_notebook(  # raises PapermillExecutionError, which names the cell
        student,
        tmp_path / student.name,
        small,
        cwd=student.parent,
        progress_bar=False,
        log_output=False,
        start_timeout=build.CELL_SECONDS,
        execution_timeout=build.CELL_SECONDS,
    )
    executed = build.tidy(nbformat.read(tmp_path / student.name, as_version=4))
    exercises = [cell for cell in executed.cells if build.is_tagged(cell, "exercise")]
    assert len(exercises) >= 3
    for cell in exercises:
        said = [output.get("data", {}).get("text/plain", "") for output in cell.outputs]
        assert [each.split(".")[0] for each in said] == ["Not tried yet"], cell.metadata["id"]
    assert murmurs(executed) == []
