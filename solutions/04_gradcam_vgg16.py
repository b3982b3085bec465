# %% [markdown]
# # 04 · Any network, any layer: Grad-CAM on VGG16
# **You will** write Grad-CAM in a few lines · follow it through all 13 layers of VGG16 · prove that it is CAM where CAM exists · see its mean mislead, and write HiResCAM, which takes none
#
# **Needs** lessons 02, 03 · **Reading** 70 min · **Computing** 35 s

# %% [markdown]
# ## The question
#
# CAM was exact, but choosy: global average pooling, one linear layer, and only the maps right before them. GoogLeNet, ResNet,
# MobileNet and EfficientNet end like that. LeNet-5, AlexNet and VGG16 do not: they flatten their maps, and several dense layers follow.
# And of no network does CAM show an earlier layer. Is there a map for *any* convolutional network, at *any* of its layers?
#
# We ask VGG16, trained on ImageNet: thirteen convolutions of 3 x 3 in five blocks. So that the lesson runs without a network
# connection, its convolutions come with the course and end in a head of twelve everyday classes that we trained: global average
# pooling and one linear layer.

# %%
import numpy as np
from sklearn.linear_model import LogisticRegression

from xailab import plot
from xailab.cam import (
    cam,
    grad_cam,
    grad_cam_layers,
    grad_cam_plus_plus,
    guided_backprop,
    hires_cam,
)
from course import check
from xailab.data import image_folder, materials, mnist, photos
from xailab.lime import explain_image
from xailab.models import Classifier, efficientnet_lite0, linear_head
from xailab.models import vgg16_gap, vgg16_head

import keras  # behind xailab, which keeps TensorFlow's start-up lines out of the lesson
import tensorflow as tf

# %% tags=["parameters"] small={"EPOCHS": 1, "PAIRS": 500}
EPOCHS = 4  # of the network that reads the left one of two digits
PAIRS = 4000  # pairs of digits that it is trained on
FOLDER = None  # at the end: the path of your own pictures, one folder per class

# %%
pictures = photos()
vgg = vgg16_gap()

# %%
names = ["cat", "coffee", "palace", "hopper", "astronaut", "rocket", "flower"]
plot.grid(
    [pictures[name] for name in names],
    names,
    title="Photographs to ask about",
    columns=7,
)

# %% [markdown]
# How good is the head? Each of its photos was judged once by a head that had not seen it (five-fold cross-validation). The
# choice of the twelve classes and one setting was made on the same photos, so the figure flatters a little.

# %%
# NBVAL_CHECK_OUTPUT
head = vgg16_head()
print(f"{float(head['accuracy']):.1%} of {int(head['confusion'].sum())} photos right")

# %%
plot.confusion(
    head["confusion"],
    vgg.labels,
    title="Twelve everyday classes: what is taken for what?",
)

# %%
for name in ("cat", "coffee", "palace", "hopper"):
    print(
        f"{name:<8}"
        + " · ".join(
            f"{label} {probability:.3f}"
            for label, probability in vgg.top(pictures[name], 3)
        )
    )

# %% [markdown]
# ## The idea
#
# In lesson 03 the weight $w_k^c$ told how much class $c$ likes channel $k$. A network without that last layer has no such
# weight. But we can ask it: *if channel $k$ grew a little, by how much would the score of the class grow?* That is a
# derivative, and every deep-learning library computes it. Average it over the channel's positions:
#
# $$\alpha_k^c = \frac{1}{Z}\sum_{i,j}\frac{\partial S_c}{\partial A^k_{ij}} \qquad\text{(1)} \qquad\qquad
# L^c = \mathrm{ReLU}\Big(\sum_k \alpha_k^c A^k\Big) \qquad\text{(2)}$$
#
# $A^k$ are the maps of the layer we look at, $Z$ the number of their cells. $S_c$ is the **logit**, not the probability. A probability
# also rises when other classes fall, so its map is a contrast between classes. With the network's answer at probability $p$, the two
# maps look alike on most photos, and the one of the probability is smaller, by about the factor $p(1-p)$.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_map_of_the_probability_is_much_smaller_and_mostly_alike | 12 pictures | factor .7 to 1.2, correlation above .8 in 12 of 12 | none yet | - -->
# The surer the network, the weaker this map.
#
# ## By hand
#
# One model with two outputs, the maps and the logits; one gradient, which TensorFlow's `GradientTape` takes of whatever was computed
# inside its `with`. Everything else is equations 1 and 2.

