# %% [markdown]
# # 06 · Can you explain a model without opening it? LIME
# **You will** write Algorithm 1 in a dozen lines · explain trees, forests, machines and networks with one function · let SP-LIME choose what to show · find out when not to believe it
#
# **Needs** lesson 05 · **Reading** 55 min · **Computing** 50 s

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

# %% tags=["parameters"] small={"SAMPLES": [50, 100], "PHOTOS": 100}
SAMPLES = [50, 200, 1000, 5000]  # rows to ask about, when stability is measured
PHOTOS = 1000  # photos with hidden parts to ask about for an explanation

# %%
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
from xailab.course.check import check
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
figure = plot.surface(
    x,
    y,
    scores,
    **moons,
    alt=(
        "Score of a support vector machine over two features: two interlocked moons, a"
        " star between them."
    ),
)
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


# %% tags=["exercise"] id="06.1" minutes=4 difficulty=1
def nearness(distance, width):
    """Weight of samples at these distances. (N,), number -> (N,)"""
    return np.sqrt(np.exp(-(distance**2) / width**2))


nearness = check("06.1", nearness)

# %% [markdown]
# And step 4. scikit-learn's `Ridge(alpha=1.0)` is linear regression with a small penalty on large weights; its `fit` takes `sample_weight`.


# %% tags=["exercise"] id="06.2" minutes=8 difficulty=2
def local_weights(samples, answers, near):
    """Weights of the linear model that follows the answers where samples are near.
    (N, F), (N,), (N,) -> (F,)"""
    line = Ridge(alpha=1.0).fit(samples, answers, sample_weight=near)
    return line.coef_


local_weights = check("06.2", local_weights)

# %% [markdown]
# That was the hard part. Here is Algorithm 1 of the paper, whole:

# %%
draw = np.random.default_rng(0)
samples = star + draw.normal(scale=0.5, size=(1000, 2))
answers = machine.decision_function(samples)
near = nearness(np.linalg.norm(samples - star, axis=1), 0.3)
weights = local_weights(samples, answers, near)
print("weight of feature 1: {:+.2f}, of feature 2: {:+.2f}".format(*weights))

# %%
moons["title"] = "Where the local model sees no change: across the arrow"
figure = plot.surface(
    x,
    y,
    scores,
    **moons,
    alt=(
        "The same score; samples as dots, larger where nearer; an arrow at the star"
        " along the weights, and a line across it along the local boundary."
    ),
)
axes = figure.axes[0]
axes.scatter(*samples[:250].T, s=15 * near[:250], color="white", alpha=0.6)
axes.axline(star, slope=-weights[0] / weights[1], color="white", zorder=3)
axes.annotate(
    "",
    star + weights / np.linalg.norm(weights),
    star,
    arrowprops={"color": "yellow", "width": 3},
)
axes.set(xlim=(-1.5, 2.5), ylim=(-1, 1.5))
figure

# %% [markdown]
# The arrow points to where the score rises fastest, the line lies along the boundary, *here*. Move the star, and both turn: an
# explanation of LIME is about one input. It is not a rule of the model.
#
# ## A table
#
# Now 13 chemical measurements of 178 Italian wines from three growers, and four models that have nothing in common but that they
# can be asked.

