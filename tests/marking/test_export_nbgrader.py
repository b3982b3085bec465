"""The hand-over to nbgrader and otter-grader: what a student wrote is marked, not what check hands back, and lessons run on."""

import ast
import copy
import csv
import json
import os
import re
import subprocess
from functools import cache

import nbformat
import pytest

from course import ROOT, cli
from course.author import build
from course.marking import handover
from course.student.check import NotRight
from course.student.exercises import exercises, lessons

LIGHT = "02"  # a lesson without TensorFlow, with functions and with values
NAME = "02_global_average_pooling"
RIGHT = {
    "02.1": "def dense_weights(inputs, outputs):\n    return inputs * outputs + outputs",
    "02.2": "def pool(maps):\n    return maps.mean(axis=(0, 1))",
    "02.3": "predictions = {'shifted': 'the same', 'upside down': 'the same', 'quarter turn': 'exchanged', "
    "'larger picture': 'a quarter'}",
    "02.4": "def weighted_map(maps, weights):\n    return maps @ weights",
}
WRONG = {
    "02.1": "def dense_weights(inputs, outputs):\n    return inputs * outputs",
    "02.2": "def pool(maps):\n    raise ValueError('I do not know')",
    "02.3": "predictions = {'shifted': 'the same'}",
    "02.4": "def weighted_map(maps, weights):\n    return maps.sum(axis=-1)",
}
NO_PYTHON = "def weighted_map(maps, weights)"
BY_HEART = {  # right on what the student sees, and on nothing else
    **RIGHT,
    "02.1": "def dense_weights(inputs, outputs):\n    return {2385480: 200380404, 84: 935, 120: 10164, 64: 130, 25088: 102764544}[inputs]",
}
POINTS = {"02.1": 1, "02.2": 1, "02.3": 2, "02.4": 2}


@cache
def lesson(number):
    return build.read(next(path for path in build.sources() if path.stem.startswith(number)))


def both(number):
    return handover.nbgrader_notebook(lesson(number), 1), handover.otter_notebook(lesson(number), 1)


def released(source):
    """What nbgrader leaves of a cell: the delimiters of solutions and hidden tests and what is between them are gone."""
    return re.sub(r"^ *#+ BEGIN (SOLUTION|HIDDEN TESTS).*?#+ END \1\n?", "", source, flags=re.DOTALL | re.MULTILINE)


