# %% [markdown]
# # 06 · Can you explain a model without opening it? LIME
# **You will** write LIME's loop for photos · explain trees, forests, machines and networks with one function · let SP-LIME choose what to show · find out when not to believe it
#
# **Needs** lesson 05 · **Reading** 75 min · **Computing** 60 s

# %% [markdown]
# ## The question
#
# CAM needs a certain network, Grad-CAM a gradient, occlusion a picture. A bank's random forest has none of these. What do you have, always?
# You may *ask*: give the model an input, get a number. So ask often, near the one input you want to understand, and look for the
# simplest thing that answers as the model does **there**: a straight line.
#
# ## The picture
#
# Two features, so that we can see everything. The colour is the score of a support vector machine; zero is its boundary. The
# boundary is bent, and no line describes it. But stand at the white star and look around: nearby, a line will do.

# %% tags=["parameters"] small={"SAMPLES": [50, 100], "PHOTOS": 50}
SAMPLES = [50, 200, 1000, 5000]  # rows to ask about, when stability is measured
PHOTOS = 1000  # photos with hidden parts to ask about for an explanation

# %%
from functools import partial

import numpy as np
from sklearn.datasets import load_wine, make_moons
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import Ridge
from sklearn.model_selection import train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.calibration import CalibratedClassifierCV
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier

from xailab import plot
from course import check
from xailab.data import photos
from xailab.lime import (
    explain_image,
    explain_tabular,
    importance_matrix,
    stability,
    submodular_pick,
)
from xailab.models import efficientnet_lite0

points, sides = make_moons(300, noise=0.15, random_state=0)
machine = SVC(gamma=2.0).fit(points, sides)
star = np.array([0.3, 0.15])
x, y = np.linspace(-1.5, 2.5, 120), np.linspace(-1, 1.5, 120)
scores = machine.decision_function(
    np.stack(np.meshgrid(x, y, indexing="ij"), axis=-1).reshape(-1, 2)
).reshape(120, 120)
moons = {
    "title": "A model with two features",
    "xlabel": "feature 1",
    "ylabel": "feature 2",
    "label": "score",
}
alt = "Score over two features: two interlocked moons, a star between them."
figure = plot.surface(x, y, scores, **moons, alt=alt)
figure.axes[0].plot(*star, "w*", markersize=14)
figure

# %% [markdown]
# ## The idea, in four steps
#
# 1. Draw samples around the star.
# 2. Ask the model about each.
# 3. Weigh each sample by how near it is.
# 4. Fit a linear model to the answers. Its weights are the explanation.
#
# Nearness falls with distance $d$ like a bell of width $\sigma$. The authors' program takes the root of it, $\pi = \sqrt{e^{-d^2/\sigma^2}}$, and so do we.


# %% tags=["exercise"] id="06.1" minutes=3 difficulty=1
def nearness(distance, width):
    """Weight of samples at these distances. (N,), number -> (N,)"""
    return np.sqrt(np.exp(-(distance**2) / width**2))


nearness = check("06.1", nearness)

# %% [markdown]
# Step 4 is scikit-learn's `Ridge(alpha=1.0)`: linear regression with a small penalty on large weights. The four steps:

# %%
draw = np.random.default_rng(0)
samples = star + draw.normal(scale=0.5, size=(1000, 2))
answers = machine.decision_function(samples)
near = nearness(np.linalg.norm(samples - star, axis=1), 0.3)
line = Ridge(alpha=1.0).fit(samples, answers, sample_weight=near)
weights, fit = line.coef_, line.score(samples, answers, near)
at_star = machine.decision_function([star])[0]
print("weight of feature 1: {:+.2f}, of feature 2: {:+.2f}".format(*weights))
here = line.predict([star])[0]
print(f"R² {fit:.2f}; at the star {here:+.2f}, the model {at_star:+.2f}")

# %%
moons["title"] = "The local model: its arrow, and the line where it says zero"
alt = "The same score; samples as dots; an arrow at the star and a straight line."
figure = plot.surface(x, y, scores, **moons, alt=alt)
axes = figure.axes[0]
axes.scatter(*samples[:250].T, s=15 * near[:250], color="white", alpha=0.6)
zero = (0, -line.intercept_ / weights[1])  # a point with w x + b = 0
axes.axline(zero, slope=-weights[0] / weights[1], color="black", zorder=3)
tip, look = star + weights / np.linalg.norm(weights), {"color": "yellow", "width": 3}
axes.annotate("", tip, star, arrowprops=look)
axes.set(xlim=(-1.5, 2.5), ylim=(-1, 1.5))
figure

