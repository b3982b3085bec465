# %% [markdown]
# # 10 · What has a network learned as a whole? Shapley maps, t-SNE and filters that go together
# **You will** share a logit among the parts of a photo, exactly and fast · lay out what a network knows as a map, and plant a cluster to see what such a map shows · correlate filters and test what that is worth · choose among fifteen methods
#
# **Needs** lessons 02, 03, 09 · **Reading** 63 min · **Computing** 60 s

# %% [markdown]
# ## The question
#
# Lesson 09 asked models of tables what they rely on in general. A network sees pixels, and a pixel has no name. What can play the part
# of a column? The parts of a picture (1), the features in its last layer (2), its filters (3). At the end stands a map of all
# methods of the course (4).

# %% tags=["parameters"] small={"QUESTIONS": 10, "DIGITS": 500, "EPOCHS": 1, "POINTS": 100, "PATCHES": 3, "STARTS": 2}
QUESTIONS = 200  # changed photos that partition Shapley asks about
DIGITS = 4000  # to learn from; the others of the 5,000 are held out
EPOCHS = 5  # passes over them
POINTS = 300  # held-out digits on a map
PATCHES = 10  # of each material
STARTS = 6  # of t-SNE

# %%
import numpy as np
from scipy.cluster.hierarchy import leaves_list, linkage
from scipy.stats import spearmanr
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.model_selection import cross_val_score
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors
from threadpoolctl import threadpool_limits

from xailab import plot, shapley
from course import check
from xailab.data import materials, mnist, photos
from xailab.models import efficientnet_lite0, lenet5

import keras  # behind xailab, which keeps TensorFlow's start-up lines out of the lesson

threadpool_limits(1)  # with so few points, threads would wait for each other
classifier, photo = efficientnet_lite0(), photos()["coffee"]

# %% [markdown]
# ## 1 · Shapley values of a picture
#
# Who are the players in a photograph? Its parts. Switch a part off by filling it with the photo's mean colour, ask for the logit, and
# Shapley's rule of lesson 09 can be used as it stands. With four quarters there are 16 coalitions: few enough to ask them all.


# %% tags=["exercise"] id="10.1" minutes=8 difficulty=3
from itertools import permutations


def quarter_shares(ask):
    """Shapley values of a picture's four quarters.
    ask: function of bool (2, 2), which quarters are shown, -> logit. -> (2, 2)"""
    shares = np.zeros(4)
    for order in permutations(range(4)):
        shown = np.zeros(4, bool)
        before = ask(shown.reshape(2, 2))
        for quarter in order:
            shown[quarter] = True
            after = ask(shown.reshape(2, 2))
            shares[quarter] += (after - before) / 24
            before = after
    return shares.reshape(2, 2)


quarter_shares = check("10.1", quarter_shares)

# %%
espresso = classifier.labels.index("espresso")
empty = np.full_like(photo, photo.mean(axis=(0, 1)).round())
coalitions = [np.array(list(f"{n:04b}"), int).reshape(2, 2) for n in range(16)]
half = photo.shape[0] // 2
large = [on.repeat(half, 0).repeat(half, 1)[..., None] for on in coalitions]
asked = classifier.logits(np.stack([np.where(on, photo, empty) for on in large]))
logits = {on.tobytes(): logit for on, logit in zip(coalitions, asked[:, espresso])}
exact = quarter_shares(lambda on: logits[on.astype(int).tobytes()])
print("exact shares of the quarters:", exact.round(2).tolist())

# %% [markdown]
# A quarter is a coarse player, and 64 single players would have $2^{64}$ coalitions. So let the parts come in as families:
# `partition` halves the picture again and again, most often where most is to be found, and shares the logit out among the halves.
# These are **Owen values**; they need far fewer questions, here 200:

# %%
heat = shapley.partition(classifier, photo[None], espresso, evaluations=QUESTIONS)[0]
title = f"The share of each part in 'espresso', from {QUESTIONS} questions"
plot.overlay(photo, heat, title=title)

# %%
blocks = heat.reshape(2, half, 2, half).sum(axis=(1, 3))
print("the same, added up by quarter:", blocks.astype(float).round(2).tolist())
full, none = logits[coalitions[-1].tobytes()], logits[coalitions[0].tobytes()]
print(f"sum {heat.sum():.3f}; the photo's logit minus an empty one's {full - none:.3f}")

