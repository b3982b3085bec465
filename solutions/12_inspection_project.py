# %% [markdown]
# # 12 · May this network inspect parts? A project
# **You will** judge a network with a high score · find out what it goes by, and prove it · mend the data and measure again · predict a number and explain it · write one page each for the engineer, the manager and the regulator
#
# **Needs** lessons 03 to 05 and 11 · **Reading** 74 min · **Computing** 65 s

# %% [markdown]
# ## The job
#
# A factory makes steel beams. At the end of the line a camera takes a picture of each beam, clamped on the left. A supplier sends
# you the pictures, with the truth for each of them: *sound* or *cracked*. Stains and scratches do no harm, and neither does the red arrow,
# which marks the load. You train a network, and if it is good enough, it will stop the cracked beams from next week on.
#
# Three people wait for your answer. The **engineer** wants to know what the network looks at. The **manager** wants to know what
# it costs. The **regulator** wants to know what may go wrong. At the end you write a page for each of them.

# %%
import numpy as np

from xailab import plot
from xailab.cam import cam, grad_cam
from course import check
from xailab.data import beams, hold_out, image_folder
from xailab.evaluate import deletion, mean_and_interval, pointing_game
from xailab.models import Classifier
from xailab.occlusion import occlusion
from course.lessons.lesson_12.report import FACTS, write_page

import keras  # behind xailab, which keeps TensorFlow's start-up lines out of the lesson
import tensorflow as tf

# %% tags=["parameters"] small={"PARTS": 60, "TESTS": 60, "EPOCHS": [2], "MAPS": 4}
PARTS = 800  # to learn from
TESTS = 400  # to be judged by
EPOCHS = [8, 4, 4, 4]  # the later rounds only where the loss is still high
MAPS = 24  # pictures whose maps are judged
LINE = [0, 1]  # how the supplier took the pictures: a later section explains it
FOLDER = ""  # or the path of your own parts, with one folder per class
PAGES = "../build"  # where the three pages go

# %%
delivered = beams(PARTS, marks=LINE, seed=1)
new = beams(TESTS, marks=LINE, seed=2)
shown = [np.flatnonzero(delivered.cracked == state)[:3] for state in (1, 0)]
plot.grid(
    list(delivered.photos[np.concatenate(shown)]),
    ["cracked"] * 3 + ["sound"] * 3,
    title="Six of the supplier's pictures",
    columns=3,
    alt=(
        "Six beams clamped on the left. The three cracked ones have a dark jagged"
        " line from the upper side, and a small green spot on the clamp; the three"
        " sound ones have neither."
    ),
)

# %% [markdown]
# The network is small and ends in global average pooling. With several names it gives a logit for each of them; with one name
# it gives one number, which we need later.


# %%
def prepare(photos):
    return tf.cast(photos, tf.float32) / 255 - 0.5


def learn(photos, truth, names, seed=0):
    keras.utils.set_random_seed(seed)
    options, layers = {"padding": "same", "activation": "relu"}, keras.layers
    network = keras.Sequential(
        [
            keras.Input(photos.shape[1:]),
            layers.Conv2D(16, 3, name="conv1", **options),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, name="conv2", **options),
            layers.MaxPooling2D(),
            layers.Conv2D(48, 3, name="conv3", **options),
            layers.GlobalAveragePooling2D(),
            layers.Dense(len(names), name="output"),
        ]
    )
    loss, enough = keras.losses.SparseCategoricalCrossentropy(from_logits=True), 0.08
    if len(names) == 1:  # a number
        loss, enough = keras.losses.MeanSquaredError(), 0.013
    network.compile(keras.optimizers.Adam(0.003), loss)
    for epochs in EPOCHS:
        fitted = network.fit(
            prepare(photos), truth, batch_size=32, epochs=epochs, verbose=0
        )
        if fitted.history["loss"][-1] < enough:
            break
    return Classifier(network, prepare, names)


def share_right(network, photos, truth):
    return np.mean(network.logits(photos).argmax(axis=1) == truth)


