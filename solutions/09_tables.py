# %% [markdown]
# # 09 · What does a model of a table rely on? Global explanations
# **You will** read a published regression table and find out what it predicts · catch an importance that rewards noise · give each column a fair control · see where accumulated local effects help and where they do not · write ICE and Shapley values
#
# **Needs** lesson 00 · **Reading** 65 min · **Computing** 40 s

# %% [markdown]
# ## The question
#
# A heat map answers for one picture. A manager asks another question: *what does this model rely on, in general?* For that we need
# inputs that have names: tables of cars, wines, patients and tumours. Lesson 10 puts the same question to a network.

# %% tags=["parameters"] small={"TREES": 20, "DRAWS": 1}
TREES = 200  # in each forest
DRAWS = 6  # splits of the patients, and draws of rows whose truth we know

# %%
import numpy as np
import pandas
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from xailab import plot, shapley
from course import check
from xailab.data import cars
from xailab.tabular import ale, coefficients
from xailab.tabular import ice, importance, mrmr, partial_dependence

threadpool_limits(1)  # with tables this small, threads would wait for each other
table = cars().astype(float)
table.head(3)

# %% [markdown]
# ## 1 · A model that explains itself: the regression table
#
# A linear model says all it knows in one number per input: $\hat y = \beta_0 + \beta_1 x_1 + \dots + \beta_F x_F$. Statistics
# programs print it like this table, which was shown in a talk:
#
# | | estimate | SE | t | p |
# |---|---|---|---|---|
# | intercept | 49.758 | 4.1453 | 12.003 | 1.8646e-20 |
# | weight | 0.0032738 | 0.00080383 | 4.0728 | 9.9032e-05 |
# | MPG | 0.70279 | 0.080191 | 8.7639 | 9.8456e-14 |
#
# *MPG* is miles per gallon. The **estimate** is what one unit more of this input adds to the answer, *all other inputs held
# still*. **SE**, the standard error, says how far that number would wander if other cars had been drawn. **t** is estimate over
# SE, and **p** the probability of a $t$ that far from zero if the input had no say.

# %% [markdown]
# The slide does not say *what is predicted*. Can we find out? MATLAB, which the talk
# was about, brings a table of cars of the model years 1970, 1976 and 1982, 94 of them with their mpg. Ours has these cars and more.
# Take those years and let weight and mpg predict each other column in turn.

# %%
# NBVAL_CHECK_OUTPUT
three_years = table[table.year.isin([70, 76, 82])]
for response in ("displacement", "horsepower", "acceleration", "year"):
    found = coefficients(three_years[["weight", "mpg"]], three_years[response])
    print(f"{response:<14}", found.estimate.round(4).tolist())

# %% [markdown]
# The last line is it, nearly: the model predicts the **year a car was built**. But 93 cars are not 94: our table leaves out cars whose
# horsepower nobody wrote down. One of them is from 1982, the AMC Concord DL, 3035 pounds, 23 mpg. Put it back:

# %%
# NBVAL_CHECK_OUTPUT
years = three_years[["weight", "mpg", "year"]].copy()
years.loc["amc concord dl (1982)"] = [3035, 23, 82]
found = coefficients(years[["weight", "mpg"]], years.year)
print(len(years), "cars")
print(found.map("{:.5g}".format).to_string())

# %% [markdown]
# Every digit of the slide. Put another car back, and 11 of the 12 numbers change.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_table_is_the_slides_with_this_car_and_not_with_another | all twelve numbers, to five digits | 12 of 12 | a car drawn from the other years in its place: at least 11 of 12 differ, as without any | 94 cars -->
# Now it can be read: *among cars of equal weight, one mile per gallon more goes with a car built 0.7 years later*. And: *among cars of
# equal mpg, a thousand pounds more go with 3.3 years later*. **Predict before you run on:** what sign has each coefficient if the
# other input is left out?

# %% tags=["exercise"] id="09.1" minutes=3 difficulty=1
signs = {"weight alone": "-", "mpg alone": "+"}

signs = check("09.1", signs)

# %%
# NBVAL_CHECK_OUTPUT
for alone in ("weight", "mpg"):
    print(coefficients(years[[alone]], years.year).map("{:.5g}".format).to_string())