# %% [markdown]
# The arrow points to where the local model rises fastest; on the black line it says zero, $w \cdot x + b = 0$. It is a tangent, drawn
# from one place: near the star it follows the model with $R^2 = 0.74$, and far from it it is wrong.
# <!-- tried: tests/lessons/test_lesson_06.py::test_the_line_follows_the_moons_near_the_star_and_not_far_from_it | this star, ten draws of the samples | R² 0.70 to 0.78 near, below 0.4 over the whole picture | none yet | - -->
# Move the star, and it turns: an explanation of LIME is about one input. It is not a rule of the model.
#
# The paper's **Algorithm 1** has two things more. The line need not see the numbers that the model sees: each input $x$ has an
# **interpretable representation** $x'$ of zeros and ones, "is this column in the same quarter?", "is this piece of the photo shown?",
# and the samples $z'$ are drawn there. And **K-Lasso** keeps only $K$ features. Both come now.
#
# ## A table
#
# Now 13 chemical measurements of 178 Italian wines from three cultivars (kinds of grape), and four models that have nothing in
# common but that they can be asked.

# %%
wine = load_wine()
known, unseen, cultivars, true_cultivars = train_test_split(
    wine.data, wine.target, test_size=0.3, random_state=0, stratify=wine.target
)
models = {
    "tree": DecisionTreeClassifier(max_depth=3, random_state=0),
    "forest": RandomForestClassifier(100, random_state=0),
    "SVM": make_pipeline(
        StandardScaler(), CalibratedClassifierCV(SVC(), ensemble=False)
    ),
    "network": make_pipeline(
        StandardScaler(), MLPClassifier((16,), max_iter=1000, random_state=0)
    ),
}
for name, model in models.items():
    right = model.fit(known, cultivars).score(unseen, true_cultivars)
    print(f"{name:<8}{right:.1%} of the unseen wines")

# %% [markdown]
# Numbers such as *alcohol 13.7* are not what one says to people. So each column is cut at its quartiles, and the linear model sees
# zeros and ones: is this sample in the same quarter as our wine? A sample is made of values drawn from the training data, each column
# for itself. Distances count how many columns left their quarter, $\sigma = 0.75\sqrt{13}$. And K-Lasso keeps the number of
# features small: it follows the path of the lasso, along which features enter one by one, to the last point with at most $K$ of them.

# %%
bottle, cultivar = unseen[0], true_cultivars[0]
explanations = {
    name: explain_tabular(
        model.predict_proba,
        bottle,
        known,
        target=cultivar,
        features=4,
        names=wine.feature_names,
    )
    for name, model in models.items()
}
for name, explanation in explanations.items():
    print(f"{name}: R^2 {explanation.score:.2f}")
    for condition, weight in explanation.top():
        print(f"    {weight:+.2f}  {condition}")

# %%
names, weights = zip(*explanations["forest"].top())
plot.bars(
    names,
    weights,
    title=f"Why does the forest say cultivar {cultivar}?",
    xlabel="weight: change of the probability",
)

# %% [markdown]
# On this bottle, proline, an amino acid, comes first for three of the four; the network puts alcohol first. So four models that agree
# on the cultivar do not agree on the reasons. And every one has an $R^2$ below one half: the line follows these models badly.
# <!-- tried: tests/lessons/test_lesson_06.py::test_proline_comes_first_for_all_models_but_the_network_and_no_line_follows_them_well | this bottle | 4 of 4 | none yet | - -->
# `print` says so, and says what the two models answer for the bottle itself:

# %%
print(explanations["forest"])

# %% [markdown]
# The forest is certain, and the line that is to explain it says 0.64. Why so bad? Ask how near "near" is. With
# $\sigma = 0.75\sqrt{13}$, how much does a sample still count in which *every* column left its quarter?

# %% tags=["exercise"] id="06.2" minutes=4 difficulty=2
farthest = nearness(np.sqrt(13), 0.75 * np.sqrt(13))
farthest = check("06.2", farthest)

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"A wine that agrees with ours in nothing counts {farthest:.2f} as much as ours"
    " itself"
)