# %%
network = vgg.model
both = keras.Model(
    network.inputs[0], [network.get_layer("block5_conv3").output, network.outputs[0]]
)


# %% tags=["exercise"] id="04.1" minutes=15 difficulty=3
def grad_cam_map(both, image, target):
    """Equations 1 and 2 for one image. both: from images (1, H, W, C) to maps
    (1, h, w, K) and logits (1, classes). A class's number -> (h, w)"""
    with tf.GradientTape() as tape:
        maps, logits = both(image)
        score = logits[0, target]
    gradient = tape.gradient(score, maps)
    weights = tf.reduce_mean(gradient, axis=(1, 2), keepdims=True)
    return tf.nn.relu(tf.reduce_sum(weights * maps, axis=-1))[0]


grad_cam_map = check("04.1", grad_cam_map)

# %%
photo, cat = pictures["cat"], vgg.labels.index("cat")
by_hand = np.asarray(grad_cam_map(both, vgg.preprocess(photo[None]), cat))
plot.grid(
    [by_hand],
    title="Grad-CAM for 'cat' at block5_conv3",
    cmap="inferno",
    alt="A coarse map of 14 by 14 cells, brightest above the cat's eye on the left.",
)

# %% [markdown]
# ## With the package
#
# `grad_cam` does the same for a batch, in one compiled function, and scales the map up to the photo.

# %%
# NBVAL_CHECK_OUTPUT
heatmap = grad_cam(vgg, photo[None], cat)[0]
scaled_up = tf.image.resize(by_hand[..., None], photo.shape[:2]).numpy()[..., 0]
print("same as by hand:", np.allclose(heatmap, scaled_up, atol=1e-4 * heatmap.max()))

# %%
plot.overlay(photo, heatmap, title="Grad-CAM for 'cat'")

# %%
cup, drink = pictures["coffee"], vgg.labels.index("food or drink")
plot.overlay(
    cup, grad_cam(vgg, cup[None], drink)[0], title="Grad-CAM for 'food or drink'"
)

# %%
palace, building = pictures["palace"], vgg.labels.index("building")
plot.overlay(
    palace, grad_cam(vgg, palace[None], building)[0], title="Grad-CAM for 'building'"
)

# %% [markdown]
# ## Every layer
#
# Nothing in equation 2 asks for the last layer. One backward pass reaches all of them.

# %%
strip = grad_cam_layers(vgg, photo[None], cat)
plot.layer_strip(
    photo,
    {name: layer_maps[0] for name, layer_maps in strip.items()},
    title="Grad-CAM for 'cat' in all 13 layers of VGG16",
)

# %% [markdown]
# Read it from left to right, and mind the little numbers: each panel has its own scale. Early layers are general, says the thesis, and late
# layers are specific; lesson 08 will ask these strips which blocks to train again.
#
# **What can go wrong.** Early maps look sharp, and sharp looks convincing. But equation 1 gives a channel *one* weight for
# the whole picture, although in an early layer the same edge speaks for the cat here and against it there. We tried it: keep the gradient of
# each cell instead of the mean, and in the last layer the new map resembles Grad-CAM's; in the second layer it has nothing to do with it.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_mean_gradient_says_little_in_an_early_layer | 12 pictures, top class, block1_conv2 against block5_conv3 | mean correlation .05 against .7, 12 of 12 | none yet | - -->
# So do not read the left end of the strip. Below, a network on which the mean goes wrong even in the last layer.

