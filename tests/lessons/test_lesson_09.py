"""Numbers and claims in the text of lesson 09 that its cells do not print themselves."""

import re

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from course.author import build
from course.student.exercises import exercises
from xailab import data, shapley
from xailab.tabular import ale, ale_pair, coefficients, ice, importance, mrmr, partial_dependence

PATH = build.source("09")
TEXT = PATH.read_text(encoding="utf-8")
SEEDS = range(6)


@pytest.fixture(scope="module")
def table():
    return data.cars().astype(float)


@pytest.fixture(scope="module")
def motors(table):
    """Six forests as in sections 4 to 6, the first one the lesson's own: [(forest, test cars, their mpg)]."""
    found = []
    for seed in SEEDS:
        train, test, train_mpg, test_mpg = train_test_split(table.drop(columns="mpg"), table.mpg, random_state=seed)
        forest = RandomForestRegressor(100 if seed else 200, random_state=seed).fit(train, train_mpg)
        found.append((forest, test, test_mpg))
    return found


@pytest.fixture(scope="module")
def lotteries():
    """Six forests as in section 3, each with its own lottery and split: [(own shares, falls on others, on their own)]."""
    diabetes, found = load_diabetes(as_frame=True, scaled=False), []
    for seed in SEEDS:
        patients, draw = diabetes.data.copy(), np.random.default_rng(seed)
        patients["lottery"] = draw.permutation(len(patients)).astype(float)
        patients["coin"] = draw.integers(0, 2, len(patients)).astype(float)
        seen, fresh, course, fresh_course = train_test_split(
            patients, diabetes.target, test_size=0.3, random_state=seed
        )
        forest = RandomForestRegressor(100, random_state=seed).fit(seen, course)
        own = pandas.Series(forest.feature_importances_, patients.columns)
        falls = importance(forest, fresh, fresh_course).permutation
        found.append((own, falls, importance(forest, seen, course, repeats=3).permutation))
    return found


# 1 · Regression


def test_the_lesson_prints_the_slides_table_to_the_last_digit(printed):
    slide = re.findall(r"^# \| (intercept|weight|MPG) \| (.+) \|$", TEXT, re.MULTILINE)
    assert len(slide) == 3
    for name, numbers in slide:
        line = re.search(rf"^{name.lower()} +(.+)$", printed, re.MULTILINE)[1].split()
        assert [f"{float(number):.5g}" for number in line] == [f"{float(n):.5g}" for n in numbers.split(" | ")]


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


# 2 · Tree


def test_another_draw_of_the_bottles_asks_another_first_question(printed):
    questions = re.findall(r"first question: (\S+) <= ", printed)
    assert len(questions) == 6 and len(set(questions)) == 3


# 3 · Importance


def test_the_forest_rates_a_lottery_above_sex_and_blood_values(lotteries):
    for own, _, _ in lotteries:
        below = set(own.index[own < own.lottery])
        assert {"sex", "coin"} <= below and len(below & {f"s{number}" for number in range(1, 7)}) >= 3


def test_shuffling_finds_the_same_three_and_noise_within_two_hundredths(lotteries):
    for _, falls, memory in lotteries:
        assert set(falls.index[:2]) == {"s5", "bmi"} and falls.index[2] == "bp" and falls.iloc[1] > 2 * falls["bp"]
        assert abs(falls[["lottery", "coin"]]).max() < 0.025
        assert memory.lottery > 0.04 and memory.lottery > 2 * falls.lottery
    assert np.mean([memory.lottery for *_, memory in lotteries]) > 0.05


# 4 and 5 · Effects


def test_progress_went_to_light_cars(table, motors):
    features = table.drop(columns="mpg")
    for forest, *_ in motors:
        values, rises = ice(forest, features, "year", centred=True)
        mean = rises.mean(axis=0)
        assert np.abs(mean[values < 76]).max() < 1 < 4 < mean[-1]  # the mean rises late
        assert 1.3 < rises[features.weight < 2500, -1].mean() / rises[features.weight > 3500, -1].mean() < 3


def test_partial_dependence_asks_about_cars_that_never_were(table, motors):
    features = table.drop(columns="mpg")
    lightest = features[features.cylinders == 8].weight.min()
    first = ice(motors[0][0], features, "weight", points=10)[0][0]
    assert f"has {lightest:,.0f} pounds" in TEXT and "at 1,900." in TEXT and first == pytest.approx(1900, abs=50)


def test_where_inputs_go_together_ale_is_nearer_to_the_truth_nearly_every_time():
    related, nearer = build.functions("09")["related"], {"a": 0, "b": 0}
    for seed in range(10):
        pair, answer = related(seed)
        assert np.corrcoef(pair.a, pair.b)[0, 1] == pytest.approx(0.97, abs=0.005)
        forest = RandomForestRegressor(50, random_state=0).fit(pair, answer)
        for name, truth in (("a", lambda v: v), ("b", lambda v: v**2)):
            values, means = partial_dependence(forest, pair, name, points=20)
            off = [curve - truth(values) for curve in (means, np.interp(values, *ale(forest, pair, name)))]
            dependence, effects = (np.abs(each - each.mean()).mean() for each in off)
            nearer[name] += effects < dependence
    assert nearer == {"a": 8, "b": 9} and "b in nine draws of ten, of a in eight" in " ".join(
        TEXT.replace("# ", "").split()
    )