# %% [markdown]
# The sign of the weight turns, from +0.0033 with mpg to -0.0028 without; that of mpg stays, 0.70 and 0.42.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_sign_of_the_weight_turns_and_that_of_mpg_does_not | the 94 cars, and 200 draws of them with replacement | turns in at least 190 of 200 | mpg in the same draws: turns in none | 94 cars -->
# Cars became *lighter*, and a heavy car that goes as far as a light one must be a modern car. Both tables are right. **All other
# inputs held still** is not a phrase to skip.
#
# **What can go wrong.** A coefficient is not a cause: nobody makes a car younger by loading it. It has a unit: weight looks 200
# times less important than mpg because pounds are small. And p does not say how large it is.

# %% [markdown] tags=["teaching"]
# **Show the slide's table first and ask what it predicts.** Most will say "the price" or "horsepower"; nobody says "the year". This
# is the cheapest lesson on explanations there is: numbers without the question they answer.
#
# **Ask:** why does weight change its sign? (Correlation of weight and mpg is -0.86. Let them draw three cars of equal mpg.)

# %% [markdown]
# ## 2 · A model you can read aloud: the tree
#
# 178 bottles of wine from three cultivars (kinds of grape), 13 chemical measurements. A tree asks one question after the other.
# Limited to two levels it fits on a page.

# %%
wines = load_wine(as_frame=True)
known, unseen, cultivar, unseen_cultivar = train_test_split(
    wines.data, wines.target, test_size=0.3, random_state=0, stratify=wines.target
)
tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(known, cultivar)
plot.tree(
    tree,
    known.columns,
    classes=["cultivar 0", "cultivar 1", "cultivar 2"],
    title="From which cultivar is this wine? A tree of two questions",
    alt="A tree: first whether proline is at most 765, then, both times, flavanoids.",
)

# %% [markdown]
# Read it aloud, for one bottle: *much proline, many flavanoids: cultivar 0.* The whole tree is a global explanation, the path of one bottle a local one. Both are exact.
#
# **What can go wrong.** Draw the bottles again, with replacement, and grow the tree again:

# %%
# NBVAL_CHECK_OUTPUT
for seed in range(6):
    drawn = known.sample(len(known), replace=True, random_state=seed)
    tree.fit(drawn, cultivar[drawn.index])
    question = (
        f"{known.columns[tree.tree_.feature[0]]} <= {tree.tree_.threshold[0]:.2f}"
    )
    right = tree.score(unseen, unseen_cultivar)
    print(f"first question: {question:<24} {right:.0%} of other bottles right")

# %% [markdown]
# A tree you can read might have been another one: six draws of the same bottles begin with at least two different measurements.
# <!-- tried: tests/lessons/test_lesson_09.py::test_another_draw_of_the_bottles_asks_another_first_question | six draws with new seeds | 2 or more | the same bottles in six other orders: one | 6 draws of 124 bottles -->
# A forest averages hundreds of trees: steadier, and too long to read aloud. From here on, models have to be asked.
#
# ## 3 · What is important? And who says so?
#
# 442 patients with diabetes: age, sex, body-mass index, blood pressure, six blood values, and how far the disease went in one year.
# Into this table we slip two columns that cannot mean anything: a **lottery** number per patient, and the toss of a **coin**.
# Every tree library reports how much all splits on a column reduced the error of the *training* patients (the impurity). **Predict
# before you run on:** where will the two columns of noise stand among the ten real ones?

# %%
diabetes = load_diabetes(as_frame=True, scaled=False)


def split(seed):
    """Patients with two columns of noise: known, others, and the course of both."""
    patients, draw = diabetes.data.copy(), np.random.default_rng(seed)
    patients["lottery"] = draw.permutation(len(patients)).astype(float)
    patients["coin"] = draw.integers(0, 2, len(patients)).astype(float)
    return train_test_split(patients, diabetes.target, test_size=0.3, random_state=seed)


seen, fresh, course, fresh_course = split(0)
forest = RandomForestRegressor(TREES, random_state=0).fit(seen, course)
own = pandas.Series(forest.feature_importances_, seen.columns).sort_values()[::-1]
plot.bars(own.index, own, title="The forest's own account", xlabel="share of impurity")

# %% [markdown]
# The lottery stands ahead of sex, of the coin and of at least one real blood value. The coin, which is noise as well, is ahead of none.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_forest_rates_a_lottery_above_sex_and_blood_values | new lotteries, splits and forests | 4 of 4 | the coin: ahead of no blood value in 4 of 4 | 4 splits of 442 patients -->
# So this importance favours **many values**, not noise: the lottery has 442, and a tree finds many places to cut; coin and sex have
# one. And it is computed on patients that the forest has memorised.
#
# The other idea: **permutation importance**. Shuffle one column among patients the forest has not seen. If the score falls, the
# column was needed.

