"""The plans to teach by: they cover what they say, with lessons that exist, in the time they say."""

import re

import pytest

from course import ROOT
from course.author import build, plans

SPINE = {"01", "02", "03", "04", "06", "07"}
LESSONS = {
    "01": {"reading": 70, "computing": 30, "exercises": 45},
    "02": {"reading": 45, "computing": 30, "exercises": 20},
    "05": {"reading": 75, "computing": 60, "exercises": 33},
}
every_plan = pytest.mark.parametrize("plan", plans.plans(), ids=lambda plan: plan["title"])


@pytest.fixture(scope="module")
def lessons():
    read = [build.read(path) for path in build.sources()]
    abouts = [{**build.header(lesson), "exercises": build.exercise_minutes(lesson)} for lesson in read]
    return {about["number"]: about for about in abouts}


def test_there_is_a_plan_for_1_6_and_14_weeks():
    assert [re.match(r"\d+ weeks?", plan["title"])[0] for plan in plans.plans()] == ["1 week", "6 weeks", "14 weeks"]


@every_plan
def test_a_plan_covers_what_it_says_and_no_lesson_twice(plan, lessons):
    taught = [number for session in plan["session"] for number in session["lessons"]]
    home = [number for session in plan["session"] for number in session.get("home", [])]
    assert len({*taught, *home}) == len(taught + home) and {*taught, *home} <= set(lessons)
    assert taught == sorted(taught)
    assert {"all": set(lessons), "spine": SPINE}[plan["covers"]] <= set(taught)


@every_plan
def test_no_session_is_longer_than_the_plan_says(plan, lessons):
    longest = max(plans.minutes(session, lessons, plan["exercises"])[0] for session in plan["session"])
    assert plan["longest"] - 10 < longest <= plan["longest"]


@every_plan
def test_a_plan_has_as_many_sessions_as_its_title_says(plan):
    weeks = int(plan["title"].split()[0])
    assert len(plan["session"]) == (10 if weeks == 1 else weeks)


def test_a_session_with_its_exercises_takes_reading_and_computing_and_the_quizzes_are_for_home():
    session = {"when": "Monday", "lessons": ["01", "02"], "why": "."}
    assert plans.minutes(session, LESSONS, "class") == (70 + 45 + 1, 2 * 5)


def test_exercises_for_home_move_their_minutes_there_and_so_does_a_lesson_for_home():
    session = {"when": "week 1", "lessons": ["01", "02"], "home": ["05"], "why": "."}
    assert plans.minutes(session, LESSONS, "home") == (70 - 45 + 45 - 20 + 1, 75 + 45 + 20 + 3 * 5)


def test_a_lesson_that_does_not_exist_is_named():
    with pytest.raises(ValueError, match="Monday has lesson '99', which does not exist"):
        plans.minutes({"when": "Monday", "lessons": ["99"], "why": "."}, LESSONS, "class")


def test_the_teaching_page_shows_the_plans_before_the_lessons():
    page = (ROOT / "solutions" / "TEACHING.md").read_text(encoding="utf-8")
    assert page.index("## Plans") < page.index("### 14 weeks") < page.index("## 00 · ")
    assert (
        "| week 4 | 03 | 38 | 03 Draw a digit | exercises of 03, quiz 03 | 33 | The first map, trained live. |" in page
    )
