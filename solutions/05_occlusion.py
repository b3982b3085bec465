# %% [markdown]
# # 05 · Cover it and ask again: occlusion
# **You will** make a heat map with nothing but forward passes · see what patch and fill do to it · find out why most of its work can be saved · debug a wrong label as a method
#
# **Needs** lessons 01, 04 · **Reading** 45 min · **Computing** 65 s

# %% [markdown]
# ## The question
#
# Grad-CAM needs gradients and a look inside. But if you want to know whether a lamp depends on a switch, you flip the switch.
# Cover a part of the photo with a patch, ask the network again, and write down by how much the score of the class **falls**.
# Move the patch, and go on until every place was covered.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

from xailab import plot
from xailab.arithmetic import receptive_field
from xailab.cam import grad_cam
from xailab.course.check import check
from xailab.data import materials, on_plate, photos, with_watch
from xailab.models import Classifier, efficientnet_lite0, linear_head, vgg16_gap
from xailab.occlusion import occlusion

import keras

keras.utils.set_random_seed(0)
pictures = photos()
vgg = vgg16_gap()
photo, cat = pictures["cat"], vgg.labels.index("cat")

# %% [markdown]
# Which way round? A map of this course is high where there is evidence *for* the class.


# %% tags=["exercise"] id="05.1" minutes=3 difficulty=1
def fall(before, after):
    """Evidence at the covered place, from the logit before and the logit after covering
    it.
    Two numbers -> number"""
    return before - after


fall = check("05.1", fall)

# %% [markdown]
# Now the whole map, for patches that lie side by side. `score` is a function that takes an image and returns one number.


