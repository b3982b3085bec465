"""Every exercise of the course: its solution passes, its stub fails, zeros fail, every named mistake gets its own message."""

import copy
import re
import sys

import numpy as np
import pandas
import pytest

from xailab.course import build
from xailab.course.check import examine
from xailab.course.exercises import exercises, lessons

EVERY = [exercise for lesson in lessons() for exercise in exercises(lesson).values()]
MISTAKES = [(exercise, mistake) for exercise in EVERY for mistake in exercise.mistakes]


def cases_of(exercise):
    return exercise.cases() if callable(exercise.cases) else exercise.cases


def name(value):
    return getattr(value, "id", getattr(value, "name", None))


@pytest.mark.parametrize("exercise", EVERY, ids=name)
def test_the_reference_is_right_and_the_stub_is_not_tried(exercise):
    assert examine(exercise, exercise.reference) == (False, None)
    assert examine(exercise, ...)[0]
    if callable(exercise.reference):
        assert examine(exercise, lambda *given: ...)[0]


@pytest.mark.parametrize("exercise", EVERY, ids=name)
def test_zeros_and_ones_of_the_right_shape_are_wrong(exercise):
    for fill in (0, 1):
        if callable(exercise.reference):

            def constant(*given, fill=fill):
                return np.full_like(np.asarray(exercise.reference(*given), dtype=float), fill)

            answer = (
                constant
                if not isinstance(exercise.reference(*copy.deepcopy(cases_of(exercise)[0])), (list, dict, str))
                else None
            )
        else:
            answer = fill
        if answer is not None:
            assert examine(exercise, answer)[1] is not None


@pytest.mark.parametrize("exercise, mistake", MISTAKES, ids=name)
def test_every_named_mistake_gets_its_own_message(exercise, mistake):
    assert examine(exercise, mistake.answer) == (False, mistake.message)


class Raising:
    """Whatever is asked of it, it raises."""

    def _refuse(self, *given, **options):
        raise RuntimeError("no")

    __array__ = __eq__ = __repr__ = __str__ = __len__ = __iter__ = __getitem__ = __float__ = __call__ = _refuse
    __hash__ = object.__hash__


def changed_in_place(*given):
    for each in given:
        if isinstance(each, np.ndarray) and each.size:
            each[...] = 0
    return given[0]


NONSENSE = {  # values, and what functions return
    "nothing": None,
    "an empty list": [],
    "an empty array": np.zeros(0),
    "text": "seven",
    "bytes": b"\x00",
    "a set": {1, 2},
    "an empty dictionary": {},
    "a dictionary with odd keys": {(1, 2): 3, None: 4},
    "a ragged list": [[1], [2, 3]],
    "a deep list": [[[[[1]]]]],
    "a list that holds itself": (lambda loop: loop.append(loop) or loop)([]),
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a huge whole number": 10**400,
    "a complex number": 1 + 2j,
    "complex numbers": np.full(3, 1j),
    "a masked array": np.ma.masked_all(3),
    "structured numbers": np.zeros(2, [("a", int)]),
    "dates": np.array(["2020-01-01"], "datetime64[D]"),
    "a table": pandas.DataFrame({"a": ["x", "y"]}),
    "an object that raises": Raising(),
    "a list of objects that raise": [Raising(), Raising()],
    "a dictionary of objects that raise": {"a": Raising()},
    "a class": Raising,
    "a module": np,
    "a function": len,
    "a generator": (number for number in range(3)),
    "not implemented": NotImplemented,
    "a byte more than a number holds": np.uint8(255),
    "an exception": ValueError("mine"),
}
FUNCTIONS = {
    "takes nothing": lambda: 1,
    "changes its input": changed_in_place,
    "recurses for ever": lambda *given: FUNCTIONS["recurses for ever"](*given),
    "exits": lambda *given: sys.exit(3),
    "asserts": lambda *given: (_ for _ in ()).throw(AssertionError(Raising())),
    "a class": Raising,
    "a builtin": len,
    "an object that raises": Raising(),
}


@pytest.mark.parametrize("exercise", EVERY, ids=name)
def test_whatever_nonsense_is_handed_in_gets_a_sentence(exercise):
    answers = dict(NONSENSE)
    if callable(exercise.reference):
        answers |= {f"returns {name}": lambda *given, value=value: value for name, value in NONSENSE.items()}
        answers |= FUNCTIONS
    for kind, answer in answers.items():
        untried, sentence = examine(exercise, answer)
        assert not untried and isinstance(sentence, str) and len(sentence) > 9, kind


@pytest.mark.parametrize("exercise", EVERY, ids=name)
def test_there_are_three_different_hints_and_at_least_three_named_mistakes(exercise):
    assert len(set(exercise.hints)) == 3 and len({mistake.message for mistake in exercise.mistakes}) >= 3
    assert exercise.insight and exercise.title


def test_a_lesson_numbers_its_exercises_and_no_number_is_used_twice():
    ids = [exercise.id for exercise in EVERY]
    assert len(set(ids)) == len(ids)
    for lesson in lessons():
        assert len(exercises(lesson)) >= 3 and all(id.startswith(f"{lesson}.") for id in exercises(lesson))


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_the_exercises_of_a_lesson_are_those_that_are_registered(path):
    cells = [cell for cell in build.read(path).cells if build.is_tagged(cell, "exercise")]
    assert sorted(cell.metadata["id"] for cell in cells) == sorted(exercises(path.stem[:2]))
    for cell in cells:
        assert f'check("{cell.metadata["id"]}"' in cell.source
        assert 1 <= cell.metadata["difficulty"] <= 3 and 1 <= cell.metadata["minutes"] <= 30


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_the_solutions_of_a_lesson_are_right_and_their_opened_form_is_not(path, monkeypatch):
    monkeypatch.setenv("XAILAB_STRICT", "1")
    space = {"np": np}
    exec("from xailab.course.check import check\nimport numpy as np", space)
    cells = build.read(path).cells
    exec(
        "\n".join(
            re.findall(
                "^(?:from (?:sklearn|scipy|xailab.arithmetic)|import tensorflow).*",
                "\n".join(cell.source for cell in cells),
                re.M,
            )
        ),
        space,
    )  # as a student has it
    for cell in cells:
        if build.is_tagged(cell, "exercise"):
            exec(cell.source, space)  # raises NotRight if the solution is wrong
            opened = build.open_exercise(cell.source)
            assert opened != cell.source
            with pytest.raises(AssertionError, match="Not tried yet"):
                exec(opened, dict(space))
