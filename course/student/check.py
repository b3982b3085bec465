"""The exercise engine: looks at an answer, says kindly what it found, and always hands back something that works."""

import contextlib
import copy
import html
import inspect
import io
import os
import traceback
from collections import Counter
from dataclasses import dataclass
from difflib import get_close_matches

import numpy as np
from IPython.display import display

from course.student.exercises import exercises, lessons


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


_NUMBERS = "biufc"  # NumPy's letters for the kinds of numbers
_hints_given = Counter()


def check(id, answer):
    """Compare an answer with the reference on several inputs, and say what was found.

    id: the exercise, such as "03.2". answer: the student's function or value; `...` means not tried yet.
    Returns the answer if it is right, else the reference, so that the lesson runs on. A wrong answer that is not a known
    mistake, which has a message of its own, gets the next of three hints. Raises nothing, except NotRight when the environment has XAILAB_STRICT=1. Lesson 00.
    """
    exercise = exercises(str(id)[:2]).get(str(id))
    if exercise is None:
        known = [known for lesson in lessons() for known in exercises(lesson)]
        close = get_close_matches(str(id), known) or known[:3]
        return _finish("Not checked.", f"There is no exercise {id!r}. Did you mean {' or '.join(close)}?", answer)
    untried, trouble, mistake = examine(exercise, answer)
    if trouble is None:
        return _finish("Right.", exercise.insight, answer, right=True)
    if not (untried or mistake):
        number = min(_hints_given[id], 2)
        _hints_given[id] += 1
        trouble += f"\nHint {number + 1} of 3: {exercise.hints[number]}"
    verdict = "Not tried yet." if untried else "Not yet."
    return _finish(verdict, f"{trouble}\nThe lesson goes on with the reference.", exercise.reference)


@dataclass(frozen=True)
class Attempt:
    """What came of trying an answer: a result per case, as plain values, or the sentence that says why there are none.

    touched: the number of an argument that a function changed in place, or None.
    """

    untried: bool = False
    trouble: str | None = None
    results: tuple = ()
    touched: int | None = None


def examine(exercise, answer):
    """What is wrong with an answer: (True if it was not tried, sentence or None if it is right, name of the known mistake)."""
    cases = cases_of(exercise)
    tried = attempt(exercise, answer, cases)
    return tried.untried, *judge(exercise, tried, cases)


def cases_of(exercise, seed=None):
    """The argument tuples that a function is tried on, list: those of the lesson, and with a seed hidden ones drawn from it."""
    shown = list(exercise.cases() if callable(exercise.cases) else exercise.cases)
    hidden = exercise.hidden(np.random.default_rng(seed)) if seed is not None and exercise.hidden else []
    return shown + hidden


def attempt(exercise, answer, cases):
    """Try an answer on cases without comparing it with anything. Returns an Attempt."""
    if not callable(exercise.reference):
        return _attempt_value(exercise, answer)
    if answer is ... or not callable(answer):
        return Attempt(
            answer is ..., f"Exercise {exercise.id}, {exercise.title}: write the function and pass it to check."
        )
    results, touched = [], None
    for case in cases:
        given = copy.deepcopy(case)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                result = answer(*given)
        except (Exception, SystemExit) as error:  # whatever a student's code may raise; KeyboardInterrupt goes through
            return Attempt(trouble=f"Your function stopped with {_error_text(error)}{_line_of(answer, error)}.")
        if result is ...:
            return Attempt(True, f"Exercise {exercise.id}, {exercise.title}: replace the three dots by your code.")
        if result is None:
            return Attempt(trouble="Your function returned None: is there a return at its end?")
        try:
            results.append(_plain(result))
        except (Exception, SystemExit) as error:
            return Attempt(
                trouble=f"Your function returned a {type(result).__name__} that cannot be read: {_error_text(error)}."
            )
        touched = touched or next((n for n, pair in enumerate(zip(given, case), 1) if not _untouched(*pair)), None)
    return Attempt(results=tuple(results), touched=touched)