# %%
honest = importance(forest, fresh, fresh_course)
falls, title = honest.permutation, "Permutation importance, on patients not seen"
label = "fall of R², mean of ten shuffles and their standard deviation"
plot.bars(falls.index, falls, spread=honest.sd, title=title, xlabel=label)

# %%
memory = importance(forest, seen, course, repeats=3).permutation
for name in ("lottery", "coin"):
    print(f"{name}: {memory[name]:.3f} on known patients, {falls[name]:.3f} on others")

# %% [markdown]
# Blood value s5 and body-mass index come first by far; the two noises stay within 0.04 of zero.
# <!-- tried: tests/lessons/test_lesson_09.py::test_shuffling_finds_s5_and_bmi_and_noise_near_zero | new lotteries, splits and forests | 4 of 4 | the course of the disease shuffled among the patients: never both beyond 0.04 | 4 splits of 442 patients -->
# And *where* you ask matters: on patients that the forest has memorised, the lottery costs 0.04 to 0.1 of the score.
# <!-- tried: tests/lessons/test_lesson_09.py::test_on_its_own_patients_the_forest_needs_its_lottery | new lotteries, splits and forests, on their own patients | 4 of 4 | the coin, which has one place to cut: below 0.04 in 4 of 4 | 4 splits of 442 patients -->
#
# ### Has sex shown nothing?
#
# In the figure, sex stands among the noise. Does the disease not depend on it? The coin is a *fair control* for sex, since it has
# two values as well. And ask a second model: a straight line. **Predict:** what does it cost each model to lose sex, "hardly
# anything" or "clearly more"? And which of the two, "forest" or "line", is better on unseen patients?

# %% tags=["exercise"] id="09.2" minutes=3 difficulty=1
predicted = {
    "to the forest": "hardly anything",
    "to the line": "clearly more",
    "better": "line",
}

predicted = check("09.2", predicted)

# %% [markdown]
# One split may deceive. So take several, and count those in which the column costs more than *every* control. With two controls,
# chance alone gives one split in three.


# %% tags=["exercise"] id="09.3" minutes=4 difficulty=2
def beyond_noise(column, controls):
    """Share of the splits in which a column costs more than every control.
    falls of R²: (splits,), (splits, controls) -> share"""
    return np.mean(column > controls.max(axis=1))


beyond_noise = check("09.3", beyond_noise)


# %%
def fall_of_sex(seed):
    """R² of a forest and a line, and its falls without sex, coin and lottery (2, 4)."""
    learn, ask, right, asked = split(seed)
    found = []
    for model in (RandomForestRegressor(60, random_state=seed), LinearRegression()):
        model.fit(learn, right)
        fall = importance(model, ask, asked, repeats=5).permutation
        found.append([model.score(ask, asked), *fall[["sex", "coin", "lottery"]]])
    return np.array(found)


found = np.array([fall_of_sex(seed) for seed in range(DRAWS)])  # (splits, models, 4)
for number, model in enumerate(("forest", "line")):
    share = beyond_noise(found[:, number, 1], found[:, number, 2:])
    print(f"{model}: sex beyond the noise in {share:.0%} of the splits")
print(f"the line is better in {np.mean(found[:, 1, 0] > found[:, 0, 0]):.0%} of them")
plot.dots(
    [f"{model}: {name}" for model in ("forest", "line") for name in ("sex", "coin")],
    {"fall of R²": found[:, :, 1:3].transpose(1, 2, 0).reshape(4, -1)},
    title="Sex and its fair control, asked of two models: one dot a split",
)

