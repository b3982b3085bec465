"""Numbers and claims in the text of lesson 09 that its cells do not print themselves."""

import re

import nbformat
import numpy as np
import pandas
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.model_selection import train_test_split

from xailab import data, shapley
from xailab.course import build
from xailab.course.exercises import exercises
from xailab.course.exercises.lesson_00 import EXERCISES as FIRST
from xailab.tabular import ale, ale_pair, coefficients, ice, importance, mrmr, partial_dependence

PATH = next(path for path in build.sources() if path.stem.startswith("09"))
TEXT = PATH.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def table():
    return data.cars().astype(float)


@pytest.fixture(scope="module")
def motor(table):
    """The forest of sections 4 to 6, with the rows it has seen and those it has not."""
    train, test, train_mpg, test_mpg = train_test_split(
        table.drop(columns="mpg"), table.mpg, test_size=0.25, random_state=0
    )
    return RandomForestRegressor(200, random_state=0).fit(train, train_mpg), test, test_mpg


def printed():
    """Everything that the executed lesson prints."""
    cells = nbformat.read(PATH.with_suffix(".ipynb"), as_version=4).cells
    return "".join(output.get("text", "") for cell in cells for output in cell.get("outputs", []))


# 1 · Regression


def test_the_reading_of_the_slides_table(table):
    years = table.loc[table.year.isin([70, 76, 82]), ["weight", "mpg", "year"]]
    assert len(years) == 93
    years.loc["amc concord dl"] = [3035, 23, 82]
    estimate = coefficients(years[["weight", "mpg"]], years.year).estimate
    assert round(estimate.mpg, 1) == 0.7 and round(1000 * estimate.weight, 1) == 3.3
    assert round(estimate.mpg / estimate.weight, -2) == 200
    assert round(np.corrcoef(years.weight, years.mpg)[0, 1], 2) == -0.86
    assert coefficients(years[["weight"]], years.year).estimate.weight < 0 < estimate.weight


def test_what_the_tables_hold():
    wines, diabetes, tumours = load_wine(), load_diabetes(), load_breast_cancer()
    assert wines.data.shape == (178, 13) and len(wines.target_names) == 3
    assert diabetes.data.shape == (442, 10)
    assert tumours.data.shape == (569, 30)


# 3 · Importance


def test_the_forest_rates_a_lottery_above_age_sex_and_blood_values():
    shares = dict(re.findall(r"^(\w+) +-?[\d.]+ +[\d.]+ +([\d.]+)$", printed(), re.MULTILINE))
    shares = {name: float(share) for name, share in shares.items()}
    assert all(shares["lottery"] > shares[name] for name in ("age", "sex", "s1", "s2", "s4"))
    falls = dict(re.findall(r"^(\w+) +(-?[\d.]+) +[\d.]+ +[\d.]+$", printed(), re.MULTILINE))
    assert list(falls)[:3] in (["s5", "bmi", "bp"], ["bmi", "s5", "bp"])
    assert float(falls["lottery"]) == pytest.approx(0.01, abs=0.005)
    assert all(abs(float(falls[name])) <= 0.015 for name in list(falls)[3:])  # nothing else goes clearly beyond it
    known, others = re.search(
        r"lottery number: ([\d.]+) on the patients it knows, (-?[\d.]+) on others", printed()
    ).groups()
    assert float(known) > 3 * float(others)


# 4 and 5 · Effects


def test_in_the_forest_progress_went_to_light_cars_and_small_engines(table, motor):
    features = table.drop(columns="mpg")
    values, rises = ice(motor[0], features, "year", centred=True)
    assert rises[features.weight < 2500, -1].mean() > 2 * rises[features.weight > 3500, -1].mean()
    mean = rises.mean(axis=0)
    assert np.abs(mean[values < 76]).max() < 1 < 4 < mean[-1]
    _, _, together = ale_pair(motor[0], features, ("displacement", "year"), bins=4)
    assert together.shape == (5, 5) and np.all(together[:2, -1] > 0.25) and np.all(together[-2:, -1] < -0.4)
    assert together[0, -1] == pytest.approx(0.5, abs=0.2) and together[-1, -1] == pytest.approx(-0.5, abs=0.2)


def test_small_engines_count_for_more_by_ale_than_by_partial_dependence(table, motor):
    features = table.drop(columns="mpg")
    values, means = partial_dependence(motor[0], features, "displacement")
    effects = np.interp(values, *ale(motor[0], features, "displacement"))
    assert effects[0] - effects.mean() > 1.3 * (means[0] - means.mean())