# %% [markdown]
# So the neighbourhood is nearly the whole world, and a line must hold in all of it. Two remedies: a smaller width,
# `kernel_width=`, or samples that come nearer. By default each column of each sample is drawn anew, and about ten of the 13 leave
# their quarter; `around="row"` first draws *how many* columns change, from 1 to 13, and leaves the others as they are.
# <!-- tried: tests/lessons/test_lesson_06.py::test_about_ten_of_thirteen_columns_leave_their_quarter | six bottles, five seeds | mean 9.5 to 10 | none yet | - -->
# **Predict before you run on:** what does each do to $R^2$: "hardly better", "much better" or "worse"?

# %% tags=["exercise"] id="06.3" minutes=2 difficulty=1
predicted = {"half the width": "hardly better", "around the row": "much better"}

predicted = check("06.3", predicted)

# %%
half = 0.75 * np.sqrt(13) / 2
ways = {"default": {}, "half the width": {"kernel_width": half}}
ways["around the row"] = {"around": "row"}
for way, options in ways.items():
    print(way)
    for name, model in models.items():
        given = model.predict_proba, bottle, known
        found = explain_tabular(*given, target=cultivar, features=4, **options)
        here, there = found.local_prediction, found.prediction
        print(f"    {name:<8} R² {found.score:.2f}, line {here:.2f}, model {there:.2f}")

# %% [markdown]
# Over six bottles and five seeds, half the width raises the mean $R^2$ of each model by less than 0.06. Samples around the row raise
# it by 0.15 and more, and bring the line's answer for the bottle three times nearer to the model's. For the tree, the SVM and the
# network the mean stays at one half or below: they are not linear there.
# <!-- tried: tests/lessons/test_lesson_06.py::test_samples_around_the_row_help_and_half_the_width_hardly | six bottles, five seeds, four models | 4 of 4 models | none yet | - -->
# *Local* is a promise that the samples keep or break; the default is a habit.
#
# ## A regressor, and numbers as they are
#
# Nothing above needs classes. A function that returns one number per row is explained in the same way; and without quartiles the
# weights are per standard deviation. For a model that *is* linear, LIME must find its coefficients. That is a test you can run:

# %%
# NBVAL_CHECK_OUTPUT
linear = Ridge(alpha=1e-6).fit(
    StandardScaler().fit(known).transform(known)[:, :3], known[:, 12]
)
scale = StandardScaler().fit(known[:, :3])
explanation = explain_tabular(
    lambda rows: linear.predict(scale.transform(rows)),
    known[0, :3],
    known[:, :3],
    discretize=False,
)
print("coefficients ", linear.coef_.round(0))
print("LIME         ", explanation.weights.round(0), f" R^2 {explanation.score:.2f}")

# %% [markdown]
# ## A photo
#
# A photo has 150,528 numbers, and *pixel (17, 80) is a bit greener* explains nothing. So the interpretable features are
# **superpixels**, pieces of one colour and texture: $z'_k = 1$ if piece $k$ is shown, 0 if it is hidden under its mean colour.


# %% tags=["exercise"] id="06.4" minutes=6 difficulty=2
def hide(photo, segments, shown):
    """Cover each segment that is not shown with its mean colour.
    (H, W, 3), (H, W), bool (segments,) -> (H, W, 3)"""
    hidden = photo.copy()
    for segment in np.flatnonzero(~shown):
        inside = segments == segment
        hidden[inside] = photo[inside].mean(axis=0)
    return hidden


hide = check("06.4", hide)

# %% [markdown]
# Now the loop, the thing that LIME is. You get $z'$, one row per sample. Hide, ask, weigh, fit. How far is a sample from the whole
# photo? By the angle between $z'$ and the row of ones: $d = 1 - \cos = 1 - \sqrt{\text{share of ones}}$.


# %% tags=["exercise"] id="06.5" minutes=12 difficulty=3
def lime_weights(ask, photo, segments, switches):
    """Weights of the superpixels. ask: photos (N, H, W, 3) -> answers (N,).
    (H, W, 3), (H, W), z' bool (N, segments) -> (segments,); bell of width 0.25"""
    answers = ask(np.stack([hide(photo, segments, shown) for shown in switches]))
    near = nearness(1 - np.sqrt(switches.mean(axis=1)), 0.25)
    return Ridge(alpha=1.0).fit(switches, answers, sample_weight=near).coef_


