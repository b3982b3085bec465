"""What makes a course of the library: exercises and their check, quizzes, figures to play with, building, teaching, marking.

Lessons import `check`, `demo`, `quiz`, `ready` and `Progress` from here; each is loaded when it is asked for, since some need
TensorFlow and the command line needs none of them.
"""

from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]  # of the checkout; beside a wheel's package nothing of the course is there

_EXPORTS = {
    "check": "student.check",
    "demo": "lessons",
    "quiz": "student.quiz",
    "Progress": "student.progress",
    "ready": "student.machine",
}


def __getattr__(name):
    if name not in _EXPORTS:
        raise AttributeError(
            f"module 'course' has no attribute {name!r}: {', '.join(_EXPORTS)} are what lessons import."
        )
    return getattr(import_module(f"course.{_EXPORTS[name]}"), name)


def is_checkout():
    """Whether the lessons stand beside this package, as in a checkout; beside one installed from a wheel they do not."""
    return (ROOT / "solutions" / "00_start_here.py").is_file()


def without_lessons(command):
    """What a command line says that needs the lessons where this is no checkout, str. command: what was called, str."""
    return (
        f"{command} needs the course's lessons, which this installation does not have: clone the course, "
        f"call `make .venv/ready` in it, and there `.venv/bin/{command}`."
    )
