"""Every exercise of the course: its solution passes, its stub fails, zeros fail, every named mistake gets its own message.

So it is on the hidden cases, too; and what is only fitted to the visible ones fails there.
"""

import copy
import math
import pickle
import re
import statistics
import sys
from functools import cache

import numpy as np
import pandas
import pytest
import scipy.special
import scipy.stats

from course.author import build
from course.student.check import _plain, _same, attempt, cases_of, examine, judge
from course.student.exercises import exercises, lessons

EVERY = [exercise for lesson in lessons() for exercise in exercises(lesson).values()]
MISTAKES = [(exercise, mistake) for exercise in EVERY for mistake in exercise.mistakes]


def name(value):
    return getattr(value, "id", getattr(value, "name", None))


@pytest.mark.parametrize("exercise", EVERY, ids=name)
def test_the_reference_is_right_and_the_stub_is_not_tried(exercise, one_of):
    assert examine(exercise, one_of(exercise.reference)) == (False, None, None)
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
def test_every_named_mistake_gets_its_own_message(exercise, mistake, one_of):
    assert examine(exercise, one_of(mistake.answer)) == (False, mistake.message, mistake.name)


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
        untried, sentence, _ = examine(exercise, answer)
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


def as_a_student_has_it(cells):
    """Names that the exercises of a lesson find: what its other cells import, and check."""
    space = {}
    exec("from course.student.check import check\nimport numpy as np", space)
    exec(
        "\n".join(
            re.findall(
                "^(?:from (?:sklearn|scipy|xailab.arithmetic|xailab.evaluate)|import tensorflow).*",
                "\n".join(cell.source for cell in cells),
                re.M,
            )
        ),
        space,
    )
    return space


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_the_solutions_of_a_lesson_are_right_and_their_opened_form_is_not(path, monkeypatch):
    monkeypatch.setenv("XAILAB_STRICT", "1")
    cells = build.read(path).cells
    space = as_a_student_has_it(cells)
    for cell in cells:
        if build.is_tagged(cell, "exercise"):
            exec(cell.source, space)  # raises NotRight if the solution is wrong
            opened = build.open_exercise(cell.source)
            assert opened != cell.source
            with pytest.raises(AssertionError, match="Not tried yet"):
                exec(opened, dict(space))


FUNCTION_EXERCISES = [exercise for exercise in EVERY if callable(exercise.reference)]


def seeds_of(exercise):
    return range(2 if exercise.id.startswith("04") else 20)  # lesson 04 draws networks


@cache
def drawn(id, seed):
    """The hidden cases of an exercise, and what the reference gives for them."""
    exercise = exercises(id[:2])[id]
    cases = exercise.hidden(np.random.default_rng(seed))
    return cases, results_of(exercise.reference, cases)


def results_of(answer, cases):
    return [_plain(answer(*copy.deepcopy(case))) for case in cases]


def fingerprint(case):
    """The arguments of a case, as bytes, but for those that are functions."""
    return pickle.dumps([given for given in case if not callable(given)])


def numbers_in(result):
    return np.concatenate([np.ravel(each) for each in (result.values() if isinstance(result, dict) else [result])])


def test_every_function_is_tried_on_hidden_cases_and_no_value_is():
    assert [exercise for exercise in EVERY if exercise.hidden is not None] == FUNCTION_EXERCISES


@pytest.mark.parametrize("exercise", FUNCTION_EXERCISES, ids=name)
def test_hidden_cases_have_finite_results_that_are_not_all_the_same(exercise):
    for seed in seeds_of(exercise):
        cases, results = drawn(exercise.id, seed)
        assert type(cases) is list and 2 <= len(cases) <= 4 and all(type(case) is tuple for case in cases)
        numbers = np.concatenate([numbers_in(result) for result in results])
        assert numbers.dtype.kind == "U" or np.isfinite(numbers).all()
        assert not all(_same(result, results[0], exercise.tolerance) for result in results[1:]), seed