lime_weights = check("06.5", lime_weights)

# %%
lite, coffee = efficientnet_lite0(), photos()["coffee"]
espresso = explain_image(lite, coffee, samples=PHOTOS, progress=False)
count = espresso.segments.max() + 1
switches = np.random.default_rng(0).random((PHOTOS // 5, count)) < 0.5
three = [hide(coffee, espresso.segments, shown) for shown in switches[:3]]
answers = lite(np.stack([coffee, *three]))[:, espresso.target]
titles = [f"espresso {probability:.2f}" for probability in answers]
title = f"The photo and three of its samples ({count} superpixels)"
plot.grid([coffee, *three], titles, title=title, columns=4)


# %%
def probability(photos):
    """How likely each photo is an espresso."""
    return lite(photos)[:, espresso.target]


yours = lime_weights(probability, coffee, espresso.segments, switches)
alike = np.corrcoef(yours, espresso.weights)[0, 1]
print(f"your {len(switches)} samples and xailab's {PHOTOS}: correlation {alike:.2f}")

# %%
plot.overlay(coffee, espresso.heatmap(), title="LIME: what makes it an espresso?")

# %%
print(espresso)

# %% [markdown]
# On this photo the cup and the coffee carry the answer, and the network was never opened. $R^2$ is above 0.8, a good fit to the
# *samples*. But at the photo itself the line says 1.06 and the network 0.94: a probability of 1.06 is none. $R^2$ does not speak of
# the one input that you asked about; compare the two answers there as well.
# <!-- tried: tests/lessons/test_lesson_06.py::test_the_line_follows_the_espresso_well_and_says_more_than_one | this photo | 1 of 1 | none yet | - -->
#
# **What can go wrong.** The superpixels were our choice. Here is the cat of lesson 04, cut up in three ways:

# %%
cat = photos()["cat"]
cuts = {
    cut: explain_image(
        lite, cat, samples=min(PHOTOS, 400), segments=cut, progress=False
    )
    for cut in ("quickshift", "slic", "grid")
}
for cut, explanation in cuts.items():
    print(f"{cut}: {explanation}")
plot.layer_strip(
    cat,
    {cut: explanation.heatmap() for cut, explanation in cuts.items()},
    title="One photo, three ways to cut it, three stories",
)

# %% [markdown]
# Three maps that a manager would read in three ways, from one network and one photo. None has an $R^2$ above 0.65, and each line
# misses the cat itself: a poor fit is a reason to be silent.
# <!-- tried: tests/lessons/test_lesson_06.py::test_no_cut_of_the_cat_gives_a_good_fit | this photo, three cuts | 3 of 3 | none yet | - -->
#
# ## How stable is it?
#
# The samples are random, so the explanation is. Repeat it with other seeds, and compare: the rank correlation of all weights, and the
# Jaccard index of the three largest (shared / either).

# %%
print("samples   rank correlation   top 3 (Jaccard)")
for number in SAMPLES:

    def explain(seed, number=number):
        return explain_tabular(
            models["SVM"].predict_proba,
            bottle,
            known,
            samples=number,
            features=None,
            seed=seed,
        )

    result = stability(explain, seeds=10, top=3)
    print(f"{number:>7}{result.rank_correlation:>15.2f}{result.jaccard:>17.2f}")

# %% [markdown]
# With few samples, another seed tells another story. More samples settle it, but settle on *what*? The $R^2$ was poor: a stable
# explanation may be stably wrong. Stability and fit are two questions. Ask both.
# <!-- tried: tests/lessons/test_lesson_06.py::test_more_samples_bring_more_agreement_and_the_fit_stays_poor | ten seeds for each number of samples | rises each time; R² below 0.3 with 5,000 | none yet | - -->
# For the photo:

# %%
for number in (50, 200):

    def explain(seed, number=number):
        return explain_image(
            lite,
            coffee,
            samples=number,
            segments=espresso.segments,
            seed=seed,
            progress=False,
        )

    result = stability(explain, seeds=3)
    print(f"{number:>7}{result.rank_correlation:>15.2f}{result.jaccard:>17.2f}")

# %% [markdown]
# **Move it yourself.** Hide parts, one at a time and two together. Then slide the samples: from how many on do five seeds agree?

# %%
from course import demo

demo("06")

# %% [markdown]
# ## What to show the manager: SP-LIME
#
# An auditor has time for three wines. Which three? Random ones may all say the same. SP-LIME explains them all and writes a
# table $W$: how much explanation $i$ makes of feature $j$. A feature is important, $I_j = \sqrt{\sum_i |W_{ij}|}$, if many
# explanations use it. Then it chooses, one by one, the explanation that brings in the most importance not yet covered.
#
# How much do some chosen explanations cover?


# %% tags=["exercise"] id="06.6" minutes=8 difficulty=3
def coverage(weights, chosen):
    """Importance of the features that at least one chosen explanation uses.
    (explanations, features), rows -> number"""
    importance = np.sqrt(np.abs(weights).sum(axis=0))
    used = (weights[chosen] != 0).any(axis=0)
    return importance[used].sum()


coverage = check("06.6", coverage)

# %%
every = [
    explain_tabular(
        models["forest"].predict_proba,
        row,
        known,
        samples=500,
        features=5,
        names=wine.feature_names,
    )
    for row in unseen
]
names, table = importance_matrix(every)
chosen = submodular_pick(every, 3)
whole = coverage(table, np.arange(len(every)))
at_random = [
    coverage(table, draw.choice(len(every), 3, replace=False)) / whole
    for _ in range(200)
]
print(
    f"wines {chosen} cover {coverage(table, chosen) / whole:.0%}; three random ones"
    f" {np.mean(at_random):.0%} on average"
)


def explain(seed, bottle):
    """The forest's reasons for a bottle, five of them."""
    given = models["forest"].predict_proba, bottle, known
    return explain_tabular(*given, samples=500, features=5, seed=seed)


for pick in chosen:
    steady = stability(partial(explain, bottle=unseen[pick]), seeds=5, top=3).jaccard
    one = every[pick]
    rated = f"R² {one.score:.2f}, top 3 {steady:.2f}"
    print(f"\nwine {pick}, cultivar {one.target}: {rated}")
    for condition, weight in one.top(3):
        print(f"    {weight:+.2f}  {condition}")

# %% [markdown]
# Before you hand them over, keep the lesson's own rule: each has its $R^2$ and its stability beside it (the Jaccard index of the top
# three over five seeds). And look at what is missing. There are three cultivars, and **none of the three wines is of cultivar 2**:
# SP-LIME covers features, not classes. An auditor who wants every class seen picks within each.
# <!-- tried: tests/lessons/test_lesson_06.py::test_the_pick_covers_more_than_chance_and_leaves_a_cultivar_out | this forest, these 54 bottles | exact | none yet | - -->
#
# Choosing one by one is not the best choice of all, but never covers less than 63 % of it ($1 - 1/e$), because adding an
# explanation helps less the more you have. Functions with this property are called *submodular*.
#
# **Who reads it?** The data scientist wants $R^2$ and the seeds. The manager wants three wines and a sentence each. The regulator wants
# to know that the same question gets the same answer tomorrow: the table of seeds is for them.

# %% [markdown] tags=["teaching"]
# **Ask** before the cat is cut: will the three maps agree? Then let two students each defend one of them, before $R^2$ is shown.
#
# **Ask:** what would happen with a width of 0.01? (Only the input itself counts; the line is fitted to one point and the ridge sets all
# weights to zero.)
#
# **Common confusion:** a weight is read as a property of the model. It belongs to one input and one way to cut it up.

# %% [markdown]
# ## Summary
#
# - LIME asks a model about changed copies of one input and fits a weighted line to the answers, in features that people can read. Its
#   weights explain that input, not the model.
# - It needs no gradient and no network: a function from inputs to numbers is enough, for classes and for quantities.
# - Report $R^2$, stability, and both answers at the input. A stable map with a poor fit is stably wrong.
# - Superpixels, width, samples and the number of features are choices, and the story depends on them. On the wines, samples around
#   the row helped; half the width hardly did.
# - SP-LIME chooses the few explanations that together show most features, which need not be all classes.
#
# **Next**, lesson 07: a network that is built to be read.
#
# **To read on:** Ribeiro, Singh and Guestrin (2016), *"Why should I trust you?" Explaining the predictions of any classifier*.