names = ("sound", "cracked")
first = learn(delivered.photos, delivered.cracked, names)
score = share_right(first, new.photos, new.cracked)
print(f"{score:.2%} of {TESTS} new pictures from the supplier are right")

# %% [markdown]
# Over five other trainings, with other pictures and other first weights, the score is never below 99.7 %.
# <!-- tried: tests/lessons/test_lesson_12.py::test_on_the_suppliers_own_pictures_the_score_is_nearly_perfect | five seeds, 400 new pictures each | 99.75 to 100 % | none yet | - -->
# Would you sign?

# %% [markdown] tags=["teaching"]
# **Stop here and let everybody vote:** sign or not? Whoever says no has to say what is missing. Most classes have seen the
# green spot in the first figure by now, or nobody has: both are worth talking about. In a real project the mark is rarely green.

# %% [markdown]
# ## Find it: where does the network look?
#
# Before anybody signs, ask for maps: CAM, Grad-CAM and occlusion, for *cracked*, on three cracked beams.

# %%
broken = np.flatnonzero(new.cracked == 1)[:MAPS]
few = new.photos[broken[:3]]
rows = {
    "CAM": cam(first, few, 1),
    "Grad-CAM": grad_cam(first, few, 1),
    "occlusion": occlusion(first, few, 1, patch=12, stride=6),
}
scaled = [heat / (np.abs(heat).max() or 1) for heats in rows.values() for heat in heats]
plot.grid(
    [*few, *scaled],
    ["cracked"] * 3 + [name for name in rows for _ in range(3)],
    title="Three cracked beams and three maps of each, each on its own scale",
    columns=3,
    alt=(
        "Three cracked beams. CAM, Grad-CAM and occlusion are highest at the green"
        " spot on the clamp; on two beams the crack is marked, too, but fainter."
    ),
)

# %% [markdown]
# Something on the clamp, and it is not the crack. Three pictures may be chance, and a real line has no masks that tell where a crack
# is. But maps can be added up: cracks may be anywhere along the beam, so what all maps share is worth a look.

# %%
average = cam(first, new.photos[new.cracked == 1], 1).mean(axis=0)
plot.overlay(
    new.photos[broken[0]],
    average,
    title="CAM for 'cracked': the mean over all cracked beams, laid over one of them",
)

# %% [markdown]
# The mean map is highest on the clamp.
# <!-- tried: tests/lessons/test_lesson_12.py::test_in_this_run_maps_and_their_mean_are_highest_on_the_clamp | this run | at the left, 90 % of the maps on the mark | none yet | - -->
# There sits a spot of green paint, on the cracked beams only. You ask the supplier: cracked
# beams came back from customers, and they were photographed at another place, on a clamp that somebody had marked with
# paint.
#
# The course's beams know the pixels of their crack and of the mark, so we can count. First, how much of a map's heat lies on a
# thing?


# %% tags=["exercise"] id="12.1" minutes=5 difficulty=2
def share_of_heat(heatmaps, masks):
    """Share of each map's positive values that lies within its mask.
    (N, H, W), bool (N, H, W) -> (N,)"""
    positive = np.maximum(heatmaps, 0)
    inside = np.sum(positive * masks, axis=(1, 2))
    return inside / np.sum(positive, axis=(1, 2))


share_of_heat = check("12.1", share_of_heat)

# %%
heats = cam(first, new.photos[broken], 1)
for name, masks in {"mark": new.marks[broken], "crack": new.cracks[broken]}.items():
    points = pointing_game(heats, masks, tolerance=3).mean()
    print(
        f"{name:<6}{masks.mean():.2%} of the pixels,"
        f" {share_of_heat(heats, masks).mean():.1%} of the heat;"
        f" {points:.0%} of the maps are highest there"
    )

# %% [markdown]
# The mark has far more heat than its size explains, and it has the highest pixel of most maps. But the crack has its part of the heat, too.
# So is the mark the reason, or does it only stand beside the reason? Over the five other trainings CAM points at the mark more often than
# at the crack every time, by as little as 46 to 38 %; occlusion does so in four.
# <!-- tried: tests/lessons/test_lesson_12.py::test_maps_of_the_first_network_point_at_the_mark_but_not_all_of_them | five seeds, 24 beams with crack and mark | CAM 46 to 96 % on the mark, occlusion 20 to 66 % | none yet | - -->
# A map raises a suspicion. It does not prove one.
#
# A suspicion about the data can be tried without any network.


