"""Judge what came out of a sandbox: which exercises are right, and of the others why not. No student's code runs here."""

import json
import re

import nbformat

from course.marking.answers import unpack
from course.marking.submissions import points
from course.student.check import cases_of, judge
from course.student.exercises import exercises


def judge_notebook(lesson, text, seed, said, over):
    """Judge what came out of a run.

    lesson: two digits. text: the notebook that ran. seed: of the hidden cases. said, over: what run_notebook returned.
    Returns {"lesson", "seconds" of all cells, "ended": "" or why it came to no end, "cells": [{"begins", "seconds",
    "error"}], "exercises": {id: {"points", "of", "state", "mistake", "found"}}}, which JSON can hold.
    """
    sources = [cell.source for cell in nbformat.reads(text, as_version=4).cells]
    answers, cells, ended = {}, {}, None
    for event in _events(said):
        where = event.get("cell")
        inside = isinstance(where, int) and 0 <= where < len(sources)
        if isinstance(answer := event.get("answer"), dict):
            answers.setdefault(str(answer.get("exercise")), []).append(answer)
        elif inside and _is_number(event.get("seconds")):
            cells[where] = {"seconds": event["seconds"], "error": event.get("error") and str(event["error"])[:300]}
        elif "ended" in event:
            ended = f"{event['ended']} in {_cell(sources[where])}" if inside else str(event["ended"])[:300]
    if over or ended is None:
        what = f"{over} ended it" if over else "it was broken off"
        ended = f"{what} behind {_cell(sources[max(cells)])}" if cells else f"{what} before its first cell"
    worth, found = points(lesson), {}
    for exercise in exercises(lesson).values():
        state, mistake, sentence = _verdict(exercise, answers.get(exercise.id, []), seed)
        if state == "missing":
            sentence = _missing(exercise.id, sources, cells, ended)
        found[exercise.id] = {
            "points": worth[exercise.id] if state == "right" else 0,
            "of": worth[exercise.id],
            "state": state,
            "mistake": mistake or "",
            "found": sentence or "",
        }
    listed = [{"begins": _begin(sources[place]), **cell} for place, cell in sorted(cells.items())]
    seconds = sum(cell["seconds"] for cell in listed)
    return {"lesson": lesson, "seconds": seconds, "ended": ended, "cells": listed, "exercises": found}


def _events(said):
    """The lines of a report that are events; a student may have written others, or cut one short."""
    for line in said.splitlines():
        try:
            event = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(event, dict):
            yield event


def _is_number(value):
    return isinstance(value, (int, float)) and 0 <= value < 1e9


def _verdict(exercise, packed, seed):
    """What an exercise's answers are worth: (state, mistake or None, sentence or None).

    Of functions the last one counts: what `check` hands back is not among them. Of values the first that was tried counts,
    since behind a wrong one `check` hands back the right one.
    """
    tried = []
    for each in packed:
        try:
            tried.append(unpack(each))
        except ValueError:
            return "missing", None, None
    if not tried:
        return "missing", None, None
    attempts = [attempt for attempt in tried if not attempt.untried]
    if not attempts:
        return "not tried", None, None
    counts = attempts[-1] if callable(exercise.reference) else attempts[0]
    try:
        sentence, mistake = judge(exercise, counts, cases_of(exercise, seed))
    except Exception as error:  # results that nobody foresaw
        return "wrong", None, f"Your answer cannot be compared ({type(error).__name__})."
    return ("wrong" if sentence else "right"), mistake, sentence


def _missing(id, sources, cells, ended):
    """Why no answer arrived."""
    own = [
        place for place, source in enumerate(sources) if re.search(rf"""check\(\s*["']{re.escape(id)}["']""", source)
    ]
    if not own:
        return "The notebook has no cell that checks this exercise."
    errors = [cells[place]["error"] for place in own if place in cells and cells[place]["error"]]
    if errors:
        return f"Its cell stopped with {errors[-1]}."
    if ended and own[-1] not in cells:
        return f"It was not reached: {ended}."
    return "Its cell ran, but check was not called with an answer: is check still the course's own?"


def _begin(source):
    return (source.strip().splitlines() or [""])[0][:80]


def _cell(source):
    return f"the cell that begins {_begin(source)!r}"
