"""Explaining models of tables, against hand-computed cases, statsmodels, PyALE and slow loops."""

import numpy as np
import pandas
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_wine
from sklearn.ensemble import RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LinearRegression
from sklearn.tree import DecisionTreeClassifier

from xailab import data, tabular

SLIDE = {
    "intercept": (49.758, 4.1453, 12.003),
    "weight": (0.0032738, 0.00080383, 4.0728),
    "mpg": (0.70279, 0.080191, 8.7639),
}


class Formula:
    """A fitted model that is a formula of a table's columns."""

    def __init__(self, answer):
        self.predict = answer


PRODUCT = Formula(lambda table: (table["a"] * table["b"]).to_numpy())


@pytest.fixture(scope="module")
def cars():
    return data.cars().astype(float)


@pytest.fixture(scope="module")
def forest(cars):
    return RandomForestRegressor(20, random_state=0).fit(cars.drop(columns="mpg"), cars["mpg"])


def message(function, *given, error=ValueError, **options):
    with pytest.raises(error) as caught:
        function(*given, **options)
    return str(caught.value)


# The coefficient table


def three_years(cars):
    """The cars of 1970, 1976 and 1982, and the one without horsepower that the table leaves out."""
    left_out = pandas.DataFrame({"weight": [3035], "mpg": [23], "year": [82]}, index=["amc concord dl"])
    return pandas.concat([cars.loc[cars["year"].isin([70, 76, 82]), ["weight", "mpg", "year"]], left_out])


def test_the_slides_table_is_the_regression_of_the_model_year_on_94_cars(cars):
    table = three_years(cars)
    found = tabular.coefficients(table[["weight", "mpg"]], table["year"])
    assert len(table) == 94 and list(found.index) == list(SLIDE)
    for name, (estimate, error, t) in SLIDE.items():
        row = found.loc[name]
        assert float(f"{row['estimate']:.5g}") == estimate
        assert float(f"{row['SE']:.5g}") == error
        assert float(f"{row['t']:.5g}") == t


def test_without_the_car_that_has_no_horsepower_the_table_differs_in_the_third_digit(cars):
    table = three_years(cars).iloc[:-1]
    found = tabular.coefficients(table[["weight", "mpg"]], table["year"])["estimate"]
    assert f"{found['intercept']:.3f} {found['weight']:.7f} {found['mpg']:.5f}" == "49.694 0.0032698 0.70318"


def test_the_slides_own_arithmetic_is_estimate_over_standard_error():
    for estimate, error, t in SLIDE.values():
        assert estimate / error == pytest.approx(t, rel=1e-4)  # its digits are rounded


def test_weight_alone_has_the_other_sign(cars):
    table = three_years(cars)
    assert tabular.coefficients(table[["weight"]], table["year"]).loc["weight", "estimate"] == pytest.approx(
        -0.00278, abs=5e-6
    )


def test_the_coefficient_table_equals_that_of_statsmodels(cars):
    import statsmodels.api as sm

    predictors = cars.drop(columns="mpg")
    found, fitted = (
        tabular.coefficients(predictors, cars["mpg"]),
        sm.OLS(cars["mpg"], sm.add_constant(predictors)).fit(),
    )
    for column, theirs in {
        "estimate": fitted.params,
        "SE": fitted.bse,
        "t": fitted.tvalues,
        "p": fitted.pvalues,
    }.items():
        np.testing.assert_allclose(found[column], theirs, rtol=1e-7)


def test_coefficients_refuse_what_has_no_unique_answer(cars):
    twice = cars[["weight"]].assign(kilograms=cars["weight"] * 0.4536)
    assert "determine each other" in message(tabular.coefficients, twice, cars["mpg"])
    assert "constant" in message(tabular.coefficients, cars[["weight"]].assign(one=1.0), cars["mpg"])
    assert "one row more" in message(tabular.coefficients, cars[["weight", "year"]].iloc[:3], cars["mpg"].iloc[:3])
    assert "numbers were expected" in message(tabular.coefficients, cars[["weight"]], cars.index)


# Importance