# %% tags=["exercise"] id="12.2" minutes=5 difficulty=2
def by_the_mark_alone(cracked, marked):
    """Share of parts that the best rule gets right which sees the mark and nothing
    else. 0 or 1 (N,), 0 or 1 (N,) -> number from 0 to 1"""
    counts = [
        [np.sum((marked == mark) & (cracked == state)) for state in (0, 1)]
        for mark in (0, 1)
    ]
    return np.max(counts, axis=1).sum() / len(cracked)


by_the_mark_alone = check("12.2", by_the_mark_alone)

# %%
# NBVAL_CHECK_OUTPUT
carry = new.marks.any(axis=(1, 2)).astype(int)
print(f"right by the mark alone: {by_the_mark_alone(new.cracked, carry):.0%}")

# %% [markdown]
# On these pictures a rule that never looks at the beam is as good as the network. So their score cannot tell us whether the network sees
# cracks, however many of them we collect.

# %% [markdown]
# ## Prove it: counter-examples
#
# A hypothesis is worth what it forbids. If the network goes by cracks, then paint on the clamp changes nothing. So take new beams, and
# photograph each of them twice: on a bare clamp and on a marked one. Within a pair nothing else differs, not by one pixel.

# %%
bare = beams(TESTS, marks=(0, 0), seed=3)
marked = beams(TESTS, marks=(1, 1), seed=3)
trio = [*np.flatnonzero(bare.cracked == 0)[:2], np.argmax(bare.cracked)]
pairs = [*bare.photos[trio], *marked.photos[trio]]
certainty = first(np.stack(pairs))[:, 1]
states = ["sound", "sound", "cracked"] * 2
plot.grid(
    pairs,
    [f"{state}; says cracked: {p:.0%}" for state, p in zip(states, certainty)],
    title="The same three beams on a bare clamp and on a marked one",
    columns=3,
)


# %% tags=["exercise"] id="12.3" minutes=4 difficulty=1
def flips(without, with_mark):
    """How many answers the mark turns from sound (0) to cracked (1), and back.
    logits (N, 2), logits (N, 2) -> two whole numbers"""
    before, after = without.argmax(axis=1), with_mark.argmax(axis=1)
    to_cracked = np.sum((before == 0) & (after == 1))
    to_sound = np.sum((before == 1) & (after == 0))
    return to_cracked, to_sound


flips = check("12.3", flips)

# %%
to_cracked, to_sound = flips(first.logits(bare.photos), first.logits(marked.photos))
print(f"of {TESTS} beams the mark turns {to_cracked} answers from sound to cracked,")
print(f"and {to_sound} from cracked to sound")

# %% [markdown]
# That is the proof. The pairs differ in the mark only, so the mark is what changed these answers. In the five other trainings it turns 122 to 242 of 400
# answers to *cracked*, and not one to *sound*.
# <!-- tried: tests/lessons/test_lesson_12.py::test_the_mark_turns_answers_to_cracked_and_never_to_sound | five seeds, 400 pairs each | 122 to 242 to cracked, none to sound | none yet | - -->
# What will it do in the factory, where both clamps are used for all beams? We call this the **honest line**: every second beam
# is on the marked clamp, whatever its state.

# %%
honest = beams(TESTS, marks=(0.5, 0.5), seed=3)
on_honest = share_right(first, honest.photos, honest.cracked)
print(f"{on_honest:.1%} right on the honest line")

# %% [markdown]
# The five others have 70 to 85 %. That is more than a toss: such a network has learned something about cracks, too.
# <!-- tried: tests/lessons/test_lesson_12.py::test_on_the_honest_line_the_first_network_is_poor | five seeds, 400 beams each | 70.0 to 84.8 % | none yet | - -->
# You do not sign.

