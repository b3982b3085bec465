# %% [markdown]
# # 09 · What has the whole model learned? Global explanations
# **You will** rebuild a published regression table and find out what it predicts · read a tree · catch an importance that rewards noise · write ICE, accumulated local effects and Shapley values · look into a network as a whole
#
# **Needs** lessons 00, 02, 03 · **Reading** 75 min · **Computing** 60 s

# %% [markdown]
# ## The question
#
# A heat map answers for one picture. A manager asks another question: *what does this model go by, in general?* For that we need
# inputs that have names. So this lesson turns to tables first, with rows and columns: cars, wines, patients, tumours. At the end
# the same questions go to a network that reads digits.
#
# From the simple to the deep: models that explain themselves (1, 2), what is important (3), in which direction (4, 5), how much
# in this case (6), which inputs are needed at all (7), and what goes on inside (8, 9). The last section is a map of everything.

# %%
import numpy as np
import pandas
from scipy.cluster.hierarchy import leaves_list, linkage
from sklearn.datasets import load_breast_cancer, load_diabetes, load_wine
from sklearn.ensemble import RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.manifold import TSNE
from sklearn.model_selection import cross_val_score, train_test_split
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, export_text
from threadpoolctl import threadpool_limits

from xailab import plot, shapley
from xailab.course.check import check
from xailab.data import cars, materials, mnist, photos
from xailab.models import efficientnet_lite0, lenet5
from xailab.tabular import (
    ale,
    ale_pair,
    coefficients,
    ice,
    importance,
    mrmr,
    partial_dependence,
)

import keras  # behind xailab, which keeps TensorFlow's start-up lines out of the lesson

# Tables this small: several threads would wait for each other more than they work.
threadpool_limits(1)
keras.utils.set_random_seed(0)
table = cars().astype(float)
table.head(3)

# %% [markdown]
# ## 1 · A model that explains itself: the regression table
#
# A linear model says all it knows in one number an input:
# $\hat y = \beta_0 + \beta_1 x_1 + \dots + \beta_F x_F$. Statistics programs print it like this table, which was shown in a talk:
#
# | | estimate | SE | t |
# |---|---|---|---|
# | intercept | 49.758 | 4.1453 | 12.003 |
# | weight | 0.0032738 | 0.00080383 | 4.0728 |
# | MPG | 0.70279 | 0.080191 | 8.7639 |
#
# *MPG* is miles per gallon: how far a car goes on 3.8 litres. The **estimate** is what one unit more of this input adds to the
# answer, *all other inputs held still*. **SE**, the standard error, says how far that number would wander if other cars had been
# drawn. **t** is their quotient, and **p**, missing here, the probability of a $t$ that far from zero if the input had no say:
#
# $$t_j = \frac{\hat\beta_j}{\mathrm{SE}_j}, \qquad \mathrm{SE}_j = \sqrt{s^2\,\big[(X^\top X)^{-1}\big]_{jj}}, \qquad
# s^2 = \frac{\sum_i (y_i - \hat y_i)^2}{N - P},$$
#
# where $X$ has $N$ rows and $P = F + 1$ columns, the first one full of ones. The quotients of the slide can be checked at once.

# %%
# NBVAL_CHECK_OUTPUT
for name, estimate, error in (
    ("intercept", 49.758, 4.1453),
    ("weight", 0.0032738, 0.00080383),
    ("MPG", 0.70279, 0.080191),
):
    print(f"{name:<10} t = {estimate / error:.3f}")

# %% [markdown]
# All three are right. Write the table yourself.


# %% tags=["exercise"] id="09.1" minutes=10 difficulty=2
def coefficient_table(design, response, estimates):
    """Estimate, standard error and t of each coefficient.
    (N, P) with ones first, (N,), (P,) -> (P, 3)"""
    residuals = response - design @ estimates
    variance = np.sum(residuals**2) / (len(design) - design.shape[1])
    errors = np.sqrt(variance * np.diag(np.linalg.inv(design.T @ design)))
    return np.column_stack([estimates, errors, estimates / errors])


coefficient_table = check("09.1", coefficient_table)

# %% [markdown]
# Something is missing on the slide: it does not say *what is predicted*. Without that, no coefficient means anything. Can we find
# out? MATLAB, which the talk was about, brings a table of cars of the model years 1970, 1976 and 1982, 94 of them with their
# mpg. Ours has these cars and more. Take those years and let weight and mpg predict each other column in turn.

# %%
# NBVAL_CHECK_OUTPUT
three_years = table.loc[
    table.year.isin([70, 76, 82]),
    ["weight", "mpg", "displacement", "horsepower", "acceleration", "year"],
]
for response in ("displacement", "horsepower", "acceleration", "year"):
    print(
        f"{response:<14}",
        coefficients(three_years[["weight", "mpg"]], three_years[response])
        .estimate.round(4)
        .tolist(),
    )

# %% [markdown]
# The last line is it, nearly: the model predicts the **year a car was built**. Nearly, because 93 cars are not 94. Our table leaves out
# cars whose horsepower nobody wrote down; one of them is from 1982, the AMC Concord DL, 3035 pounds, 23 mpg. Its horsepower is not
# needed here. Put it back:

# %%
# NBVAL_CHECK_OUTPUT
concord = pandas.DataFrame(
    {"weight": [3035.0], "mpg": [23.0], "year": [82.0]}, index=["amc concord dl"]
)
years = pandas.concat([three_years[["weight", "mpg", "year"]], concord])
print(len(years), "cars")
print(
    coefficients(years[["weight", "mpg"]], years.year)
    .map(lambda value: f"{value:.5g}")
    .to_string()
)