# %% [markdown] tags=["teaching"]
# **Ask before showing the strip:** in which layer will the map be sharpest, and in which most right? Collect votes.
#
# **Ask:** why is there a ReLU in equation 2 and none in CAM? (Grad-CAM wants regions that speak for the class; CAM wants the
# sum to be the logit. Without the ReLU, Grad-CAM would show evidence against the class as well.)

# %% [markdown]
# **Move it yourself.** Slide through the thirteen layers, on one of these photos or on your own. From which layer on does the map
# show the thing?

# %%
from course import demo

demo("04")

# %% [markdown]
# ## Where CAM exists, Grad-CAM is CAM
#
# Our head is global average pooling and a linear layer, so CAM exists, at the layer that is pooled, `block5_pool`. Write the
# logit in terms of a single cell: $S_c = b_c + \sum_k w_k^c \frac{1}{Z}\sum_{i,j} A^k_{ij}$. Then
#
# $$\frac{\partial S_c}{\partial A^k_{ij}} = \frac{w_k^c}{Z} \quad\text{at every position, so}\quad \alpha_k^c = \frac{w_k^c}{Z}.$$
#
# So Grad-CAM's map is CAM's, divided by the number of cells and cut off below zero. That was the proof. Now the measurement.

# %%
# NBVAL_CHECK_OUTPUT
pooled_maps = keras.Model(
    network.inputs[0], [network.get_layer("block5_pool").output, network.outputs[0]]
)
with tf.GradientTape() as tape:
    cells, logits = pooled_maps(vgg.preprocess(photo[None]))
    score = logits[0, cat]
alphas = tf.reduce_mean(tape.gradient(score, cells), axis=(0, 1, 2)).numpy()
weights = network.get_layer("output").kernel.numpy()[:, cat]
print("weights agree up to Z = 49:", np.allclose(49 * alphas, weights, atol=1e-6))

# %%
plot.grid(
    [
        cam(vgg, palace[None], building)[0] * 224 * 224,
        grad_cam(vgg, palace[None], building, layer="block5_pool")[0] * 49,
    ],
    ["CAM", "49 x Grad-CAM"],
    title="'Building' at block5_pool",
    columns=2,
    alt=(
        "CAM and Grad-CAM of the palace side by side: the same red regions; where CAM"
        " is below zero, Grad-CAM is zero."
    ),
)

# %% [markdown]
# EfficientNet-Lite0, with 1,000 classes, ends in pooling and one linear layer as well. There Grad-CAM of its last layer and CAM without its
# negative part correlate to 1.00 on every photo we tried.
# <!-- tried: tests/lessons/test_lesson_04.py::test_on_efficientnet_grad_cam_is_cam_without_its_negative_part | 12 pictures, top class | 12 of 12 above .999 | none yet | - -->
#
# ## A network that CAM cannot read
#
# A counter on a machine shows two digits, and we want the tens. Put two handwritten digits side by side; the answer is the **left** one, and
# the right one does not matter. Global average pooling would forget which is left. So the maps are flattened, as in LeNet-5, and a linear
# layer has one weight for each cell of each channel.

# %%
digits, classes = mnist()
draw = np.random.default_rng(0)
order = draw.permutation(len(digits))
learn = draw.choice(order[:4000], (2, PAIRS))
prove = draw.choice(order[4000:], (2, 400))


def side_by_side(left, right):
    """Pictures of two digits each. Two rows of indices (N,) -> (N, 28, 56, 1)"""
    return np.concatenate([digits[left], digits[right]], axis=2)[..., None] / 255


