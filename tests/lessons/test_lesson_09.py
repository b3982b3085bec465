"""The ledger of lesson 09: each sentence tried again with seeds that the lesson does not use, beside its control."""

import numpy as np
import pandas
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from course.author import build
from course.student.exercises import exercises
from xailab import data, shapley
from xailab.tabular import ale, ale_pair, coefficients, ice, importance, mrmr

PATH = build.source("09")
TEXT = PATH.read_text(encoding="utf-8")
FOUR = ["cylinders", "displacement", "horsepower", "weight"]


@pytest.fixture(scope="module")
def space():
    """The lesson's own functions, and the tables that they read."""
    found = build.functions("09")
    found["diabetes"] = load_diabetes(as_frame=True, scaled=False)
    with threadpool_limits(1):
        yield found


@pytest.fixture(scope="module")
def table():
    return data.cars().astype(float)


@pytest.fixture(scope="module")
def motors(table, seed):
    """Five forests as in sections 4 to 6, each on a split of its own: [(forest, cars to learn from, others, their mpg)]."""
    found = []
    for number in range(seed, seed + 5):
        train, test, train_mpg, test_mpg = train_test_split(table.drop(columns="mpg"), table.mpg, random_state=number)
        forest = RandomForestRegressor(50, random_state=number).fit(train, train_mpg)
        found.append((forest, train, test, test_mpg))
    return found


@pytest.fixture(scope="module")
def forests(space, seed):
    """Four forests as in section 3, each with its own lottery and split: [(forest, what split gives)]."""
    found = []
    for number in range(seed, seed + 4):
        patients = space["split"](number)
        forest = RandomForestRegressor(60, random_state=number).fit(patients[0], patients[2])
        found.append((forest, patients))
    return found


def falls(forest, rows, answers):
    return importance(forest, rows, answers, repeats=4).permutation


# 1 · Regression


def slide():
    """The numbers of the slide, as the lesson shows them: {row: its four numbers to five digits}."""
    rows = [
        line.split("|")[1:-1]
        for line in TEXT.splitlines()
        if line.startswith(("# | intercept", "# | weight", "# | MPG"))
    ]
    return {name.strip().lower(): [f"{float(number):.5g}" for number in numbers] for name, *numbers in rows}


def as_printed(years):
    found = coefficients(years[["weight", "mpg"]], years.year)
    return {name: [f"{number:.5g}" for number in row] for name, row in found.T.to_dict("list").items()}


def test_the_table_is_the_slides_with_this_car_and_not_with_another(table, seed, numbers):
    years = table.loc[table.year.isin([70, 76, 82]), ["weight", "mpg", "year"]]
    others = table.loc[~table.year.isin([70, 76, 82]), ["weight", "mpg", "year"]].sample(1, random_state=seed)
    right = pandas.concat([years, pandas.DataFrame([[3035.0, 23, 82]], columns=years.columns)])
    assert len(right) == 94 and as_printed(right) == slide() and len(slide()) == 3
    least, of = numbers
    for wrong in (years, pandas.concat([years, others])):
        same = [a == b for name, row in as_printed(wrong).items() for a, b in zip(row, slide()[name])]
        assert len(same) == of and same.count(False) >= least


def test_the_sign_of_the_weight_turns_and_that_of_mpg_does_not(table, seed, numbers):
    years = table.loc[table.year.isin([70, 76, 82]), ["weight", "mpg", "year"]]
    years.loc["amc concord dl"] = [3035, 23, 82]

    def estimates(cars):
        both = coefficients(cars[["weight", "mpg"]], cars.year).estimate
        return [
            number
            for name in ("weight", "mpg")
            for number in (both[name], coefficients(cars[[name]], cars.year).estimate[name])
        ]

    assert numbers == [round(number, digits) for number, digits in zip(estimates(years), (4, 4, 2, 2))]
    drawn = np.array([estimates(years.sample(len(years), replace=True, random_state=seed + n)) for n in range(200)])
    assert (drawn[:, 0] * drawn[:, 1] < 0).sum() >= 190 and (drawn[:, 2] * drawn[:, 3] < 0).sum() == 0


def test_what_the_tables_hold():
    wines, diabetes, tumours = load_wine(), load_diabetes(), load_breast_cancer()
    assert wines.data.shape == (178, 13) and len(wines.target_names) == 3
    assert diabetes.data.shape == (442, 10)
    assert tumours.data.shape == (569, 30)


# 2 · Tree


def test_another_draw_of_the_bottles_asks_another_first_question(seed):
    wines = load_wine(as_frame=True)
    known, _, cultivar, _ = train_test_split(
        wines.data, wines.target, test_size=0.3, random_state=0, stratify=wines.target
    )
    assert len(known) == 124

    def first_questions(replace):
        found = set()
        for number in range(6):
            drawn = known.sample(len(known), replace=replace, random_state=seed + number)
            tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(drawn, cultivar[drawn.index])
            found.add(known.columns[tree.tree_.feature[0]])
        return found

    assert len(first_questions(True)) >= 2 and len(first_questions(False)) == 1


