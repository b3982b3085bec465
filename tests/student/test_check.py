import copy
import dataclasses

import numpy as np
import pandas
import pytest

from course.student import check as engine
from course.student.check import NotRight, check
from course.student.exercises import Exercise, Mistake


def double(values):
    return 2 * np.asarray(values)


EXERCISE = Exercise(
    id="99.1",
    title="double it",
    reference=double,
    cases=[([1.0, 2.0],), (np.array([[3.0], [-1.0]]),)],
    mistakes=(Mistake("tripled", lambda values: 3 * np.asarray(values), "You tripled."),),
    hints=("first hint", "second hint", "third hint"),
    insight="Twice is twice.",
)
VALUE = Exercise(
    id="99.2",
    title="six times seven",
    reference=42,
    mistakes=(Mistake("added", 13, "You added."),),
    hints=("one", "two", "three"),
    insight="Forty-two.",
)


@pytest.fixture(autouse=True)
def exercises(monkeypatch):
    monkeypatch.delenv("XAILAB_STRICT", raising=False)
    monkeypatch.setattr(engine, "exercises", lambda lesson: {"99.1": EXERCISE, "99.2": VALUE} if lesson == "99" else {})
    monkeypatch.setattr(engine, "lessons", lambda: ["99"])
    engine._hints_given.clear()


@pytest.fixture
def said(monkeypatch):
    """What the student reads, a message a call."""
    messages = []
    monkeypatch.setattr(engine, "display", lambda message: messages.append(message))
    return messages


def test_a_right_function_is_handed_back_with_the_insight(said):
    def mine(values):
        return [value + value for value in values]

    assert check("99.1", mine) is mine
    assert str(said[0]) == "Right. Twice is twice."


@pytest.mark.parametrize("untried", [..., lambda values: ...])
def test_an_untried_exercise_goes_on_with_the_reference(said, untried):
    assert check("99.1", untried) is double
    assert str(said[0]).startswith("Not tried yet.") and "Hint" not in str(said[0])


def test_hints_come_one_after_the_other_and_stay_at_the_third(said):
    """What was not tried, and a known mistake, which has its own message, use up none."""
    for answer in (..., "half", lambda values: [3 * value for value in values], "half", "half", "half"):
        check("99.1", answer)
    assert [text for message in said for text in EXERCISE.hints if text in str(message)] == [
        "first hint",
        "second hint",
        "third hint",
        "third hint",
    ]


def test_a_known_mistake_is_named(said):
    assert check("99.1", lambda values: [3 * value for value in values]) is double
    assert str(said[0]) == "Not yet. You tripled.\nThe lesson goes on with the reference."


def test_an_unknown_mistake_shows_where_it_differs(said):
    check("99.1", lambda values: np.asarray(values) + 1.0)
    assert "[2.0, 3.0]" in str(said[0]) and "[2.0, 4.0] was expected" in str(said[0]) and "[1.0, 2.0]" in str(said[0])


@pytest.mark.parametrize(
    "answer, words",
    [
        (lambda values: None, "returned None: is there a return"),
        (lambda values: 1 / 0, "stopped with ZeroDivisionError: division by zero (line"),
        (lambda: 3, "stopped with TypeError"),
        (lambda values: exit(), "stopped with SystemExit"),
        (lambda values: np.zeros(7), "shape (7,)"),
        (lambda values: np.full(np.shape(values), np.nan), "NaN"),
        (lambda values: np.zeros(np.shape(values)), "was expected"),
        (lambda values: "twice", "shape ()"),
        (lambda values: [[1], [2, 3]], "Your answer"),
        (17, "write the function"),
    ],
)
def test_whatever_a_student_hands_in_is_answered_and_nothing_is_raised(said, answer, words):
    assert check("99.1", answer) is double
    assert words in str(said[0])


def test_an_error_inside_a_library_is_reported_at_the_students_own_line(said):
    def mine(values):
        return np.linalg.inv(values)

    check("99.1", mine)
    assert f"(line {mine.__code__.co_firstlineno + 1} of 'mine')" in str(said[0])


def test_a_function_that_changes_its_input_is_told_so_though_its_result_is_right(said):
    def in_place(values):
        for index in range(len(values)):
            values[index] = values[index] * 2
        return values

    assert check("99.1", in_place) is double
    assert "right, but your function changes its argument number 1" in str(said[0])
    assert EXERCISE.cases[0] == ([1.0, 2.0],)


@pytest.mark.parametrize("argument", [np.array([np.nan, 1.0]), {"a": [1, 2]}, [np.zeros(2), (3, 4)], "words", None])
def test_an_argument_that_was_left_alone_counts_as_untouched(argument):
    assert engine._untouched(copy.deepcopy(argument), argument)


def test_changes_inside_an_argument_are_seen():
    for changed, case in (
        ({"a": [1, 3]}, {"a": [1, 2]}),
        ([1.0], [1.0, 2.0]),
        (np.zeros(2, np.float32), np.zeros(2)),
        (None, [1]),
        (pandas.DataFrame({"a": [1, 2]}), pandas.DataFrame({"a": [1, 3]})),
    ):
        assert not engine._untouched(changed, case)


