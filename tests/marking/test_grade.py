"""Marking: a class with hostile students in it, marked for real; and what comes of reports of every kind."""

import contextlib
import csv
import io
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import nbformat
import pytest
from submissions import ALL, HOSTILE, NAMES, POINTS, RIGHT, SLOW, hand_in, notebook

from course.author import build
from course.cli import main
from course.marking import grade as grading
from course.marking import sandbox
from course.marking.grade import grade
from course.marking.judging import judge_notebook
from course.marking.pages import table
from course.marking.sandbox import Limits
from course.marking.submissions import prepare
from course.student.quiz import questions

needs_bubblewrap = pytest.mark.usefixtures("bubblewrap")
BIAS = {**RIGHT, "01.1": "def one_number(patch, kernel, bias):\n    return np.sum(patch * kernel)"}
OPEN = {id: "def f(*given):\n    return ..." if NAMES[id] != "slips" else "slips = ..." for id in RIGHT}
CHECKS_OPEN = {id: f'check("{id}", f)' for id in RIGHT if id != "01.3"}
SAMPLE = ["fills memory at once", "fills the disk", "forks", "deletes files", "ends the kernel", "makes the engine say yes",
          "sends a forged answer", "wraps what check hands back", "knows the visible inputs by heart",
          "raises what nobody catches", "is no notebook", "is nested too deeply"]  # fmt: skip


def right(marked, student):
    return {row.exercise for row in marked.rows if row.student == student and row.state == "right"}


def row(marked, student, exercise):
    return next(row for row in marked.rows if (row.student, row.exercise) == (student, exercise))


@pytest.fixture(scope="module")
def a_class(tmp_path_factory, bubblewrap):
    """A class of fifteen, twelve of them hostile, marked once: (MarkedClass, folder of submissions, folder of the report)."""
    root = tmp_path_factory.mktemp("class")
    folder, out = root / "submissions", root / "report"
    hand_in(folder, "Ada", notebook(), "01 (1).ipynb")
    hand_in(folder, "Ada", "{}", ".ipynb_checkpoints/old.ipynb")
    hand_in(folder, "김민준", notebook(BIAS))
    hand_in(
        folder,
        "김민준",
        json.dumps({questions("01")[0]["asks"]: [questions("01")[0]["choices"][0]["says"]]}),
        "answers/01.json",
    )
    hand_in(folder, "Late", notebook(OPEN, checks=CHECKS_OPEN), "first.ipynb")
    hand_in(folder, "Late", notebook({"01.1": RIGHT["01.1"]}), "second.ipynb")
    for name in SAMPLE:
        hand_in(folder, name, HOSTILE[name][0])
    return grade(folder, out, jobs=2, bar=False), folder, out


def test_a_right_submission_has_every_point_and_a_mistake_is_named(a_class):
    marked, *_ = a_class
    assert right(marked, "Ada") == ALL and {id: row(marked, "Ada", id).points for id in ALL} == POINTS
    assert right(marked, "김민준") == ALL - {"01.1"}
    wrong = row(marked, "김민준", "01.1")
    assert (wrong.state, wrong.mistake, wrong.points, wrong.of) == ("wrong", "forgot the bias", 0, 1)
    assert "The bias is missing" in wrong.found


def test_of_two_notebooks_of_one_lesson_each_exercise_counts_where_it_is_better(a_class):
    marked, *_ = a_class
    assert right(marked, "Late") == {"01.1"}
    assert {row(marked, "Late", id).state for id in ALL - {"01.1"}} <= {"not tried", "missing"}


@pytest.mark.parametrize("name", SAMPLE)
def test_a_hostile_submission_costs_its_own_points_and_no_others(a_class, name):
    marked, *_ = a_class
    assert right(marked, name) == HOSTILE[name][1]


def test_none_is_lost_and_nothing_of_the_instructors_is_touched(a_class):
    marked, folder, out = a_class
    assert marked.unmarked == [] and len({row.student for row in marked.rows}) == 3 + len(SAMPLE)
    assert len(marked.rows) == (3 + len(SAMPLE)) * 7  # six exercises and the quiz
    assert len(list(folder.rglob("*.ipynb"))) == 5 + len(SAMPLE)
    assert {run["student"] for run in marked.runs if run.get("trouble")} == {"is no notebook", "is nested too deeply"}
    ends = {run["student"]: run["ended"] for run in marked.runs if run.get("ended")}
    assert set(ends) == {"forks", "ends the kernel"} and "the limit of 40 processes" in ends["forks"]


def test_the_quiz_counts_and_who_did_not_answer_has_no_points(a_class):
    marked, *_ = a_class
    assert row(marked, "김민준", "01 quiz").points == 1 and row(marked, "김민준", "01 quiz").of == 5
    assert row(marked, "Ada", "01 quiz").state == "not handed in"


def test_called_again_it_runs_nothing_and_marks_alike(a_class, monkeypatch):
    marked, folder, out = a_class
    monkeypatch.setattr(grading, "run_notebook", None)
    assert table(grade(folder, out, bar=False).rows) == table(marked.rows)