def answered(notebook, answers):
    """A released notebook in which a student has written answers, {id: code}."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        cell.source = answers.get(cell.metadata.get("id"), cell.source)
    return notebook


def run(notebook):
    """Run the cells as Jupyter does, on behind an error; returns {name of the cell in nbgrader or its id: error or None}."""
    names, said = {}, {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            key = cell.metadata.get("nbgrader", {}).get("grade_id", cell.id)
            try:
                exec(compile(cell.source, key, "exec"), names)
                said[key] = None
            except Exception as error:
                said[key] = error
    return said


@pytest.mark.parametrize("number", lessons())
def test_notebooks_and_their_metadata_are_valid(number):
    for notebook in both(number):
        nbformat.validate(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                ast.parse(cell.source)
    cells = [cell for cell in handover.nbgrader_notebook(lesson(number), 1).cells if "nbgrader" in cell.metadata]
    ids = [cell.metadata.nbgrader.grade_id for cell in cells]
    assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[a-zA-Z0-9_-]+", each) for each in ids)
    for cell in cells:
        about = cell.metadata.nbgrader
        assert about.schema_version == 3 and about.task is False
        assert about.grade == ("points" in about) and not (about.grade and about.solution)


@pytest.mark.parametrize("number", lessons())
def test_every_exercise_is_an_answer_its_check_and_its_test_worth_its_difficulty(number):
    notebook = handover.nbgrader_notebook(lesson(number), 1)
    roles = [cell.metadata.nbgrader for cell in notebook.cells if "nbgrader" in cell.metadata]
    assert len(roles) == 3 * len(exercises(number))
    tagged = [cell.metadata for cell in lesson(number).cells if build.is_tagged(cell, "exercise")]
    for about, (answer, checked, test) in zip(tagged, zip(*[iter(roles)] * 3)):
        key = about["id"].replace(".", "_")
        assert [answer.grade_id, checked.grade_id, test.grade_id] == [f"exercise_{key}", f"check_{key}", f"test_{key}"]
        assert answer.solution and not answer.locked and checked.locked and test.locked
        assert test.points == about["difficulty"]


@pytest.mark.parametrize("number", lessons())
def test_what_students_get_is_the_student_edition(number):
    """Released, an exercise is open as in notebooks/, and holds neither a solution nor a hidden test."""
    opened = {cell.metadata.id: cell for cell in build.student_edition(lesson(number)).cells if "id" in cell.metadata}
    for notebook in both(number):
        for cell in notebook.cells:
            if cell.cell_type == "code" and "id" in cell.metadata:
                *expected, _ = ast.parse(opened[cell.metadata.id].source).body
                assert ast.unparse(ast.parse(released(cell.source))) == ast.unparse(ast.Module(expected, []))
            assert "seed=" not in released(cell.source) or not cell.source.startswith("from course.marking")


def test_solutions_pass_and_the_lesson_runs():
    assert not any(run(handover.nbgrader_notebook(lesson(LIGHT), 1)).values())


@pytest.mark.parametrize("answers", [{}, WRONG], ids=["open", "wrong"])
def test_what_is_open_or_wrong_fails_though_check_hands_back_the_reference(answers):
    notebook = handover.nbgrader_notebook(lesson(LIGHT), 1)
    for cell in notebook.cells:
        cell.source = released(cell.source)
    said = run(answered(notebook, answers))
    for key in ("02_1", "02_2", "02_3", "02_4"):
        assert said.pop(f"test_{key}") is not None
    assert not any(said.values())  # all the rest of the lesson ran


def test_a_failing_test_does_not_stop_jupyter():
    tests = [cell for cell in handover.nbgrader_notebook(lesson(LIGHT), 1).cells if cell.id.startswith("test-")]
    assert tests and all(cell.metadata.tags == ["raises-exception"] for cell in tests)


def test_what_is_right_on_the_visible_cases_alone_is_found_out():
    names = {}
    exec(BY_HEART["02.1"], names)
    handover.require_right("02.1", names["dense_weights"])
    with pytest.raises(NotRight):
        handover.require_right("02.1", names["dense_weights"], seed=1)


def test_the_reference_is_nobodys_own_answer():
    """Whoever runs the check twice in one session marks what it handed back; that must not look like a success."""
    with pytest.raises(NotRight, match="reference"):
        handover.require_right("02.1", exercises("02")["02.1"].reference)


def test_an_export_is_the_same_again_and_overwrites_nothing(tmp_path, capsys):
    assert cli.main(["export-nbgrader", LIGHT, "--out", str(tmp_path)]) == 0
    first = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert {str(path.relative_to(tmp_path)) for path in first} == {
        "nbgrader_config.py",
        "seed.txt",
        *(f"{place}/{NAME}/{file}" for place in ("otter", "source") for file in (f"{NAME}.ipynb", "GLOSSARY.md")),
    }
    assert cli.main(["export-nbgrader", LIGHT, "--out", str(tmp_path)]) == 0
    assert {path: path.read_bytes() for path in first} == first
    edited = tmp_path / "source" / NAME / f"{NAME}.ipynb"
    edited.write_text("mine")
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()  # mine")
    assert cli.main(["export-nbgrader", "01", LIGHT, "--out", str(tmp_path)]) == 1
    assert f"{edited}: there already, with other content. Nothing was written" in capsys.readouterr().out
    assert edited.read_text() == "mine" and not (tmp_path / "source" / "01_convolution_arithmetic").exists()
    edited.unlink()
    assert cli.main(["export-nbgrader", LIGHT, "--out", str(tmp_path)]) == 0
    assert "mine" in (tmp_path / "nbgrader_config.py").read_text()


def test_what_a_lesson_reads_lies_beside_it(tmp_path):
    handover.export(["08"], tmp_path)
    for place in ("source", "otter"):
        (path,) = (tmp_path / place).rglob("*.ipynb")
        assert "../datasets" not in path.read_text() and "../solutions" not in path.read_text()
        assert json.loads((path.parent / "fine_tuning.json").read_text())
    assert "  - fine_tuning.json" in nbformat.read(path, as_version=4).cells[0].source


def test_a_lesson_that_there_is_not_is_named(tmp_path, capsys):
    assert cli.main(["export-nbgrader", "77", "--out", str(tmp_path / "new")]) == 1
    assert "no lesson 77: there are 00, 01," in capsys.readouterr().out and not (tmp_path / "new").exists()


def grader(name):
    """Runs a program of the environment .venv-NAME; skips where there is none."""
    place = ROOT / f".venv-{name}"
    if not (place / "ready").exists():
        pytest.skip(f"no .venv-{name}: make graders")
    environment = {**os.environ, "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}"}

    def call(folder, *command):
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr

    return call


def submit(released, folder, students):
    notebook = nbformat.read(released, as_version=4)
    for student, answers in students.items():
        path = folder / student / NAME / f"{NAME}.ipynb"
        path.parent.mkdir(parents=True)
        nbformat.write(answered(notebook, answers), path)
    return notebook


STUDENTS = {"ada": RIGHT, "bo": WRONG, "cy": {}, "di": {**BY_HEART, "02.4": NO_PYTHON}}
SCORES = {"ada": POINTS, "bo": {}, "cy": {}, "di": {"02.2": 1, "02.3": 2}}


def test_nbgrader_releases_and_marks_it(tmp_path):
    call = grader("nbgrader")
    handover.export([LIGHT], tmp_path)
    call(tmp_path, "nbgrader", "generate_assignment", NAME)
    given = submit(tmp_path / "release" / NAME / f"{NAME}.ipynb", tmp_path / "submitted", STUDENTS)
    assert not any("SOLUTION" in cell.source or "HIDDEN" in cell.source for cell in given.cells)
    call(tmp_path, "nbgrader", "autograde", NAME)
    call(tmp_path, "nbgrader", "export")
    with (tmp_path / "grades.csv").open() as file:
        found = {row["student_id"]: (float(row["score"]), float(row["max_score"])) for row in csv.DictReader(file)}
    assert found == {student: (sum(SCORES[student].values()), sum(POINTS.values())) for student in STUDENTS}


def test_otter_releases_and_marks_it(tmp_path):
    call = grader("otter")
    handover.export([LIGHT], tmp_path)
    call(tmp_path / "otter" / NAME, "otter", "assign", f"{NAME}.ipynb", "dist")  # runs the tests on the solutions
    dist = tmp_path / "otter" / NAME / "dist"
    given = submit(dist / "student" / f"{NAME}.ipynb", tmp_path, STUDENTS)
    assert not any("SOLUTION" in cell.source or "otter" in cell.source for cell in given.cells)
    assert "seed=" not in json.dumps(given.metadata)
    (autograder,) = (dist / "autograder").glob("*.zip")
    for student in STUDENTS:
        call(
            tmp_path,
            "otter",
            "run",
            "-a",
            autograder,
            "-o",
            tmp_path / student,
            tmp_path / student / NAME / f"{NAME}.ipynb",
        )
        tests = json.loads((tmp_path / student / "results.json").read_text())["tests"]
        found = {each["name"]: each["score"] for each in tests if each["name"].startswith("q")}
        assert found == {f"q{id.replace('.', '_')}": SCORES[student].get(id, 0) for id in POINTS}
