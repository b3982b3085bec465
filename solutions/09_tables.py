# %% [markdown]
# # 09 · What does a model of a table go by? Global explanations
# **You will** rebuild a published regression table and find out what it predicts · read a tree · catch an importance that rewards noise · write ICE, accumulated local effects and Shapley values
#
# **Needs** lesson 00 · **Reading** 75 min · **Computing** 30 s

# %% [markdown]
# ## The question
#
# A heat map answers for one picture. A manager asks another question: *what does this model go by, in general?* For that we need
# inputs that have names: tables of cars, wines, patients and tumours. Lesson 10 puts the same question to a network.

# %% tags=["parameters"] small={"TREES": 20, "DRAWS": 1}
TREES = 200  # in each forest
DRAWS = 5  # of the rows whose truth we know, in section 5

# %%
import numpy as np
import pandas
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier
from threadpoolctl import threadpool_limits

from xailab import plot, shapley
from course import check
from xailab.data import cars
from xailab.tabular import ale, ale_pair, coefficients
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
# *MPG* is miles per gallon. The **estimate** is what one unit more of this input adds to the
# answer, *all other inputs held still*. **SE**, the standard error, says how far that number would wander if other cars had been
# drawn. **t** is their quotient, and **p** the probability of a $t$ that far from zero if the input had no say:
#
# $$t_j = \frac{\hat\beta_j}{\mathrm{SE}_j}, \qquad \mathrm{SE}_j = \sqrt{s^2\,\big[(X^\top X)^{-1}\big]_{jj}}, \qquad
# s^2 = \frac{\sum_i (y_i - \hat y_i)^2}{N - P},$$
#
# where $X$ has $N$ rows and $P = F + 1$ columns, the first one full of ones.


# %% tags=["exercise"] id="09.1" minutes=8 difficulty=2
def coefficient_table(design, response, estimates):
    """Estimate, standard error and t of each coefficient.
    (N, P) with ones first, (N,), (P,) -> (P, 3)"""
    residuals = response - design @ estimates
    variance = np.sum(residuals**2) / (len(design) - design.shape[1])
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return np.column_stack([estimates, errors, estimates / errors])


coefficient_table = check("09.1", coefficient_table)

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
# Every digit of the slide.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_lesson_prints_the_slides_table_to_the_last_digit | all twelve numbers, as printed | exact | none yet | - -->
# Now it can be read: *among cars of equal weight, one mile per gallon more goes with a car built 0.7 years later*. And: *among cars of
# equal mpg, a thousand pounds more go with 3.3 years later*. Leave mpg out and ask again.

# %%
# NBVAL_CHECK_OUTPUT
print(coefficients(years[["weight"]], years.year).map("{:.5g}".format).to_string())

# %% [markdown]
# The sign has turned. Cars became *lighter*. Both tables are right. **All other inputs held still** is
# not a phrase to skip: a heavy car that goes as far as a light one must be a modern car.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_reading_of_the_slides_table | the 94 cars | exact | none yet | - -->
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
# A tree you can read might have been another one.
# <!-- tried: tests/lessons/test_lesson_09.py::test_another_draw_of_the_bottles_asks_another_first_question | six draws | 3 different measurements | none yet | - -->
# A forest averages hundreds of trees: steadier, and no longer to be read aloud. From here on, models have to be asked.
#
# ## 3 · What is important? And who says so?
#
# 442 patients with diabetes: age, sex, body-mass index, blood pressure, six blood values, and how far the disease went in one year.
# Into this table we slip two columns that cannot mean anything: a **lottery** number per patient, and the toss of a **coin**.
# Every tree library reports how much all splits on a column reduced the error of the *training* patients (the impurity). **Predict
# before you run on:** where will the two columns of noise stand among the ten real ones?

# %%
diabetes = load_diabetes(as_frame=True, scaled=False)
patients, draw = diabetes.data.copy(), np.random.default_rng(0)
patients["lottery"] = draw.permutation(len(patients)).astype(float)
patients["coin"] = draw.integers(0, 2, len(patients)).astype(float)
seen, fresh, course, fresh_course = train_test_split(
    patients, diabetes.target, test_size=0.3, random_state=0
)
forest = RandomForestRegressor(TREES, random_state=0).fit(seen, course)
own = pandas.Series(forest.feature_importances_, patients.columns).sort_values()[::-1]
plot.bars(own.index, own, title="The forest's own account", xlabel="share of impurity")

# %% [markdown]
# In six lotteries of six, the number is ahead of sex, of the coin and of three or more blood values.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_forest_rates_a_lottery_above_sex_and_blood_values | six lotteries, splits and forests | 6 of 6 | none yet | - -->
# It has 442 different values, so a tree finds many places to cut; sex has one. This importance favours columns with **many values**,
# and it is computed on patients the forest knows by heart.
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
print(
    f"lottery: {memory.lottery:.3f} on patients it knows, {falls.lottery:.3f} on others"
)