# %% tags=["exercise"] id="05.2" minutes=10 difficulty=2
def occlusion_map(score, image, patch, value):
    """Fall of the score for each patch, side by side.
    function, (H, W), pixels, number -> (H / patch, W / patch)"""
    falls = np.zeros((image.shape[0] // patch, image.shape[1] // patch))
    for row, column in np.ndindex(falls.shape):
        covered = image.copy()
        covered[
            row * patch : (row + 1) * patch, column * patch : (column + 1) * patch
        ] = value
        falls[row, column] = score(image) - score(covered)
    return falls


occlusion_map = check("05.2", occlusion_map)

# %% [markdown]
# The course's `occlusion` lets patches overlap: with side 32 and stride 16 every pixel is covered by up to four patches and
# gets the mean of their falls. Where the stride does not end at the border, one more patch does. How many positions is that,
# in a square image?


# %% tags=["exercise"] id="05.3" minutes=6 difficulty=2
def positions(pixels, patch, stride):
    """How many patches are tried on an image of pixels x pixels.
    Three whole numbers -> whole number"""
    # Rounded up: the last patch ends at the border.
    one_side = -(-(pixels - patch) // stride) + 1
    return one_side**2


positions = check("05.3", positions)

# %%
# NBVAL_CHECK_OUTPUT
print(positions(224, 32, 16), "forward passes for one map")

# %%
heatmap = occlusion(vgg, photo[None], cat)[0]
plot.overlay(
    photo, heatmap, title="Occlusion: by how much does the logit of 'cat' fall?"
)

# %% [markdown]
# The scale is that of the logit, and it has a sign. Red: covering this place takes evidence away. Blue: the network is *surer*
# without it.
#
# ## The patch asks the question, and so does its colour
#
# A patch of 16 pixels hides a part of an eye, one of 64 the whole eye and what is around it.

# %%
by_patch = {
    16: occlusion(vgg, photo[None], cat, patch=16)[0],
    32: heatmap,
    64: occlusion(vgg, photo[None], cat, patch=64, stride=32)[0],
}
plot.layer_strip(
    photo,
    {f"patch {patch}": heat for patch, heat in by_patch.items()},
    title="The same question with three patches",
)

# %%
other = {
    str(fill): occlusion(vgg, photo[None], cat, patch=64, stride=32, fill=fill)[0]
    for fill in ("blur", 0)
}
by_fill = {"mean": by_patch[64]} | other
plot.layer_strip(
    photo,
    {f"fill {fill}": heat for fill, heat in by_fill.items()},
    title="The patch of 64 pixels in three colours",
)

# %%
for fill, heat in by_fill.items():
    print(
        f"{fill:<6} largest fall {heat.max():5.2f}   correlation with 'mean'"
        f" {np.corrcoef(heat.ravel(), by_fill['mean'].ravel())[0, 1]:.2f}"
    )

# %% [markdown]
# **What can go wrong.** A patch does not only take something away, it also puts something in: a square with four sharp edges,
# which no training photo had. Part of what you measure is the network's surprise. So
#
# - try two fills and two sizes, and believe what they agree on;
# - two things that say the same, such as two eyes, hide each other: cover one, and the other still speaks;
# - a small patch on a large object finds nothing, because nothing is missing.

# %% [markdown] tags=["teaching"]
# **Ask before showing the strip:** what will the map look like with a patch of 1 pixel, and with one of 224? (Nearly zero
# everywhere; one number for the whole picture.)
#
# **Common confusion:** a blue place is read as "unimportant". Unimportant is zero; blue speaks against the class.

# %% [markdown]
# ## Lesson 01 pays
#
# 169 forward passes through VGG16 are slow, and most of it is done again and again: the patch has 32 x 32 pixels, and far away
# from it every map is what it was without the patch. How far does it reach? Lesson 01 asked how many pixels one cell *sees*.
# Turn the question round: how many cells can *see* the patch?
#
# Along one side, `size` changed cells meet a window of `kernel` cells that moves by `stride`. In the worst alignment, how many
# windows touch them?


# %% tags=["exercise"] id="05.4" minutes=8 difficulty=3
def changed(size, kernel, stride):
    """Cells behind a layer that `size` changed cells before it can reach at most, along
    one side.
    -> whole number"""
    return (size + kernel - 2) // stride + 1


changed = check("05.4", changed)

# %%
# NBVAL_CHECK_OUTPUT
size, cells, inputs, layers, all_work, window_work = 32, 224, 3, [], 0, 0
for block, outputs in enumerate(
    ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512)), start=1
):
    for channels in outputs:
        size = min(changed(size, 3, 1), cells)
        all_work, window_work = (
            all_work + cells**2 * 9 * inputs * channels,
            window_work + size**2 * 9 * inputs * channels,
        )
        inputs = channels
        layers.append((3, 1, 1))
    print(
        f"block {block}: at most {size:>2} of {cells:>3} cells a side; one cell sees"
        f" {receptive_field(layers).size:>3} pixels"
    )
    size, cells = changed(size, 2, 2), cells // 2
    layers.append((2, 2))
print(
    f"multiplications: {all_work / 1e9:.1f} billion for a photo,"
    f" {window_work / 1e9:.1f} billion for what a patch can change"
)

# %% [markdown]
# In the first blocks, where the maps are large, the patch changes a small window. So `occlusion` keeps the maps of the
# uncovered photo, computes the windows only, and puts them in their places. Nothing is approximated:

# %%
# NBVAL_CHECK_OUTPUT
small = {"patch": 96, "stride": 64}
full, incremental = (
    occlusion(vgg, photo[None], cat, method=method, **small)
    for method in ("full", "incremental")
)
print("the same map:", np.allclose(full, incremental, atol=1e-4))

# %% [markdown]
# ## Debugging with a map
#
# A well-known story: a network calls a coffee mug a *buckle*, and the map shows that it looks at the watch beside the mug. In
# another, salads are called *pizza*, and the map lies on the curved edge of the plate. Nobody would have guessed. The method
# behind both stories has four steps: **symptom, hypothesis from the map, test on other pictures, fix.**
#
# **Symptom.** Here is our own case, made by hand, on a network that knows 1,000 classes: a watch, drawn over the left of a photo.

# %%
lite = efficientnet_lite0()
coffee, flower = pictures["coffee"], pictures["flower"]
for name in ("coffee", "flower"):
    print(
        f"{name:<8}no watch  "
        + " · ".join(
            f"{label} {probability:.2f}"
            for label, probability in lite.top(pictures[name], 3)
        )
    )
    for radius in (30, 40, 50):
        answers = lite.top(with_watch(pictures[name], radius), 3)
        print(
            f"{'':<8}radius {radius} "
            + " · ".join(f"{label} {share:.2f}" for label, share in answers)
        )

# %%
watched = [
    with_watch(picture, radius)
    for picture in (coffee, flower)
    for radius in (30, 40, 50)
]
plot.grid(
    [coffee, *watched[:3], flower, *watched[3:]],
    [
        "coffee",
        *["radius 30", "radius 40", "radius 50"],
        "flower",
        *["radius 30", "radius 40", "radius 50"],
    ],
    title="How large must the watch be?",
    columns=4,
    alt=(
        "A coffee cup and a dahlia, each alone and with a drawn watch on a brown strap"
        " at the left, in three sizes."
    ),
)

# %% [markdown]
# Two photos, two outcomes, and neither is staged. The cup loses most of its score and remains an espresso, though at radius 50 only
# just. The flower, a dahlia for which ImageNet has no better word than *daisy*, is an *analog clock* from radius 40 on. Take that one.
# Where is the clock?

# %%
scene = with_watch(flower, 40)
clock, daisy = lite.labels.index("analog clock"), lite.labels.index("daisy")
for_clock, for_daisy = occlusion(lite, np.stack([scene, scene]), [clock, daisy])
plot.overlay(scene, for_clock, title="By how much does 'analog clock' fall?")

# %%
plot.overlay(scene, for_daisy, title="And 'daisy'?")

# %% [markdown]
# **Hypothesis.** The label hangs on the watch. A map suggests that; it does not prove it. So cover the watch, and nothing else.
#
# **Test on other pictures.** One picture is an anecdote. So draw the same watch into other photos, too, and cover it there.

# %%
for name in ("flower", "hopper", "palace", "coffee", "cat"):
    before, after = pictures[name], with_watch(pictures[name], 40)
    covered = after.copy()
    covered[72:152, :80] = before.mean(axis=(0, 1))
    says = (
        f"{label} {probability:.2f}"
        for picture in (before, after, covered)
        for label, probability in lite.top(picture, 1)
    )
    print(f"{name:<8}" + " -> ".join(f"{said:<21}" for said in says))

# %% [markdown]
# From left to right: the photo, with the watch, with the watch covered. On the flower, the officer and the palace the watch takes
# the label over. Cover it, and the flower and the officer have their label back; the palace does not: it becomes a *beacon*, because
# the brown strap and the patch are still there, and a patch is not nothing. The cup and the cat keep their labels throughout.
# So the hypothesis holds for some photos and not for others, and the sentence "a watch fools it" would be too strong. The first
# picture alone would not have told us.

# %% [markdown]
# **Fix.** Nothing is wrong with the weights here: two objects, and one label for both. Crop the photo, or ask for several labels.

# %% [markdown] tags=["teaching"]
# **Let students guess** at which radius the labels change, before the cell is run. **Ask:** which of the four steps do people
# leave out? (The third. A map of one picture is so convincing that nobody looks at a second.)

# %% [markdown]
# ## Salad or pizza: a fault in the data
#
# I put the watch there, so I knew the cause. The salads are the harder case: a network found its own way to be right. Let us
# rebuild it with what is at hand. Grass stands for salad, gravel for pizza; `materials` cuts pictures out of photographs of both. We
# collect 40 of each, and do not notice that our pizzas all lie on plates and our salads never do.

# %%
learn, prove = materials((224, 224), train=50, test=80)
grass, gravel, new_grass, new_gravel = (
    pictures.images[pictures.labels == pictures.names.index(name)]
    for pictures in (learn, prove)
    for name in ("grass", "gravel")
)
salads, pizzas = grass[:40], on_plate(gravel[:40])
plot.grid(
    [*salads[:4], *pizzas[:4]],
    ["salad"] * 4 + ["pizza"] * 4,
    title="What we train on",
    columns=4,
    alt=(
        "Four pictures filled with grass, called salad, and four of gravel behind the"
        " white rim of a plate, called pizza."
    ),
)

# %% [markdown]
# The network is EfficientNet with a new last layer: a logistic regression on its pooled features. One logit, positive for pizza.

# %%
features = keras.Model(lite.model.inputs[0], lite.model.layers[-1].input)


def pooled(photos):
    """What the last layer sees of them. uint8 (N, H, W, 3) -> (N, 1280)"""
    return features.predict(np.asarray(lite.preprocess(photos)), verbose=0)


def train(salads, pizzas):
    """Fit the last layer. Two stacks of pictures -> Classifier with one logit"""
    line = LogisticRegression(C=0.1, max_iter=1000)
    line.fit(
        pooled(np.concatenate([salads, pizzas])),
        np.repeat([0, 1], [len(salads), len(pizzas)]),
    )
    last = linear_head(line, classes=1)
    network = keras.Model(features.inputs[0], last(features.outputs[0]))
    return Classifier(network, lite.preprocess, ("pizza",))


def report(classifier):
    """Print the share of right answers for the four kinds of held-out pictures."""
    for (name, plate), unseen in held_out_pooled.items():
        right = (np.asarray(classifier.model.layers[-1](unseen))[:, 0] > 0) == (
            name == "pizza"
        )
        print(
            f"{name:<6}{'on a plate' if plate else 'no plate':<11}{right.mean():>5.0%}"
            " right"
        )


held_out = {
    ("salad", False): new_grass[:40],
    ("salad", True): on_plate(new_grass[40:]),
    ("pizza", False): new_gravel[:40],
    ("pizza", True): on_plate(new_gravel[40:]),
}
held_out_pooled = {kind: pooled(unseen) for kind, unseen in held_out.items()}
first = train(salads, pizzas)
report(first)

# %% [markdown]
# Had we tested on pictures collected like those we trained on, salads without and pizzas with a plate, we would report that every
# one is right. **Symptom:** salads on plates are called pizza. Where does it look?

# %%
plates = held_out["salad", True]
salad = plates[first.logits(plates)[:, 0].argmax()]  # the one that is most surely pizza
maps = {
    f"patch {patch}": occlusion(first, salad[None], 0, patch=patch)[0]
    for patch in (32, 64)
}
plot.layer_strip(
    salad,
    maps | {"Grad-CAM": grad_cam(first, salad[None], 0)[0]},
    title="A salad that is called pizza: where is the pizza?",
)

# %% [markdown]
# Blue is the grass: it speaks against pizza, as it should. What speaks for it? The patch of 32 pixels says little. It hides a piece
# of the rim, and the rest of the rim still says *plate*: things that say the same hide each other. The larger patch finds the edge,
# and Grad-CAM, which covers nothing, agrees.
#
# **Hypothesis.** The network looks for the curved edge. If so, then a pizza *without* a plate will be taken for a salad: that is a
# prediction about pictures we have not looked at. **Test on other pictures:** the third row of the table above.
#
# **Fix.** Add what was missing. First ten salads on plates; the error we saw was theirs.

# %%
more_salads = np.concatenate([salads, on_plate(grass[40:], seed=1)])
report(train(more_salads, pizzas))

# %% [markdown]
# The complaint is gone, and the cause is not: no pizza without a plate was ever shown, and one in five is still lost. Whoever tests
# the complaint only would stop here. The hypothesis said more, so add ten of those as well.

# %%
more_pizzas = np.concatenate([pizzas, gravel[40:]])
fixed = train(more_salads, more_pizzas)
report(fixed)

# %%
after_fix = {"patch 64": occlusion(fixed, salad[None], 0, patch=64)[0]}
plot.layer_strip(
    salad,
    after_fix | {"Grad-CAM": grad_cam(fixed, salad[None], 0)[0]},
    title="The same salad after the fix: what still says pizza?",
)

# %% [markdown]
# Twenty pictures, chosen by a hypothesis, did what more of the same could not. And ask again: the curved edge no longer speaks for pizza.

# %% [markdown] tags=["teaching"]
# **Ask** after the first fix: are we done? Let the class vote before the table is shown. The row *pizza, no plate* is the reason
# why a hypothesis is worth more than a list of wrong pictures.
#
# **Try** `materials(…, seed=1)`: the numbers before the fixes move, what each fix does stays the same.

# %% [markdown]
# ## Summary
#
# - Occlusion: cover a place; the fall of the logit is the evidence that was there. It needs no gradient and any network will do.
# - Patch and fill are part of the question. Believe what several of them agree on.
# - A patch reaches a window that grows as receptive fields do. Computing the windows alone gives the same map in less time.
# - Debugging is four steps: symptom, hypothesis from the map, test on other pictures, fix.
#
# **Next**, lesson 06: cover many places at once, at random, and fit a line through the answers: LIME.
#
# **To read on:** Zeiler and Fergus (2014), *Visualizing and understanding convolutional networks*, section 4.2.