# %%
# NBVAL_CHECK_OUTPUT
design = np.column_stack([np.ones(94), years[["weight", "mpg"]]])
estimates = np.linalg.lstsq(design, years.year, rcond=None)[0]
print(
    "yours agrees:",
    np.allclose(
        coefficient_table(design, years.year.to_numpy(), estimates)[:, 2],
        [12.0034, 4.0728, 8.7639],
        atol=1e-4,
    ),
)

# %% [markdown]
# Every digit of the slide, and p, which it left out. Now it can be read: *among cars of equal weight, one mile per gallon more goes
# with a car built 0.7 years later*. Engines got thriftier. And: *among cars of equal mpg, a thousand pounds more go with 3.3 years
# later*. So cars became heavier? Leave mpg out and ask again.

# %%
# NBVAL_CHECK_OUTPUT
print(
    coefficients(years[["weight"]], years.year)
    .map(lambda value: f"{value:.5g}")
    .to_string()
)

# %% [markdown]
# The sign has turned. Cars became *lighter*. Both tables are right; they answer two questions. **All other inputs held still** is not
# a phrase to skip: a heavy car that goes as far as a light one must be a modern car.
#
# **What can go wrong.** A coefficient is not a cause: nobody makes a car younger by loading it. It has a unit: weight looks 200
# times less important than mpg because pounds are small. And p says how surely a coefficient is not zero, never how large it is.

# %% [markdown] tags=["teaching"]
# **Show the slide's table first and ask what it predicts.** Most will say "the price" or "horsepower"; nobody says "the year". This
# is the cheapest lesson on explanations there is: numbers without the question they answer.
#
# **Ask:** why does weight change its sign? (Correlation of weight and mpg is -0.86. Let them draw three cars of equal mpg.)

# %% [markdown]
# ## 2 · A model you can read aloud: the tree
#
# 178 bottles of Italian wine, three growers, 13 chemical measurements. A tree asks one question after the other. Limited to two
# levels it fits on a page.

# %%
wines = load_wine(as_frame=True)
known, unseen, grower, unseen_grower = train_test_split(
    wines.data, wines.target, test_size=0.3, random_state=0, stratify=wines.target
)
tree = DecisionTreeClassifier(max_depth=2, random_state=0).fit(known, grower)
plot.tree(
    tree,
    wines.data.columns,
    classes=["grower 0", "grower 1", "grower 2"],
    title="Who made this wine? A tree of two questions",
    alt=(
        "A tree: the first question is whether proline is at most 765; on both sides"
        " the second question is about flavanoids. Each box says how many bottles"
        " arrive."
    ),
)

# %% [markdown]
# Each box says how many bottles come there (*samples*), how many of them are of each grower (*value*), and what it would answer. Read
# it aloud, for one bottle: *much proline, many flavanoids: grower 0.* The whole tree is a global explanation; the path of a
# bottle is a local one. Both are exact, for the tree *is* the model.

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"right: {tree.score(known, grower):.0%} of the bottles it was grown on,"
    f" {tree.score(unseen, unseen_grower):.0%} of others"
)
bottle = unseen.iloc[[0]]
print(
    f"a bottle with proline {bottle.proline.iloc[0]:g}, flavanoids"
    f" {bottle.flavanoids.iloc[0]:g}: grower {tree.predict(bottle)[0]}"
)

# %% [markdown]
# **What can go wrong.** Draw other bottles, and grow the tree again:

# %%
# NBVAL_CHECK_OUTPUT
for seed in range(6):
    drawn = known.sample(len(known), replace=True, random_state=seed)
    again = DecisionTreeClassifier(max_depth=2, random_state=0).fit(
        drawn, grower[drawn.index]
    )
    print(
        "first question:",
        export_text(again, feature_names=list(known.columns))
        .splitlines()[0]
        .lstrip("|- "),
    )

# %% [markdown]
# A tree you can read is a tree that might have been another one. A forest averages hundreds of them: steadier, more often right,
# and no longer to be read aloud. From here on, models have to be asked.
#
# ## 3 · What is important? And who says so?
#
# 442 patients with diabetes: age, sex, body-mass index, blood pressure, six blood values, and how far the disease went in a year.
# Into this table we slip two columns that cannot mean anything: a **lottery** number a patient, and the toss of a **coin**.

# %%
diabetes = load_diabetes(as_frame=True, scaled=False)
patients, draw = diabetes.data.copy(), np.random.default_rng(0)
patients["lottery"] = draw.permutation(len(patients)).astype(float)
patients["coin"] = draw.integers(0, 2, len(patients)).astype(float)
seen, fresh, course, fresh_course = train_test_split(
    patients, diabetes.target, test_size=0.3, random_state=0
)
forest = RandomForestRegressor(200, random_state=0).fit(seen, course)
print(
    f"R² {forest.score(seen, course):.2f} on the patients it knows,"
    f" {forest.score(fresh, fresh_course):.2f} on others"
)

# %% [markdown]
# Every tree library reports `feature_importances_`: how much all splits on a feature reduced the error of the *training* patients
# (the impurity).

# %%
shares = pandas.Series(forest.feature_importances_, patients.columns).sort_values(
    ascending=False
)
plot.bars(
    shares.index,
    shares,
    title="The forest's own account: share of the impurity removed",
    xlabel="share",
)