# %% [markdown]
# What is left is blood value s5, body-mass index and, far behind, blood pressure. The noise shows how far chance goes: two hundredths.
# Whatever does not go beyond that has shown nothing.
# <!-- tried: tests/lessons/test_lesson_09.py::test_shuffling_finds_the_same_three_and_noise_within_two_hundredths | six lotteries, splits and forests | 6 of 6 | none yet | - -->
# And *where* you ask matters: on patients the forest knows by heart, the lottery is worth some five hundredths, so there permutation
# importance measures memory as well.
# <!-- tried: tests/lessons/test_lesson_09.py::test_shuffling_finds_the_same_three_and_noise_within_two_hundredths | six forests, on their own patients | 6 of 6 above 0.04 | none yet | - -->
#
# **What can go wrong.** Two columns that say the same cover for each other: shuffle one, and the forest reads the other. Both then
# seem unimportant. Section 6 returns to that.
#
# ## 4 · In which direction? Partial dependence and ICE
#
# Importance has no sign. So take one car, change its model year from 1970 to 1982 *on paper*, and ask a model each time how far it
# would go. That curve is the **individual conditional expectation** (ICE) of the car. The mean over all cars is the
# **partial dependence** (PDP) of the year:
#
# $$\mathrm{ICE}_i(v) = f(x_{i1}, \dots, \underbrace{v}_{\text{feature } j}, \dots, x_{iF}), \qquad
# \mathrm{PDP}(v) = \frac1N\sum_{i=1}^N \mathrm{ICE}_i(v).$$


# %% tags=["exercise"] id="09.2" minutes=6 difficulty=2
def ice_curves(predict, rows, column, values):
    """The answer for each row with one column set to each value.
    (N, F), index, (V,) -> (N, V)"""
    answers = []
    for value in values:
        changed = rows.copy()
        changed[:, column] = value
        answers.append(predict(changed))
    return np.stack(answers, axis=1)


ice_curves = check("09.2", ice_curves)

# %%
features, mpg = table.drop(columns="mpg"), table.mpg
train, test, train_mpg, test_mpg = train_test_split(features, mpg, random_state=0)
motor = RandomForestRegressor(TREES, random_state=0).fit(train, train_mpg)
values, answers = ice(motor, features, "year")
plot.lines(
    {"partial dependence, the mean": (values, answers.mean(axis=0))},
    behind=(values, answers),
    shades=features.weight,
    shade_label="weight of the car, pounds",
    title="How far would each car go, had it been built in another year?",
    xlabel="model year",
    ylabel="mpg predicted",
    alt="392 thin curves over the years, light cars high up; their mean rises late.",
)

# %% [markdown]
# The mean rises from about 1977 on. Subtract from each curve its first value, and you have **centred ICE**:

# %%
values, rises = ice(motor, features, "year", centred=True)
plot.lines(
    {"mean": (values, rises.mean(axis=0))},
    behind=(values, rises),
    shades=features.weight,
    shade_label="weight of the car, pounds",
    title="The same curves, each from its own beginning",
    xlabel="model year",
    ylabel="mpg gained since the first year",
    alt="The same curves, all starting at zero: those of light cars rise most.",
)

# %% [markdown]
# In this forest and in five others, progress went to the light cars: they gain 1.3 times to three times what heavy ones gain.
# <!-- tried: tests/lessons/test_lesson_09.py::test_progress_went_to_light_cars | six splits and forests | 6 of 6, factors 1.3 to 2.7 | none yet | - -->
# That is an **interaction**: the effect of the year depends on the weight. If half the curves rise and half fall, the PDP is a flat
# line, and *"no effect"* would be the worst possible reading.
#
# ## 5 · Cars that never were: accumulated local effects
#
# There is something wrong with section 4. Heavy cars have large engines:

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
# <!-- tried: tests/lessons/test_lesson_09.py::test_partial_dependence_asks_about_cars_that_never_were | all cars | exact | none yet | - -->
# So it averages in what the forest says of cars that never were. Does that matter? Take a case whose truth we know: two inputs that go together, and $y = a + b^2$ plus noise.


# %%
def related(seed, count=1000):
    """Rows of a and b, correlation 0.97, and their answers."""
    draw = np.random.default_rng(seed)
    noise = draw.normal(0, 0.05, (count, 2))
    pair = pandas.DataFrame(draw.uniform(0, 1, (count, 1)) + noise, columns=["a", "b"])
    return pair, pair.a + pair.b**2 + draw.normal(0, 0.1, count)