def test_the_corner_of_the_second_order_ale_changes_its_sign_from_forest_to_forest(table, motors):
    features, corners = table.drop(columns="mpg"), []
    for forest, *_ in motors:
        sizes, years, together = ale_pair(forest, features, ("displacement", "year"), bins=4)
        corners.append(together[-1, -1])
        if forest is motors[0][0]:
            boxes = [
                pandas.cut(features[name], edges, include_lowest=True)
                for name, edges in (("displacement", sizes), ("year", years))
            ]
            counts = pandas.crosstab(*boxes).to_numpy()
            assert counts[-1, -1] == 1 == (counts < 10).sum() and counts.sum() == len(features)
            assert np.unravel_index(np.abs(together).argmax(), together.shape) in [(3, 3), (3, 4), (4, 3), (4, 4)]
            assert together[0, -1] > 0.2 and together[-1, -1] < -0.4
    assert sorted(np.sign(corners)) == [-1, -1, -1, 1, 1, 1]


# 6 · Shapley values


def test_the_quiz_is_shared_as_shap_shares_it():
    reference = exercises("09")["09.4"].reference
    quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
    assert reference(quiz) == pytest.approx({"A": 31, "B": 46, "C": 13})
    all_three, nobody = (pandas.DataFrame([[there] * 3], columns=list("ABC")) for there in (1.0, 0.0))
    draw = np.random.default_rng(0)
    for game in (quiz, {key: float(value) for key, value in zip(quiz, draw.normal(size=8))}):

        def win(people, game=game):
            return [game["".join(name for name, there in zip("ABC", row) if there)] for row in people.to_numpy()]

        values, base = shapley.kernel(win, all_three, nobody)
        assert values.iloc[0].to_dict() == pytest.approx(reference(game)) and base == game[""]


def test_by_shapley_cylinders_come_second_and_by_shuffling_fourth(motors):
    model, test, test_mpg = motors[0]
    size = shapley.tree(model, test)[0].abs().mean().sort_values()[::-1]
    assert list(size.index[:2]) == ["weight", "cylinders"] and size.cylinders > 0.9 * size.weight
    shuffled = importance(model, test, test_mpg).permutation
    assert list(shuffled.index).index("cylinders") == 3 and shuffled.index[0] == "year"
    assert shuffled.cylinders < shuffled.weight / 2


def test_the_split_among_four_columns_wanders_and_their_sum_does_not(motors):
    sizes = pandas.DataFrame([shapley.tree(model, test)[0].abs().mean() for model, test, _ in motors])
    together = sizes[["cylinders", "displacement", "horsepower", "weight"]].sum(axis=1)
    assert sizes.cylinders.min() < 1 and sizes.cylinders.max() > 3 and 0.5 < sizes.cylinders.min()
    assert together.between(5.9, 7.1).all() and sizes.cylinders.max() < 3.2


def test_the_dodge_colt_is_of_1974_light_and_small(motors):
    model, test, _ = motors[0]
    colt = test.loc["dodge colt"]
    assert colt.ndim == 1 and (colt.year, colt.cylinders) == (74, 4)
    shares = shapley.tree(model, test.loc[["dodge colt"]])[0].iloc[0]
    assert shares.weight > 0 and shares.cylinders > 0 and shares.displacement > 0 > shares.year


def test_the_sample_moves_the_weight_most_and_the_question_the_cylinders(printed):
    rows = re.findall(r"^(kernel, 50 cars|tree, [a-z0-9 ]+?) +(-?[\d.]+(?: +-?[\d.]+){6})$", printed, re.MULTILINE)
    kernel, same, every, branches = (np.array(numbers.split(), float) for _, numbers in rows)
    names = ["cylinders", "displacement", "horsepower", "weight", "acceleration", "year", "origin"]
    sample = dict(zip(names, np.abs(every - same)))
    question = dict(zip(names, np.abs(branches - every)))
    assert np.allclose(kernel, same, atol=0.011)
    assert max(sample, key=sample.get) == "weight" and 0.4 < sample["weight"] < 0.6
    assert max(question, key=question.get) == "cylinders" and 0.7 < question["cylinders"] < 0.9


# 7 · MRMR


def test_mrmr_looks_for_a_second_opinion_and_ranking_inside_the_folds_bears_it_out():
    tumours = load_breast_cancer(as_frame=True)
    ranking = mrmr(tumours.data, tumours.target).sort_values("relevance", ascending=False)
    assert list(ranking.index[:3]) == ["worst perimeter", "worst radius", "worst area"]
    assert tumours.data[ranking.index[:3]].corr().min().min() > 0.97
    model = make_pipeline(StandardScaler(), LogisticRegression())
    for seed in range(5):
        right = []
        for learn, ask in StratifiedKFold(3, shuffle=True, random_state=seed).split(tumours.data, tumours.target):
            ranking = mrmr(tumours.data.iloc[learn], tumours.target.iloc[learn])
            orders = ranking.index, ranking.sort_values("relevance", ascending=False).index
            for order in orders:
                known, unknown = (tumours.data[list(order[:3])].iloc[rows] for rows in (learn, ask))
                right.append(model.fit(known, tumours.target.iloc[learn]).score(unknown, tumours.target.iloc[ask]))
        assert np.mean(right[::2]) > np.mean(right[1::2]) + 0.01