class Hostile:
    """An answer whose methods raise: called from within check, none of them may stop a lesson."""

    def __array__(self, *given, **options):
        raise RuntimeError("no array")

    def __eq__(self, other):
        raise RuntimeError("no comparison")

    def __repr__(self):
        raise RuntimeError("no text")

    __hash__ = None


class Wordless(Exception):
    def __str__(self):
        raise RuntimeError("no words")


@pytest.mark.parametrize("id", ["99.1", "99.2"])
def test_an_answer_whose_own_methods_raise_gets_a_sentence(said, id):
    check(id, (lambda values: Hostile()) if id == "99.1" else Hostile())
    assert "a Hostile that cannot be read: RuntimeError: no array" in str(said[0])
    check(id, (lambda values: [Hostile(), 1]) if id == "99.1" else {"a": Hostile()})
    assert "Your" in str(said[1])


def test_an_error_without_words_is_called_by_its_name(said):
    def mine(values):
        raise Wordless

    check("99.1", mine)
    assert "stopped with Wordless (line" in str(said[0])


def test_a_complex_answer_is_not_cut_to_its_real_part(said):
    assert check("99.1", lambda values: double(values) + 1j) is double
    assert "+1j" in str(said[0]) and "[2.0, 4.0] was expected" in str(said[0])
    assert check("99.2", 42 + 1j) == 42 and "42+1j is not it" in str(said[1])


def test_an_interruption_interrupts(said):
    def interrupted(values):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("99.1", interrupted)


def test_what_a_student_prints_is_not_repeated_for_every_case(said, capsys):
    check("99.1", lambda values: print("here") or double(values))
    assert capsys.readouterr().out == ""


def test_tensors_are_as_good_as_arrays(said):
    from xailab._tensorflow import tf

    def mine(values):
        return tf.constant(values) * 2

    assert check("99.1", mine) is mine


@pytest.mark.parametrize("right", [42, 42.0, np.int64(42), np.float32(42)])
def test_a_right_value_may_come_in_any_type_of_number(said, right):
    assert check("99.2", right) is right


@pytest.mark.parametrize(
    "wrong, words", [(13, "You added."), (41, "41 is not it"), ("42", "is not"), ([42], "shape (1,)"), (None, "not")]
)
def test_a_wrong_value_is_answered_without_giving_the_right_one_away(said, wrong, words):
    assert check("99.2", wrong) == 42
    assert words in str(said[0]) and "42 was" not in str(said[0])


def test_an_exercise_that_does_not_exist_names_its_neighbours(said):
    assert check("99.7", "mine") == "mine"
    assert "no exercise '99.7'" in str(said[0]) and "99.1" in str(said[0])


def test_strict_mode_raises_for_all_that_is_not_right(monkeypatch, said):
    monkeypatch.setenv("XAILAB_STRICT", "1")
    check("99.1", double)
    for wrong in (..., lambda values: values, EXERCISE.mistakes[0].answer):
        with pytest.raises(NotRight):
            check("99.1", wrong)


def test_the_message_in_jupyter_is_escaped_and_says_the_verdict_in_words(said):
    def broken(values):
        raise ValueError("<b>")

    check("99.1", broken)
    html = said[0]._repr_html_()
    assert "<strong>Not yet.</strong>" in html and "&lt;b&gt;" in html and "<b>" not in html


def test_the_engine_does_without_tensorflow():
    import subprocess
    import sys

    code = "import sys, course.student.check, course.student.exercises; assert 'tensorflow' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.fixture
def words(monkeypatch):
    """An exercise whose answer is words by name, one of them with two right ones."""
    right = {"occlusion": "agnostic", "CAM": frozenset({"post-hoc", "intrinsic"})}
    exercise = dataclasses.replace(VALUE, id="99.3", reference=right, mistakes=())
    monkeypatch.setattr(engine, "exercises", lambda lesson: {"99.3": exercise})
    return right


@pytest.mark.parametrize("cam", ["post-hoc", "Intrinsic"])
def test_words_may_be_in_capitals_and_several_may_be_right(said, words, cam):
    given = {"occlusion": " AGNOSTIC", "CAM": cam}
    assert check("99.3", given) is given


@pytest.mark.parametrize(
    "given, told, hidden",
    [
        ({"occlusion": "agnostic"}, "lacks 'CAM'", "post-hoc"),
        ({"occlusion": "agnostic", "CAM": "post-hoc", "LIME": 1}, "more entries than 'occlusion', 'CAM'", "post-hoc"),
        ({"occlusion": "agnostic", "CAM": "global"}, "'global' for 'CAM', which is not it.", "intrinsic"),
        (
            {"occlusion": 3, "CAM": "global"},
            "for 'occlusion', which is not it. Of 2 entries, 2 are not right",
            "post-hoc",
        ),
    ],
)
def test_of_a_dictionary_the_wrong_entry_is_named_and_the_right_one_kept(said, words, given, told, hidden):
    assert check("99.3", given) is words
    assert told in str(said[0]) and hidden not in str(said[0])


def test_an_array_of_words_may_be_in_capitals_and_must_be_words():
    right = np.array(["left", "right"])
    assert engine._same(np.array(["Left", " RIGHT "]), right, 0)
    assert not engine._same(np.array(["left", "left"]), right, 0) and not engine._same(np.array([1, 2]), right, 0)