@needs_bubblewrap
def test_what_lasts_too_long_is_ended_and_the_next_one_is_marked(tmp_path):
    """With so short a time only what is certain is asked: on a slow machine more may be lost, but never a neighbour."""
    for name, (text, _) in SLOW.items():
        hand_in(tmp_path / "in", name, text)
    marked = grade(tmp_path / "in", tmp_path / "out", jobs=2, limits=Limits(seconds=24), bar=False)
    for name in ("loops", "sleeps"):
        assert row(marked, name, "01.2").state != "right"
    stubborn = next(run for run in marked.runs if run["student"] == "loops and will not be interrupted")
    assert "the time limit of 24 s" in stubborn["ended"] and marked.unmarked == []


def test_what_a_limit_ended_is_marked_again_under_another_limit_only(tmp_path, monkeypatch):
    hand_in(tmp_path / "in", "Ada", notebook())
    runs = []

    def run_notebook(lesson, text, seed, limits, trusted):
        runs.append(limits.seconds)
        return ('{"ended": ""}', "") if limits.seconds > 10 else ("", f"the time limit of {limits.seconds} s")

    monkeypatch.setattr(grading, "run_notebook", run_notebook)

    def ran(seconds):
        before = len(runs)
        with ThreadPoolExecutor(1) as pool:
            grade(tmp_path / "in", tmp_path / "out", executor=pool, limits=Limits(seconds=seconds), bar=False)
        return len(runs) > before

    assert [ran(seconds) for seconds in (9, 9, 10, 10, 11, 11, 9)] == [True, False, True, False, True, False, False]
    (file,) = (tmp_path / "out" / "marks").iterdir()
    for damaged in ("", "{}", "[1]", "{"):
        file.write_text(damaged)
        assert ran(9), damaged


@needs_bubblewrap
def test_on_a_dask_cluster_a_killed_worker_loses_nothing_and_the_report_is_the_same(tmp_path, monkeypatch):
    from distributed import Client, LocalCluster

    answers = [RIGHT, BIAS, {**RIGHT, "01.4": "def positions(*given):\n    return 1"}, {"01.1": RIGHT["01.1"]}]
    for number, each in enumerate(answers):
        hand_in(tmp_path / "in", f"student {number}", notebook(each))
    assert grading.run(tmp_path / "in", tmp_path / "here", bar=False) == 0
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "seed.txt").write_text((tmp_path / "here" / "seed.txt").read_text())
    killed = []
    with (
        LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1", dashboard_address=None, silence_logs=60
        ) as cluster,
        Client(cluster) as client,
    ):
        workers = list(client.run(os.getpid).values())

        def judge_and_kill(*given):
            if not killed:
                killed.append(workers[0])
                os.kill(workers[0], signal.SIGKILL)
            return judge_notebook(*given)

        monkeypatch.setattr(grading, "judge_notebook", judge_and_kill)
        assert grading.run(tmp_path / "in", tmp_path / "there", scheduler=cluster.scheduler_address, bar=False) == 0
    assert killed == workers[:1]
    assert (tmp_path / "there" / "marks.csv").read_text() == (tmp_path / "here" / "marks.csv").read_text()