# 3 · Importance


def test_the_forest_rates_a_lottery_above_sex_and_blood_values(forests):
    blood = [f"s{number}" for number in range(1, 7)]
    for forest, (seen, *_) in forests:
        own = pandas.Series(forest.feature_importances_, seen.columns)
        assert own.lottery > max(own.sex, own.coin) and (own[blood] < own.lottery).sum() >= 1
        assert (own[blood] < own.coin).sum() == 0


def test_shuffling_finds_s5_and_bmi_and_noise_near_zero(forests, seed, numbers):
    (near,) = numbers[-1:]
    for forest, (seen, fresh, course, fresh_course) in forests:
        found = falls(forest, fresh, fresh_course)
        assert set(found.index[:2]) == {"s5", "bmi"} and found.iloc[1] > 2 * near
        assert abs(found[["lottery", "coin"]]).max() < near
        draw = np.random.default_rng(seed)
        control = RandomForestRegressor(60, random_state=seed).fit(seen, draw.permutation(course))
        assert falls(control, fresh, draw.permutation(fresh_course))[["s5", "bmi"]].min() < near


def test_on_its_own_patients_the_forest_needs_its_lottery(forests, numbers):
    low, high = numbers
    for forest, (seen, _, course, _) in forests:
        memory = falls(forest, seen, course)
        assert low < memory.lottery < high and memory.coin < low


def test_sex_counts_for_the_line_and_hardly_for_the_forest(space, seed, numbers):
    low, high, wins, most, better = numbers
    found = np.array([space["fall_of_sex"](number) for number in range(seed, seed + 6)])
    forest, line = found[:, 0], found[:, 1]
    assert low < line[:, 1].mean() < high and (line[:, 1] > line[:, 2:].max(axis=1)).sum() >= wins
    assert forest[:, 1].mean() < most and (line[:, 0] > forest[:, 0]).sum() >= better
    assert line[:, 2].mean() < 0.01  # the coin


# 4 and 5 · Effects


def test_progress_went_to_light_cars(table, motors, seed, numbers):
    features, (low, high) = table.drop(columns="mpg"), numbers
    weight = features.weight.to_numpy()
    for number, (forest, *_) in enumerate(motors[:4]):
        gains = ice(forest, features, "year", points=15, centred=True)[1][:, -1]

        def ratio(weight, gains=gains):
            return gains[weight < 2500].mean() / gains[weight > 3500].mean()

        assert low < ratio(weight) < high
        assert 0.85 < ratio(np.random.default_rng(seed + number).permutation(weight)) < 1.15


def test_partial_dependence_asks_about_cars_that_never_were(table, motors, numbers):
    features, asked = table.drop(columns="mpg"), []

    class Recorder:
        _estimator_type, n_features_in_ = "regressor", 7

        def fit(self):
            pass

        def predict(self, rows):
            asked.append(pandas.DataFrame(np.asarray(rows), columns=features.columns))
            return np.zeros(len(rows))

        def __sklearn_is_fitted__(self):
            return True

        def __sklearn_tags__(self):
            return RandomForestRegressor().__sklearn_tags__()

    lightest, value = numbers
    heavy = features[features.cylinders == 8]
    assert heavy.weight.min() == lightest
    ice(Recorder(), features, "weight", points=10)
    rows = pandas.concat(asked)
    assert ((rows.cylinders == 8) & (abs(rows.weight - value) < 50)).sum() == len(heavy)
    asked.clear()
    ice(Recorder(), features, "year", points=10)
    rows = pandas.concat(asked)
    assert rows[rows.cylinders == 8].weight.min() == lightest  # only the year was set


def test_where_inputs_go_together_ale_is_nearer_to_the_truth(space, seed, numbers):
    least, of = numbers
    off = np.array([[space["errors"](seed + n, both) for n in range(int(of))] for both in (True, False)])
    (dependence, local), (control, beside) = off.transpose(0, 2, 1)
    assert (local < dependence).sum() >= least and local.mean() < dependence.mean() / 2
    assert abs(beside.mean() - control.mean()) < (dependence.mean() - local.mean()) / 4
    assert np.corrcoef(space["related"](seed)[0].T)[0, 1] == pytest.approx(0.97, abs=0.01)
    assert abs(np.corrcoef(space["related"](seed, together=False)[0].T)[0, 1]) < 0.12


