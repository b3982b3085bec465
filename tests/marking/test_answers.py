import json

import numpy as np
import pytest

from course.marking.answers import pack, unpack
from course.student.check import Attempt, _plain, _same, attempt, cases_of, judge
from course.student.exercises import exercises, lessons

EVERY = [exercise for lesson in lessons() for exercise in exercises(lesson).values()]


def over_the_wire(tried):
    return unpack(json.loads(json.dumps(pack(tried))))


@pytest.mark.parametrize("exercise", EVERY, ids=lambda exercise: exercise.id)
def test_a_right_answer_arrives_right_and_a_known_mistake_is_named(exercise, one_of):
    cases = cases_of(exercise, 3)
    assert judge(exercise, over_the_wire(attempt(exercise, one_of(exercise.reference), cases)), cases) == (None, None)
    mistake = exercise.mistakes[0]
    sent = over_the_wire(attempt(exercise, one_of(mistake.answer), cases))
    assert judge(exercise, sent, cases) == (mistake.message, mistake.name)


@pytest.mark.parametrize(
    "value",
    [
        1,
        2.5,
        True,
        "text",
        [1, 2],
        np.zeros((0, 3)),
        np.float32([[1]]),
        1j,
        ["a", "bc"],
        {"a": {("b", 1): 2, 3: [4.0]}},
        (),
    ],
    ids=repr,
)
def test_a_value_arrives_as_it_was(value):
    plain = _plain(value)
    back = over_the_wire(Attempt(results=(plain,))).results[0]
    assert _same(back, plain, 0) and np.asarray(back).dtype == np.asarray(plain).dtype


@pytest.mark.parametrize(
    "value",
    [[object()], [[1], [2, 3]], np.datetime64("2020"), {object(): 1}, np.zeros(10**6)],
    ids=["objects", "ragged", "a date", "an object as a key", "too large"],
)
def test_what_is_no_number_and_no_text_is_equal_to_nothing(value):
    back = over_the_wire(Attempt(results=(_plain(value),))).results[0]
    assert not _same(back, np.zeros(1), 1) and not _same(back, "text", 1)


@pytest.mark.parametrize(
    "change",
    [
        {"results": [{"array": "AAAA", "dtype": "<f8", "shape": [1]}]},
        {"results": [{"array": "AAAAAAAAAAA=", "dtype": "O", "shape": [1]}]},
        {"results": [{"array": "AAAAAAAAAAA=", "dtype": "V8,O", "shape": [1]}]},
        {"results": [{"array": "AAAAAAAAAAA=", "dtype": "<f8", "shape": [-1, -1]}]},
        {"results": [{"array": "%", "dtype": "<f8", "shape": [1]}]},
        {"results": [{"array": 7, "dtype": "<f8", "shape": [1]}]},
        {"results": [7]},
        {"results": None},
        {"results": [{"pairs": [[{}, {"plain": "a"}]]}]},
        {"results": [{"pairs": [1, 2]}]},
        {"touched": "x"},
        {"touched": float("inf")},
    ],
    ids=str,
)
def test_what_is_no_packed_answer_is_refused(change):
    with pytest.raises(ValueError, match="this is no answer"):
        unpack({**pack(Attempt()), **change})


@pytest.mark.parametrize("packed", [None, 7, [], {}, "text"], ids=repr)
def test_what_is_no_packed_answer_at_all_is_refused(packed):
    with pytest.raises(ValueError, match="this is no answer"):
        unpack(packed)


def test_an_answer_nested_too_deeply_is_refused():
    deep = {"plain": "a"}
    for _ in range(5000):
        deep = {"pairs": [["a", deep]]}
    with pytest.raises(ValueError, match="this is no answer"):
        unpack({**pack(Attempt()), "results": [deep]})