# %% [markdown]
# On the mean of six splits, sex costs the line 0.02 to 0.06 of the score, and in at least 5 of them more than both noises; the
# forest, it costs less than 0.01; and the line is the better model in at least 4.
# <!-- tried: tests/lessons/test_lesson_09.py::test_sex_counts_for_the_line_and_hardly_for_the_forest | six new lotteries, splits, forests and lines; thirty more while writing: 29 of 30 beyond the noise, line better in 26 | holds | the coin to the same line: below 0.01 on the mean | 6 splits of 442 patients -->
# So *"sex has shown nothing"* was a sentence about this forest. **An importance belongs to a model**, and a better model may need
# what this one left lying.
#
# **What can go wrong.** Two columns that say the same cover for each other: shuffle one, and the forest reads the other. Section 6
# tries it.
#
# ## 4 · In which direction? Partial dependence and ICE
#
# Importance has no sign. So take one car, change its model year from 1970 to 1982 *on paper*, and ask a model each time how far it
# would go. That curve is the **individual conditional expectation** (ICE) of the car. The mean over all cars is the
# **partial dependence** (PDP) of the year:
#
# $$\mathrm{ICE}_i(v) = f(x_{i1}, \dots, \underbrace{v}_{\text{feature } j}, \dots, x_{iF}), \qquad
# \mathrm{PDP}(v) = \frac1N\sum_{i=1}^N \mathrm{ICE}_i(v).$$
#
# Subtract from each curve its first value, and you have **centred ICE**: what each car gains.


# %% tags=["exercise"] id="09.4" minutes=5 difficulty=2
def ice_curves(predict, rows, column, values):
    """The answer for each row with one column set to each value.
    (N, F), index, (V,) -> (N, V)"""
    answers = []
    for value in values:
        changed = rows.copy()
        changed[:, column] = value
        answers.append(predict(changed))
    return np.stack(answers, axis=1)


ice_curves = check("09.4", ice_curves)

# %%
features, mpg = table.drop(columns="mpg"), table.mpg
train, test, train_mpg, test_mpg = train_test_split(features, mpg, random_state=0)
motor = RandomForestRegressor(TREES, random_state=0).fit(train, train_mpg)
values, rises = ice(motor, features, "year", centred=True)
plot.lines(
    {"mean": (values, rises.mean(axis=0))},
    behind=(values, rises),
    shades=features.weight,
    shade_label="weight of the car, pounds",
    title="How much further would each car go, had it been built later?",
    xlabel="model year",
    ylabel="mpg gained since the first year",
    alt="392 thin curves over the years, all from zero: light cars rise most; their "
    "mean, in black, rises late.",
)

# %% [markdown]
# In every forest that we grew, progress went to the light cars: they gain 1.2 to 3 times what heavy ones gain.
# <!-- tried: tests/lessons/test_lesson_09.py::test_progress_went_to_light_cars | new splits and forests, cars below 2,500 and above 3,500 pounds | 4 of 4 | the weights dealt out at random: 0.85 to 1.15 in 4 of 4 | 4 splits of 392 cars -->
# That is an **interaction**: the effect of the year depends on the weight. If half the curves rise and half fall, the PDP is a flat
# line, and *"no effect"* would be the worst possible reading.
#
# One curve answers a question about one car, too: *what would have to be different for 30 mpg?* Such an answer is called a
# *counterfactual*.

# %%
colt = list(test.index).index("dodge colt")
values, answers = ice(motor, test, "year")
enough = values[answers[colt] >= 30]
print(f"the Dodge Colt of 1974: 30 mpg, had it been built in 19{enough[0]:g}")

# %% [markdown]
# No such car was built. That brings us to what is wrong with this section.
#
# ## 5 · Cars that never were: accumulated local effects
#
# Heavy cars have large engines:

# %%
plot.scatter(
    {"cars": features[["weight", "displacement"]].to_numpy()},
    features.cylinders,
    title="What cars there are: engine and weight go together",
    label="cylinders",
    xlabel="weight, pounds",
    ylabel="displacement, cubic inches",
    alt="Weight against displacement: a narrow rising band; the corners are empty.",
)

# %% [markdown]
# The lightest car of eight cylinders has 3,086 pounds, and the partial dependence of the weight asks about each of them at 1,900.
# <!-- tried: tests/lessons/test_lesson_09.py::test_partial_dependence_asks_about_cars_that_never_were | the rows that the forest is asked about, all cars | exact | the partial dependence of the year: no car leaves the band of weight and engine | 392 cars -->
# So it averages in what the forest says of cars that never were. Does that matter? Take a case whose truth we know, $y = a + b^2$
# plus noise, with two inputs that go together. And a control, in which they do not.