def test_a_feature_that_the_model_does_not_use_has_no_importance(cars):
    predictors = cars.drop(columns="mpg")
    model = LinearRegression().fit(predictors, cars["mpg"])
    model.coef_ = np.where(predictors.columns.isin(["weight", "year"]), model.coef_, 0)
    found = tabular.importance(model, predictors, cars["mpg"], repeats=3)
    assert set(found.index[:2]) == {"weight", "year"} and (found.iloc[2:] == 0).all().all()
    assert "impurity" not in found


def test_importance_shows_a_forests_own_shares_beside_it(cars, forest):
    predictors = cars.drop(columns="mpg")
    found = tabular.importance(forest, predictors, cars["mpg"], repeats=2)
    assert found["permutation"].is_monotonic_decreasing
    np.testing.assert_array_equal(found["impurity"][predictors.columns], forest.feature_importances_)


# Partial dependence and ICE


def test_ice_asks_the_model_about_every_row_at_every_value(cars, forest):
    predictors = cars.drop(columns="mpg").iloc[:30]
    values, answers = tabular.ice(forest, predictors, "weight", points=7)
    slow = [[forest.predict(predictors.iloc[[row]].assign(weight=value))[0] for value in values] for row in range(30)]
    np.testing.assert_allclose(answers, slow)
    assert (predictors["weight"] < values[0]).mean() == pytest.approx(0.05, abs=0.02)
    assert (predictors["weight"] > values[-1]).mean() == pytest.approx(0.05, abs=0.02)
    assert len(values) == 7


def test_centred_curves_begin_at_zero_and_partial_dependence_is_their_mean(cars, forest):
    predictors = cars.drop(columns="mpg")
    _, answers = tabular.ice(forest, predictors, "weight", points=5)
    _, centred = tabular.ice(forest, predictors, "weight", points=5, centred=True)
    assert (centred[:, 0] == 0).all() and np.allclose(np.diff(centred), np.diff(answers))
    np.testing.assert_allclose(
        tabular.partial_dependence(forest, predictors, "weight", points=5)[1], answers.mean(axis=0)
    )


def test_a_classifiers_answer_is_the_probability_of_its_second_class(cars):
    predictors, heavy = cars[["year", "weight"]], cars["weight"] > 3000
    model = DecisionTreeClassifier(max_depth=1).fit(predictors, heavy)
    values, answers = tabular.ice(model, predictors, "weight", points=5)
    assert (answers == (values > 3000)).all() and 0 < answers.mean() < 1
    assert np.ptp(tabular.ale(model, predictors, "weight", bins=5)[1]) == 1


# Accumulated local effects

FOUR = pandas.DataFrame({"a": [1, 2, 3, 4], "b": [10, 20, 30, 40]})


def test_ale_of_a_product_by_hand():
    """Bins 1 to 2 and 2 to 4. Steps: (2 - 1) * b for b = 10, 20, mean 15; (4 - 2) * b for b = 30, 40, mean 70.

    Added up: 0, 15, 85. Half way through the bins: 7.5 and 50, so over two rows in each the mean is 28.75.
    """
    edges, effects = tabular.ale(PRODUCT, FOUR, "a", bins=2)
    np.testing.assert_array_equal(edges, [1, 2, 4])
    np.testing.assert_array_equal(effects, [-28.75, -13.75, 56.25])


def test_second_order_ale_of_a_product_by_hand():
    """On a full grid the two are independent: what is left of a * b is (a - m) * (b - m), m the mean of the bins' middles."""
    full = pandas.DataFrame([(a, b) for a in (0, 1, 2) for b in (0, 1, 2)], columns=["a", "b"])
    edges, others, effects = tabular.ale_pair(PRODUCT, full, ("a", "b"), bins=3)
    middle = (0.5 + 0.5 + 1.5) / 3  # the rows 0 and 1 lie in the bin from 0 to 1
    np.testing.assert_array_equal(edges, [0, 1, 2])
    np.testing.assert_allclose(effects, np.outer(edges - middle, others - middle), atol=1e-12)