@needs_bubblewrap
def test_interrupted_it_keeps_what_is_marked_and_goes_on_there(tmp_path, interruptible):
    for number in range(6):
        hand_in(
            tmp_path / "in",
            f"student {number}",
            notebook({**RIGHT, "01.4": f"def positions(*given):\n    return {number}"}),
        )
    command = [sys.executable, "-m", "course.cli", "grade", str(tmp_path / "in"), "--out", str(tmp_path / "out")]
    started = subprocess.Popen([*command, "--jobs", "1"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    kept = tmp_path / "out" / "marks"
    while len(list(kept.glob("*.json"))) < 2:
        assert started.poll() is None
        time.sleep(0.05)
    started.send_signal(signal.SIGINT)
    assert "call the same command again" in started.communicate()[0] and started.returncode == 130
    first = {path: path.stat().st_mtime_ns for path in kept.glob("*.json")}
    assert 2 <= len(first) < 6 and not list(kept.glob("*.part"))
    assert subprocess.run(command, capture_output=True).returncode == 0
    assert len(list(kept.glob("*.json"))) == 6 and all(path.stat().st_mtime_ns == then for path, then in first.items())
    with (tmp_path / "out" / "marks.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 36 and sum(each["state"] == "right" for each in rows) == 30


# What comes of a run's report, whatever it is


def test_a_report_of_nothing_is_no_points_and_says_why():
    lesson, text = "01", notebook()
    marked = judge_notebook(lesson, text, 1, "", "the time limit of 9 s")
    assert marked["ended"] == "the time limit of 9 s ended it before its first cell"
    assert {each["state"] for each in marked["exercises"].values()} == {"missing"}


@pytest.mark.parametrize(
    "line",
    ["", "nonsense", "[]", "7", '{"cell": "x"}', '{"cell": 99, "seconds": 1}', '{"cell": 1, "seconds": NaN}', "{" * 9999, '{"cell": 1, "seconds": 1' + "0" * 400 + "}",
     '{"answer": {"exercise": "01.1"}, "cell": 1}', '{"answer": 7}', '{"answer": {"exercise": ["01.1"]}}', '{"ended": {}, "cell": {}}'],
)  # fmt: skip
def test_whatever_a_student_writes_into_the_report_is_no_point(line):
    marked = judge_notebook("01", notebook(), 1, f'{line}\n{{"ended": ""}}\n', "")
    assert sum(each["points"] for each in marked["exercises"].values()) == 0
    json.dumps(marked)


def test_of_a_value_the_first_that_was_tried_counts_since_check_tells_the_right_one():
    def event(value):
        from course.marking.answers import pack
        from course.student.check import attempt
        from course.student.exercises import exercises

        return json.dumps(
            {"cell": 3, "answer": {"exercise": "01.3", **pack(attempt(exercises("01")["01.3"], value, []))}}
        )

    good = {("a", 1, 2): (46, 44), ("b", 2, 2): (12, 13)}
    for values, state in (([..., good], "right"), ([{}, good], "wrong"), ([..., ...], "not tried")):
        said = "\n".join(map(event, values))
        assert judge_notebook("01", notebook(), 1, said, "")["exercises"]["01.3"]["state"] == state


def test_the_hidden_cases_follow_from_the_reports_seed_and_no_two_reports_share_it(tmp_path):
    (tmp_path / "in" / "Ada").mkdir(parents=True)

    def seed(out):
        grade(tmp_path / "in", tmp_path / out, trusted=True, bar=False)
        return int((tmp_path / out / "seed.txt").read_text())

    seeds = [seed(out) for out in ("a", "a", "b", "c")]
    assert seeds[0] == seeds[1] and len(set(seeds)) == 3
    (tmp_path / "a" / "seed.txt").write_text("none")
    with pytest.raises(ValueError, match="seed.txt holds no whole number"):
        seed("a")


# What is handed in


def test_a_lesson_is_known_by_its_exercises_and_made_small(tmp_path):
    path = build.sources()[3].with_suffix(".ipynb")
    lesson, text = prepare(hand_in(tmp_path, "s", path.read_text(encoding="utf-8"), "hello (3).ipynb"))
    made = nbformat.reads(text, as_version=4)
    place = next(place for place, cell in enumerate(made.cells) if build.is_tagged(cell, "parameters"))
    assert lesson == "03" and made.cells[place + 1].source.startswith("# the lesson made small\n")
    assert not any(cell.get("outputs") for cell in made.cells)
    assert "made small" not in prepare(tmp_path / "s" / "hello (3).ipynb", full=True)[1]


@pytest.mark.parametrize(
    "text, said",
    [
        ("", "no valid notebook"),
        ("{}", "no valid notebook"),
        ('{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}', "no valid notebook"),
        ("[" * 100_000, "no valid notebook"),
        (nbformat.writes(nbformat.v4.new_notebook()), "none of its cells checks an exercise"),
        (
            nbformat.writes(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell('check("99.1", 1)')])),
            "none of its cells",
        ),
    ],
    ids=["empty", "no notebook", "no source", "deep", "no cells", "unknown lesson"],
)
def test_what_cannot_be_run_is_named(tmp_path, text, said):
    with pytest.raises(ValueError, match=said):
        prepare(hand_in(tmp_path, "s", text))


def test_a_link_a_pipe_and_bytes_that_are_no_text_are_named(tmp_path):
    (tmp_path / "link.ipynb").symlink_to(build.sources()[0])
    with pytest.raises(ValueError, match="a link, or no file"):
        prepare(tmp_path / "link.ipynb")
    os.mkfifo(tmp_path / "waits.ipynb")
    with pytest.raises(ValueError, match="no file at all"):
        prepare(tmp_path / "waits.ipynb")
    (tmp_path / "bytes.ipynb").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="no valid notebook"):
        prepare(tmp_path / "bytes.ipynb")


def said_by(*arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        status = main(["grade", *map(str, arguments)])
    return status, out.getvalue()


def test_a_folder_without_students_an_unknown_lesson_and_no_scheduler_are_named(tmp_path):
    assert said_by(tmp_path / "none")[0] == 1 and "is no folder" in said_by(tmp_path / "none")[1]
    assert "holds no folder: one per student" in said_by(tmp_path, "--out", tmp_path / "out")[1]
    assert "there is no lesson '77'" in said_by(tmp_path, "--lessons", "77")[1]


def test_nothing_runs_unprotected_unless_it_is_trusted(tmp_path, monkeypatch):
    hand_in(tmp_path / "in", "Ada", notebook())
    monkeypatch.setattr(sandbox, "protection", lambda: None)
    status, said = said_by(tmp_path / "in", "--out", tmp_path / "out")
    assert status == 1 and "Install bubblewrap" in said and not list((tmp_path / "out").glob("marks/*"))


def test_an_assigned_lesson_that_nobody_handed_in_counts(tmp_path):
    (tmp_path / "in" / "Ada").mkdir(parents=True)
    marked = grade(tmp_path / "in", tmp_path / "out", assigned=["02"], trusted=True, bar=False)
    assert {each.state for each in marked.rows} == {"not handed in"} and len(marked.rows) == 4