# %%
def related(seed, count=1000, together=True):
    """Rows of a and b, correlation 0.97 or 0, and their answers."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(0, 0.05, (count, 2))
    common = draw.uniform(0, 1, (count, 1 if together else 2))
    pair = pandas.DataFrame(common + noise, columns=["a", "b"])
    return pair, pair.a + pair.b**2 + draw.normal(0, 0.1, count)


# %% [markdown]
# **Accumulated local effects** (ALE) avoid the empty corners by asking each row only about *its own neighbourhood*. Cut the range
# of the feature into bins with equally many rows. Move each row from the lower edge of its bin to the upper and note the step.
# Average the steps of each bin; accumulate from the left:
#
# $$\mathrm{ALE}(z_k) = \sum_{l \le k} \frac{1}{n_l} \sum_{i \in \text{bin } l} \big[f(z_l, x_{i,\text{others}}) - f(z_{l-1}, x_{i,\text{others}})\big]
# \; - \; \text{mean}.$$
#
# The mean at the end makes the average effect over the rows zero.
#
# **Predict:** which of the two curves is nearer to the truth of $b$ in most draws, "ALE", "PDP", or "neither" of them clearly?

# %% tags=["exercise"] id="09.5" minutes=3 difficulty=2
nearer = {"inputs that go together": "ALE", "independent inputs": "neither"}

nearer = check("09.5", nearer)


# %%
def errors(seed, together):
    """Mean distance of partial dependence and of ALE from the truth of b."""
    pair, answer = related(seed, together=together)
    both = RandomForestRegressor(30, random_state=0).fit(pair, answer)
    values, means = partial_dependence(both, pair, "b", points=20)
    off = np.stack([means, np.interp(values, *ale(both, pair, "b"))]) - values**2
    return np.abs(off - off.mean(axis=1, keepdims=True)).mean(axis=1)


off = np.array([[errors(n, t) for n in range(DRAWS)] for t in (True, False)])
plot.dots(
    [
        f"{method}, {kind}"
        for kind in ("together", "apart")
        for method in ("PDP", "ALE")
    ],
    {"mean distance from the truth of b": off.transpose(0, 2, 1).reshape(4, -1)},
    title="Where inputs go together, and where they do not: one dot a draw",
)

# %% [markdown]
# Where the inputs go together, ALE is nearer to the truth in at least 6 draws of 8, and its mean error is less than half as large.
# <!-- tried: tests/lessons/test_lesson_09.py::test_where_inputs_go_together_ale_is_nearer_to_the_truth | eight new draws | at least 6 of 8, mean error below half | independent inputs: the mean errors differ by less than a quarter of that | 8 draws of 1,000 rows -->
# In the empty corners the forest's answer is whatever its first cuts happen to say, and the PDP averages that in. Where inputs are
# independent, there are no empty corners, and ALE gains nothing.
#
# **What can go wrong.** Bins with few rows are unstable. An ALE curve must not be read as "what would happen to *this* car": it hops
# from car to car. And PDP, ICE and ALE alike explain the model, not the motor.
#
# With two features at once, the **second-order** ALE (`ale_pair`) shows what they do *together*, beyond what each does alone. Late
# cars with the largest engines: some splits of the cars say plus and some say minus, and the split moves this number further than
# another forest on the same split.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_split_turns_the_corner_of_the_second_order_ale_and_not_the_forest | eight new splits, two forests each: standard deviations between and within | both signs among the splits; 1.2 times or more | the year alone, first-order: plus in 16 of 16 | 8 splits of 392 cars -->
# The corner holds one car, so this is not a finding.

# %% [markdown] tags=["teaching"]
# **Draw the band of cars on the board** and let students mark which points the partial dependence of weight asks about (a full rectangle)
# and which ALE asks about (short horizontal dashes along the band). The picture says it all.
#
# **Ask:** what would ALE show for a feature that is an exact copy of another? (The model may split the effect between them in any
# way; no method can tell.)

# %% [markdown]
# **Move it yourself.** In which column of the cars do partial dependence and ALE part most?

# %%
from course import demo

demo("09")

# %% [markdown]
# ## 6 · A fair share for each: Shapley values
#
# Three people win 90 euros in a quiz. On her own, A would have won 12, B 24, C nothing; A and B together 60, A and C 18, B and C
# 36. How do they share? Shapley's answer, of 1953: let them come in one after the other, in every possible order, and credit each
# with what the win rises by. The share is the mean over the orders. It is the only rule that shares out everything, treats equals
# equally, gives nothing to those who add nothing, and is additive over games.


# %% tags=["exercise"] id="09.6" minutes=8 difficulty=3
from itertools import permutations


def shapley_values(game):
    """The shares of A, B and C. {"": 0, "A": 12, …, "ABC": 90}, keys sorted by letter
    -> {"A": share, "B": …, "C": …}"""
    shares = dict.fromkeys("ABC", 0)
    for order in permutations("ABC"):
        there = ""
        for player in order:
            before, there = there, "".join(sorted(there + player))
            shares[player] += (game[there] - game[before]) / 6
    return shares


shapley_values = check("09.6", shapley_values)

# %%
# NBVAL_CHECK_OUTPUT
quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
print({player: round(share, 6) for player, share in shapley_values(quiz).items()})

# %% [markdown]
# Now let the players be the **features** of a car, and the win the **prediction**. A coalition is a set of features that are known;
# those outside it take the values of other cars. The shares $\phi_j$ say how far each feature moved this prediction from the mean: $f(x) = \mathbb{E}\,f(X) + \phi_1 + \dots + \phi_F$. With seven features there are 128 coalitions. For trees
# there is a short cut that counts all of them at once.

# %%
shares, base = shapley.tree(motor, test)
row, car = shares.loc["dodge colt"], test.loc["dodge colt"]
row = row.sort_values(key=abs, ascending=False)
print(f"{base:.2f} mpg on average {row.sum():+.2f} = {base + row.sum():.2f} mpg")
plot.bars(
    [f"{name} = {car[name]:g}" for name in row.index],
    row,
    title="Why does the forest expect this of the Dodge Colt of 1974?",
    xlabel="mpg up or down from the average",
)

# %% [markdown]
# Light, small, four cylinders: up. Built in 1974: down. A local explanation, and its sum can be checked, as CAM's in lesson 03. Over
# many cars, the shares make a global one. Drawn as a *beeswarm*, each dot is one car:

# %%
draw = np.random.default_rng(0)
level = np.tile(np.arange(7), len(shares)) + draw.uniform(-0.3, 0.3, shares.size)
figure = plot.scatter(
    {"cars": np.column_stack([shares.to_numpy().ravel(), level])},
    test.rank(pct=True).to_numpy().ravel(),
    title="Shapley values of 98 cars; yellow: a high value of the column",
    label="rank of the car's value in the column",
    xlabel="up or down from the average, mpg",
    alt="One row of dots a column. Weight, displacement, horsepower and cylinders: "
    "high values to the left, low ones to the right; year: high values to the right.",
)
figure.axes[0].set_yticks(range(7), shares.columns)
figure

# %%
four = ["cylinders", "displacement", "horsepower", "weight"]


def without(model, table, answer, columns, seed=0):
    """Fall of R² when columns are shuffled together, in the same order."""
    mixed, draw = table.copy(), np.random.default_rng(seed)
    mixed[columns] = draw.permutation(mixed[columns].to_numpy())
    return model.score(table, answer) - model.score(mixed, answer)


size = shares.abs().mean()
for name in size.sort_values().index[::-1]:
    fall = without(motor, test, test_mpg, [name])
    print(f"{name:<14}Shapley {size[name]:.2f} mpg, shuffling {fall:.2f} of R²")
fall = without(motor, test, test_mpg, four)
print(f"{'all four':<14}Shapley {size[four].sum():.2f} mpg, shuffling {fall:.2f} of R²")

# %% [markdown]
# Cylinders, displacement, horsepower and weight cost little each when shuffled, since the others of the four cover for it. Shuffled
# together, they cost at least twice as much as the four falls added up.
# <!-- tried: tests/lessons/test_lesson_09.py::test_four_columns_cover_for_each_other | new splits and forests | 3 of 3 | year, acceleration and origin, which do not: shuffled together less than 1.5 times their sum in 3 of 3 | 3 splits of 392 cars -->
# Shapley values share the credit out among the four, but do not lean on the split: over our forests the cylinders' mean share went
# from 0.2 to 3.5 mpg, while the four together stayed between 5.5 and 7.5.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_split_among_four_columns_wanders_and_their_sum_does_not | new splits and forests: largest over smallest share of the cylinders | 2 or more; sums within the range | the year, which shares with nobody: largest over smallest below 1.5 | 5 splits of 392 cars -->
#
# For a model that is not a tree, `kernel` (lesson 06) asks about coalitions and fits a weighted regression. But "the values of other cars" can mean
# two things, and the numbers depend on it:

# %%
one, fifty = test.loc[["dodge colt"]], train.sample(50, random_state=0)
four = {
    "kernel, 50 cars": shapley.kernel(motor.predict, one, fifty)[0],
    "tree, the same 50": shapley.tree(motor, one, background=fifty)[0],
    "tree, all 294 cars": shapley.tree(motor, one, background=train)[0],
    "tree, its own branches": shapley.tree(motor, one)[0],
}
print(pandas.concat(four.values()).set_axis(four.keys()).round(2).to_string())

# %% [markdown]
# The first two agree to a few hundredths: two ways to compute one number. Another sample moves a share, and so does another
# *question*. The first three lines are *interventional*: an unknown feature takes the values of other cars, whether or not such a
# car exists, as in a PDP. The fourth is *path-dependent*: it goes down both branches, in the shares of the training cars. On this
# car, that moves a share by more than 0.3 mpg.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_question_moves_a_share_and_the_way_to_compute_it_does_not | this car, new splits' forests: largest difference between the third line and the fourth | 3 of 3 | the first two lines, one question in two ways: below 0.03 in 3 of 3 | 3 forests -->
# A Shapley value without its background is as much a riddle as a table without its response.
#
# **What can go wrong.** A share is not an effect: setting the year to 1982 moves the prediction by what ICE says, not by $\phi$.
#
# ## Appendix · Which inputs do we need at all? MRMR
#
# 569 tumours, 30 measurements of their cells, benign or malignant. Many say the same: radius, perimeter and area of a nucleus.
# *Minimum redundancy, maximum relevance* (**MRMR**) picks the next feature by its mutual information with the answer, less its mean
# mutual information with those picked before. It needs no model, so it explains data and not decisions.

# %%
# NBVAL_CHECK_OUTPUT
tumours = load_breast_cancer(as_frame=True)
ranking = mrmr(tumours.data, tumours.target)
relevant = ranking.sort_values("relevance", ascending=False)
model = make_pipeline(StandardScaler(), LogisticRegression())
for name, order in (("MRMR", ranking.index), ("relevance", relevant.index)):
    first = tumours.data[order[:3]]
    right = cross_val_score(model, first, tumours.target, cv=5).mean()
    print(f"{name}: {', '.join(first)}: {right:.1%} of the tumours right")

# %% [markdown]
# By relevance alone, the first three are one measurement, three times. MRMR looks for a second opinion: on the mean of three splits,
# its three classify more unseen tumours correctly.
# <!-- tried: tests/lessons/test_lesson_09.py::test_mrmr_looks_for_a_second_opinion | two halves, ranked on one and tried on the other, new seeds | holds on the mean; in 1 of 3 splits of one seed the other way | the first measurement alone: the same in both orders, so no difference | 3 splits of 569 tumours -->
# Two features that tell something only together (the exclusive or) both look irrelevant to it. And we ranked with all rows before
# testing on some: to report an accuracy, rank inside each fold.

# %% [markdown] tags=["teaching"]
# **Before section 3's figure:** let everyone write down where the lottery will stand. Hardly anyone puts it above a blood value.
#
# **Ask after section 6:** two reports on the same forest, one says "cylinders matter most", the other "the year". Who is wrong?

# %% [markdown]
# ## Summary
#
# - An explanation belongs to a question and to a model. A table without its response, a Shapley value without its background, an
#   importance without its rows cannot be read.
# - *All others held still* changes signs. Where inputs go together, PDP, permutation importance and Shapley values each do something
#   different about it, and ALE stays where the rows are.
# - Give each column a fair control: noise with as many values. What does not go beyond it has shown nothing *to this model*.
# - Means hide: look at the curves behind a PDP, and at one dot a split behind a number.
# - Where a sum must come out, check it: Shapley values, CAM.
#
# **Next**, lesson 10: the same questions to a network as a whole.
#
# **To read on:** Breiman (2001), *Random forests*. Strobl, Boulesteix, Zeileis and Hothorn (2007), *Bias in random forest variable
# importance measures*. Friedman (2001), *Greedy function approximation*. Goldstein, Kapelner, Bleich and Pitkin (2015), *Peeking inside the
# black box*. Apley and Zhu (2020), *Visualizing the effects of predictor variables in black box supervised learning models*. Lundberg and
# Lee (2017), *A unified approach to interpreting model predictions*. Peng, Long and Ding (2005), *Feature selection based on mutual information*.