# %% [markdown]
# **Accumulated local effects** (ALE) avoid the empty corners by asking each row only about *its own neighbourhood*. Cut the range
# of the feature into bins with equally many rows. Move each row from the lower edge of its bin to the upper and note the step.
# Average the steps of each bin; accumulate from the left:
#
# $$\mathrm{ALE}(z_k) = \sum_{l \le k} \frac{1}{n_l} \sum_{i \in \text{bin } l} \big[f(z_l, x_{i,\text{others}}) - f(z_{l-1}, x_{i,\text{others}})\big]
# \; - \; \text{mean}.$$
#
# The mean at the end makes the average effect over the rows zero; leave it out in the exercise.


# %% tags=["exercise"] id="09.3" minutes=10 difficulty=3
def accumulated_effects(predict, rows, column, edges, place):
    """ALE before centring. (N, F), index, (K + 1,), bin of each row 0 to K - 1 (N,)
    -> (K + 1,), the first one 0"""
    below, above = rows.copy(), rows.copy()
    below[:, column], above[:, column] = edges[place], edges[place + 1]
    steps = predict(above) - predict(below)
    means = np.bincount(place, steps) / np.bincount(place)
    return np.append(0, np.cumsum(means))


accumulated_effects = check("09.3", accumulated_effects)

# %%
for seed in reversed(range(DRAWS)):
    pair, answer = related(seed)
    both = RandomForestRegressor(50, random_state=0).fit(pair, answer)
    values, means = partial_dependence(both, pair, "b", points=20)
    curves = {"truth, b²": values**2, "partial dependence": means}
    curves["ALE"] = np.interp(values, *ale(both, pair, "b"))
    curves = {name: curve - curve.mean() for name, curve in curves.items()}
    off = [np.abs(curve - curves["truth, b²"]).mean() for curve in curves.values()]
    print(f"draw {seed}, mean error: partial dependence {off[1]:.3f}, ALE {off[2]:.3f}")

title = "The effect of b, where a and b go together; draw 0"
curves = {name: (values, curve) for name, curve in curves.items()}
plot.lines(curves, title=title, xlabel="b", ylabel="effect on y, mean taken off")

# %% [markdown]
# In the empty corners the forest's answer is whatever its first cuts happen to say; the PDP averages that in. ALE is nearer to the
# truth of b in nine draws of ten, of a in eight. It is cheaper as well: two questions per row, not one for each value.
# <!-- tried: tests/lessons/test_lesson_09.py::test_where_inputs_go_together_ale_is_nearer_to_the_truth_nearly_every_time | ten draws, both inputs | 17 of 20 | none yet | - -->
#
# With two features at once, the **second-order** ALE shows what they do *together*, beyond what each does alone; it is zero
# everywhere if there is no interaction. Engine and year, with the number of cars in each cell; cells with fewer than ten are grey:

# %%
two = ("displacement", "year")
sizes, cuts, together = ale_pair(motor, features, two, bins=4)
boxes = [
    pandas.cut(features[n], e, include_lowest=True) for n, e in zip(two, (sizes, cuts))
]
plot.surface(
    sizes,
    cuts,
    together,
    counts=pandas.crosstab(*boxes).to_numpy(),
    title="What engine and year do together, and how many cars say so",
    xlabel="displacement, cubic inches",
    ylabel="model year",
    label="mpg beyond both single effects",
)

# %% [markdown]
# On this forest, late cars with small engines seem to gain and late cars with large ones to lose, as the centred curves said. But
# the strongest colours lie on the cell of **one car**. And in the upper right corner, three of six forests say plus and three say minus.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_corner_of_the_second_order_ale_changes_its_sign_from_forest_to_forest | six splits and forests | 3 minus, 3 plus | none yet | - -->
# So this is no finding.
#
# **What can go wrong.** Bins with few rows shake. An ALE curve must not be read as "what would happen to *this* car": it hops from
# car to car. And PDP, ICE and ALE alike explain the model, not the motor.

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


# %% tags=["exercise"] id="09.4" minutes=10 difficulty=3
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


shapley_values = check("09.4", shapley_values)

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
# many cars, the mean size of the shares is a global one. Beside it, the same forest by shuffling:

# %%
both = pandas.DataFrame({"Shapley, mpg": shares.abs().mean()})
both["shuffling, fall of R²"] = importance(motor, test, test_mpg).permutation
print(both.sort_values("Shapley, mpg", ascending=False).round(3).to_string())