def test_the_split_turns_the_corner_of_the_second_order_ale_and_not_the_forest(table, seed):
    features, corners = table.drop(columns="mpg"), np.zeros((8, 2, 2))
    for number in range(8):
        train, _, mpg, _ = train_test_split(features, table.mpg, random_state=seed + number)
        for other in range(2):
            forest = RandomForestRegressor(50, random_state=seed + other).fit(train, mpg)
            together = ale_pair(forest, features, ("displacement", "year"), bins=4)[2]
            corners[number, other] = together[-1, -1], ale(forest, features, "year", bins=4)[1][-1]
    corner = corners[..., 0]
    within = np.sqrt(np.mean(np.diff(corner) ** 2 / 2))
    assert set(np.sign(corner.mean(axis=1))) == {-1, 1} and corner.mean(axis=1).std(ddof=1) > 1.2 * within
    assert (corners[..., 1] > 0).all()


# 6 · Shapley values


def test_the_quiz_is_shared_as_shap_shares_it(seed):
    reference = exercises("09")["09.6"].reference
    quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
    assert reference(quiz) == pytest.approx({"A": 31, "B": 46, "C": 13})
    all_three, nobody = (pandas.DataFrame([[there] * 3], columns=list("ABC")) for there in (1.0, 0.0))
    draw = np.random.default_rng(seed)
    for game in (quiz, {key: float(value) for key, value in zip(quiz, draw.normal(size=8))}):

        def win(people, game=game):
            return [game["".join(name for name, there in zip("ABC", row) if there)] for row in people.to_numpy()]

        values, base = shapley.kernel(win, all_three, nobody)
        assert values.iloc[0].to_dict() == pytest.approx(reference(game)) and base == game[""]


def test_four_columns_cover_for_each_other(space, motors, seed):
    for forest, _, test, mpg in motors[:3]:

        def costs(columns, forest=forest, test=test, mpg=mpg):
            each = [[space["without"](forest, test, mpg, [one], seed + n) for one in columns] for n in range(4)]
            return np.mean([space["without"](forest, test, mpg, columns, seed + n) for n in range(4)]), np.sum(each) / 4

        together, alone = costs(FOUR)
        assert together > 2 * alone
        together, alone = costs(["year", "acceleration", "origin"])
        assert together < 1.5 * alone


def test_the_split_among_four_columns_wanders_and_their_sum_does_not(motors, numbers):
    sizes = pandas.DataFrame([shapley.tree(model, test)[0].abs().mean() for model, _, test, _ in motors])
    low, high, least, most = numbers
    assert low < sizes.cylinders.min() and sizes.cylinders.max() < high
    assert sizes[FOUR].sum(axis=1).between(least, most).all()
    assert sizes.cylinders.max() > 2 * sizes.cylinders.min() and sizes.year.max() < 1.5 * sizes.year.min()


def test_the_dodge_colt_is_of_1974_light_and_small(table):
    train, test, mpg, _ = train_test_split(table.drop(columns="mpg"), table.mpg, random_state=0)
    colt = test.loc["dodge colt"]
    assert colt.ndim == 1 and (colt.year, colt.cylinders) == (74, 4)
    forest = RandomForestRegressor(50, random_state=0).fit(train, mpg)
    shares = shapley.tree(forest, test.loc[["dodge colt"]])[0].iloc[0]
    assert shares.weight > 0 and shares.cylinders > 0 and shares.displacement > 0 > shares.year


def test_the_question_moves_a_share_and_the_way_to_compute_it_does_not(table, motors, seed, numbers):
    (least,) = numbers[-1:]
    one = table.drop(columns="mpg")[lambda rows: (rows.index == "dodge colt") & (rows.year == 74)]
    for forest, train, *_ in motors[:3]:
        every = shapley.tree(forest, one, background=train)[0]
        own = shapley.tree(forest, one)[0]
        assert np.abs(every - own).to_numpy().max() > least
        some = train.sample(20, random_state=seed)
        same = shapley.tree(forest, one, background=some)[0]
        assert np.abs(shapley.kernel(forest.predict, one, some)[0] - same).to_numpy().max() < 0.03


# Appendix


def test_mrmr_looks_for_a_second_opinion(seed):
    tumours = load_breast_cancer(as_frame=True)
    rows = tumours.data[
        [name for name in tumours.data if "error" not in name]
    ]  # a third less to rank, the same first three
    relevant = mrmr(rows, tumours.target).sort_values("relevance", ascending=False).index[:3]
    assert (
        list(relevant) == ["worst perimeter", "worst radius", "worst area"] and rows[relevant].corr().min().min() > 0.97
    )
    model, gains = make_pipeline(StandardScaler(), LogisticRegression()), []
    for number in range(seed, seed + 3):
        learn, ask, answer, asked = train_test_split(rows, tumours.target, test_size=0.5, random_state=number)
        ranking = mrmr(learn, answer)
        orders = ranking.index, ranking.sort_values("relevance", ascending=False).index
        right = [model.fit(learn[order[:3]], answer).score(ask[order[:3]], asked) for order in orders]
        assert orders[0][0] == orders[1][0]
        gains.append(right[0] - right[1])
    assert np.mean(gains) > 0