def test_a_cell_without_rows_takes_the_step_of_its_nearest_neighbour():
    model = Formula(lambda table: (table["a"] ** 2 * table["b"]).to_numpy())
    diagonal = pandas.DataFrame({"a": [0.0, 1, 2, 3], "b": [0.0, 1, 2, 2.5]})
    _, _, effects = tabular.ale_pair(model, diagonal, ("a", "b"), bins=4)
    steps = np.diff(np.diff(effects, axis=0), axis=1)  # the main effects and the mean fall out
    # cells with rows: (a'^2 - a^2) * (b' - b) = 1, 3 and 5 * 0.5; of the three, (1, 1) lies nearest to the cell (0, 2)
    np.testing.assert_allclose(np.diag(steps), [1, 3, 2.5])
    assert steps[0, 1] in (1, 3) and steps[0, 2] == pytest.approx(3)


def test_ale_equals_the_published_implementation(cars, forest):
    from PyALE._src.ALE_1D import aleplot_1D_continuous
    from PyALE._src.ALE_2D import aleplot_2D_continuous

    rows = cars.drop(columns="mpg").sample(200, random_state=0)  # a number for which both cut at the same quantiles
    for feature in ("weight", "horsepower"):
        edges, effects = tabular.ale(forest, rows, feature, bins=20)
        theirs = aleplot_1D_continuous(rows, forest, feature, grid_size=20, include_CI=False)
        np.testing.assert_array_equal(edges, theirs.index)
        np.testing.assert_allclose(effects, theirs["eff"], atol=1e-12)
    edges, others, effects = tabular.ale_pair(forest, rows, ("weight", "acceleration"), bins=4)
    theirs = aleplot_2D_continuous(rows, forest, ["weight", "acceleration"], grid_size=4)
    np.testing.assert_array_equal(edges, theirs.index)
    np.testing.assert_array_equal(others, theirs.columns)
    np.testing.assert_allclose(effects, theirs, atol=1e-12)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 60), st.integers(1, 12), st.integers(0, 10_000))
def test_ale_of_a_sum_is_each_part_alone_and_no_interaction(count, bins, seed):
    draw = np.random.default_rng(seed)
    table = pandas.DataFrame(draw.normal(size=(count, 2)), columns=["a", "b"])
    table["b"] += table["a"]  # related features must not matter
    model = Formula(lambda rows: (rows["a"] ** 3 + np.sin(rows["b"])).to_numpy())
    edges, effects = tabular.ale(model, table, "a", bins=bins)
    np.testing.assert_allclose(np.diff(effects), np.diff(edges**3), atol=1e-9)
    np.testing.assert_allclose(tabular.ale_pair(model, table, ("a", "b"), bins=bins)[2], 0, atol=1e-9)


@settings(max_examples=25, deadline=None)
@given(st.integers(5, 60), st.integers(1, 12), st.integers(0, 10_000))
def test_the_effects_of_a_pair_leave_no_main_effect_behind(count, bins, seed):
    draw = np.random.default_rng(seed)
    table = pandas.DataFrame(draw.integers(0, 9, size=(count, 2)), columns=["a", "b"]).astype(float)
    table.iloc[:2] = [[0, 0], [8, 8]]
    edges, others, effects = tabular.ale_pair(PRODUCT, table, ("a", "b"), bins=bins)
    middles = (effects[:-1, :-1] + effects[1:, :-1] + effects[:-1, 1:] + effects[1:, 1:]) / 4
    places = (np.maximum(np.searchsorted(cut, table[name]) - 1, 0) for cut, name in ((edges, "a"), (others, "b")))
    assert abs(middles[tuple(places)].mean()) < 1e-9


# MRMR


def slow_information(a, b, bins):
    def cut(values):
        return np.append(-np.inf, np.quantile(values, np.arange(1, bins) / bins))

    joint = np.histogram2d(a, b, [[*cut(a), np.inf], [*cut(b), np.inf]])[0] / len(a)
    alone = np.outer(joint.sum(axis=1), joint.sum(axis=0))
    return np.sum(joint[joint > 0] * np.log(joint[joint > 0] / alone[joint > 0]))