@pytest.mark.parametrize("exercise", FUNCTION_EXERCISES, ids=name)
def test_a_seed_draws_its_cases_again_and_another_seed_draws_others(exercise):
    seen = set()
    for seed in seeds_of(exercise):
        cases, results = drawn(exercise.id, seed)
        again = exercise.hidden(np.random.default_rng(seed))
        assert list(map(fingerprint, again)) == list(map(fingerprint, cases))
        assert pickle.dumps(results_of(exercise.reference, again)) == pickle.dumps(results)
        seen.add((*map(fingerprint, cases), pickle.dumps(results)))
    assert len(seen) == len(seeds_of(exercise))


@pytest.mark.parametrize("exercise", FUNCTION_EXERCISES, ids=name)
def test_every_named_mistake_shows_on_the_hidden_cases(exercise):
    for seed in seeds_of(exercise):
        cases, results = drawn(exercise.id, seed)
        for mistake in exercise.mistakes:
            like = results_of(mistake.answer, cases)
            assert not all(map(_same, like, results, [exercise.tolerance] * len(cases))), (seed, mistake.name)
            assert all(map(_same, like, like, [exercise.tolerance] * len(cases))), (seed, mistake.name)  # finite, too


@pytest.mark.parametrize("exercise", FUNCTION_EXERCISES, ids=name)
def test_what_is_learnt_by_heart_fails_on_the_hidden_cases(exercise):
    visible = cases_of(exercise)
    stored = dict(zip(map(fingerprint, visible), results_of(exercise.reference, visible)))

    def by_heart(*given):
        return stored.get(fingerprint(given), next(iter(stored.values())))

    if not any(map(callable, visible[0])):  # networks and models have no fingerprint
        assert examine(exercise, by_heart) == (False, None, None)
    for seed in seeds_of(exercise):
        cases, results = drawn(exercise.id, seed)
        learnt = results_of(by_heart, cases)
        assert not all(map(_same, learnt, results, [exercise.tolerance] * len(cases))), seed


@pytest.mark.parametrize("path", build.sources(), ids=lambda path: path.stem[:2])
def test_the_solutions_of_a_lesson_are_right_on_hidden_cases_and_change_no_argument(path):
    cells = build.read(path).cells
    space, handed_in = as_a_student_has_it(cells), {}
    space["check"] = lambda id, answer: handed_in.setdefault(id, answer)
    for cell in cells:
        if build.is_tagged(cell, "exercise"):
            exec(cell.source, space)
    for id, answer in handed_in.items():
        exercise = exercises(id[:2])[id]
        for seed in seeds_of(exercise) if exercise.hidden else ():
            cases, _ = drawn(id, seed)
            assert judge(exercise, attempt(exercise, answer, cases), cases) == (None, None), (id, seed)
            assert attempt(exercise, exercise.reference, cases).touched is None, (id, seed)


def cells_reached(first, last, cells, layers):
    """Mark the changed cells, and look into every window."""
    changed = (np.arange(cells) >= first) & (np.arange(cells) <= last)
    for kernel, stride, padding in layers:
        padded = np.pad(changed, padding)
        changed = np.array([padded[at : at + kernel].any() for at in range(0, len(padded) - kernel + 1, stride)])
    return np.flatnonzero(changed)[[0, -1]]


def field_from_behind(layers):
    size = 1
    for kernel, stride in reversed(layers):
        size = (size - 1) * stride + kernel
    return size


def line_by_hand(ask, photo, segments, switches):
    """LIME's line by its normal equations, and the angle by a scalar product."""
    photos = []
    for shown in switches:
        means = np.array([photo[segments == segment].mean(axis=0) for segment in range(len(shown))])
        photos.append(np.where(shown[segments][..., None], photo, means[segments]))
    rows, answers = switches.astype(float), ask(np.array(photos))
    cosine = rows.sum(axis=1) / np.linalg.norm(rows, axis=1) / np.sqrt(rows.shape[1])
    weights = np.exp(-((1 - cosine) ** 2) / (2 * 0.25**2))
    rows = rows - np.average(rows, axis=0, weights=weights)
    answers = answers - np.average(answers, weights=weights)
    return np.linalg.solve(rows.T * weights @ rows + np.eye(rows.shape[1]), rows.T * weights @ answers)