# %% [markdown]
# The lottery number is ahead of age, of sex and of several blood values. Why? It has 442 different values, so a tree
# that grows down to single patients finds many places to cut; sex has one. This importance is biased towards features
# with **many values**, and it is computed on patients the forest knows by heart.
#
# The other idea: **permutation importance**. Shuffle one column among patients the forest has not seen. If the score falls, the
# column was needed.


# %% tags=["exercise"] id="09.2" minutes=6 difficulty=1
def fall_of_score(score, rows, response, column, order):
    """How far score(rows, response) falls when one column comes in another order.
    (N, F), (N,), index, (N,) -> number"""
    shuffled = rows.copy()
    shuffled[:, column] = rows[order, column]
    return score(rows, response) - score(shuffled, response)


fall_of_score = check("09.2", fall_of_score)

# %%
honest = importance(forest, fresh, fresh_course)
print(honest.round(3).to_string())

# %%
plot.bars(
    honest.index,
    honest.permutation,
    title="Permutation importance, on patients the forest has not seen",
    xlabel="fall of R²",
)

# %% [markdown]
# What is left is blood value s5, body-mass index and, far behind, blood pressure. The lottery shows how far chance goes: about a hundredth.
# Whatever does not clearly go beyond it, up or down, has shown nothing. A column of noise is a good yardstick to have in
# any table. And *where* you ask matters as much as *how*:

# %%
memory = importance(forest, seen, course, repeats=3)
print(
    f"the lottery number: {memory.permutation['lottery']:.3f} on the patients it knows,"
    f" {honest.permutation['lottery']:.3f} on others"
)

# %% [markdown]
# **What can go wrong.** On training rows, permutation importance measures memory as well. And two columns that say the same cover
# for each other: shuffle one, and the forest reads the other. Both then seem unimportant. Section 7 returns to that.
#
# ## 4 · In which direction? Partial dependence and ICE
#
# Importance has no sign. So take one car, change its model year from 1970 to 1982 *on paper*, and ask a model each time how far it
# would go. That curve is the **individual conditional expectation** (ICE) of the car. The mean over all cars is the
# **partial dependence** (PDP) of the year:
#
# $$\mathrm{ICE}_i(v) = f(x_{i1}, \dots, \underbrace{v}_{\text{feature } j}, \dots, x_{iF}), \qquad
# \mathrm{PDP}(v) = \frac1N\sum_{i=1}^N \mathrm{ICE}_i(v).$$


# %% tags=["exercise"] id="09.3" minutes=8 difficulty=2
def ice_curves(predict, rows, column, values):
    """The answer for each row with one column set to each value.
    (N, F), index, (V,) -> (N, V)"""
    answers = []
    for value in values:
        changed = rows.copy()
        changed[:, column] = value
        answers.append(predict(changed))
    return np.stack(answers, axis=1)


ice_curves = check("09.3", ice_curves)

# %%
features, mpg = table.drop(columns="mpg"), table.mpg
train, test, train_mpg, test_mpg = train_test_split(
    features, mpg, test_size=0.25, random_state=0
)
motor = RandomForestRegressor(200, random_state=0).fit(train, train_mpg)
print(f"R² on cars it has not seen: {motor.score(test, test_mpg):.2f}")

# %%
values, answers = ice(motor, features, "year")
by_hand = ice_curves(
    lambda rows: motor.predict(pandas.DataFrame(rows, columns=features.columns)),
    features.to_numpy(),
    5,
    values,
)
print("yours agrees:", np.allclose(by_hand, answers))
plot.lines(
    {"partial dependence, the mean": (values, answers.mean(axis=0))},
    behind=(values, answers),
    shades=features.weight,
    shade_label="weight of the car, pounds",
    title="How far would each car go, had it been built in another year?",
    xlabel="model year",
    ylabel="mpg predicted",
    alt=(
        "392 thin curves over the model years 1970 to 1982, dark ones (light cars) high"
        " up, bright ones (heavy cars) far below; their mean is flat until 1977 and"
        " rises after."
    ),
)

# %% [markdown]
# The mean tells of progress from about 1977 on. The curves tell more, if they did not begin so far apart. Subtract from each its first
# value, and you have **centred ICE**.

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
    alt=(
        "The same 392 curves, all starting at zero: those of light cars rise most,"
        " those of heavy cars least; the mean lies between."
    ),
)

# %%
light, heavy = features.weight < 2500, features.weight > 3500
print(
    f"gain from the first year to the last: light cars {rises[light, -1].mean():.1f}"
    f" mpg, heavy cars {rises[heavy, -1].mean():.1f} mpg"
)

# %% [markdown]
# In this model, progress went to the light cars. That is an **interaction**: the effect of the year depends on the weight. A
# mean cannot show it. If half the curves rise and half fall, the PDP is a flat line, and *"no effect"* would be the worst possible
# reading.
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
    alt=(
        "Weight against displacement of 392 cars: a narrow rising band from light cars"
        " of four cylinders to heavy cars of eight; the corners are empty."
    ),
)

# %%
# NBVAL_CHECK_OUTPUT
eight = features[features.cylinders == 8]
print(
    f"cars of 8 cylinders: {len(eight)}, the lightest {eight.weight.min():.0f} pounds"
)
print(
    "partial dependence asks about each of them at"
    f" {ice(motor, features, 'weight')[0][0]:.0f} pounds"
)