def test_where_inputs_go_together_ale_is_nearer_to_the_truth_every_time():
    spans = re.findall(
        r"moves the answer: truth ([\d.]+), partial dependence ([\d.]+), accumulated local effects ([\d.]+)", printed()
    )
    (a, a_pdp, a_ale), (b, b_pdp, b_ale) = (map(float, span) for span in spans)
    assert b_pdp == pytest.approx(2 * a_pdp, rel=0.15) and a == pytest.approx(b, abs=0.1) and 0.8 < a < 1
    assert abs(a_ale - a) < abs(a_pdp - a) and abs(b_ale - b) < abs(b_pdp - b)
    draws = re.findall(r"draw \d: partial dependence ([\d.]+), accumulated local effects ([\d.]+)", printed())
    assert len(draws) == 5 and all(float(effects) < float(dependence) for dependence, effects in draws)


# 6 · Shapley values


def test_the_quiz_is_shared_as_shap_shares_it():
    reference = exercises("09")["09.5"].reference
    quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
    assert reference(quiz) == pytest.approx({"A": 31, "B": 46, "C": 13})
    all_three, nobody = (pandas.DataFrame([[there] * 3], columns=list("ABC")) for there in (1.0, 0.0))
    draw = np.random.default_rng(0)
    for game in (quiz, {key: float(value) for key, value in zip(quiz, draw.normal(size=8))}):

        def win(people, game=game):
            return [game["".join(name for name, there in zip("ABC", row) if there)] for row in people.to_numpy()]

        values, base = shapley.kernel(win, all_three, nobody)
        assert values.iloc[0].to_dict() == pytest.approx(reference(game)) and base == game[""]


def test_by_shapley_cylinders_stand_beside_weight_and_by_shuffling_far_behind(motor):
    model, test, test_mpg = motor
    size = shapley.tree(model, test)[0].abs().mean()
    assert size.cylinders == pytest.approx(size.weight, rel=0.05)
    assert set(size.nlargest(2).index) == {"weight", "cylinders"}
    shuffled = importance(model, test, test_mpg).permutation
    assert shuffled.cylinders < shuffled.weight / 2


def test_the_dodge_colt_is_of_1974_light_and_small(motor):
    model, test, _ = motor
    colt = test.loc["dodge colt"]
    assert colt.ndim == 1 and (colt.year, colt.cylinders) == (74, 4)
    shares = shapley.tree(model, test.loc[["dodge colt"]])[0].iloc[0]
    assert shares.weight > 0 and shares.cylinders > 0 and shares.displacement > 0 > shares.year


# 7 · MRMR


def test_by_relevance_alone_the_first_three_measure_the_same():
    tumours = load_breast_cancer(as_frame=True)
    ranking = mrmr(tumours.data, tumours.target).sort_values("relevance", ascending=False)
    assert list(ranking.index[:3]) == ["worst perimeter", "worst radius", "worst area"]
    assert tumours.data[ranking.index[:3]].corr().min().min() > 0.97


# 8 and 9 · Inside a network


def test_the_features_know_more_neighbours_than_the_pixels():
    pixels, features = (
        float(re.search(rf"{name} +the five nearest neighbours name ([\d.]+)%", printed())[1])
        for name in ("pixels", "features")
    )
    assert features > pixels + 5
    assert float(re.search(r"([\d.]+)% of 1000 held-out digits right", printed())[1]) > 93
    mixed, apart = map(float, re.findall(r": the five nearest neighbours name ([\d.]+)% of the patches", printed()))
    assert mixed < 60 and apart > 95


# The map


def test_the_closing_table_has_fifteen_methods_where_lesson_00_puts_them():
    rows = re.findall(r"^# \| ([^|]+?) \| (intrinsic|post-hoc) \| (\w+)[^|]* \| (\w+)[^|]* \|", TEXT, re.MULTILINE)
    placed = {name: axes for name, *axes in rows}
    assert len(placed) == len(rows) == 15
    first = next(path for path in build.sources() if path.stem.startswith("00")).read_text(encoding="utf-8")
    for row, complexity, dependency in (
        ("intrinsic", "intrinsic", "specific"),
        ("post-hoc, specific", "post-hoc", "specific"),
        ("post-hoc, agnostic", "post-hoc", "agnostic"),
    ):
        local, world = re.search(rf"^# \| \*\*{row}\*\*[^|]*\|([^|]*)\|([^|]*)\|", first, re.MULTILINE).groups()
        for scope, names in (("local", local), ("global", world)):
            for name in filter(None, map(str.strip, names.split("·"))):
                short = re.search(r"\(([A-Z]+)\)", name)
                key = {"regression with its coefficient table": "regression table", "tree models": "tree"}.get(
                    name, short[1] if short else name
                )
                assert placed.pop(key) == [complexity, scope, dependency], name
    assert not placed


def test_the_closing_table_agrees_with_the_exercise_of_lesson_00():
    right = next(exercise for exercise in FIRST if exercise.id == "00.3").reference
    for name, axes in right.items():
        row = "regression table" if name == "regression" else "occlusion sensitivity" if name == "occlusion" else name
        assert re.search(
            rf"^# \| {row} \| " + r" \| ".join(rf"{axis}[^|]*?" for axis in axes) + r" \|", TEXT, re.MULTILINE
        )