# %% [markdown]
# The map sums to the difference of the two logits, whatever the photo.
# <!-- tried: tests/lessons/test_lesson_10.py::test_partition_maps_sum_to_the_logit_and_follow_the_exact_quarters | 4 photos | 4 of 4, to 0.01 | occlusion, the falls of the four quarters covered one at a time: off by more than 0.3 on the mean | 4 photos -->
# Added up by quarter it is near the exact shares (a correlation of 0.9 or more), not equal to them: families share in another way than
# single players.
# <!-- tried: tests/lessons/test_lesson_10.py::test_partition_maps_sum_to_the_logit_and_follow_the_exact_quarters | 4 photos, correlation of the four shares | 4 of 4 | the shares of the next photo: below 0.9 on the mean | 4 photos -->
# One picture cost 200 forward passes; Grad-CAM took one, and one back. What you pay for is the sum.
#
# **What can go wrong.** Photos with parts filled by a colour are as strange to the network as a light car of eight cylinders to the
# forest of lesson 09. And 200 questions give coarse blocks.
#
# ## 2 · A map of what a network knows: t-SNE
#
# Now LeNet-5 of lesson 02, in the size for digits. In its last hidden layer, F6, each digit is a point in 84 dimensions: its
# **features**. **t-SNE** lays such points out on a plane so that *neighbours stay neighbours*. Each point $i$ gives each other point
# $j$ a probability of being its neighbour, which falls with their distance $d_{ij}$:
#
# $$p_{j|i} = \frac{\exp(-d_{ij}^2 / 2\sigma_i^2)}{\sum_{k \ne i} \exp(-d_{ik}^2 / 2\sigma_i^2)}, \qquad
# \mathrm{perplexity} = 2^{H}, \quad H = -\sum_j p_{j|i} \log_2 p_{j|i}.$$
#
# The **perplexity** says how many neighbours count for a point: for $n$ equally likely ones it is $n$. You choose it, and t-SNE finds
# the $\sigma_i$ that give it. On the plane, neighbours get probabilities $q_{ij}$ in the same way, but with $1 / (1 + d^2)$ in place of the
# bell, whose long tail leaves room between groups. Then the points are moved, step by step down the gradient, until $q$ is as near to
# $p$ (averaged over both directions) as it gets:
#
# $$\mathrm{KL}(p \,\|\, q) = \sum_{i \ne j} p_{ij} \log \frac{p_{ij}}{q_{ij}}.$$
#
# It is dear to lay neighbours far apart, and cheap to lay strangers side by side. Nothing in it asks for distances or sizes.


# %% tags=["exercise"] id="10.2" minutes=5 difficulty=2
def perplexity(distances, sigma):
    """How many neighbours count for a point.
    Its distances to all others (N,), number -> number"""
    weights = np.exp(-(distances**2) / (2 * sigma**2))
    shares = weights / weights.sum()
    return 2 ** -np.sum(shares * np.log2(shares))


perplexity = check("10.2", perplexity)

# %%
keras.utils.set_random_seed(0)
images, labels = mnist()
images = (images[..., None] / 255).astype("float32")
order = np.random.default_rng(0).permutation(len(images))
learn, held_out = order[:DIGITS], order[DIGITS:][:1000]
network = lenet5((28, 28, 1), classes=10, activation="relu")
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
network.compile("adam", loss, metrics=["accuracy"], steps_per_execution=25)
network.fit(images[learn], labels[learn], batch_size=32, epochs=EPOCHS, verbose=0)
digits, names = images[held_out], labels[held_out]
right = network.evaluate(digits, names, verbose=0)[1]
print(f"{right:.1%} of {len(digits)} held-out digits right")

# %% [markdown]
# **Predict before you look** at six maps of 300 points. First the digits: by their pixels, by their features, by the features with
# another random seed, and with a perplexity of 3. Then two controls: *pure noise* with a perplexity of 3, and noise in which 30 of
# the 300 points are shifted a little, by 0.6 in each of the 84 dimensions: a *planted cluster*, with a perplexity of 30. Choose
# "the same groups" (as by the features), "vaguer groups", "crumbs", "one even cloud" or "one clump in a cloud".

# %% tags=["exercise"] id="10.3" minutes=3 difficulty=1
predictions = {
    "pixels": "vaguer groups",
    "another seed": "the same groups",
    "perplexity 3": "crumbs",
    "noise, perplexity 3": "crumbs",
    "planted cluster": "one clump in a cloud",
}