# %% [markdown]
# ## Mend the data
#
# There is no better network to be trained from these pictures: they do not say what the difference between a crack and a mark is. So the
# data must change. There are two ways.
#
# - **Paint the mark over** in the pictures that you have, here in the picture's mean colour. This needs the place of every mark, and it leaves a trace.
# - **Take new pictures**, with every second beam on the marked clamp, whatever its state. This costs a day on the line.
#
# We tried both, five times each (`datasets/inspection_line.py`). Painted over: 91 to 99 % right on the honest line, where real marks are
# seen, and the mark still turns 3 to 8 of 400 answers. New pictures: 98 to 99.5 %, and it turns one answer at most.
# <!-- tried: tests/lessons/test_lesson_12.py::test_painting_over_helps_and_new_pictures_help_more | five seeds, 400 beams and 400 pairs each | 90.8 to 98.5 % and 97.8 to 99.5 % | none yet | - -->
# We had expected that the painted patch would become a mark of its own. It did not, at least not here. New pictures it is.

# %%
mended = beams(PARTS, marks=(0.5, 0.5), seed=1)  # the same beams, both clamps
carry = mended.marks.any(axis=(1, 2)).astype(int)
print(f"right by the mark alone: {by_the_mark_alone(mended.cracked, carry):.0%}")
second = learn(mended.photos, mended.cracked, names)


def judge(network):
    """What the honest line, the pairs and the maps say about a network."""
    photos, marks, cracks = (
        each[marked.cracked == 1][:MAPS]
        for each in (marked.photos, marked.marks, marked.cracks)
    )
    heats = cam(network, photos, 1)
    covered = occlusion(network, photos, 1, patch=12, stride=6, progress=False)
    curves = [
        deletion(network, photo, heat, target=1, steps=20)
        for photo, heat in zip(photos, heats)
    ]
    changed = flips(network.logits(bare.photos), network.logits(marked.photos))
    return {
        "right": share_right(network, honest.photos, honest.cracked),
        "flips": sum(changed),
        "mark": pointing_game(heats, marks, tolerance=3).mean(),
        "crack": pointing_game(heats, cracks, tolerance=3).mean(),
        "occlusion": pointing_game(covered, cracks, tolerance=3).mean(),
        "heat": share_of_heat(heats, marks).mean(),
        "deletion": np.mean([curve.auc for curve in curves]),
    }


before, after = judge(first), judge(second)
for name in before:
    what = FACTS[f"{name}_before"].removesuffix(", first network")
    print(f"{what:<48}{before[name]:>8.3g} -> {after[name]:.3g}")

# %% [markdown]
# Read the table from above. The score and the pairs are the result: the fault is gone. The maps agree: CAM leaves the mark. In the five
# other trainings 0 to 4 % of its maps still point there.
# <!-- tried: tests/lessons/test_lesson_12.py::test_after_mending_the_maps_leave_the_mark | five seeds, 24 beams with crack and mark | 0 to 4 % | none yet | - -->
#
# **What can go wrong.** Three of these measures mislead if they stand alone.
#
# - *CAM points at the crack* in 17 to 88 % of the maps after mending, in five trainings of nearly equal score; occlusion does in 94
#   to 95 %. A poor hit rate may be the map's fault, and not the network's.
#   <!-- tried: tests/lessons/test_lesson_12.py::test_after_mending_occlusion_points_at_the_crack_and_cam_does_so_by_chance | five seeds, 24 beams | 17 to 88 % and 94 to 95 % | none yet | - -->
# - *The area under the deletion curve* fell in two of five trainings and rose in three, though all five networks were mended. It
#   compares maps of one network; it does not compare two networks.
#   <!-- tried: tests/lessons/test_lesson_12.py::test_the_deletion_area_does_not_tell_the_two_networks_apart | five seeds, 24 beams | down in two, up in three | none yet | - -->
# - *Right on the honest line* holds for the faults that we thought of. The next mark may be a reflection, or the day of the week.

# %% [markdown] tags=["teaching"]
# **Ask:** which of the seven rows would you still have if nobody knew the pixels of cracks and marks? The first two and the last: they need
# pictures, not masks. And the last does not compare networks. That is why counter-examples are worth the day on the line.