# %% [markdown]
# The partial dependence of the weight puts every car on every weight, also into the empty corners of the picture. There the forest
# has never seen a car. Its answer is an extrapolation, and the PDP averages it in.
#
# Does that matter? Take a case whose truth we know. Two inputs that go together, and $y = a + b^2$ plus noise: both move
# the answer by nearly 1.


# %%
def related(seed, count=1000):
    draw = np.random.default_rng(seed)
    pair = pandas.DataFrame(
        draw.uniform(0, 1, (count, 1)) + draw.normal(0, 0.05, (count, 2)),
        columns=["a", "b"],
    )
    return pair, pair.a + pair.b**2 + draw.normal(0, 0.1, count)


pair, answer = related(seed=0)
forest_of_two = RandomForestRegressor(100, random_state=0).fit(pair, answer)
print(f"correlation of a and b: {np.corrcoef(pair.a, pair.b)[0, 1]:.2f}")

# %% [markdown]
# **Accumulated local effects** (ALE) avoid the empty corners by asking each row only about *its own neighbourhood*. Cut the range
# of the feature into bins with equally many rows. Move each row from the lower edge of its bin to the upper and note the step. Average the
# steps of each bin; accumulate from the left:
#
# $$\mathrm{ALE}(z_k) = \sum_{l \le k} \frac{1}{n_l} \sum_{i \in \text{bin } l} \big[f(z_l, x_{i,\text{others}}) - f(z_{l-1}, x_{i,\text{others}})\big]
# \; - \; \text{mean}.$$
#
# The mean at the end is there so that the average effect over the rows is zero; leave it out in the exercise.


# %% tags=["exercise"] id="09.4" minutes=10 difficulty=3
def accumulated_effects(predict, rows, column, edges, place):
    """ALE before centring.
    (N, F), index, (K + 1,), bin of each row 0 to K - 1 (N,) -> (K + 1,), the first
    one 0"""
    below, above = rows.copy(), rows.copy()
    below[:, column], above[:, column] = edges[place], edges[place + 1]
    steps = predict(above) - predict(below)
    means = np.bincount(place, steps) / np.bincount(place)
    return np.append(0, np.cumsum(means))


accumulated_effects = check("09.4", accumulated_effects)

# %%
edges, effects = ale(forest_of_two, pair, "b")
place = np.maximum(np.searchsorted(edges, pair.b) - 1, 0)
by_hand = accumulated_effects(
    lambda rows: forest_of_two.predict(pandas.DataFrame(rows, columns=["a", "b"])),
    pair.to_numpy(),
    1,
    edges,
    place,
)
print("yours agrees:", np.allclose(by_hand - by_hand[0], effects - effects[0]))

# %%
values, means = partial_dependence(forest_of_two, pair, "b")
accumulated = np.interp(values, edges, effects)
curves = {
    "truth, b²": values**2,
    "partial dependence": means,
    "accumulated local effects": accumulated,
}
plot.lines(
    {name: (values, curve - curve.mean()) for name, curve in curves.items()},
    title="The effect of b, where a and b go together",
    xlabel="b",
    ylabel="effect on y, mean taken off",
    alt=(
        "Three curves over b: the truth is a rising parabola, accumulated local effects"
        " lie close to it, partial dependence is too low before a sudden step and too"
        " high behind it."
    ),
)

# %%
for name, truth in (("a", lambda v: v), ("b", lambda v: v**2)):
    at, means = partial_dependence(forest_of_two, pair, name)
    curves = {
        "truth": truth(at),
        "partial dependence": means,
        "accumulated local effects": np.interp(at, *ale(forest_of_two, pair, name)),
    }
    print(
        f"how much {name} moves the answer:",
        ", ".join(f"{method} {np.ptp(curve):.2f}" for method, curve in curves.items()),
    )

# %% [markdown]
# Partial dependence says that $b$ counts twice as much as $a$. Both count nearly the same. In the empty corners the forest's answer is
# whatever its first cut happens to say, here mostly one of $b$: that is the sudden step. Was it bad luck? Five other draws of the rows,
# and how far each method is from the truth, both inputs added:

# %%
for seed in range(1, 6):
    rows, y = related(seed)
    model = RandomForestRegressor(50, random_state=0).fit(rows, y)
    far = []
    for name, truth in (("a", lambda v: v), ("b", lambda v: v**2)):
        at, means = partial_dependence(model, rows, name, points=20)
        for curve in (means, np.interp(at, *ale(model, rows, name))):
            gap = curve - truth(at)
            far.append(np.abs(gap - gap.mean()).mean())
    print(
        f"draw {seed}: partial dependence {far[0] + far[2]:.2f}, accumulated local"
        f" effects {far[1] + far[3]:.2f}"
    )

# %% [markdown]
# ALE is nearer every time, and cheaper: it asks two questions a row, not one for each value. What do the cars say?

# %%
values, means = partial_dependence(motor, features, "displacement")
edges, effects = ale(motor, features, "displacement")
accumulated = np.interp(values, edges, effects)
plot.lines(
    {
        "partial dependence": (values, means - means.mean()),
        "accumulated local effects": (values, accumulated - accumulated.mean()),
    },
    title="The effect of the engine's size, by both",
    xlabel="displacement, cubic inches",
    ylabel="effect on mpg, mean taken off",
    alt=(
        "Two curves over displacement: both fall up to 250 cubic inches and are nearly"
        " flat after; the accumulated effects begin higher."
    ),
)

# %% [markdown]
# Small engines count for more than the PDP says. With two features at once, the **second-order** ALE shows what they do *together*, beyond
# what each does alone; it is zero everywhere if there is no interaction. Engine and year:

# %%
sizes, years_cut, together = ale_pair(motor, features, ("displacement", "year"), bins=4)
plot.surface(
    sizes,
    years_cut,
    together,
    title="What engine and year do together",
    xlabel="displacement, cubic inches",
    ylabel="model year",
    label="mpg beyond both single effects",
)

# %% [markdown]
# Late cars with small engines go about half a mile further than engine and year alone explain, late cars with large ones half a mile less:
# what the centred curves told, as one picture. Smooth as it looks, it is made of 16 cells, and some of them hold a handful of
# cars.
#
# **What can go wrong.** ALE is right *near the rows*; between far ends it adds up many small errors, and bins with few rows shake. Its
# curve must not be read as "what would happen to *this* car": it hops from car to car. And PDP, ICE and ALE alike explain the model, not
# the motor.

# %% [markdown] tags=["teaching"]
# **Draw the band of cars on the board** and let students mark which points the partial dependence of weight asks about (a full rectangle)
# and which ALE asks about (short horizontal dashes along the band). The picture says it all.
#
# **Ask:** what would ALE show for a feature that is an exact copy of another? (The model may split the effect between them in any
# way; no method can tell.)

# %% [markdown]
# ## 6 · A fair share for each: Shapley values
#
# Three people win 90 euros in a quiz. On her own, A would have won 12, B 24, C nothing; A and B together 60, A and C 18, B and C
# 36. How do they share? Shapley's answer, of 1953: let them come in one after the other, in every possible order. Whoever comes in is credited
# with what the win rises by. The share is the mean over the orders. It is the only rule that shares out everything, treats equals
# equally, gives nothing to those who add nothing, and is additive over games.


# %% tags=["exercise"] id="09.5" minutes=12 difficulty=3
from itertools import permutations


def shapley_values(game):
    """The shares of A, B and C.
    {"": 0, "A": 12, …, "ABC": 90}, keys sorted by letter -> {"A": share, "B": …,
    "C": …}"""
    shares = dict.fromkeys("ABC", 0)
    for order in permutations("ABC"):
        there = ""
        for player in order:
            before, there = there, "".join(sorted(there + player))
            shares[player] += (game[there] - game[before]) / 6
    return shares


shapley_values = check("09.5", shapley_values)

# %%
# NBVAL_CHECK_OUTPUT
quiz = {"": 0, "A": 12, "B": 24, "C": 0, "AB": 60, "AC": 18, "BC": 36, "ABC": 90}
print(
    "by hand",
    {player: round(share, 6) for player, share in shapley_values(quiz).items()},
)


def win(people):
    return [
        quiz["".join(name for name, there in zip("ABC", row) if there)]
        for row in people.to_numpy()
    ]


all_three, nobody = (
    pandas.DataFrame([[there] * 3], columns=list("ABC")) for there in (1.0, 0.0)
)
values, base = shapley.kernel(win, all_three, nobody)
print("shap   ", values.iloc[0].round(6).to_dict())

# %% [markdown]
# Now let the players be the **features** of a car, and the win the **prediction**. A coalition is a set of features that are known; those
# outside it take the values of other cars. The shares $\phi_j$ say by how much each feature moved this car's prediction away from
# the mean of all:
#
# $$f(x) = \mathbb{E}\,f(X) + \phi_1 + \dots + \phi_F.$$
#
# With seven features there are 128 coalitions. For trees there is a short cut that counts all of them at once.

# %%
shares, base = shapley.tree(motor, test)
car = test.index.get_loc("dodge colt")
row = shares.iloc[car].sort_values(key=abs, ascending=False)
print(
    f"{base:.2f} mpg on average {shares.iloc[car].sum():+.2f} ="
    f" {base + shares.iloc[car].sum():.2f}; the forest says"
    f" {motor.predict(test)[car]:.2f}"
)
plot.bars(
    [f"{name} = {test.iloc[car][name]:g}" for name in row.index],
    row,
    title=f"Why {motor.predict(test)[car]:.1f} mpg for the Dodge Colt of 1974?",
    xlabel="mpg up or down from the average",
)

# %% [markdown]
# Light, small, four cylinders: up. Built in 1974: down. It is a local explanation with a sum that can be checked, as CAM's was in
# lesson 03. Over many cars, the mean size of the shares is a global one:

# %%
size = shares.abs().mean().sort_values(ascending=False)
plot.bars(
    size.index,
    size,
    title="Mean size of the Shapley values over the test cars",
    xlabel="mpg",
)

# %%
plot.scatter(
    {"cars": np.column_stack([test.year, shares.year])},
    test.weight,
    title="What the year gave to or took from each car",
    label="weight, pounds",
    xlabel="model year",
    ylabel="Shapley value of the year, mpg",
    alt=(
        "Shapley value of the year against the year: below zero up to 1976, above zero"
        " from 1979 on; among late cars the light ones gain most."
    ),
)

# %% [markdown]
# How does that compare with shuffling, on the same cars?

# %%
print(importance(motor, test, test_mpg).permutation.round(3).to_string())

# %% [markdown]
# By Shapley, the number of cylinders stands beside the weight; by shuffling, it has less than half of the weight's importance. Cylinders, engine
# and weight go together. Shapley values share the credit out among them; shuffling finds that each of them could be spared. Neither is wrong.
# They answer two questions.
#
# For a model that is no tree, `kernel` asks about coalitions and fits a weighted regression, which needs nothing but a function. But
# "the values of other cars" can mean two things, and the numbers depend on it:

# %%
others = train.sample(50, random_state=0)
asked, _ = shapley.kernel(motor.predict, test.iloc[car : car + 1], others)
counted, _ = shapley.tree(motor, test.iloc[car : car + 1], background=others)
print(
    pandas.concat([asked, counted, shares.iloc[car : car + 1]])
    .set_axis(["kernel, 50 cars", "tree, the same 50", "tree, its own leaves"])
    .round(2)
    .to_string()
)

# %% [markdown]
# The first two agree: they break the ties between features, and so visit cars that never were, as the PDP does. The third stays inside the
# tree's leaves. A Shapley value without its background is as much a riddle as a table without its response.
#
# **Pictures.** Who are the players in a photograph? Its parts. `partition` halves the picture again and again, most often where most is to be
# found, and shares the logit out among the parts. The map sums to the logit of the photo minus that of an empty, evenly coloured one.

# %%
classifier, photo = efficientnet_lite0(), photos()["coffee"]
espresso = classifier.labels.index("espresso")
heat = shapley.partition(classifier, photo[None], espresso, evaluations=200)[0]
plot.overlay(
    photo, heat, title="The share of each part in 'espresso', from 200 questions"
)

# %%
empty = np.full_like(photo, photo.mean(axis=(0, 1)).round())
full, none = classifier.logits(np.stack([photo, empty]))[:, espresso]
print(
    f"sum of the map {heat.sum():.3f}, logit of the photo minus that of the empty one"
    f" {full - none:.3f}"
)

# %% [markdown]
# One picture cost 200 forward passes; Grad-CAM took one, and one back. What you pay for is the sum.
#
# **What can go wrong.** Switched-off parts are filled with a colour, and such pictures are as strange to the network as a light car of
# eight cylinders to the forest. Shares are exact only when every coalition is asked; 200 questions give coarse blocks. And a
# share is not an effect: setting the year to 1982 moves the prediction by what ICE says, not by $\phi$.
#
# ## 7 · Which inputs do we need at all? MRMR
#
# 569 tumours, 30 measurements of their cells, benign or malignant. Many measurements say the same: radius, perimeter and area of a nucleus. *Minimum
# redundancy, maximum relevance* picks the next feature $j$ by its mutual information $I$ with the answer $y$, less what it has in
# common with the set $S$ of features picked before:
#
# $$\max_j \Big[\, I(x_j; y) - \frac{1}{|S|}\sum_{s \in S} I(x_j; x_s) \Big].$$


# %% tags=["exercise"] id="09.6" minutes=6 difficulty=2
def next_feature(relevance, shared, chosen):
    """Index of the feature to pick next.
    I(x_j; y) (F,), I(x_j; x_s) (F, F), list of indices -> index"""
    score = relevance - shared[:, chosen].mean(axis=1)
    score[chosen] = -np.inf
    return int(np.argmax(score))


next_feature = check("09.6", next_feature)

# %%
# NBVAL_CHECK_OUTPUT
tumours = load_breast_cancer(as_frame=True)
ranking = mrmr(tumours.data, tumours.target)
relevant = ranking.sort_values("relevance", ascending=False)
print("by MRMR:     ", ", ".join(ranking.index[:5]))
print("by relevance:", ", ".join(relevant.index[:5]))


# %%
def accuracy(names):
    return cross_val_score(
        make_pipeline(StandardScaler(), LogisticRegression()),
        tumours.data[list(names)],
        tumours.target,
        cv=5,
    ).mean()


counts = np.arange(1, 9)
plot.lines(
    {
        "first by MRMR": (
            counts,
            np.array([accuracy(ranking.index[:count]) for count in counts]),
        ),
        "first by relevance alone": (
            counts,
            np.array([accuracy(relevant.index[:count]) for count in counts]),
        ),
    },
    title="How many measurements does a logistic regression need?",
    xlabel="number of measurements",
    ylabel="share of tumours told apart",
)

# %% [markdown]
# By relevance alone, the first three are perimeter, radius and area: one measurement, three times. MRMR looks for the
# second opinion. It needs no model at all, so it explains data and not decisions.
#
# **What can go wrong.** It looks at pairs: two features that tell something only together (the exclusive or) seem irrelevant
# both. The number of bins matters when rows are few. And we ranked with all rows before testing on some of them,
# which flatters both curves; to report an accuracy, rank inside each fold.
#
# ## 8 · A map of what a network knows: t-SNE
#
# Back to pictures, and to LeNet-5 of lesson 02, in the size for digits. It learns from 4,000 of them.

# %%
digits, labels = mnist()
digits = (digits[..., None] / 255).astype("float32")
learn, held_out = np.split(np.random.default_rng(0).permutation(len(digits)), [4000])
network = lenet5((28, 28, 1), classes=10, activation="relu")
network.compile(
    "adam",
    keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    metrics=["accuracy"],
    steps_per_execution=25,
)
network.fit(digits[learn], labels[learn], batch_size=32, epochs=5, verbose=0)
print(
    f"{network.evaluate(digits[held_out], labels[held_out], verbose=0)[1]:.1%} of"
    f" {len(held_out)} held-out digits right"
)

# %% [markdown]
# In its last hidden layer, F6, each digit is a point in 84 dimensions: its **features**. **t-SNE** lays such points out on a plane so that
# *neighbours stay neighbours*. How many neighbours a point minds is its *perplexity*. Six maps, of 300 held-out digits:

# %%
inside = keras.Model(
    network.inputs[0], [network.get_layer("C3").output, network.get_layer("F6").output]
)
maps, found = inside.predict(digits[held_out], verbose=0)
pixels, names = digits[held_out].reshape(len(held_out), -1), labels[held_out]
noise = np.random.default_rng(0).normal(size=(300, 84))
panels = {
    "pixels, perplexity 30": (pixels, 30, 0),
    "features, perplexity 30": (found, 30, 0),
    "the same, another seed": (found, 30, 1),
    "features, perplexity 3": (found, 3, 0),
    "features, perplexity 99": (found, 99, 0),
    "pure noise, perplexity 3": (noise, 3, 0),
}
layouts = {
    name: (
        TSNE(perplexity=perplexity, init="random", random_state=seed).fit_transform(
            points[:300]
        )
    )
    for name, (points, perplexity, seed) in panels.items()
}
plot.scatter(
    layouts,
    names[:300],
    marks="0123456789",
    title="Six maps by t-SNE; in the last one the digits are drawn by lot",
    label="digit",
    alt=(
        "Six scatter maps of 300 points drawn as their digits. On features like digits"
        " lie together, more clearly than on pixels; another seed moves the groups"
        " about; perplexity 3 tears them into crumbs, also where all is noise."
    ),
)

# %% [markdown]
# Like digits lie together: the network has learned what makes a digit. But mind what the map does *not* show.
#
# - **Distances between groups mean nothing**, nor do their sizes: compare the two seeds. There are no axes because there is nothing to
#   put on them.
# - **Perplexity makes clusters.** At 3 the groups fall into crumbs, and the last map shows crumbs in noise. Always look at several.
# - **It is a picture, not a measurement.** Whether the features are better than the pixels is measured where the points live:

# %%
for name, points in (("pixels", pixels), ("features", found)):
    share = cross_val_score(KNeighborsClassifier(5), points, names, cv=5).mean()
    print(
        f"{name:<9} the five nearest neighbours name {share:.1%} of the held-out digits"
        " rightly"
    )

# %% [markdown]
# The features know more than the pixels. How far does that go? EfficientNet-Lite0 has learned 1,000 kinds of things from photographs, and
# no materials. Lay out 110 patches of eleven materials, by their pixels and by the 1,280 features behind its last pooling:

# %%
_, patches = materials((224, 224), train=1, test=10)
pooling = keras.Model(
    classifier.model.inputs[0], classifier.model.get_layer("gap").output
)
sides = {
    "pixels": patches.images[..., 0].reshape(110, -1) / 255,
    "features of EfficientNet-Lite0": pooling.predict(
        classifier.preprocess(patches.images), verbose=0
    ),
}
layouts = {
    name: TSNE(perplexity=10, init="random", random_state=0).fit_transform(points)
    for name, points in sides.items()
}
for name, points in sides.items():
    share = cross_val_score(
        KNeighborsClassifier(5), points, patches.labels, cv=5
    ).mean()
    print(
        f"{name}: the five nearest neighbours name {share:.1%} of the patches rightly"
    )
print(
    ", ".join(f"{letter} {name}" for letter, name in zip("abcdefghijk", patches.names))
)
plot.scatter(
    layouts,
    patches.labels,
    marks="abcdefghijk",
    title="Eleven materials: neighbours by pixels, and by a network's features",
    label="material",
    alt=(
        "Two maps of 110 patches drawn as letters, one letter a material. By pixels"
        " most letters are mixed; by the network's features each letter forms a group"
        " of its own."
    ),
)

# %% [markdown]
# A striking picture, so look for the catch. All patches of one material come from *one* photograph. What the features group may be
# the material, or the lens, the light and the sharpness of that photograph; the map cannot tell. Lesson 08 takes care to test on other
# parts of each photograph than it learns from, and even that is no other photograph.
#
# ## 9 · Layer activations, and which filters go together
#
# What does a single filter see? Look at the 16 maps of the second convolution, C3, for one digit: its **layer activations**.

# %%
four = int(np.flatnonzero(names == 4)[0])
plot.grid(
    [
        digits[held_out[four]][..., 0] * maps[four].max(),
        *np.moveaxis(maps[four], -1, 0),
    ],
    ["the four", *(f"filter {number}" for number in range(16))],
    title="A four, as the 16 filters of C3 see it",
    cmap="inferno",
    alt=(
        "A handwritten four and 16 activation maps of 19 by 19 cells: some filters"
        " answer to its upright strokes, some to the level one, some to the edges"
        " beside a stroke, some hardly at all."
    ),
)

# %% [markdown]
# A local explanation, of one picture. In a larger network there are hundreds of filters: which ones should one look at? Take every cell of every
# held-out digit, and correlate the filters over the cells. Filters that answer at the same places see the same thing. This is **activation
# correlation**: global, and it needs no labels.

# %%
together = np.corrcoef(maps.reshape(-1, 16).T)
order = leaves_list(linkage(1 - together[np.triu_indices(16, 1)], "average"))
plot.grid(
    [together[np.ix_(order, order)]],
    title="Correlation of 16 filters, like beside like",
    alt=(
        "A square of 16 by 16 correlations, sorted so that similar filters are"
        " neighbours: red blocks along the diagonal are families of filters, blue areas"
        " filters that exclude each other."
    ),
)

