"""What each exercise asks: reference, cases, known mistakes, hints. One module a lesson, each with a list EXERCISES.

Reading on spoils the exercises.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

_LESSONS = Path(__file__).parents[1] / "lessons"


@dataclass(frozen=True)
class Mistake:
    """A known wrong answer: one that behaves like it gets its message instead of a general one."""

    name: str
    answer: Any
    message: str


@dataclass(frozen=True)
class Exercise:
    """What an exercise asks.

    reference: the right function, or the right value. cases: argument tuples that a function is tried on, or a function
    that returns them. mistakes: known wrong answers. hints: three, each saying more than the one before. insight: what a
    right answer shows. tolerance: largest difference allowed, relative to the largest value expected. hidden: what
    draws 2 to 4 more argument tuples from a generator; an answer that is only fitted to the cases fails there.
    """

    id: str
    title: str
    reference: Any
    hints: tuple[str, str, str]
    insight: str
    cases: list | Callable = ()
    mistakes: tuple[Mistake, ...] = ()
    tolerance: float = 1e-6
    hidden: Callable[[np.random.Generator], list] | None = None


@cache
def exercises(lesson):
    """The exercises of a lesson by their id, in order. lesson: its two digits, "03". Returns {id: Exercise}."""
    try:
        module = import_module(f"course.lessons.lesson_{lesson}.exercises")
    except ModuleNotFoundError:
        return {}
    return {exercise.id: exercise for exercise in module.EXERCISES}


def lessons():
    """The two digits of every lesson that has exercises, in order."""
    return sorted(path.parent.name.removeprefix("lesson_") for path in _LESSONS.glob("lesson_*/exercises.py"))