# %% [markdown]
# ## What a mistake costs
#
# The network gives a probability. From which one on is a beam stopped? A false alarm costs a second look. A missed crack costs
# a recall; say, a hundred times as much.


# %% tags=["exercise"] id="12.4" minutes=5 difficulty=2
def cost(probabilities, cracked, threshold, miss, alarm):
    """Cost of all mistakes per 1,000 parts, if parts are stopped from the threshold
    on. (N,), 0 or 1 (N,), number, two costs -> number"""
    stopped = probabilities >= threshold
    missed = np.sum(~stopped & (cracked == 1))
    alarms = np.sum(stopped & (cracked == 0))
    return 1000 * (missed * miss + alarms * alarm) / len(cracked)


cost = check("12.4", cost)

# %%
MISS, ALARM = 100, 1
other = beams(TESTS, marks=(0.5, 0.5), seed=4)  # to choose by, not to judge by
thresholds = np.round(np.arange(0.02, 1, 0.02), 2)
chances = {"first": first(other.photos)[:, 1], "mended": second(other.photos)[:, 1]}
costs = {
    name: [cost(chance, other.cracked, t, MISS, ALARM) for t in thresholds]
    for name, chance in chances.items()
}
threshold = float(thresholds[np.argmin(costs["mended"])])
bill = plot.curves(
    costs,
    title="What mistakes cost, by the threshold",
    ylabel="cost per 1,000 beams",
    xlabel="probability from which a beam is stopped",
    x=thresholds,
)
bill

# %%
chance, bad = second(honest.photos)[:, 1], honest.cracked == 1
for limit in (0.5, threshold):
    stopped = chance >= limit
    paid = cost(chance, honest.cracked, limit, MISS, ALARM)
    print(
        f"threshold {limit:.2f}: {np.sum(~stopped & bad)} of {bad.sum()} cracks missed,"
        f" {np.sum(stopped & ~bad)} of {np.sum(~bad)} sound ones stopped,"
        f" {paid:,.0f} per 1,000"
    )

# %% [markdown]
# The threshold was chosen on one set of beams and is judged on another, for the same reason for which you do not test on what you trained with.
#
# ## A map of a number: how deep is the crack?
#
# The engineer asks for more: how deep is it, in parts of the beam's thickness? That is **regression**, one number instead of classes. The
# same network does it with one output and the mean squared error, and sound beams have depth 0.
#
# Nothing in CAM needs classes. The number is a weighted sum of channel means, plus the bias; so it can be shared out over the cells as a
# logit can: a **regression activation map**.


# %% tags=["exercise"] id="12.5" minutes=6 difficulty=2
def regression_map(maps, weights):
    """What each cell adds to the number: the sum of the map is the number less the
    bias. (H, W, C), (C,) -> (H, W)"""
    height, width, _ = maps.shape
    return maps @ weights / (height * width)


regression_map = check("12.5", regression_map)

# %%
gauge = learn(mended.photos, mended.depths.astype(np.float32), ("depth",))
says = gauge.logits(honest.photos)[:, 0]
maps = cam(gauge, honest.photos, 0)
kernel, bias = gauge.model.get_layer("output").get_weights()
off = np.abs(maps.sum(axis=(1, 2)) + bias[0] - says).max()
print("sum of the map + bias = the number, within 1e-4:", bool(off < 1e-4))
inner = keras.Model(gauge.model.inputs, gauge.model.get_layer("conv3").output)
yours = regression_map(inner(prepare(honest.photos[:1])).numpy()[0], kernel[:, 0])
print("your map has the same sum:", np.isclose(yours.sum(), maps[0].sum(), atol=1e-4))

# %%
deep = int(np.argmax(np.where(honest.cracked == 1, says, -1)))
by_gradient = grad_cam(gauge, honest.photos[deep : deep + 1], 0)[0]
plot.layer_strip(
    honest.photos[deep],
    {"CAM": maps[deep], "Grad-CAM": by_gradient},
    title=f"A depth of {says[deep]:.2f}, where it is {honest.depths[deep]:.2f}",
)

