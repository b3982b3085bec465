"""Shapley values against the definition, on games small enough to go through every coalition."""

import math
import warnings
from itertools import combinations

import numpy as np
import pandas
import pytest
from sklearn.ensemble import (
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from xailab import shapley
from xailab._tensorflow import keras


def by_definition(value, players):
    """Each player's mean contribution, weighted over all coalitions of the others: eq. 4 of Lundberg and Lee (2017)."""
    total = []
    for player in range(players):
        others = [other for other in range(players) if other != player]
        share = 0
        for size in range(players):
            weight = math.factorial(size) * math.factorial(players - size - 1) / math.factorial(players)
            for coalition in combinations(others, size):
                share += weight * (value({*coalition, player}) - value({*coalition}))
        total.append(share)
    return np.array(total)


def switched(predict, row, background):
    """The game of one row: features outside the coalition take their values from the background."""

    def value(coalition):
        rows = background.copy()
        for feature in coalition:
            rows.iloc[:, feature] = row.iloc[feature]
        return np.mean(predict(rows))

    return value


@pytest.fixture(scope="module")
def table():
    draw = np.random.default_rng(0)
    return pandas.DataFrame(draw.integers(0, 20, (80, 3)).astype(float), columns=["a", "b", "c"])


@pytest.fixture(scope="module")
def forest(table):
    return RandomForestRegressor(10, random_state=0).fit(table, table["a"] * table["b"] - table["c"])


def test_three_players_by_hand_are_what_shap_says():
    """A brings 10, 10, 40, 50, 10 and 50 in the orders ABC, ACB, BAC, BCA, CAB and CBA; B 50, 60, 20, 20, 60, 20; C the rest."""
    game = {"": 0, "A": 10, "B": 20, "C": 30, "AB": 60, "AC": 40, "BC": 50, "ABC": 100}
    by_hand = [170 / 6, 230 / 6, 200 / 6]

    def predict(rows):
        rows = rows.to_numpy()
        return [game["".join(name for name, on in zip("ABC", row) if on)] for row in rows]

    everyone, nobody = (pandas.DataFrame([[on] * 3], columns=list("ABC")) for on in (1.0, 0.0))
    values, base = shapley.kernel(predict, everyone, nobody)
    np.testing.assert_allclose(values.to_numpy()[0], by_hand)
    np.testing.assert_allclose(by_definition(lambda on: game["".join("ABC"[i] for i in sorted(on))], 3), by_hand)
    assert base == 0 and values.to_numpy().sum() == pytest.approx(100)


def test_tree_and_kernel_values_are_the_definitions(table, forest):
    background = table.iloc[40:52]
    trees, base = shapley.tree(forest, table.iloc[:4], background=background)
    kernels, kernel_base = shapley.kernel(forest.predict, table.iloc[:4], background)
    for row in range(4):
        right = by_definition(switched(forest.predict, table.iloc[row], background), 3)
        np.testing.assert_allclose(kernels.iloc[row], right, atol=1e-9)
        np.testing.assert_allclose(trees.iloc[row], right, atol=1e-3)  # shap keeps thresholds in single precision
    assert base == pytest.approx(kernel_base) and list(trees.columns) == ["a", "b", "c"] and trees.index[3] == 3


@pytest.mark.parametrize("kind", [RandomForestRegressor, GradientBoostingRegressor])
def test_every_row_of_a_large_background_counts_without_a_warning(kind, capfd, caplog):
    """shap takes a hundred rows of a background unless told otherwise, and from version 0.54 on says so."""
    draw = np.random.default_rng(2)
    many = pandas.DataFrame(draw.integers(0, 20, (294, 3)).astype(float), columns=["a", "b", "c"])
    model = kind(n_estimators=10, random_state=0).fit(many, many["a"] * many["b"] - many["c"])
    right = [by_definition(switched(model.predict, many.iloc[row], many), 3) for row in range(3)]
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*background")
        found = [shapley.tree(model, many[:3], background=many), shapley.kernel(model.predict, many[:3], many)]
    for values, base in found:
        np.testing.assert_allclose(values, right, atol=1e-5)
        assert base == pytest.approx(model.predict(many).mean(), abs=1e-5)
    assert capfd.readouterr() == ("", "")
    assert [record.name for record in caplog.records] == ["shap"]  # that so many rows take the kernel long


def test_the_values_of_a_row_add_up_to_its_answer(table, forest):
    values, base = shapley.tree(forest, table)
    np.testing.assert_allclose(values.sum(axis=1) + base, forest.predict(table), rtol=1e-9)


@pytest.mark.parametrize("kind", [RandomForestClassifier, GradientBoostingClassifier])
def test_of_two_classes_the_second_is_explained(table, kind):
    model = kind(n_estimators=10, random_state=0).fit(table, table["a"] > table["b"])
    values, base = shapley.tree(model, table)
    answer = model.predict_proba(table)[:, 1] if kind is RandomForestClassifier else model.decision_function(table)
    np.testing.assert_allclose(values.sum(axis=1) + base, answer, atol=1e-9)


def test_a_seed_gives_the_same_values_again_and_leaves_the_global_generator_alone():
    draw = np.random.default_rng(1)
    many = pandas.DataFrame(draw.normal(size=(12, 14)), columns=list("abcdefghijklmn"))

    def predict(rows):
        return np.prod(np.asarray(rows)[:, :3], axis=1)

    np.random.seed(5)
    expected = np.random.rand()
    np.random.seed(5)
    one, two = (shapley.kernel(predict, many.iloc[:1], many.iloc[1:3], samples=60)[0] for _ in range(2))
    assert np.random.rand() == expected and one.equals(two)
    assert not one.equals(shapley.kernel(predict, many.iloc[:1], many.iloc[1:3], samples=60, seed=1)[0])


# Pictures


@pytest.fixture(scope="module")
def network():
    keras.utils.set_random_seed(0)
    layers = keras.layers
    return keras.Sequential(
        [keras.Input((8, 6, 2)), layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(3)]
    )


IMAGES = np.random.default_rng(0).random((2, 8, 6, 2), dtype=np.float32)


def test_a_map_adds_up_to_what_switching_everything_off_costs(network):
    found = shapley.partition(network, IMAGES, [0, 2], evaluations=40, fill=0.5)
    assert found.shape == (2, 8, 6) and found.dtype == np.float32
    fall = network(IMAGES).numpy() - network(np.full_like(IMAGES, 0.5)).numpy()
    np.testing.assert_allclose(found.sum(axis=(1, 2)), [fall[0, 0], fall[1, 2]], atol=1e-4)


def test_without_targets_the_top_class_is_explained_and_twice_the_same(network):
    top = network(IMAGES).numpy().argmax(axis=1)
    one = shapley.partition(network, IMAGES, evaluations=30)
    np.testing.assert_array_equal(one, shapley.partition(network, IMAGES, top, evaluations=30))


def test_two_halves_of_a_picture_get_the_shapley_values_of_two_players(network):
    """Four questions, empty and full picture among them, leave one split: that of the longer side."""
    found = shapley.partition(network, IMAGES[:1], 1, evaluations=4, fill=0)[0]

    def value(coalition):
        picture = np.zeros_like(IMAGES[0])
        for half in coalition:
            picture[4 * half : 4 * half + 4] = IMAGES[0, 4 * half : 4 * half + 4]
        return network(picture[None]).numpy()[0, 1]

    np.testing.assert_allclose([found[:4].sum(), found[4:].sum()], by_definition(value, 2), atol=1e-5)
    assert np.ptp(found[:4]) < 1e-6


def test_with_questions_enough_a_linear_models_map_is_exact():
    keras.utils.set_random_seed(1)
    linear = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten(), keras.layers.Dense(2)])
    picture = IMAGES[:1, :4, :4, :1]
    weights = linear.layers[-1].kernel.numpy()[:, 1].reshape(4, 4)
    found = shapley.partition(linear, picture, 1, evaluations=200, fill=0)[0]
    np.testing.assert_allclose(found, weights * picture[0, ..., 0], atol=1e-6)


def message(function, *given, **options):
    with pytest.raises(ValueError) as caught:
        function(*given, **options)
    return str(caught.value)


def test_errors_say_what_is_wrong_and_what_to_do(network, table, forest):
    assert "dropna" in message(shapley.tree, forest, table.mask(table > 18))
    assert "dropna" in message(shapley.kernel, forest.predict, table, table.mask(table > 18))
    three = RandomForestClassifier(2, random_state=0).fit(table, table["a"] // 7)
    assert "3 classes" in message(shapley.tree, three, table)
    assert "from 4 up" in message(shapley.partition, network, IMAGES, evaluations=2)
    assert "blur" in message(shapley.partition, network, IMAGES, fill="nothing")
    assert "out of range" in message(shapley.partition, network, IMAGES, 7)
