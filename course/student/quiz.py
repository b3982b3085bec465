"""Five questions per lesson: every choice that is confirmed is explained, and kept in a file beside the notebook.

The questions are in lessons/lesson_NN/quiz.toml, the right choice first; the reader sees the choices in another order.
"""

import html
import json
import tomllib
from functools import cache
from pathlib import Path
from random import Random

import ipywidgets

from course.student.controls import BoxWithStill, Question
from xailab._files import write_text

_LESSONS = Path(__file__).parents[1] / "lessons"


@cache
def questions(lesson):
    """The questions of a lesson, [{"asks": str, "choices": [{"says", "why"}]}], the right choice first; [] if it has none."""
    path = _LESSONS / f"lesson_{lesson}" / "quiz.toml"
    return tomllib.loads(path.read_text(encoding="utf-8"))["questions"] if path.exists() else []


def quiz(lesson, folder="answers"):
    """Ask the questions of a lesson.

    lesson: two digits, such as "03". folder: where the answers are kept, NN.json, and found again when the cell runs anew.
    Returns a widget, which Jupyter shows. Raises ValueError for a lesson without questions. Lesson 00.
    """
    if not questions(lesson):
        raise ValueError(f"lesson {lesson!r} has no questions: two digits such as '03' were expected.")
    path = Path(folder) / f"{lesson}.json"
    kept, trouble = _read(path)
    score = ipywidgets.HTML()
    parts = [_ask(number, question, kept, lambda: tell(True)) for number, question in enumerate(questions(lesson), 1)]

    def tell(write):
        said = trouble
        if write and not trouble:
            said = _write(path, kept)
        right, asked = points(lesson, kept)
        if kept:
            said = f"{right} of {asked} right at the first choice. {said}"
        score.value = f'<p role="status">{html.escape(said)}</p>'

    tell(False)
    shown = BoxWithStill([*parts, score], f"Five questions on lesson {lesson}")
    listed = "".join(
        f"<li>{html.escape(question['asks'])}<ul>"
        + "".join(f"<li>{html.escape(choice['says'])}</li>" for choice in shuffled(question))
        + "</ul></li>"
        for question in questions(lesson)
    )
    shown.still = f"<ol>{listed}</ol><p>To choose, run this cell.</p>"
    return shown


def points(lesson, answers):
    """How many questions were right at the first choice, of how many.

    lesson: two digits. answers: {question: the choices confirmed, in order}, as the file holds them. Questions and choices that
    the lesson does not have do not count. Returns (right, asked). Lesson 00.
    """
    asked = questions(lesson)
    firsts = {question: (chosen or [None])[0] for question, chosen in answers.items()}
    return sum(firsts.get(each["asks"]) == each["choices"][0]["says"] for each in asked), len(asked)


def results(folder):
    """What a folder of answers is worth, for marking: {lesson: (right at the first choice, asked)}.

    folder: with the files NN.json that quiz has written. Raises ValueError for a file that is none. Lesson 00.
    """
    return {path.stem: result(path) for path in sorted(Path(folder).glob("[0-9][0-9].json"))}


def result(path):
    """What one file of answers is worth: (right at the first choice, asked). path: NN.json. Raises ValueError for none."""
    answers, trouble = _read(Path(path))
    if trouble:
        raise ValueError(trouble)
    return points(Path(path).stem, answers)


def _ask(number, question, kept, tell):
    """One question: its choices, and the explanation of those that were confirmed."""
    choices = [choice["says"] for choice in shuffled(question)]
    chosen = kept.get(question["asks"]) or [""]
    shown = Question(
        asks=f"{number}. {question['asks']}",
        choices=choices,
        confirmed=chosen[-1] if chosen[-1] in choices else "",
        why={choice: _explained(question, choice) for choice in choices if choice in chosen},
    )

    def confirm(change):
        kept.setdefault(question["asks"], []).append(change.new)
        shown.why = {**shown.why, change.new: _explained(question, change.new)}
        tell()

    shown.observe(confirm, "confirmed")
    return shown


def _explained(question, chosen):
    right = chosen == question["choices"][0]["says"]
    reason = next(choice["why"] for choice in question["choices"] if choice["says"] == chosen)
    colour, verdict = ("#2a7f62", "Right.") if right else ("#8a6d00", "No.")
    return (
        f'<div style="border-left: 4px solid {colour}; padding: 4px 12px">'
        f"<strong>{verdict}</strong> {html.escape(reason)}</div>"
    )


def shuffled(question):
    """The choices of a question in the order in which readers see them, [{"says", "why"}]. question: one of questions()."""
    choices = list(question["choices"])
    Random(question["asks"]).shuffle(choices)
    return choices


def _read(path):
    """({question: choices confirmed}, "") of a file, or ({}, what is wrong with it)."""
    try:
        answers = json.loads(path.read_text(encoding="utf-8"))
        if isinstance(answers, dict) and all(isinstance(each, list) for each in answers.values()):
            return answers, ""
        trouble = "it holds no answers"
    except (FileNotFoundError, NotADirectoryError):
        return {}, ""
    except (OSError, ValueError) as error:
        trouble = f"{type(error).__name__}: {error}"
    return (
        {},
        f"{path} cannot be read ({trouble}): move it away and run the cell again. Until then, answers are not kept.",
    )


def _write(path, answers):
    """Keep the answers in one step. Returns "" or what went wrong."""
    try:
        write_text(path, json.dumps(answers, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        return f"Your answers could not be kept in {path} ({error})."
    return ""