# %% [markdown]
# Grad-CAM takes the gradient of the number instead of a logit's, and needs no other change. On this network it is the same map as CAM, up
# to its ReLU, its scale and how it is enlarged. CAM keeps the sign and the unit: each pixel says how many parts of the thickness it adds.
# The sum holds for every beam, to a millionth, in all five trainings.
# <!-- tried: tests/lessons/test_lesson_12.py::test_the_sum_of_the_regression_map_is_the_number_less_the_bias | five seeds, 400 beams each | below 1e-6 | none yet | - -->

# %%
wrong, guess = np.abs(says - honest.depths), honest.depths[bad].mean()
explained = 1 - np.mean((says - honest.depths) ** 2) / honest.depths.var()
print(f"explained variance, all beams: {explained:.0%}")
print(f"mean error on cracked beams: {wrong[bad].mean():.3f}")
by_guess = np.abs(honest.depths[bad] - guess).mean()
print(f"and of the guess {guess:.2f} for all of them: {by_guess:.3f}")
plot.scatter(
    {"beams": np.stack([honest.depths, says], axis=1)},
    honest.cracked,
    title="Depth as it is and as the network says it",
    label="cracked",
    xlabel="true depth, parts of the thickness",
    ylabel="predicted depth",
)

# %% [markdown]
# **What can go wrong.** About nine tenths of the variance explained: a fine gauge? Look at the cracked beams alone. Over five trainings the
# network explains 87 to 92 % of the variance of all beams. On cracked beams alone it explains none: its squared error is above that of one
# guess for all of them, every time.
# <!-- tried: tests/lessons/test_lesson_12.py::test_the_depth_tells_cracked_from_sound_and_hardly_one_crack_from_another | five seeds, 400 beams each | 87 to 92 % of all, below zero of cracked ones | none yet | - -->
# Deeper cracks do get larger numbers as a rule, with a correlation of 0.59 to 0.68, but so roughly that the guess is nearer. It is the
# sound beams, all at zero, that make the number look good. The maps were true, and the sum was right to a millionth; neither says that the
# number is. We leave it out of what we promise.

# %% [markdown]
# ## Your own parts
#
# Put your pictures into a folder that holds one folder per class, and name it in `FOLDER` in the cell of parameters, as seen from this
# notebook, or call `xailab run 12 -p FOLDER=../parts`. The three pages are then about your parts instead. What needs a truth that only drawn
# beams have is left out, and the pages list it.

# %%
if FOLDER:
    known, unseen = hold_out(image_folder(FOLDER, (64, 128)))
    print("to learn from:", known, "\nto test with:", unseen)
    own = learn(known.images, known.labels, known.names)
    chosen = np.random.default_rng(0).permutation(len(unseen.labels))[:MAPS]
    few, truth = unseen.images[chosen], unseen.labels[chosen]
    said = own.logits(few).argmax(axis=1)
    heats = cam(own, few, said)
    areas = [
        deletion(own, photo, heat, target=answer, steps=20).auc
        for photo, heat, answer in zip(few, heats, said)
    ]
    facts = {
        "parts": "parts from a folder",
        "classes": ", ".join(known.names),
        "learned": len(known.labels),
        "tested": len(unseen.labels),
        "skipped": len(known.skipped),
        "right_own": share_right(own, unseen.images, unseen.labels),
        "deletion_before": np.mean(areas),
    }
    figures = [
        plot.overlay(
            photo,
            heat,
            title=f"CAM for '{own.labels[answer]}'; it is '{own.labels[right]}'",
        )
        for photo, heat, answer, right in zip(few[:3], heats, said, truth)
    ]
    print(f"right on those it has not seen: {facts['right_own']:.0%}")
    print("left out, as no mask and no pair is known: share of heat, pointing game,")
    print("pairs with and without a mark, the honest line, costs, depth")
else:
    print("FOLDER is empty: the pages are about the beams")

