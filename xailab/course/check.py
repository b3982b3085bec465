"""The exercise engine: looks at an answer, says kindly what it found, and always hands back something that works."""

import contextlib
import copy
import html
import io
import os
import traceback
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from IPython.display import display

from xailab.course.exercises import exercises, lessons


class NotRight(AssertionError):
    """An answer that is not right, under XAILAB_STRICT=1."""


@dataclass(frozen=True)
class _Message:
    """What a student reads: a box in Jupyter, plain text elsewhere."""

    text: str
    html: str
    colour: str

    def __repr__(self):
        return self.text

    def _repr_html_(self):
        return f'<div style="border-left: 4px solid {self.colour}; padding: 4px 12px; margin: 4px 0">{self.html}</div>'


_hints_given = Counter()


def check(id, answer):
    """Compare an answer with the reference on several inputs, and say what was found.

    id: the exercise, such as "03.2". answer: the student's function or value; `...` means not tried yet.
    Returns the answer if it is right, else the reference, so that the lesson runs on. Each call that is not right gives
    the next of three hints. Raises nothing, except NotRight when the environment has XAILAB_STRICT=1. Lesson 00.
    """
    exercise = exercises(str(id)[:2]).get(id)
    if exercise is None:
        known = [known for lesson in lessons() for known in exercises(lesson)]
        close = get_close_matches(str(id), known) or known[:3]
        return _finish("Not checked.", f"There is no exercise {id!r}. Did you mean {' or '.join(close)}?", answer)
    untried, trouble = examine(exercise, answer)
    if trouble is None:
        return _finish("Right.", exercise.insight, answer, right=True)
    number = min(_hints_given[id], 2)
    _hints_given[id] += 1
    text = f"{trouble}\nHint {number + 1} of 3: {exercise.hints[number]}\nThe lesson goes on with the reference."
    return _finish("Not tried yet." if untried else "Not yet.", text, exercise.reference)


def examine(exercise, answer):
    """What is wrong with an answer: (True if it was not tried, sentence or None if it is right)."""
    if not callable(exercise.reference):
        return answer is ..., _compare_value(exercise, answer)
    if answer is ... or not callable(answer):
        return answer is ..., f"Exercise {exercise.id}, {exercise.title}: write the function and pass it to check."
    cases = exercise.cases() if callable(exercise.cases) else exercise.cases
    expected = [exercise.reference(*copy.deepcopy(case)) for case in cases]
    results = []
    for case in cases:
        given = copy.deepcopy(case)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                results.append(answer(*given))
        except (Exception, SystemExit) as error:  # whatever a student's code may raise
            line = _line_of(answer, error)
            return (
                False,
                f"Your function stopped with {type(error).__name__}: {error} (line {line.lineno} of '{line.name}').",
            )
        if results[-1] is ...:
            return True, f"Exercise {exercise.id}, {exercise.title}: replace the three dots by your code."
        if results[-1] is None:
            return False, "Your function returned None: is there a return at its end?"
    if all(_same(result, right, exercise.tolerance) for result, right in zip(results, expected)):
        return False, None
    for mistake in exercise.mistakes:
        like = [mistake.answer(*copy.deepcopy(case)) for case in cases]
        if all(_same(result, wrong, exercise.tolerance) for result, wrong in zip(results, like)):
            return False, mistake.message
    for case, result, right in zip(cases, results, expected):
        if not _same(result, right, exercise.tolerance):
            return False, _difference(result, right, f" for the input {_short(case[0] if len(case) == 1 else case)}")


def _line_of(answer, error):
    """Where in the student's own code an error came from, though it may have been raised in a library below."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = getattr(getattr(answer, "__code__", None), "co_filename", None)
    return next((frame for frame in reversed(frames) if frame.filename == theirs), frames[-1])


def _compare_value(exercise, answer):
    if answer is ...:
        return f"Exercise {exercise.id}, {exercise.title}: replace the three dots by your answer."
    if _same(answer, exercise.reference, exercise.tolerance):
        return None
    for mistake in exercise.mistakes:
        if _same(answer, mistake.answer, exercise.tolerance):
            return mistake.message
    if isinstance(exercise.reference, (int, float)) and np.shape(answer) == ():
        return f"{_short(answer)} is not it."  # the right number would end the exercise
    return _difference(answer, exercise.reference, "", tell=False)


def _same(answer, right, tolerance):
    """Equal in structure and, for numbers, to within the tolerance; lists, tuples, arrays and tensors may stand for each other."""
    if isinstance(right, dict):
        return (
            isinstance(answer, dict)
            and answer.keys() == right.keys()
            and all(_same(answer[k], right[k], tolerance) for k in right)
        )
    if isinstance(right, str) or right is None or isinstance(right, bool):
        return type(answer) is type(right) and answer == right
    try:
        answer, right = np.asarray(answer), np.asarray(right)
        if right.dtype.kind not in "biufc":
            return answer.shape == right.shape and bool((answer == right).all())
    except (TypeError, ValueError):  # ragged lists, tensors on their way out
        return False
    if answer.shape != right.shape or answer.dtype.kind not in "biufc":
        return False
    answer, right = answer.astype(float), right.astype(float)
    scale = float(np.abs(right).max(initial=0)) or 1.0
    return bool(np.isfinite(answer).all() and np.abs(answer - right).max(initial=0) <= tolerance * scale)


def _difference(answer, right, where, tell=True):
    try:
        got, expected = np.asarray(answer), np.asarray(right)
    except ValueError:
        got, expected = np.asarray(answer, dtype=object), np.asarray(right, dtype=object)
    if got.shape != expected.shape:
        return f"Your answer has shape {got.shape}{where}; {expected.shape} was expected."
    if got.dtype.kind in "fc" and not np.isfinite(got).all():
        return f"Your answer holds NaN or infinite values{where}."
    return f"Your answer is {_short(answer)}{where}" + (
        f"; {_short(right)} was expected." if tell else ", which is not it."
    )


def _short(value):
    """A value in a few words: large arrays by shape and range."""
    if isinstance(value, tuple):
        return ", ".join(map(_short, value))
    if isinstance(value, (float, np.floating)):
        return f"{value:.6g}"
    if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
        if value.size > 12:
            return f"an array of shape {value.shape} from {value.min():.4g} to {value.max():.4g}"
        return repr((value.round(4) if value.dtype.kind == "f" else value).tolist())
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _finish(verdict, text, returned, right=False):
    if os.environ.get("XAILAB_STRICT") == "1" and not right:
        raise NotRight(f"{verdict} {text}")
    colour = "#2a7f62" if right else "#8a6d00"
    display(
        _Message(f"{verdict} {text}", f"<strong>{verdict}</strong> {html.escape(text)}".replace("\n", "<br>"), colour)
    )
    return returned