def test_mrmr_equals_a_slow_search_with_histograms():
    draw = np.random.default_rng(3)
    table = pandas.DataFrame(draw.normal(size=(300, 4)) @ draw.normal(size=(4, 5)), columns=list("abcde"))
    response = table["a"].to_numpy() + table["c"].to_numpy() ** 2
    found = tabular.mrmr(table, response, bins=6)
    chosen = []
    while len(chosen) < 5:
        scores = {
            name: slow_information(table[name], response, 6)
            - np.mean([slow_information(table[name], table[other], 6) for other in chosen] or [0])
            for name in table.columns.difference(chosen)
        }
        chosen.append(max(scores, key=scores.get))
        assert found["score"][chosen[-1]] == pytest.approx(scores[chosen[-1]])
    assert list(found.index) == chosen


def test_mrmr_puts_a_copy_last_however_relevant_it_is():
    draw = np.random.default_rng(0)
    table = pandas.DataFrame(draw.normal(size=(400, 3)), columns=["main", "side", "noise"])
    table["copy"] = 2 * table["main"]
    found = tabular.mrmr(table, np.where(2 * table["main"] + table["side"] > 0, "yes", "no"))
    assert list(found.index) == ["main", "side", "noise", "copy"]
    assert found["relevance"]["copy"] == found["relevance"]["main"]


# Bad input

EFFECTS = [tabular.ice, tabular.partial_dependence, tabular.ale]


@pytest.mark.parametrize("effect", EFFECTS)
def test_effects_name_what_is_wrong_with_a_table(effect, cars, forest):
    predictors = cars.drop(columns="mpg")
    gaps = predictors.mask(predictors["weight"] > 4953)
    assert "weight has a missing or infinite value in 3 row(s)" in message(effect, forest, gaps, "weight")
    assert "table.dropna()" in message(effect, forest, gaps, "weight")
    assert "single feature" in message(effect, forest, predictors[["weight"]], "weight")
    assert "70 in every row" in message(effect, forest, predictors.assign(year=70.0), "year")
    assert "no feature 'colour'. It has cylinders" in message(effect, forest, predictors, "colour")
    assert "pandas.DataFrame(array" in message(effect, forest, predictors.to_numpy(), 3, error=TypeError)
    assert "hold no numbers" in message(effect, forest, predictors.assign(maker="ford"), "weight")
    assert "appear twice" in message(effect, forest, predictors[["year", "weight", "weight"]], "weight")


@pytest.mark.parametrize("effect", EFFECTS)
def test_effects_refuse_three_classes(effect):
    wines = load_wine(as_frame=True)
    model = RandomForestClassifier(3, random_state=0).fit(wines.data, wines.target)
    assert "answers with 3 columns" in message(effect, model, wines.data, "alcohol")


def test_pairs_bins_and_responses_are_checked(cars, forest):
    predictors = cars.drop(columns="mpg")
    assert "twice" in message(tabular.ale_pair, forest, predictors, ("year", "year"))
    assert "from 1 up" in message(tabular.ale, forest, predictors, "year", bins=0)
    assert "one number a row" in message(tabular.ale, Formula(lambda rows: np.zeros(3)), predictors, "year")
    assert "one value a row" in message(tabular.importance, forest, predictors, cars["mpg"].iloc[:5])
    assert "missing" in message(tabular.coefficients, predictors, cars["mpg"].mask(cars["mpg"] > 40))
    assert "single feature" in message(tabular.mrmr, cars[["weight"]], cars["mpg"])
    assert "in every row" in message(tabular.mrmr, predictors.assign(one=1.0), cars["mpg"])


def test_whole_numbers_are_as_good_as_fractions(forest, cars):
    table = data.cars()[["cylinders", "year"]]
    model = LinearRegression().fit(table.astype(float), cars["mpg"])
    _, effects = tabular.ale(model, table, "cylinders", bins=4)
    assert np.ptp(effects) == pytest.approx(5 * abs(model.coef_[0]))
    assert np.ptp(tabular.partial_dependence(model, table, "cylinders")[1]) > 0