# %% [markdown]
# ## Three pages
#
# `write_page` has a template for each reader, and fills it with the numbers that you measured. What you did not measure is listed on the
# page as missing. One sentence you must write yourself: what should be done. It stands on top, so it must be true. Which of these do your
# measurements support?
#
# - **A** The heat maps prove that the network looks at cracks only.
# - **B** On new beams, photographed as these were, it is right as often as stated here; about other clamps, cameras and steel nothing is known.
# - **C** The network is 98 % sure of each of its answers.
# - **D** The network finds every crack that is deeper than half of the thickness.

# %% tags=["exercise"] id="12.6" minutes=3 difficulty=1
sentence = "B"
sentence = check("12.6", sentence)

# %%
verdicts = {
    "engineer": "Do not use the first network. Take pictures on both clamps.",
    "manager": "The mended network may help a person; it may not replace one.",
    "regulator": (
        "On new beams, photographed as these were, it is right as often as stated"
        " here; about other clamps, cameras and steel nothing is known."
    ),
}
if FOLDER:
    verdicts = dict.fromkeys(verdicts, "Look at the maps before you trust the score.")
else:
    half = mean_and_interval(second(honest.photos).argmax(axis=1) == honest.cracked)[1]
    facts = {
        **{"parts": "drawn steel beams", "classes": ", ".join(names), "skipped": 0},
        **{"learned": PARTS, "tested": TESTS, "pairs": TESTS, "maps": MAPS},
        **{"right_own": score, "half_after": half, "threshold": threshold},
        **{f"{name}_before": value for name, value in before.items()},
        **{f"{name}_after": value for name, value in after.items()},
        **{"cracked": bad.sum(), "sound": np.sum(~bad)},
        **{"missed": np.sum(~stopped & bad), "alarms": np.sum(stopped & ~bad)},
        **{"miss_cost": MISS, "alarm_cost": ALARM, "cost": paid},
        **{"depth_error": wrong[bad].mean(), "guess_error": by_guess},
    }
    photo = marked.photos[np.flatnonzero(marked.cracked == 1)[:1]]
    figures = [
        plot.overlay(photo[0], cam(network, photo, 1)[0], title=f"CAM, {name} network")
        for name, network in {"first": first, "mended": second}.items()
    ]
for reader, verdict in verdicts.items():
    place = f"{PAGES}/12_{reader}.html"
    shown = [bill] if reader == "manager" and not FOLDER else figures
    page = write_page(place, reader, {**facts, "verdict": verdict}, shown)
    print(f"{page.name}: {page.stat().st_size / 1000:.0f} kB")

# %% [markdown]
# Open them in a browser. Each is one file that needs no network: you can send it by mail. Give each page to somebody who has not read
# this lesson, and ask what they would do. If the answer is not what you meant, your own sentence is the place to mend.

# %% [markdown] tags=["teaching"]
# **Let pairs exchange their pages:** one plays the regulator and may ask one question. The best question so far was: how do you know that
# there is no second mark?

# %% [markdown]
# ## Summary
#
# - A score on pictures from the same source cannot show what a network goes by. Ask first how far each thing that you can name gets alone.
# - Maps raise the suspicion. They do not all agree, and they do not prove it.
# - Pairs that differ in one thing prove it: what changes, changes because of this thing.
# - The cure is in the data. Pictures in which the mark says nothing helped more than painting it over.
# - Measure again with several measures. The deletion area and CAM's hits were no good for comparing two networks here.
# - A number has a map, too, whose sum is the number less the bias. A true map of a number does not make it a good number.
# - Each reader needs another page, and each page says what was not measured.
#
# **Next**: a line of your own. Set `FOLDER`, and begin with the question that this lesson began with: would you sign?
#
# **To read on:** Lapuschkin, Wäldchen, Binder, Montavon, Samek and Müller (2019), *Unmasking Clever Hans predictors and assessing what
# machines really learn*. Geirhos, Jacobsen, Michaelis, Zemel, Brendel, Bethge and Wichmann (2020), *Shortcut learning in deep neural
# networks*. Wang and Yang (2017), *Diabetic retinopathy detection via deep convolutional networks for discriminative localization and
# visual explanation*, where the regression activation map comes from. Mitchell and others (2019), *Model cards for model reporting*.
