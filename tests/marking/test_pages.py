import csv
import io
import re

import pytest

from course.marking.grade import MarkedClass, Row
from course.marking.pages import class_page, student_page, table, write_report
from course.student.exercises import exercises

EVIL = '<img src=x onerror="alert(1)">'


def a_class(student="Ada"):
    rows = [
        Row(student, "01.1", 1, 1, "right"),
        Row(student, "01.2", 0, 2, "wrong", "flipped kernel", f"You turned {EVIL}"),
        Row(student, "01 quiz", 3, 5, "answered"),
        Row("Bob", "01.1", 0, 1, "wrong", "forgot the bias", "The bias is missing."),
        Row("Bob", "01.2", 0, 2, "not handed in"),
    ]
    cells = [{"begins": EVIL, "seconds": 2.0, "error": None}, {"begins": "import numpy", "seconds": 0.5, "error": None}]
    runs = [
        {
            "student": student,
            "notebook": "a.ipynb",
            "lesson": "01",
            "seconds": 2.5,
            "ended": f"{EVIL} ended it",
            "cells": cells,
        },
        {"student": "Bob", "notebook": f"{EVIL}.ipynb", "lesson": None, "trouble": f"{EVIL} is no notebook"},
    ]
    return MarkedClass(rows, runs)


def read(text):
    assert text[0] == "\ufeff", "without it, spreadsheets misread Korean names"
    return list(csv.DictReader(io.StringIO(text[1:])))


def test_the_grade_book_names_student_exercise_points_and_mistake():
    rows = read(table(a_class().rows))
    assert list(rows[0]) == ["student", "exercise", "points", "of", "state", "mistake", "found"]
    assert rows[1]["mistake"] == "flipped kernel" and rows[1]["points"] == "0" and len(rows) == 5


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", " =1", "\t=1", "\n=1"])
def test_what_students_wrote_is_no_formula(text):
    (row,) = read(table([Row(text, "01.1", 0, 1, "wrong", "", text)]))
    assert row["found"][0] == row["student"][0] == "'" and "\n" not in row["found"]


def test_a_students_page_has_what_was_found_and_the_hints_for_what_is_not_right():
    page = student_page("Ada", a_class())
    assert "4 of 8 points (50%)" in page and "01.1, one number of a convolution: 1 of 1, right" in page
    assert page.count("<li>") == 3 and all(
        hint[:20] in page.replace("&#x27;", "'") for hint in exercises("01")["01.2"].hints
    )
    assert "Bob" not in page and "did not come to its end" in page


def test_nothing_that_students_wrote_is_a_tag(tmp_path):
    marked = a_class(EVIL.replace("/", ""))
    for page in (class_page([EVIL, "Bob"], marked), student_page(EVIL, marked), student_page("Bob", marked)):
        assert EVIL not in page and "onerror" in page and not re.search(r"<script|https?:", page)


def test_the_overview_has_scores_exercises_mistakes_times_and_every_student(tmp_path):
    place = write_report(a_class(), tmp_path / "report")
    page = place.read_text(encoding="utf-8")
    assert {each.name for each in (tmp_path / "report").iterdir()} == {"index.html", "marks.csv", "students"}
    for words in (
        "2 students, 2 notebooks",
        "Share of the points",
        "01.2 flipped kernel 1",
        "import numpy",
        "students/Ada.html",
    ):
        assert words in page, words
    assert (
        len(re.findall(r'<img alt="[^"]{20,}"', page)) == 2
        and page.count("<caption>") == page.count("<table>") == 5
        and "3.0 of 5" in page
    )
    assert (tmp_path / "report" / "students" / "Ada.html").exists()


def test_names_with_odd_letters_are_found_behind_their_links(tmp_path):
    for name in ("김민준", "100% #1?", "O'Neil & Søn"):
        write_report(a_class(name), tmp_path)
        link = re.search(r'href="students/([^"]+)"', (tmp_path / "index.html").read_text(encoding="utf-8"))
        from urllib.parse import unquote

        assert any((tmp_path / "students" / unquote(each)).exists() for each in link.groups())
        assert (tmp_path / "students" / f"{name}.html").exists()


def test_what_could_not_be_marked_and_a_class_run_unprotected_are_said():
    marked = MarkedClass([], [], ["Ada: a.ipynb (KilledWorker: gone)"], protected=False)
    page = class_page([], marked)
    assert "KilledWorker" in page and "ran unprotected" in page and "No notebook ran" in page
