"""The quizzes: what every one keeps to, and what a choice does."""

import html
import json
import os

import pytest

from course.author import build
from course.student.quiz import points, questions, quiz, results

NAMES = [path.stem[:2] for path in build.sources()]
every_lesson = pytest.mark.parametrize("lesson", NAMES)


def asked_in(shown):
    return shown.children[1:-1]


def said(part):
    """What stands below a question when it is drawn, or while its confirmed choice is chosen."""
    return part.why.get(part.confirmed, "")


@every_lesson
def test_there_are_five_questions_each_choice_is_explained_and_none_stands_twice(lesson):
    asked = questions(lesson)
    assert len(asked) == 5 and len({each["asks"] for each in asked}) == 5
    for each in asked:
        says, why = zip(*[(choice["says"], choice["why"]) for choice in each["choices"]])
        assert (
            3 <= len(says) == len(set(says)) and all(len(reason) > 20 for reason in why) and len(set(why)) == len(why)
        )


@every_lesson
def test_the_right_choice_is_not_known_by_its_place_or_its_length(lesson):
    places, longest = set(), 0
    for shown, each in zip(asked_in(quiz(lesson)), questions(lesson)):
        says = [choice["says"] for choice in each["choices"]]
        assert sorted(shown.choices) == sorted(says)
        places.add(shown.choices.index(says[0]))
        longest += len(says[0]) > max(map(len, says[1:]))
    assert len(places) > 1 and longest <= 2


def test_a_choice_is_explained_kept_and_found_again(tmp_path):
    asked = questions("03")
    right, wrong = asked[0]["choices"][0], asked[0]["choices"][1]
    shown = quiz("03", tmp_path)
    assert said(shown.children[1]) == "" and shown.children[1].why == {}
    asked_in(shown)[0].confirmed = wrong["says"]
    assert "<strong>No.</strong>" in said(shown.children[1])
    asked_in(shown)[0].confirmed = right["says"]
    asked_in(shown)[1].confirmed = asked[1]["choices"][0]["says"]
    assert "<strong>Right.</strong>" in said(shown.children[1])
    assert list(shown.children[1].why) == [wrong["says"], right["says"]]  # what was not confirmed is not explained
    assert "1 of 5 right at the first choice" in shown.children[-1].value
    assert json.loads((tmp_path / "03.json").read_text())[asked[0]["asks"]] == [wrong["says"], right["says"]]
    again = quiz("03", tmp_path)
    assert asked_in(again)[0].confirmed == right["says"] and "Right." in said(again.children[1])
    assert results(tmp_path) == {"03": (1, 5)}


def test_looking_at_a_quiz_writes_nothing(tmp_path):
    quiz("03", tmp_path / "answers")
    assert list(tmp_path.iterdir()) == []


def test_what_the_lesson_does_not_ask_counts_nothing():
    assert points("03", {"made up": ["anything"], questions("03")[0]["asks"]: []}) == (0, 5)


def test_a_broken_file_is_said_and_left_as_it_is(tmp_path):
    (tmp_path / "03.json").write_text("{broken")
    shown = quiz("03", tmp_path)
    assert "cannot be read" in shown.children[-1].value
    asked_in(shown)[0].confirmed = questions("03")[0]["choices"][0]["says"]
    assert "cannot be read" in shown.children[-1].value and (tmp_path / "03.json").read_text() == "{broken"
    with pytest.raises(ValueError, match="03.json cannot be read"):
        results(tmp_path)


def test_a_place_that_cannot_be_written_is_said_and_the_quiz_goes_on(tmp_path):
    (tmp_path / "file").write_text("in the way")
    shown = quiz("03", tmp_path / "file" / "answers")
    asked_in(shown)[0].confirmed = questions("03")[0]["choices"][0]["says"]
    assert "Right." in said(shown.children[1]) and "could not be kept" in shown.children[-1].value
    assert (tmp_path / "file").read_text() == "in the way" and os.listdir(tmp_path) == ["file"]


def test_a_lesson_without_questions_is_named():
    with pytest.raises(ValueError, match="lesson '77' has no questions"):
        quiz("77")


def test_without_a_kernel_the_questions_are_shown_and_the_answers_are_not():
    shown, asked = quiz("01"), questions("01")
    assert all(html.escape(each["asks"]) in shown.still for each in asked)
    assert not any(html.escape(choice["why"]) in shown.still for each in asked for choice in each["choices"])