def judge(exercise, tried, cases):
    """Compare an Attempt with what the reference gives for the same cases.

    Returns (sentence that says what is wrong, name of the known mistake), each None where there is none.
    """
    if tried.trouble:
        return tried.trouble, None
    if not callable(exercise.reference):
        return _judge_value(exercise, tried.results[0])
    if len(tried.results) != len(cases):
        return f"{len(tried.results)} result(s) came for {len(cases)} inputs.", None
    expected = [_plain(exercise.reference(*copy.deepcopy(case))) for case in cases]
    if all(_same(result, right, exercise.tolerance) for result, right in zip(tried.results, expected)):
        if tried.touched:
            return (
                f"What you return is right, but your function changes its argument number {tried.touched}, which the "
                "caller still needs: work on a copy.",
                None,
            )
        return None, None
    for mistake in exercise.mistakes:
        like = [_plain(mistake.answer(*copy.deepcopy(case))) for case in cases]
        if all(_same(result, wrong, exercise.tolerance) for result, wrong in zip(tried.results, like)):
            return mistake.message, mistake.name
    for case, result, right in zip(cases, tried.results, expected):
        if not _same(result, right, exercise.tolerance):
            where = f" for the input {_short(case[0] if len(case) == 1 else case)}"
            return _difference(result, right, where, exercise.tolerance), None


def _error_text(error):
    """An error's kind and words, if it has any to say."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def _line_of(answer, error):
    """Where in the student's own code an error came from, though it may have been raised in a library below."""
    frames = traceback.extract_tb(error.__traceback__)
    theirs = answer.__code__.co_filename if inspect.isfunction(answer) else None
    line = next((frame for frame in reversed(frames) if frame.filename == theirs), frames[-1])
    return f" (line {line.lineno} of '{line.name}')"


def _attempt_value(exercise, answer):
    if answer is ...:
        return Attempt(True, f"Exercise {exercise.id}, {exercise.title}: replace the three dots by your answer.")
    try:
        return Attempt(results=(_plain(answer),))
    except (Exception, SystemExit) as error:
        return Attempt(trouble=f"Your answer is a {type(answer).__name__} that cannot be read: {_error_text(error)}.")


def _judge_value(exercise, answer):
    right = _plain(exercise.reference)
    if _same(answer, right, exercise.tolerance):
        return None, None
    for mistake in exercise.mistakes:
        if _same(answer, _plain(mistake.answer), exercise.tolerance):
            return mistake.message, mistake.name
    if isinstance(exercise.reference, (int, float)) and np.shape(answer) == ():
        return f"{_short(answer)} is not it.", None  # the right number would end the exercise
    return _difference(answer, right, "", exercise.tolerance, tell=False), None


def _plain(value):
    """An answer as strings, arrays and dictionaries of them: what can be compared and printed without calling it again."""
    if value is None or type(value) in (str, bool):
        return value
    if isinstance(value, dict):
        return {key: _plain(value[key]) for key in value}
    try:
        return np.asarray(value)
    except ValueError:
        if isinstance(value, (list, tuple)):  # ragged
            return np.asarray(value, dtype=object)
        raise


def _untouched(given, case):
    """Whether an argument still holds what it held before the call; of models and the like, no one can tell."""
    try:
        if isinstance(case, (list, tuple)):
            return len(given) == len(case) and all(map(_untouched, given, case))
        if isinstance(case, dict):
            return given.keys() == case.keys() and all(_untouched(given[key], case[key]) for key in case)
        if isinstance(case, np.ndarray) and case.dtype != object:
            return given.dtype == case.dtype and given.shape == case.shape and given.tobytes() == case.tobytes()
        if isinstance(case, (int, float, str)):
            return given is case or given == case
        return given.equals(case) if hasattr(case, "equals") else True  # a table of pandas
    except Exception:  # something else stands where the argument was
        return False