# %%
off = together - np.eye(16)
one, two = np.unravel_index(off.argmax(), off.shape)
three, other = np.unravel_index(off.argmin(), off.shape)
directions = np.argmax(np.linalg.eigvalsh(together)[::-1].cumsum() / 16 > 0.9) + 1
print(
    f"closest: filters {one} and {two}, correlation {off[one, two]:+.2f}; most opposed:"
    f" {three} and {other}, {off[three, other]:+.2f}"
)
print(f"{directions} directions hold 90 % of what the 16 filters do")

# %%
some = [int(np.flatnonzero(names == digit)[0]) for digit in (0, 2, 4, 6, 8)]
plot.grid(
    [
        maps[index][..., which] / maps[some][..., which].max()
        for which in (one, two)
        for index in some
    ],
    [f"filter {which}" for which in (one, two) for _ in some],
    title=(
        "The closest pair of filters on five digits, each filter in shares of its"
        " largest value"
    ),
    columns=5,
    cmap="inferno",
    alt=(
        "Two rows of five activation maps, one row a filter: on each of the digits 0,"
        " 2, 4, 6, 8 both filters answer at nearly the same places."
    ),
)

# %% [markdown]
# Families of filters mean that the network is wider than its task needs; one might prune it. And they are a warning for every method
# that takes filters one by one: switch one off, and its twin takes over, just as with the columns of section 3.
#
# **What can go wrong.** Correlation is about *these* pictures: filters that never meet their pattern here, or that all answer to the black
# background, look alike. So look at maps before you believe a number.

# %% [markdown] tags=["teaching"]
# **Lead to the map** by letting groups place each method of this lesson on the three axes of lesson 00 before they read on, with one sentence
# on what it costs. Disputes worth having: permutation importance is agnostic, a forest's own importance is not; a tree's path is local.

# %% [markdown]
# ## The map, filled in
#
# Fifteen methods, the three axes of lesson 00, and what we now know about each. $N$ rows or pictures, $F$ features, $V$ values, $M$ background
# rows; a *question* is one row or picture that the model answers.
#
# | method | complexity | scope | dependency | cost | answers | fails when |
# |---|---|---|---|---|---|---|
# | regression table | intrinsic | global | specific | one fit | what one unit more adds, others held still | inputs go together, or the effect is no line |
# | tree | intrinsic | global (a path: local) | specific | one fit | which questions, in which order | it must be deep to be right; other rows, other tree |
# | predictor importance | post-hoc | global | specific (by shuffling: agnostic) | none; shuffled $F \times$ repeats $\times N$ questions | what the model cannot do without | many-valued noise; training rows; twins cover for each other |
# | PDP | post-hoc | global | agnostic | $V \times N$ questions | the mean answer at each value | inputs go together; opposite effects cancel |
# | ICE | post-hoc | local | agnostic | $V$ questions a row | what if this row had another value | the row with that value cannot exist |
# | ALE | post-hoc | global | agnostic | $2N$ questions, $4N$ for pairs | the effect near the rows there are | few rows a bin; read as one row's fate |
# | Shapley values | post-hoc | local (means: global) | agnostic | $2^F M$ questions a row, or samples; trees: short cut | each input's fair share | the background is unsaid; shares read as effects |
# | LIME | post-hoc | local | agnostic | some 1,000 questions a picture | a linear model near this case | the answer bends within reach; another seed |
# | MRMR | post-hoc | global | agnostic | no model; $F^2$ tables | which inputs suffice | inputs tell something only together |
# | occlusion sensitivity | post-hoc | local | agnostic | a question a place | what is missed when covered | two places stand in for each other |
# | CAM | post-hoc | local | specific | one pass | where the logit comes from, exactly | the network has no pooling with one linear layer behind |
# | Grad-CAM | post-hoc | local | specific | one pass and back | where, for any network and layer | early layers; classes that are not there |
# | layer activations | post-hoc | local | specific | one pass | what a filter sees here | there are hundreds of filters |
# | activation correlation | post-hoc | global | specific | $N$ passes | which filters do the same | pictures that do not tell the filters apart |
# | t-SNE | post-hoc | global | specific | $N$ passes, then seconds to hours | what lies near what | distances are read; one perplexity is trusted |
#
# No row of this table is the best one. Choose by the **question** first, by what you may ask of the model second, by the cost last. And
# whatever you chose: does the answer hold when you test it? That is lesson 11.
#
# ## Summary
#
# - An explanation belongs to a question. A table without its response, a Shapley value without its background, an importance
#   without its rows cannot be read.
# - *All others held still* changes signs. Where inputs go together, PDP, permutation importance and Shapley values each do something
#   different about it, and ALE stays where the rows are.
# - Means hide: look at the curves behind a PDP, at several maps of t-SNE, at the maps behind a correlation.
# - Where a sum must come out, check it: $t$, Shapley values, CAM.
#
# **Next**, lesson 11: are explanations true? Measuring them.
#
# **To read on:** Breiman (2001), *Random forests*. Strobl, Boulesteix, Zeileis and Hothorn (2007), *Bias in random forest variable
# importance measures*. Friedman (2001), *Greedy function approximation*. Goldstein, Kapelner, Bleich and Pitkin (2015), *Peeking inside the
# black box*. Apley and Zhu (2020), *Visualizing the effects of predictor variables in black box supervised learning models*. Lundberg and
# Lee (2017), *A unified approach to interpreting model predictions*. Peng, Long and Ding (2005), *Feature selection based on mutual information*.
# Van der Maaten and Hinton (2008), *Visualizing data using t-SNE*. Wattenberg, Viégas and Johnson (2016), *How to use t-SNE effectively*.
