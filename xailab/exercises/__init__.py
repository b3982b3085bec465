"""What each exercise asks: reference, cases, known mistakes, hints. One module a lesson, each with a list EXERCISES.

Reading on spoils the exercises.
"""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules


@cache
def exercises(lesson):
    """The exercises of a lesson by their id, in order. lesson: its two digits, "03". Returns {id: check.Exercise}."""
    try:
        module = import_module(f"xailab.exercises.lesson_{lesson}")
    except ModuleNotFoundError:
        return {}
    return {exercise.id: exercise for exercise in module.EXERCISES}


def lessons():
    """The two digits of every lesson that has exercises, in order."""
    return sorted(module.name.removeprefix("lesson_") for module in iter_modules(__path__))