def painted_above_a_quantile(image, heatmap, share):
    return np.where((heatmap > np.quantile(heatmap, 1 - share))[..., None], image.mean(axis=(0, 1)), image)


def orders_by_sorting_tuples(heatmap):
    count = heatmap.size
    orders = []
    for sign in (1, -1):
        first_to_last = sorted(range(count), key=lambda at, sign=sign: (-heatmap.flat[at], sign * at))
        orders.append([count - 1 - first_to_last.index(at) for at in range(count)])
    return np.reshape(orders, (2, *heatmap.shape))


OTHER_WAYS = {
    "00.2": lambda shares, labels, k: [label for _, label in sorted(zip(shares, labels), reverse=True)][:k],
    "01.4": lambda n, kernel, stride, padding: len(range(-padding, n + padding - kernel + 1, stride)),
    "01.6": field_from_behind,
    "03.1": lambda maps, weights, targets: [(m @ weights[:, t]) / m[..., 0].size for m, t in zip(maps, targets)],
    "04.4": lambda maps, falls: np.mean(
        np.sign([each[:, : each.shape[1] // 2].sum() - each[:, each.shape[1] // 2 :].sum() for each in maps])
        != np.sign(-np.diff(falls)[:, 0])
    ),
    "05.2": cells_reached,
    "05.3": lambda *four: {True: "no symptom"}.get(
        four[1] == four[0], "no test" if four[3] != four[0] else "refuted" if four[2] != four[0] else "holds"
    ),
    "05.5": lambda bare, rim, table, both: np.reshape(
        [np.mean(more) - np.mean(less) for more, less in ((rim, bare), (both, table), (table, bare), (both, rim))],
        (2, 2),
    ),
    "06.5": line_by_hand,
    "07.3": lambda ours, theirs, diagonal: statistics.stdev(map(math.dist, ours, theirs)) / diagonal,
    "08.5": lambda names, first: [not any(name.startswith(f"block{b}") for b in range(1, first)) for name in names],
    "09.3": lambda column, controls: sum(all(one > row) for one, row in zip(column, controls)) / len(column),
    "10.2": lambda distances, sigma: np.exp(scipy.stats.entropy(scipy.stats.norm.pdf(distances, scale=sigma))),
    "10.4": lambda true, shown: sum(len({*a} & {*b}) for a, b in zip(true, shown)) / true.size,
    "10.5": lambda maps: np.corrcoef(maps.reshape(-1, maps.shape[-1]), rowvar=False),
    "11.1": painted_above_a_quantile,
    "11.2": orders_by_sorting_tuples,
    "11.3": lambda likenesses, maps: (
        lambda same: (np.mean(np.delete(likenesses, np.flatnonzero(same))), np.sum(same) / len(maps))
    )(maps.max(axis=(1, 2)) == maps.min(axis=(1, 2))),
    "11.4": lambda twins, shuffled: scipy.stats.ttest_rel(twins, shuffled, nan_policy="omit").confidence_interval().low,
    "12.1": lambda cracked, marked: max(np.mean(cracked == np.array(rule)[marked]) for rule in np.ndindex(2, 2)),
    "12.3": lambda photos, masks, colour: np.where(masks[..., None], np.rint(colour), photos),
}


@pytest.mark.parametrize("id, answer", OTHER_WAYS.items(), ids=OTHER_WAYS)
def test_another_right_way_is_right_on_the_hidden_cases(id, answer):
    exercise = exercises(id[:2])[id]
    for seed in seeds_of(exercise):
        cases, _ = drawn(id, seed)
        assert judge(exercise, attempt(exercise, answer, cases), cases) == (None, None), seed