counters, tens = side_by_side(*prove), classes[prove[0]]
keras.utils.set_random_seed(0)
reader = keras.Sequential(
    [
        keras.Input((28, 56, 1)),
        keras.layers.Conv2D(16, 5, activation="relu", name="C1"),
        keras.layers.MaxPooling2D(2, name="S2"),
        keras.layers.Conv2D(32, 5, activation="relu", name="C3"),
        keras.layers.MaxPooling2D(2, name="S4"),
        keras.layers.Flatten(name="flatten"),
        keras.layers.Dense(10, name="output"),
    ]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
reader.compile(keras.optimizers.Adam(2e-3), loss)
training = side_by_side(*learn), classes[learn[0]]
reader.fit(*training, epochs=EPOCHS, batch_size=64, verbose=0)
read = reader.predict(counters, verbose=0).argmax(axis=1)
print(f"{(read == tens).mean():.0%} of {len(tens)} new counters are read right")

# %%
try:
    cam(reader, counters[:1])
except ValueError as error:
    print(str(error).partition(",")[0])

# %% [markdown]
# CAM declines. Grad-CAM takes it. First, what *should* a map show? Black out one half, and see what the logit of the right answer does.

# %%
half = {"left": np.s_[:, :, :28], "right": np.s_[:, :, 28:]}
for side, place in half.items():
    dark = counters.copy()
    dark[place] = 0
    before, after = (reader.predict(each, verbose=0) for each in (counters, dark))
    fall = (before - after)[np.arange(len(tens)), tens].mean()
    kept = (after.argmax(axis=1) == tens).mean()
    print(f"{side} digit black: the logit falls by {fall:4.1f}, {kept:.0%} still right")

# %% [markdown]
# The network reads the left digit and nothing else. So will Grad-CAM show the left digit?
#
# **Predict it first**, on the smallest case. One channel, two cells, left and right, with the values $A = (4, 2)$. First the gradient is
# $(1, 0)$: only the left cell counts. Then it is $(1, -1)$: the left cell speaks for the class and the right one against it. Which two
# maps does Grad-CAM give?

# %% tags=["exercise"] id="04.2" minutes=4 difficulty=1
predicted = [[2, 1], [0, 0]]  # the map for the gradient (1, 0), then for (1, -1)
predicted = check("04.2", predicted)

# %%
# NBVAL_CHECK_OUTPUT
for slope in ([1, 0], [1, -1]):

    def toy(maps, slope=slope):
        return maps, slope[0] * maps[..., 0, 0] + slope[1] * maps[..., 1, 0]

    cells = tf.Variable(np.array([4, 2], np.float32).reshape(1, 1, 2, 1))
    print(f"gradient {slope}: Grad-CAM {np.asarray(grad_cam_map(toy, cells, 0))[0]}")

# %% [markdown]
# In the first case the right cell lights up, though the score does not depend on it. In the second nothing lights up, though the left cell
# speaks for the class with all its weight. The mean over the positions has hidden where the gradient was, and which sign it had there.
# Draelos and Carin (2020) leave the mean out:
#
# $$H^c = \sum_k \frac{\partial S_c}{\partial A^k} \odot A^k \qquad\text{(3)}$$
#
# Gradient times map, **cell by cell**, then the sum over the channels: HiResCAM. There is no ReLU, the map has a sign.


# %% tags=["exercise"] id="04.3" minutes=8 difficulty=2
def hires_cam_map(both, image, target):
    """Equation 3 for one image. Arguments as in grad_cam_map -> (h, w)"""
    with tf.GradientTape() as tape:
        maps, logits = both(image)
        score = logits[0, target]
    return tf.reduce_sum(tape.gradient(score, maps) * maps, axis=-1)[0]


hires_cam_map = check("04.3", hires_cam_map)

# %%
of_reader = keras.Model(
    reader.inputs[0], [reader.get_layer("C3").output, reader.outputs[0]]
)
panels = list(np.repeat(1 - counters[:3], 3, axis=-1))
for method in (grad_cam_map, hires_cam_map):
    for counter, ten in zip(counters[:3].astype(np.float32), tens):
        heat = np.asarray(method(of_reader, counter[None], ten))
        panels.append(heat / max(np.abs(heat).max(), 1e-9))
plot.grid(
    panels,
    [f"reads {ten}" for ten in tens[:3]] + ["Grad-CAM"] * 3 + ["HiResCAM"] * 3,
    title="Why this tens digit? Each map on its own scale",
    columns=3,
    alt=(
        "Three counters of two digits each, and below them their maps of 8 by 22 cells:"
        " Grad-CAM's are empty or spread over both digits, HiResCAM's strongest cells"
        " are on the left digit."
    ),
)

# %% [markdown]
# Three pictures are an anecdote. So count over all 400: how many maps are empty, and of the others, how many have their peak on the wrong digit?

# %%
for name, method in {"Grad-CAM": grad_cam, "HiResCAM": hires_cam}.items():
    heatmaps = method(reader, counters, tens)
    filled = heatmaps[heatmaps.max(axis=(1, 2)) > 0]
    on_right = [heatmap.max(axis=0).argmax() >= 28 for heatmap in filled]
    print(
        f"{name}: {1 - len(filled) / len(tens):4.0%} of the maps are empty; of the"
        f" others {np.mean(on_right):.0%} have their peak on the right digit"
    )

# %% [markdown]
# This is severe. Four in ten of Grad-CAM's maps, or more, are empty or have their peak on the digit that does not matter; of HiResCAM's maps
# none is empty, and two in a hundred, at most, have their peak there.
# <!-- tried: tests/lessons/test_lesson_04.py::test_grad_cam_is_often_empty_or_on_the_wrong_digit_and_hires_cam_hardly_ever | five trainings, 400 counters each | 5 of 5 | none yet | - -->
# Not all of HiResCAM's heat is: single cells of the right half are positive, others negative, and their sum says that together they hardly
# matter. For HiResCAM can be added up. Where one linear layer follows, pooled or flattened, $H^c$ sums to the logit less its bias:

# %%
# NBVAL_CHECK_OUTPUT
signed = hires_cam(reader, counters, tens)
logits = reader.predict(counters, verbose=0)[np.arange(len(tens)), tens]
bias = reader.get_layer("output").bias.numpy()[tens]
sums = signed.sum(axis=(1, 2))
print("sums to the logit minus the bias:", np.allclose(sums, logits - bias, atol=1e-3))

# %%
left, right = signed[:, :, :28].sum(axis=(1, 2)), signed[:, :, 28:].sum(axis=(1, 2))
print(f"mean sum on the left {left.mean():.1f}, on the right {right.mean():.1f}")

# %% [markdown]
# Behind global average pooling all cells of a channel have the same gradient, so the mean hides nothing: there HiResCAM, CAM and, but for
# the ReLU, Grad-CAM are one. If more layers follow, HiResCAM is no longer a sum that comes out, but still gradient times map.
#
# ## Two relatives
#
# **Grad-CAM++** weighs the positive gradients position by position, so that several small objects count as much as a large one.
# **Guided backpropagation** goes all the way to the pixels and lets only positive gradients pass each ReLU: sharp, but it
# hardly depends on the class. Multiply it with Grad-CAM, and you have *Guided Grad-CAM*: sharp, where the class is.

# %%
guided = guided_backprop(vgg, photo[None], cat)[0]
panels = {
    "Grad-CAM": heatmap,
    "Grad-CAM++": grad_cam_plus_plus(vgg, photo[None], cat)[0],
    "guided": guided,
    "Guided Grad-CAM": guided * heatmap,
}
plot.layer_strip(photo, panels, title="Relatives of Grad-CAM, for 'cat'", clip=99)

# %% [markdown]
# How much do they depend on the class? Compare the maps for *cat* and for *building*, as a correlation over all pixels.

# %%
for name, method in {
    "Grad-CAM": grad_cam,
    "guided backpropagation": guided_backprop,
}.items():
    two = method(vgg, np.stack([photo, photo]), [cat, building])
    print(f"{name:<24}{np.corrcoef(two[0].ravel(), two[1].ravel())[0, 1]:+.2f}")

# %% [markdown]
# Guided backpropagation draws nearly the same cat whatever you ask for, and nearly the same of any other photo; Grad-CAM does not.
# <!-- tried: tests/lessons/test_lesson_04.py::test_guided_backpropagation_depends_less_on_the_class_than_grad_cam | 12 pictures, 'cat' against 'building' | 12 of 12 | none yet | - -->
# It looks like an explanation; it is closer to an edge detector. Lesson 11 makes a test of this.
#
# ## Two photos on which Grad-CAM misleads
#
# **First, a convincing map for a wrong answer.** What does the network see in the astronaut?

# %%
astronaut = pictures["astronaut"]
answer, probability = vgg.top(astronaut, 1)[0]
plot.overlay(
    astronaut,
    grad_cam(vgg, astronaut[None])[0],
    title=f"Astronaut: '{answer}', {probability:.0%} sure",
)

# %% [markdown]
# None of our twelve classes is right, so the network picks one, and Grad-CAM shows where it found it: at the collar of the suit with
# its metal ring, and a brass instrument has rings as well. A good story! Test it. Cover the collar, 64 pixels wide, and, for comparison, the
# space shuttle in the corner, where Grad-CAM stays below two thirds of its peak and of which no brass player would think.

# %%
peaks = {"the collar": (72, 56), "the shuttle": (0, 128)}
logit = vgg.logits(astronaut[None])[0].max()
for place, (top, left) in peaks.items():
    covered = astronaut.copy()
    covered[top : top + 64, left : left + 64] = astronaut.mean(axis=(0, 1))
    told = vgg.top(covered, 2)
    fall = logit - vgg.logits(covered[None])[0, vgg.labels.index(answer)]
    print(
        f"without {place:<12} the logit falls by {fall:.1f}: "
        + " · ".join(f"{label} {probability:.2f}" for label, probability in told)
    )

# %% [markdown]
# Without the collar the answer is still a musical instrument. Without the shuttle it is not.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_astronaut_stays_an_instrument_without_the_ring_and_not_without_the_shuttle | this picture, patches of 64 pixels | holds | none yet | - -->
# So the story was wrong, or at best half of it: on this picture the map's peak marks no more evidence than a corner where it is faint. And a
# neat spot in the middle of a picture is *not* a sign that the answer is right. What misleads here is our habit of reading "where" as
# "therefore", and of liking stories. Lesson 05 makes a method of this test: cover it, and ask again.
#
# **Second, a convincing map for something that is not there.** Ask for the cat in the coffee cup.

# %%
for_cat, for_drink = grad_cam(vgg, np.stack([cup, cup]), [cat, drink])
plot.overlay(cup, for_cat, title="The coffee cup, explained for 'cat'")

# %%
print(
    f"largest value: for 'cat' {for_cat.max():.3f}, for 'food or drink'"
    f" {for_drink.max():.3f}"
)
print(f"probability of 'cat': {vgg(cup[None])[0, cat]:.5f}")

# %% [markdown]
# There is nearly always a map, of every class, in every photo.
# <!-- tried: tests/lessons/test_lesson_04.py::test_nearly_every_class_has_a_map_in_every_photo | 12 pictures x 12 classes | 144 of 144 | none yet | - -->
# The ReLU keeps whatever is positive, the picture is coloured from zero to *its own* largest value, and a
# whisper looks like a shout. Always look at the scale, and always ask how probable the class was to begin with.
#
# On one scale, the whisper is a whisper:

# %%
plot.grid(
    [for_cat, for_drink],
    ["for 'cat'", "for 'food or drink'"],
    title="The same two maps on one scale",
    columns=2,
    cmap="inferno",
)

# %% [markdown] tags=["teaching"]
# **Show the astronaut without its title** and ask the class what the network said. Nobody guesses it. Then ask: would you have
# trusted the map? A map answers *where is the evidence for this class*, never *is this the right class*.
#
# **For the advanced:** on a head with global average pooling, at the pooled layer, HiResCAM and Grad-CAM agree but for the ReLU. Why?
# And why may they differ at `block5_conv3`, one layer earlier?

# %% [markdown]
# ## A thousand classes
#
# The same functions on another network: EfficientNet-Lite0, small enough for a telephone, with the 1,000 classes of ImageNet.
# Nothing is new, apart from the words.

# %%
lite = efficientnet_lite0()
names = ["cat", "coffee", "palace", "flower", "hopper"]
chosen = np.stack([pictures[name] for name in names])
labels = [lite.top(picture, 1)[0][0] for picture in chosen]
plot.grid(
    [*chosen, *(heat / heat.max() for heat in grad_cam(lite, chosen))],
    [*names, *labels],
    title="EfficientNet-Lite0: Grad-CAM for the top class, each map on its own scale",
    columns=5,
    cmap="inferno",
)

# %% [markdown]
# And one photo, five answers: where does the network see each of its five top classes in the officer's portrait?

# %%
hopper = pictures["hopper"]
questions = [label for label, _ in lite.top(hopper, 5)]
five = np.repeat(hopper[None], 5, axis=0)
answers = grad_cam(lite, five, [lite.labels.index(label) for label in questions])
plot.grid(
    [hopper, *answers],
    ["photo", *questions],
    title="One photo, its five top classes, one scale",
    columns=6,
    cmap="inferno",
)

# %% [markdown]
# ## Your own pictures: from which side was the chest X-rayed?
#
# A hospital's archive holds chest X-rays from the front (PA: the beam goes from back to front) and from the side (lateral), and often the
# label of the view is missing. A network sorts them, and Grad-CAM and LIME (lesson 06) are asked whether it looks at heart and spine or at
# the letter *L* that somebody laid on the film. Put your own pictures into a folder with one folder per class, such as `PA` and
# `lateral`, name it in the cell of parameters, and run what follows. Nothing leaves your machine. Without a folder, two kinds of medical
# pictures of the course stand in: a retina and a tissue.

# %%
lite_features = keras.Model(lite.model.inputs[0], lite.model.layers[-1].input)


def describe(photos):
    """What the last layer sees. uint8 (N, 224, 224, 3) -> (N, 1280)"""
    return lite_features.predict(np.asarray(lite.preprocess(photos)), verbose=0)


if FOLDER:
    views = image_folder(FOLDER, (224, 224))
else:
    views, _ = materials((224, 224), train=12)
    medical = [views.names.index(name) for name in ("retina", "tissue")]
    views = views[np.isin(views.labels, medical)]
present, own = np.unique(views.labels, return_inverse=True)
held = np.arange(len(own)) % 4 == 0
line = LogisticRegression(C=0.1, max_iter=1000)
line.fit(describe(views.images[~held]), own[~held])
head = linear_head(line, classes=len(present))
layered = keras.Model(lite_features.inputs[0], head(lite_features.outputs[0]))
sorter = Classifier(
    layered, lite.preprocess, tuple(views.names[index] for index in present)
)
right = sorter.logits(views.images[held]).argmax(axis=1) == own[held]
print(f"{right.mean():.0%} of {held.sum()} pictures that it has not seen are right")

# %%
film, view = views.images[held][0], own[held][0]
by_grad_cam = grad_cam(sorter, film[None], int(view))[0]
by_lime = explain_image(
    sorter, film, target=int(view), samples=100, progress=False
).heatmap()
plot.layer_strip(
    film,
    {"Grad-CAM": by_grad_cam, "LIME, lesson 06": by_lime},
    title=f"Why '{sorter.labels[view]}'? Each map on its own scale",
)

# %% [markdown]
# ## Summary
#
# - Grad-CAM: the mean gradient of a logit is a channel's weight; weigh, add, cut off below zero.
# - It works at any layer of any convolutional network. But in early layers the mean gradient says little: sharp is not right.
# - On a network with global average pooling it is CAM, up to the number of cells and the ReLU. We proved it and measured it.
# - Where the gradient depends on the position, the mean hides where the evidence is. HiResCAM multiplies cell by cell, and behind one
#   linear layer its map sums to the logit.
# - There is nearly always a map. It says where, not whether, and its peak is a hypothesis: cover it.
#
# **Next**, lesson 05: no gradients at all. Cover a part of the picture and see what the network says.
#
# **To read on:** Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra (2017), *Grad-CAM*. Chattopadhay, Sarkar, Howlader and
# Balasubramanian (2018), *Grad-CAM++*. Springenberg, Dosovitskiy, Brox and Riedmiller (2015), *Striving for simplicity*.
# Draelos and Carin (2020), *Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks*.