# %% [markdown]
# By Shapley the number of cylinders stands close to the weight at the top; by shuffling it comes fourth. Cylinders, engine and weight
# go together. Shapley values share the credit out among them; shuffling finds that each could be spared. Neither is wrong.
# <!-- tried: tests/lessons/test_lesson_09.py::test_by_shapley_cylinders_come_second_and_by_shuffling_fourth | this forest | exact | none yet | - -->
# But do not lean on the split: over six forests the cylinders' mean share varies from 0.6 to 3.1 mpg, while cylinders, displacement,
# horsepower and weight together stay between 5.9 and 7.1.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_split_among_four_columns_wanders_and_their_sum_does_not | six splits and forests | 6 of 6 | none yet | - -->
#
# For a model that is no tree, `kernel` asks about coalitions and fits a weighted regression. But "the values of other cars" can mean
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
# The first two agree. From the second line to the third only the *sample* changes, and the weight moves most, by 0.5. From the
# third to the fourth only the *question* changes, and the cylinders move most, by 0.8: the first three lines ask about cars that
# never were, as the PDP does; the fourth goes down both branches at an unknown feature, in the shares of the training cars.
# <!-- tried: tests/lessons/test_lesson_09.py::test_the_sample_moves_the_weight_most_and_the_question_the_cylinders | this car, this forest | exact | none yet | - -->
# A Shapley value without its background is as much a riddle as a table without its response.
#
# **What can go wrong.** A share is not an effect: setting the year to 1982 moves the prediction by what ICE says, not by $\phi$.
#
# ## 7 · Which inputs do we need at all? MRMR
#
# 569 tumours, 30 measurements of their cells, benign or malignant. Many measurements say the same: radius, perimeter and area of a
# nucleus. *Minimum redundancy, maximum relevance* picks the next feature $j$ by its mutual information $I$ with the answer $y$, less
# what it has in common with the set $S$ of features picked before:
#
# $$\max_j \Big[\, I(x_j; y) - \frac{1}{|S|}\sum_{s \in S} I(x_j; x_s) \Big].$$


# %% tags=["exercise"] id="09.5" minutes=5 difficulty=2
def next_feature(relevance, shared, chosen):
    """Index of the feature to pick next.
    I(x_j; y) (F,), I(x_j; x_s) (F, F), list of indices -> index"""
    score = relevance - shared[:, chosen].mean(axis=1)
    score[chosen] = -np.inf
    return int(np.argmax(score))


next_feature = check("09.5", next_feature)

# %%
# NBVAL_CHECK_OUTPUT
tumours = load_breast_cancer(as_frame=True)
ranking = mrmr(tumours.data, tumours.target)
relevant = ranking.sort_values("relevance", ascending=False)
model = make_pipeline(StandardScaler(), LogisticRegression())
for name, order in (("MRMR", ranking.index), ("relevance", relevant.index)):
    print(f"{name}: {', '.join(order[:3])}")
    for count in (1, 2, 3):
        first = tumours.data[order[:count]]
        right = cross_val_score(model, first, tumours.target, cv=5).mean()
        print(f"    the first {count}: {right:.1%} of the tumours told apart")

# %% [markdown]
# By relevance alone, the first three are perimeter, radius and area: one measurement, three times. MRMR looks for the second
# opinion, and with three measurements more tumours are right.
# <!-- tried: tests/lessons/test_lesson_09.py::test_mrmr_looks_for_a_second_opinion_and_ranking_inside_the_folds_bears_it_out | three folds, ranked inside each, five times | 5 of 5 | none yet | - -->
# It needs no model, so it explains data and not decisions.
#
# **What can go wrong.** Two features that tell something only together (the exclusive or) seem irrelevant both. And we ranked with
# all rows before testing on some of them; to report an accuracy, rank inside each fold.

# %% [markdown] tags=["teaching"]
# **Before section 3's figure:** let everyone write down where the lottery will stand. Hardly anyone puts it above a blood value.
#
# **Ask after section 6:** two reports on the same forest, one says "cylinders matter most", the other "the year". Who is wrong?

# %% [markdown]
# ## Summary
#
# - An explanation belongs to a question. A table without its response, a Shapley value without its background, an importance
#   without its rows cannot be read.
# - *All others held still* changes signs. Where inputs go together, PDP, permutation importance and Shapley values each do something
#   different about it, and ALE stays where the rows are.
# - Put a column of noise beside the real ones; whatever does not go beyond it has shown nothing.
# - Means hide: look at the curves behind a PDP, and at the number of rows behind a colour.
# - Where a sum must come out, check it: $t$, Shapley values, CAM.
#
# **Next**, lesson 10: the same questions to a network as a whole.
#
# **To read on:** Breiman (2001), *Random forests*. Strobl, Boulesteix, Zeileis and Hothorn (2007), *Bias in random forest variable
# importance measures*. Friedman (2001), *Greedy function approximation*. Goldstein, Kapelner, Bleich and Pitkin (2015), *Peeking inside the
# black box*. Apley and Zhu (2020), *Visualizing the effects of predictor variables in black box supervised learning models*. Lundberg and
# Lee (2017), *A unified approach to interpreting model predictions*. Peng, Long and Ding (2005), *Feature selection based on mutual information*.
