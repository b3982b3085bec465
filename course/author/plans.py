"""Plans to teach by: which lessons in which session, and how long each takes, added up from the lessons."""

import tomllib
from functools import cache
from pathlib import Path

from course.lessons import FIGURES
from course.student.quiz import questions

QUIZ_MINUTES = 5  # what a lesson says of its quiz


@cache
def plans():
    """The plans, [{"title", "about", "covers": "all" or "spine", "longest": minutes, "exercises": "class" or "home", "session"}].

    Each session is {"when", "lessons": [two digits], "home": [two digits], if any, "why"}.
    """
    return tomllib.loads(Path(__file__).with_name("plans.toml").read_text(encoding="utf-8"))["plan"]


def minutes(session, lessons, exercises):
    """What a session takes, (minutes in class, minutes at home), the computing in class included, and the quizzes at home.

    lessons: {two digits: {"reading" (minutes, exercises included), "computing" (seconds), "exercises" (minutes)}}.
    exercises: "class" or "home". Raises ValueError for a lesson that does not exist.
    """
    here, home = session["lessons"], session.get("home", [])
    for number in [*here, *home]:
        if number not in lessons:
            raise ValueError(f"{session['when']} has lesson {number!r}, which does not exist: change it in plans.toml.")
    moved = sum(lessons[number]["exercises"] for number in here) if exercises == "home" else 0
    computing = sum(lessons[number]["computing"] for number in here) / 60
    in_class = sum(lessons[number]["reading"] for number in here) - moved + computing
    at_home = sum(lessons[number]["reading"] for number in home) + moved + QUIZ_MINUTES * len(_quizzes(session))
    return round(in_class), at_home


def _quizzes(session):
    return [number for number in [*session["lessons"], *session.get("home", [])] if questions(number)]


def page(lessons):
    """All plans in markdown, one table per plan. lessons: as for minutes. Raises ValueError for a lesson that does not exist."""
    parts = []
    for plan in plans():
        rows = [
            "| session | lessons | minutes in class | to show, `make demo` | at home | minutes at home | why |",
            "|---|---|---|---|---|---|---|",
        ]
        total = 0
        for session in plan["session"]:
            in_class, at_home = minutes(session, lessons, plan["exercises"])
            total += in_class
            shown = [f"{number} {FIGURES[number][0]}" for number in session["lessons"] if number in FIGURES]
            homework = [f"lesson {number}" for number in session.get("home", [])]
            if plan["exercises"] == "home" and session["lessons"]:
                homework = [f"exercises of {', '.join(session['lessons'])}", *homework]
            homework += [f"quiz {number}" for number in _quizzes(session)]
            cells = (", ".join(session["lessons"]), in_class, "; ".join(shown), ", ".join(homework), at_home)
            rows.append(f"| {session['when']} | {' | '.join(str(cell or '–') for cell in cells)} | {session['why']} |")
        which = "all lessons" if plan["covers"] == "all" else "the spine"
        said = (
            f"It covers {which}: {len(plan['session'])} sessions of at most {plan['longest']} minutes, {total} in all."
        )
        parts += [f"### {plan['title']}\n", f"{plan['about']} {said}\n", "\n".join(rows) + "\n"]
    return "\n".join(parts)