# %%
wine = load_wine()
known, unseen, growers, true_growers = train_test_split(
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
    print(
        f"{name:<8}{model.fit(known, growers).score(unseen, true_growers):.1%} of the"
        " unseen wines"
    )

# %% [markdown]
# Numbers such as *alcohol 13.7* are not what one says to people. So each column is cut at its quartiles, and the linear model sees
# zeros and ones: is this sample in the same quarter as our wine? A sample is made of values drawn from the training data, each column
# for itself. Distances count how many columns left their quarter, $\sigma = 0.75\sqrt{13}$. And K-Lasso keeps the number of
# features small: it follows the path of the lasso, along which features enter one by one, to the last point with at most $K$ of them.

# %%
bottle, grower = unseen[0], true_growers[0]
explanations = {
    name: explain_tabular(
        model.predict_proba,
        bottle,
        known,
        target=grower,
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
    title=f"Why does the forest say grower {grower}?",
    xlabel="weight: change of the probability",
)

# %% [markdown]
# Proline, an amino acid, comes first for three of the four; the network puts alcohol first. So four models that agree on the grower
# do not agree on the reasons. And every one has an $R^2$ below one half: the line follows these models badly. `print` says so:

# %%
print(explanations["forest"])

# %% [markdown]
# Why so bad? Ask how near "near" is. With $\sigma = 0.75\sqrt{13}$, how much does a sample still count in which *every* column left its quarter?

# %% tags=["exercise"] id="06.3" minutes=4 difficulty=2
farthest = nearness(np.sqrt(13), 0.75 * np.sqrt(13))
farthest = check("06.3", farthest)

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"A wine that agrees with ours in nothing counts {farthest:.2f} as much as ours"
    " itself"
)

# %% [markdown]
# So the neighbourhood is nearly the whole world, and a line must hold in all of it. *Local* is a promise that the width keeps or breaks.
# The default width is a habit, not a result.
#
# ## A regressor, and numbers as they are
#
# Nothing above needs classes. A function that returns one number a row is explained in the same way; and without quartiles the
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
# A photo has 150,528 numbers, and *pixel (17, 80) is a bit greener* explains nothing. So the features are **superpixels**, pieces
# of one colour and texture, and a sample hides half of them, at random, under their mean colour.


# %% tags=["exercise"] id="06.4" minutes=8 difficulty=3
def hide(photo, segments, shown):
    """Cover each segment that is not shown with its mean colour.
    (H, W, 3), (H, W), bool (segments,) -> (H, W, 3)"""
    hidden = photo.copy()
    for segment in np.flatnonzero(~shown):
        inside = segments == segment
        hidden[inside] = photo[inside].mean(axis=0)
    return hidden


hide = check("06.4", hide)

# %%
lite, coffee = efficientnet_lite0(), photos()["coffee"]
espresso = explain_image(lite, coffee, samples=PHOTOS, progress=False)
count = espresso.segments.max() + 1
coin = np.random.default_rng(0)
samples = [hide(coffee, espresso.segments, coin.random(count) < 0.5) for _ in range(3)]
answers = lite(np.stack([coffee, *samples]))[:, espresso.target]
titles = [f"espresso {probability:.2f}" for probability in answers]
plot.grid(
    [coffee, *samples],
    titles,
    title=f"The photo and three of its samples ({count} superpixels)",
    columns=4,
)

# %%
plot.overlay(coffee, espresso.heatmap(), title="LIME: what makes it an espresso?")

# %%
print(espresso)

# %% [markdown]
# A thousand questions, one line, a good fit: the cup and the coffee carry the answer, and the network was never opened.
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
# Three maps that a manager would read in three ways, from one network and one photo. The fit tells them apart better than the eye:
# a poor one is a reason to be silent.
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
# With few samples, another seed tells another story. More samples settle it, but settle on *what*? The $R^2$ was poor, and it stays
# poor: a stable explanation may be stably wrong. Stability and fit are two questions. Ask both. For the photo:

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
# ## What to show the manager: SP-LIME
#
# An auditor has time for three wines. Which three? Random ones may all say the same. SP-LIME explains them all and writes a
# table $W$: how much explanation $i$ makes of feature $j$. A feature is important, $I_j = \sqrt{\sum_i |W_{ij}|}$, if many
# explanations use it. Then it chooses, one by one, the explanation that brings in the most importance not yet covered.
#
# How much do some chosen explanations cover?


# %% tags=["exercise"] id="06.5" minutes=8 difficulty=3
def coverage(weights, chosen):
    """Importance of the features that at least one chosen explanation uses.
    (explanations, features), rows -> number"""
    importance = np.sqrt(np.abs(weights).sum(axis=0))
    used = (weights[chosen] != 0).any(axis=0)
    return importance[used].sum()


coverage = check("06.5", coverage)

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
for wine_number in chosen:
    print(f"\nwine {wine_number}, grower {every[wine_number].target}")
    for condition, weight in every[wine_number].top(3):
        print(f"    {weight:+.2f}  {condition}")

# %% [markdown]
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
# - LIME asks a model about changed copies of one input and fits a weighted line. Its weights explain that input, not the model.
# - It needs no gradient and no network: a function from inputs to numbers is enough, for classes and for quantities.
# - Report $R^2$ and stability with every explanation. A stable map with a poor fit is stably wrong.
# - Superpixels, width, samples and the number of features are choices, and the story depends on them.
# - SP-LIME chooses the few explanations that together show most.
#
# **Next**, lesson 07: a network that is built to be read.
#
# **To read on:** Ribeiro, Singh and Guestrin (2016), *"Why should I trust you?" Explaining the predictions of any classifier*.