predictions = check("10.3", predictions)

# %%
outputs = [network.get_layer(name).output for name in ("C3", "F6")]
maps, features = keras.Model(network.inputs, outputs).predict(digits, verbose=0)
pixels = digits.reshape(len(digits), -1)
noise = np.random.default_rng(0).normal(size=(POINTS, 84))
planted = noise + 0.6 * (np.arange(POINTS) < POINTS // 10)[:, None]
panels = {
    "pixels": (pixels, 30, 0),
    "features": (features, 30, 0),
    "features, another seed": (features, 30, 1),
    "features, perplexity 3": (features, 3, 0),
    "noise, perplexity 3": (noise, 3, 0),
    "noise, 0 is planted": (planted, 30, 0),
}


def layout(points, perplexity, seed, init="random"):
    """A map by t-SNE: (N, F) -> (N, 2)."""
    tsne = TSNE(perplexity=perplexity, init=init, random_state=seed)
    return tsne.fit_transform(points[:POINTS])


layouts = {name: layout(*panel) for name, panel in panels.items()}
tenths = np.arange(POINTS) * 10 // POINTS  # names for the noise: 0 is planted
shown = {name: layouts[name] for name in list(panels)[:4]}
title = "Four maps of digits by t-SNE; perplexity 30 but for the last"
alt = "Four maps of points drawn as digits: vague groups by pixels, clear ones by "
alt += "features, turned about by another seed; crumbs at perplexity 3."
plot.scatter(
    shown, names[:POINTS], marks="0123456789", title=title, label="digit", alt=alt
)

# %%
shown = {name: layouts[name] for name in list(panels)[4:]}
title, alt = "Two controls", "Noise in crumbs; and a cloud with a clump of zeros."
plot.scatter(shown, tenths, marks="0123456789", title=title, label="tenth", alt=alt)

# %% [markdown]
# Like digits lie together: the network has learned what makes a digit. On the map by features, five neighbours name the digit of at
# least 5 points more in a hundred than on the map by pixels.
# <!-- tried: tests/lessons/test_lesson_10.py::test_maps_of_features_group_digits_better_than_maps_of_pixels | two new networks, 300 digits each | 2 of 2 | the same network untrained: fewer than by pixels, in 2 of 2 | 2 networks -->
#
# And the controls? Noise has crumbs at perplexity 3. The planted cluster is there, but is it as clear as it looks? Compare neighbours:
# which share of a point's five nearest neighbours are still among its five nearest on the map?


# %% tags=["exercise"] id="10.4" minutes=4 difficulty=2
def kept(true, shown):
    """Share of neighbours that are kept. Numbers of each point's k nearest neighbours,
    in any order: where it lives (N, k), on the map (N, k) -> share"""
    return np.mean([np.isin(two, one).mean() for one, two in zip(true, shown)])


kept = check("10.4", kept)


# %%
def nearest(points):
    """The numbers of each point's five nearest neighbours, (N, 5)."""
    near = NearestNeighbors(n_neighbors=5).fit(points[:POINTS])
    return near.kneighbors(return_distance=False)


for name in ("features", "features, perplexity 3", "noise, perplexity 3"):
    share = kept(nearest(panels[name][0]), nearest(layouts[name]))
    print(f"{name:<24}{share:.0%} of the neighbours kept")
places = (("84 dimensions", planted), ("the map", layouts["noise, 0 is planted"]))
for where, points in places:
    own = np.mean(nearest(points)[: POINTS // 10] < POINTS // 10)
    print(f"planted points: {own:.0%} of their neighbours in {where} are planted")

# %% [markdown]
# The map of the features keeps 60 to 75 % of the neighbours; the crumbs of noise look as neat, and keep 20 to 35 %.
# <!-- tried: tests/lessons/test_lesson_10.py::test_the_map_of_features_keeps_neighbours_and_that_of_noise_does_not | two new networks | 2 of 2 | noise of the same size, perplexity 3: 20 to 35 % in 2 of 2 | 2 networks, 2 draws of noise -->
# The planted points have 35 to 80 % planted neighbours where they live, and more on the map, 80 % or above: t-SNE makes a cluster clearer
# than it is.
# <!-- tried: tests/lessons/test_lesson_10.py::test_a_planted_cluster_is_clearer_on_the_map_than_it_is | two new draws | 2 of 2 | the same points before the shift: below 25 % on the map in 2 of 2 | 2 draws of 300 points -->
#
# What of distances and sizes? Compare the distances of two groups' centres on the map with those in 84 dimensions, and a group's
# spread with its spread there. `init="random"` let the points start anywhere; the default starts from PCA, the two directions in
# which the points differ most.


# %%
def centres_and_spreads(points):
    """Distances of the digits' centres (45,), and each digit's spread (10,)."""
    groups = [points[:POINTS][names[:POINTS] == digit] for digit in range(10)]
    centres = np.array([group.mean(axis=0) for group in groups])
    far = np.linalg.norm(centres[:, None] - centres, axis=-1)[np.triu_indices(10, 1)]
    return far, np.array([group.std() for group in groups])


def agreement(points, drawn):
    """Agreement of a map with the space: distances, spreads, neighbours kept."""
    pairs = zip(centres_and_spreads(points), centres_and_spreads(drawn))
    ranks = [spearmanr(one, other)[0] for one, other in pairs]
    return [*ranks, kept(nearest(points), nearest(drawn))]


ways = {"t-SNE, random starts": [layout(features, 30, n) for n in range(STARTS)]}
ways["t-SNE, PCA start"] = [layout(features, 30, 0, init="pca")] * STARTS
ways["PCA alone"] = [PCA(2).fit_transform(features[:POINTS])] * STARTS
found = np.array(
    [[agreement(features, one) for one in drawn] for drawn in ways.values()]
)
plot.dots(
    list(ways),
    dict(zip(("distances", "spreads", "neighbours kept"), np.moveaxis(found, -1, 0))),
    title="How far a map agrees with the space, one dot a start",
)

# %% [markdown]
# From start to start, t-SNE's agreement on spreads wanders by 0.05 or more; its distances agree by 0.4 to 0.95 each time.
# <!-- tried: tests/lessons/test_lesson_10.py::test_spreads_on_a_map_depend_on_the_start | two new networks, three random starts each | 2 of 2 | a PCA start, seeds changed: the same map each time, to 0.001 | 2 networks, 3 starts each -->
# A start from PCA gives the same map each time. That makes it repeatable, not right. And PCA alone, which keeps distances as well, keeps
# less than half as many neighbours.
# <!-- tried: tests/lessons/test_lesson_10.py::test_pca_alone_keeps_distances_and_not_neighbours | two new networks | 2 of 2; distances 0.5 or more | the map by t-SNE: 60 % of the neighbours or more | 2 networks -->
# So read neighbours, distrust distances, and do not read sizes.
#
# And where the points live, count whose neighbours are right. EfficientNet-Lite0 has learned 1,000 kinds of things from photographs,
# and no materials. Lay out patches of eleven materials, by their pixels and by the 1,280 features after its last pooling:

# %%
_, patches = materials((224, 224), train=1, test=PATCHES)
gap = classifier.model.get_layer("gap").output
ready = classifier.preprocess(patches.images)
sides = {
    "pixels": patches.images[..., 0].reshape(len(ready), -1) / 255,
    "features": keras.Model(classifier.model.inputs, gap).predict(ready, verbose=0),
}
for name, points in sides.items():
    near = KNeighborsClassifier(3)
    share = cross_val_score(near, points, patches.labels, cv=min(5, PATCHES)).mean()
    print(f"{name:<9} three nearest neighbours name {share:.1%} of the patches")

print(
    ", ".join(f"{letter} {name}" for letter, name in zip("abcdefghijk", patches.names))
)
plot.scatter(
    {name: layout(points, 10, 0) for name, points in sides.items()},
    patches.labels,
    marks="abcdefghijk",
    title="Eleven materials: neighbours by pixels, and by a network's features",
    label="material",
    alt="Two maps of patches drawn as letters, one per material: mixed by pixels, "
    "each letter a group of its own by the network's features.",
)

# %% [markdown]
# By features, three neighbours name at least 95 % of the patches.
# <!-- tried: tests/lessons/test_lesson_10.py::test_patches_of_one_photograph_lie_together | 44 patches, drawn anew, twice | 2 of 2 | the same patches by pixels: below 70 % in 2 of 2 | 2 draws of 44 patches -->
# A striking picture, so look for the catch: all patches of one material come from *one* photograph. What the features group may be the material, or the lens, the light and the
# sharpness of that photograph; the map cannot tell.
#
# ## 3 · Layer activations, and which filters go together
#
# What does a single filter see? Look at the 16 maps of the second convolution, C3, for one digit: its **layer activations**.

# %%
four = int(np.flatnonzero(names == 4)[0])
margin = (digits.shape[1] - maps.shape[1]) // 2  # maps as large as the digit
framed = np.pad(maps[four], [(margin, margin + 1)] * 2 + [(0, 0)])
plot.grid(
    [digits[four, ..., 0] * maps[four].max(), *np.moveaxis(framed, -1, 0)],
    ["the four", *(f"filter {number}" for number in range(16))],
    title="A four, and where each of the 16 filters of C3 answers to it",
    cmap="inferno",
    alt="A handwritten four and 16 activation maps in its place: some filters answer "
    "to upright strokes, some to level ones, some to the edge beside a stroke.",
)

# %% [markdown]
# A local explanation, of one picture. In a larger network there are hundreds of filters: which ones should one look at? Take every
# cell of every held-out digit, and correlate the filters over the cells. This is **activation correlation**: global, and it needs
# no labels. For filters $k$ and $l$, with means $\mu$ and standard deviations $s$ over all pictures and cells:
#
# $$r_{kl} = \frac{\operatorname{mean}\big[(A^k - \mu_k)(A^l - \mu_l)\big]}{s_k\, s_l}.$$


# %% tags=["exercise"] id="10.5" minutes=5 difficulty=2
def activation_correlation(maps):
    """Correlation of filters over all cells of all pictures. (N, h, w, K) -> (K, K)"""
    cells = maps.reshape(-1, maps.shape[-1])
    cells = (cells - cells.mean(axis=0)) / cells.std(axis=0)
    return cells.T @ cells / len(cells)


activation_correlation = check("10.5", activation_correlation)

# %%
r = activation_correlation(maps)
order = leaves_list(linkage(1 - r[np.triu_indices(16, 1)], "average"))  # like by like
title = "Correlation of the 16 filters of C3, like beside like"
plot.matrix(r[np.ix_(order, order)], order, title=title, label="correlation")

# %%
off = r - 2 * np.eye(16)
one, two = np.unravel_index(off.argmax(), off.shape)
some = [int(np.flatnonzero(names == digit)[0]) for digit in (0, 2, 4, 6, 8)]
print(f"the closest pair: filters {one} and {two}, correlation {off[one, two]:+.2f}")
plot.grid(
    [maps[i, ..., k] / maps[some][..., k].max() for k in (one, two) for i in some],
    [f"filter {k}" for k in (one, two) for _ in some],
    title="The closest pair, each filter in shares of its largest value",
    columns=5,
    cmap="inferno",
    alt="Two rows of five activation maps, one row per filter: on each of five digits "
    "both filters answer at nearly the same places.",
)

# %% [markdown]
# Two filters that do the same: is one of them superfluous? That is a hypothesis, and an experiment decides. Switch filters off, by
# setting their maps to zero, and let the rest of the network go on from there.

# %%
rest = keras.Model(network.get_layer("C3").output, network.outputs[0])


def lost(*filters):
    """Share of the held-out digits that are lost without these filters of C3."""
    changed = maps.copy()
    changed[..., list(filters)] = 0
    return right - np.mean(np.argmax(rest(changed), axis=1) == names)


singles = [lost(k) for k in range(16)]
print(f"without {one}: {singles[one]:+.1%}, without {two}: {singles[two]:+.1%}")
print(
    f"without both: {lost(one, two):+.1%}; without one filter, median of all 16:"
    f" {np.median(singles):+.1%}"
)

# %% [markdown]
# This network misses neither filter of the closest pair. But it hardly misses *any* one filter: the median of what is lost without
# one of the 16 is below 2 digits in a hundred.
# <!-- tried: tests/lessons/test_lesson_10.py::test_nearly_any_one_filter_can_go | two new networks | 2 of 2; one of a pair cost 4.5 in one of four networks | 14 of the 16 filters at once: more than 10 in a hundred in 2 of 2, mean of four choices | 2 networks -->
# Correlation found twins; that a twin takes over is not shown by this.
#
# **What can go wrong.** Correlation is about *these* pictures: filters that never meet their pattern here, or that all answer to the
# black background, look alike. So look at maps before you believe a number.

# %% [markdown] tags=["teaching"]
# **Lead to the map** by letting groups place each method on the three axes of lesson 00 before they read on, with one sentence on
# what it costs. Disputes worth having: permutation importance is agnostic, a forest's own importance is not; a tree's path is local.

# %% [markdown]
# **Move it yourself.** Find two filters of the network that reads digits that go together, and two that exclude each other. It correlates them cell by cell, as you did.

# %%
from course import demo

demo("10")

# %% [markdown]
# ## 4 · The map, filled in
#
# Fifteen methods, the three axes of lesson 00, and what we now know about each. $N$ rows or pictures, $F$ features, $V$ values, $M$
# background rows; a *question* is one row or picture that the model answers.
#
# | method | complexity | scope | dependency | cost | answers | fails when |
# |---|---|---|---|---|---|---|
# | regression table | intrinsic | global | specific | one fit | what one unit more adds, others held still | inputs go together, or the effect is no line |
# | tree | intrinsic | global (a path: local) | specific | one fit | which questions, in which order | it must be deep to be right; other rows, other tree |
# | predictor importance | post-hoc | global | specific (by shuffling: agnostic) | none; shuffled $F \times$ repeats $\times N$ questions | what the model cannot do without | many-valued noise; training rows; twins cover for each other |
# | PDP | post-hoc | global | agnostic | $V \times N$ questions | the mean answer at each value | inputs go together; opposite effects cancel |
# | ICE | post-hoc | local | agnostic | $V$ questions per row | what if this row had another value | the row with that value cannot exist |
# | ALE | post-hoc | global | agnostic | $2N$ questions, $4N$ for pairs | the effect near the rows there are | few rows per bin; read as one row's fate |
# | Shapley values | post-hoc | local (means: global) | agnostic | $2^F M$ questions per row, or samples; trees: short cut | each input's fair share | the background is unsaid; shares read as effects |
# | LIME | post-hoc | local | agnostic | some 500 questions per picture | a linear model near this case | the answer bends within reach; another seed |
# | MRMR | post-hoc | global | agnostic: it needs no model, and could as well stand before one | $F^2$ tables | which inputs suffice | inputs tell something only together |
# | occlusion sensitivity | post-hoc | local | agnostic | a question per place | what is missed when covered | two places stand in for each other |
# | CAM | post-hoc | local | specific | one pass | where the logit comes from, exactly | the network has no pooling with one linear layer behind |
# | Grad-CAM | post-hoc | local | specific | one pass and back | where, for any convolutional network with gradients | early layers; classes that are not there |
# | layer activations | post-hoc | local | specific | one pass | what a filter sees here | there are hundreds of filters |
# | activation correlation | post-hoc | global | specific | $N$ passes | which filters do the same | pictures that do not tell the filters apart |
# | t-SNE | post-hoc | global | specific | $N$ passes, then seconds to hours | what lies near what | distances are read; one perplexity is trusted |
#
# No row of this table is the best one. Choose by the **question** first, by what you may ask of the model second, by the cost last.
# Try it. Which *one* row of the table would you use? More than one may be right.

# %% tags=["exercise"] id="10.6" minutes=4 difficulty=2
choices = {
    "You may only ask the model, not open it. Why this photo?": "LIME",
    "The network ends in pooling and one linear layer. Why, exactly?": "CAM",
    "A model of a table: what would this patient get with less weight?": "ICE",
    "A model of a table with inputs that go together: the mean effect?": "ALE",
    "No model yet: which of 30 measurements shall we take?": "MRMR",
}

choices = check("10.6", choices)

# %% [markdown]
# And whatever you chose: does the answer hold when you test it? That is lesson 11.
#
# ## Summary
#
# - Shapley values need players. The parts of a photo will do, if you pay for the questions; then the map sums to the logit.
# - t-SNE shows which points are neighbours, and makes groups clearer than they are. Distances of groups say a little, sizes are not to
#   be relied on, and at a small perplexity noise has groups too. Plant a cluster, and measure where the points live.
# - Layer activations show one picture to each filter; their correlation shows which filters go together over all pictures.
# - A pair that goes together is a hypothesis: switch it off and count.
# - Choose a method by its question.
#
# **Next**, lesson 11: are explanations true? Measuring them.
#
# **To read on:** Owen (1977), *Values of games with a priori unions*. Van der Maaten and Hinton (2008), *Visualizing data using t-SNE*.
# Wattenberg, Viégas and Johnson (2016), *How to use t-SNE effectively*. Lundberg and Lee (2017), *A unified approach to interpreting
# model predictions*. Kobak and Linderman (2021), *Initialization is critical for preserving
# global data structure in both t-SNE and UMAP*.