def _same(answer, right, tolerance):
    """Equal in structure and, for numbers, to within the tolerance; lists, tuples, arrays and tensors may stand for each other.

    Words may be in capitals or not. A frozenset in a reference holds several right answers.
    """
    if isinstance(right, np.ndarray) and right.dtype == object and isinstance(right[()], frozenset):
        return any(_same(answer, _plain(each), tolerance) for each in right[()])
    if isinstance(right, dict):
        return (
            isinstance(answer, dict)
            and answer.keys() == right.keys()
            and all(_same(answer[k], right[k], tolerance) for k in right)
        )
    if isinstance(right, str):
        return isinstance(answer, str) and answer.strip().casefold() == right.casefold()
    if right is None or isinstance(right, bool):
        return type(answer) is type(right) and answer == right
    if not isinstance(answer, np.ndarray) or answer.shape != right.shape:
        return False
    if right.dtype.kind not in _NUMBERS:
        words = answer.dtype.kind == right.dtype.kind == "U"
        return words and bool((np.char.lower(np.char.strip(answer)) == np.char.lower(right)).all())
    if answer.dtype.kind not in _NUMBERS or not np.isfinite(answer).all():
        return False
    scale = float(np.abs(right).max(initial=0)) or 1.0
    return bool(np.abs(answer.astype(complex) - right).max(initial=0) <= tolerance * scale)


def _difference(answer, right, where, tolerance, tell=True):
    if isinstance(right, dict) and isinstance(answer, dict):
        return _difference_of_keys(answer, right, where, tolerance, tell)
    if np.shape(answer) != np.shape(right):
        return f"Your answer has shape {np.shape(answer)}{where}; {np.shape(right)} was expected."
    if np.asarray(answer).dtype.kind in "fc" and not np.isfinite(answer).all():
        return f"Your answer holds NaN or infinite values{where}."
    return f"Your answer is {_short(answer)}{where}" + (
        f"; {_short(right)} was expected." if tell else ", which is not it."
    )


def _difference_of_keys(answer, right, where, tolerance, tell):
    """Which entries of a dictionary are missing, too many or wrong; of the first wrong one, what it holds."""
    lacks = [key for key in right if key not in answer]
    if lacks:
        return f"Your dictionary{where} lacks {', '.join(map(_short, lacks))}."
    if len(answer) > len(right):
        return f"Your dictionary{where} has more entries than {', '.join(map(_short, right))}."
    wrong = [key for key in right if not _same(answer[key], right[key], tolerance)]
    others = f" Of {len(right)} entries, {len(wrong)} are not right yet." if len(wrong) > 1 else ""
    return _difference(answer[wrong[0]], right[wrong[0]], f" for {_short(wrong[0])}{where}", tolerance, tell) + others


def _short(value):
    """A value in a few words: large arrays by shape and range."""
    if isinstance(value, tuple):
        return ", ".join(map(_short, value))
    if isinstance(value, dict):
        return _cut("{" + ", ".join(f"{key!r}: {_short(each)}" for key, each in value.items()) + "}")
    if not isinstance(value, (int, float, np.generic, np.ndarray)):
        return _cut(repr(value))
    array = np.asarray(value)
    if array.dtype == object:
        return "something that is no array of numbers"  # to print it would call what the student wrote
    if array.dtype.kind not in _NUMBERS:
        return _cut(repr(array.tolist()))
    if array.size > 12:
        ends = f"from {array.min():.4g} to {array.max():.4g}" if array.dtype.kind != "c" else "of complex numbers"
        return f"an array of shape {array.shape} {ends}"
    if array.dtype.kind in "fc":
        return f"{array[()]:.6g}" if array.ndim == 0 else repr(array.round(4).tolist())
    return repr(array.tolist())


def _cut(text):
    return text if len(text) <= 80 else text[:77] + "..."


def _finish(verdict, text, returned, right=False):
    if os.environ.get("XAILAB_STRICT") == "1" and not right:
        raise NotRight(f"{verdict} {text}")
    colour = "#2a7f62" if right else "#8a6d00"
    display(
        _Message(f"{verdict} {text}", f"<strong>{verdict}</strong> {html.escape(text)}".replace("\n", "<br>"), colour)
    )
    return returned
