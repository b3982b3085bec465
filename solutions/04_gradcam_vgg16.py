# %% [markdown]
# # 04 · Any network, any layer: Grad-CAM on VGG16
# **You will** write Grad-CAM in a few lines · prove that it is CAM where CAM exists · see its mean mislead on a network with two dense layers, and write HiResCAM, which takes none · check maps by covering, and refute a story of your own
#
# **Needs** lessons 02, 03 · **Reading** 65 min · **Computing** 60 s

# %% [markdown]
# ## The question
#
# CAM was exact, but choosy: global average pooling, one linear layer, and only the maps right before them. GoogLeNet, ResNet
# and EfficientNet end like that. LeNet-5, AlexNet and VGG16 do not: they flatten their maps, and several dense layers follow.
# And CAM never shows an earlier layer. Is there a map for *any* convolutional network, at *any* of its layers?
#
# We begin with VGG16, trained on ImageNet: thirteen convolutions of 3 x 3 in five blocks. So that the lesson runs offline, its
# convolutions come with the course, and with a head of twelve everyday classes that we trained: global average pooling and one linear
# layer. A network with two dense layers follows below; we train it ourselves.

# %%
import numpy as np

from xailab import plot
from xailab.cam import cam, grad_cam, grad_cam_layers, grad_cam_plus_plus, hires_cam
from course import check
from xailab.data import mnist, photos
from xailab.models import vgg16_gap, vgg16_head
from xailab.occlusion import filling_of

import keras  # behind xailab, which keeps TensorFlow's start-up lines out of the lesson
import tensorflow as tf

# %% tags=["parameters"] small={"EPOCHS": 1, "PAIRS": 500, "STEP": 80, "FILLS": ["mean"]}
EPOCHS = 4  # of the network that reads the left one of two digits
PAIRS = 4000  # pairs of digits that it is trained on
STEP = 32  # pixels from one place of a patch of 64 to the next
FILLS = [
    "mean",
    "blur",
    0,
]  # of that patch: the photo's mean colour, the photo blurred, black

# %%
pictures = photos()
vgg = vgg16_gap()
head = vgg16_head()
print(f"{float(head['accuracy']):.1%} of {int(head['confusion'].sum())} photos right")

# %% [markdown]
# Each of the head's photos was judged once by a head that had not seen it (five-fold **cross-validation**). Its classes and one
# setting were chosen on the same photos, so the figure flatters a little.
#
# ## The idea
#
# In lesson 03 the weight $w_k^c$ told how much class $c$ likes channel $k$. A network without that last layer has no such
# weight. But we can ask it: *if channel $k$ grew a little, by how much would the score of the class grow?* That is a
# derivative, a **gradient**, and every deep-learning library computes it. Average it over the channel's positions:
#
# $$\alpha_k^c = \frac{1}{Z}\sum_{i,j}\frac{\partial S_c}{\partial A^k_{ij}} \qquad\text{(1)} \qquad\qquad
# L^c = \mathrm{ReLU}\Big(\sum_k \alpha_k^c A^k\Big) \qquad\text{(2)}$$
#
# $A^k$ are the maps of the layer we look at, $Z$ the number of their cells; lesson 03 wrote $f_k$. $S_c$ is the **logit**. The probability
# is a contrast: it also rises when other classes fall. The logit has a weakness of its own: what is common to *all* classes is in its
# map, too, and decides nothing. Does the choice matter here? With the network's answer at probability $p$, the two maps
# correlate above .75 on every photo that we tried, and the probability's is smaller, by about the factor $p(1-p)$.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_map_of_the_probability_is_much_smaller_and_mostly_alike | top class by logit and by probability | all above .8; factor .7 to 1.3 | the second class's logit map: below .75 in all | 16 photos, 5 of them drawn -->
#
# ## By hand
#
# One model with two outputs, the maps and the logits; one gradient, which TensorFlow's `GradientTape` takes of whatever was computed
# inside its `with`. What is computed outside is unknown to the tape: then the gradient is `None`.

# %%
network = vgg.model
both = keras.Model(
    network.inputs[0], [network.get_layer("block5_conv3").output, network.outputs[0]]
)


# %% tags=["exercise"] id="04.1" minutes=10 difficulty=3
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

# %% [markdown]
# `grad_cam` of the package does the same for a batch, in one compiled function, and scales the map up to the photo.

# %%
# NBVAL_CHECK_OUTPUT
photo, cat = pictures["cat"], vgg.labels.index("cat")
by_hand = np.asarray(grad_cam_map(both, vgg.preprocess(photo[None]), cat))
heatmap = grad_cam(vgg, photo[None], cat)[0]
scaled_up = tf.image.resize(by_hand[..., None], photo.shape[:2]).numpy()[..., 0]
print("same as by hand:", np.allclose(heatmap, scaled_up, atol=1e-4 * heatmap.max()))

# %%
plot.overlay(photo, heatmap, title="Grad-CAM for 'cat' at block5_conv3")

# %% [markdown]
# Convincing! But the cat fills the photo, so almost any map would lie on it. A test that can fail needs two classes in one photo. Paste
# one, ask for each class, and swap the halves as a control: the map has to move with the cat.

# %%
drink = vgg.labels.index("food or drink")
left, right = photo[:, 56:168], pictures["coffee"][:, 56:168]
pairs = np.stack([np.hstack([left, right]), np.hstack([right, left])])
asked = {"cat": cat, "food or drink": drink}
answers = {name: grad_cam(vgg, pairs, target) for name, target in asked.items()}
for name, maps in answers.items():
    on_left = maps[:, :, :112].sum(axis=(1, 2)) / maps.sum(axis=(1, 2))
    print(
        f"'{name}': {on_left[0]:.0%} of the heat on the left, swapped {on_left[1]:.0%}"
    )

# %%
plot.grid(
    [pairs[0], *(maps[0] for maps in answers.values())],
    ["photo", *(f"for '{name}'" for name in asked)],
    title="Two classes in one photo, both maps on one scale",
    cmap="inferno",
    alt="Half a cat beside half a cup: for 'cat' the cat lights up, else the cup.",
)

# %% [markdown]
# The map follows the thing. In eight such pastes of the course's photos at least 70 % of Grad-CAM's heat lay on the half of the class that
# was asked for.
# <!-- tried: tests/lessons/test_lesson_04.py::test_in_a_photo_of_two_classes_the_heat_lies_on_the_half_that_was_asked_for | four pairs of photos, each both ways round; the test cuts the halves elsewhere | 74 to 98 % | the other class's map on the same half: at most 26 % | 8 pastes -->
#
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
# Each panel has its own scale; mind the little numbers. The bright borders of early panels come from the zeros of the padding.
#
# **What can go wrong.** Early maps look sharp, and sharp looks convincing. Equation 1 gives a channel *one* weight for the whole
# picture, although in an early layer the same edge speaks for the cat here and against it there. We kept the gradient of each cell
# instead of the mean. In the last layer the new map resembles Grad-CAM's, with a mean correlation above .5; in the second layer it has
# nothing to do with it, below .2.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_mean_gradient_says_little_in_an_early_layer | top class, block1_conv2 | mean correlation .05 | block5_conv3: .7 | 12 photos; 5 in the test -->
# So one of the two misleads there, and this does not tell which. LayerCAM (Jiang and others, 2021) was made for early layers: it weighs each
# cell by its own positive gradient.

# %% [markdown] tags=["teaching"]
# **Ask before showing the strip:** in which layer will the map be sharpest, and in which most right? Collect votes.
#
# **Ask:** why is there a ReLU in equation 2 and none in CAM? (Grad-CAM wants regions that speak for the class; CAM wants the
# sum to be the logit. Without the ReLU, Grad-CAM would show evidence against the class as well.)

# %% [markdown]
# **Move it yourself.** Slide through the thirteen layers, on one of these photos or on your own.

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
# So Grad-CAM's map is CAM's, divided by the number of cells and cut off below zero. That was the proof. Now the measurement, on a
# question whose answer is no: is the dahlia a reptile?

# %%
flower, reptile = pictures["flower"][None], vgg.labels.index("reptile")
plot.grid(
    [
        cam(vgg, flower, reptile)[0] * 224 * 224,
        grad_cam(vgg, flower, reptile, layer="block5_pool")[0] * 49,
    ],
    ["CAM", "49 x Grad-CAM"],
    title="The flower, asked for 'reptile', at block5_pool",
    columns=2,
    alt="CAM: blue over the flower, red along the border. Grad-CAM: the border alone.",
)

# %% [markdown]
# Grad-CAM hides that nearly everything here speaks against. EfficientNet-Lite0, with 1,000 classes, ends in pooling and one linear
# layer as well. There Grad-CAM of its last layer and CAM without its negative part correlate above .999 on every photo.
# <!-- tried: tests/lessons/test_lesson_04.py::test_on_efficientnet_grad_cam_is_cam_without_its_negative_part | top class | 9 of 9 | CAM of the second class: .75 to .99 | 9 photos; drawn ones in the test -->
#
# ## Two dense layers: a network that CAM cannot read
#
# A counter on a machine shows two digits, and we want the tens. Put two handwritten digits side by side; the answer is the **left** one, and
# the right one does not matter. Global average pooling would forget which is left. So the maps are flattened, and two dense layers
# follow, as in LeNet-5. (The first of them has no bias; soon you will see what that is good for.)

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
        keras.layers.Dense(64, activation="relu", use_bias=False, name="F6"),
        keras.layers.Dense(10, name="output"),
    ]
)
loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
reader.compile(keras.optimizers.Adam(2e-3), loss)
training = side_by_side(*learn), classes[learn[0]]
reader.fit(*training, epochs=EPOCHS, batch_size=64, verbose=0)
logits = reader.predict(counters, verbose=0)
print(f"{(logits.argmax(axis=1) == tens).mean():.0%} of {len(tens)} new counters right")
try:
    cam(reader, counters[:1])
except ValueError as error:
    print("CAM:", str(error).partition(",")[0])

# %% [markdown]
# CAM declines. Grad-CAM takes it. First, what *should* a map show? Black out one half, and see what the logit of the right answer does.

# %%
falls = []
for side, columns in {"left": slice(28), "right": slice(28, None)}.items():
    dark = counters.copy()
    dark[:, :, columns] = 0
    after = reader.predict(dark, verbose=0)
    falls.append((logits - after)[np.arange(len(tens)), tens])
    kept = (after.argmax(axis=1) == tens).mean()
    print(f"{side} black: falls by {falls[-1].mean():.1f}, {kept:.0%} still right")
falls = np.transpose(falls)

# %% [markdown]
# The answer hangs on the left digit. So will Grad-CAM show the left digit?
#
# **Predict it first**, on the smallest case. One channel, two cells, left and right, with the values $A = (4, 2)$. First the gradient is
# $(1, 0)$: only the left cell counts. Then it is $(1, -1)$: the left cell speaks for the class and the right one against it. Which two
# maps does Grad-CAM give?

# %% tags=["exercise"] id="04.2" minutes=2 difficulty=1
predicted = [[2, 1], [0, 0]]  # the map for the gradient (1, 0), then for (1, -1)
predicted = check("04.2", predicted)

# %% [markdown]
# So in the first case the right cell lights up, though the score does not depend on it. In the second nothing lights up, though the left
# cell speaks for the class with all its weight: opposite signs cancel. The mean over the positions has hidden where the gradient was.
# Draelos and Carin (2020) leave the mean out:
#
# $$H^c = \sum_k \frac{\partial S_c}{\partial A^k} \odot A^k \qquad\text{(3)}$$
#
# Gradient times map, **cell by cell**, then the sum over the channels: **HiResCAM**. There is no ReLU, the map has a sign.


# %% tags=["exercise"] id="04.3" minutes=5 difficulty=2
def hires_cam_map(both, image, target):
    """Equation 3 for one image. Arguments as in grad_cam_map -> (h, w)"""
    with tf.GradientTape() as tape:
        maps, logits = both(image)
        score = logits[0, target]
    return tf.reduce_sum(tape.gradient(score, maps) * maps, axis=-1)[0]


hires_cam_map = check("04.3", hires_cam_map)

# %%
signed, heat = hires_cam(reader, counters, tens), grad_cam(reader, counters, tens)
wrong = heat.max(axis=1).argmax(axis=1) >= 28
chosen = [wrong.argmin(), wrong.argmax(), heat.max(axis=(1, 2)).argmin()]
panels = list(np.repeat(1 - counters[chosen], 3, axis=-1))
titles = [f"reads {ten}" for ten in tens[chosen]]
for name, maps in {"Grad-CAM": heat, "HiResCAM": signed}.items():
    for each in maps[chosen]:
        panels.append(each / max(np.abs(each).max(), 1e-9))
        titles.append(f"{name} {each[:, :28].sum():.1f}, {each[:, 28:].sum():.1f}")
plot.grid(
    panels,
    titles,
    title="Why this tens digit? Below: the sums of both halves",
    columns=3,
    alt="Three counters and their maps. Sums of both halves: " + "; ".join(titles),
)

# %% [markdown]
# Three pictures are an anecdote, and we picked them: Grad-CAM right, wrong, and empty or nearly so. So let the blackout judge all 400. It says which half of a counter
# matters more; a map says so by the sums of its halves. In what share of the counters do the two *disagree*? And how often would a map
# that knows nothing? Write down your guess.


# %% tags=["exercise"] id="04.4" minutes=5 difficulty=2
def disagree(maps, falls):
    """Share of the maps whose larger half, by its sum, is not the half whose blackout
    costs more. (N, H, W), (N, 2): left, right -> number from 0 to 1"""
    middle = maps.shape[2] // 2
    left = maps[:, :, :middle].sum(axis=(1, 2))
    right = maps[:, :, middle:].sum(axis=(1, 2))
    return np.mean((left > right) != (falls[:, 0] > falls[:, 1]))


disagree = check("04.4", disagree)

# %%
nothing = np.random.default_rng(1).random(heat.shape)
for name, maps in {"Grad-CAM": heat, "HiResCAM": signed, "random": nothing}.items():
    print(f"{name:<9} disagrees with the blackout in {disagree(maps, falls):.1%}")

# %% [markdown]
# A map that knows nothing is wrong in half of the counters. In each of our five trainings Grad-CAM was wrong in at least 20 %, and HiResCAM in at
# most 2 %.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_blackout_agrees_with_hires_cam_and_often_not_with_grad_cam | larger half of the map against the half whose blackout costs more | Grad-CAM 21 to 34 %, HiResCAM below 1 % | random maps: 40 to 60 % | 5 stored networks, one new in the test, 400 counters each -->
# And HiResCAM can be added up. Its two sums also come near to what each blackout costs:

# %%
halves = np.stack([signed[:, :, :28], signed[:, :, 28:]]).sum(axis=(2, 3)).mean(axis=1)
print("mean sum of HiResCAM, left and right:", halves.round(1))
print("mean fall by blackout, left and right:", falls.mean(axis=0).round(1))
bias = reader.get_layer("output").bias.numpy()[tens]
logit = logits[np.arange(len(tens)), tens]
sums = signed.sum(axis=(1, 2))
print("sums to the logit minus the bias:", np.allclose(sums, logit - bias, atol=1e-3))

# %% [markdown]
# Why does it add up? What follows the maps, pooling, ReLU and dense layers, is *piecewise linear*, and only the last layer adds a constant. Near this
# picture such a function is a plain sum of slope times value. So it is on VGG16: at `block5_conv3` HiResCAM sums to the logit minus the bias within .001; one
# layer earlier, where a convolution with a bias follows, it misses by up to .2.
# <!-- tried: tests/lessons/test_lesson_04.py::test_hires_cam_sums_to_the_logit_where_nothing_adds_a_constant | top class, block5_conv3 | within .001 in 16 of 16 | block5_conv2: off by up to .18 | 16 photos; 5 drawn in the test -->
# Behind global average pooling all cells of a channel have the same gradient: there HiResCAM, CAM and, but for the ReLU, Grad-CAM are one.
#
# ## A relative: Grad-CAM++
#
# **Grad-CAM++** keeps the positive gradients only and weighs them position by position, so that several small objects should count as
# much as a large one. Lerma and Lucas (2022) show that little else happens than the first step: on all of our photos its maps correlate above .9
# with those of Grad-CAM on the positive gradients alone.
# <!-- tried: tests/lessons/test_lesson_04.py::test_grad_cam_plus_plus_is_nearly_grad_cam_on_positive_gradients | top class, block5_conv3 | .93 to 1.00 | Grad-CAM with all gradients: .07 to .98 | 16 photos; 5 drawn in the test -->
# What it drops are the channels that speak *against* the class. Ask for the cat and for the cup in our two-class photo:

# %%
for name, target in asked.items():
    maps = grad_cam_plus_plus(vgg, pairs, target)
    on_left = maps[:, :, :112].sum(axis=(1, 2)) / maps.sum(axis=(1, 2))
    print(
        f"'{name}': {on_left[0]:.0%} of the heat on the left, swapped {on_left[1]:.0%}"
    )

# %% [markdown]
# It separates the two less well than Grad-CAM did.
#
# ## Two photos to be careful with
#
# **First, a good story for a wrong answer.** What does VGG16 see in the astronaut?

# %%
astronaut = pictures["astronaut"]
answer, probability = vgg.top(astronaut, 1)[0]
plot.overlay(
    astronaut,
    grad_cam(vgg, astronaut[None])[0],
    title=f"Astronaut: '{answer}', {probability:.0%} sure",
)

# %% [markdown]
# None of our twelve classes is right, so the network picks one. Grad-CAM's peak lies at the collar of the suit with its metal ring, and a
# brass instrument has rings as well. A good story! Test it: cover the collar and ask again. But one patch in one colour is an anecdote, too.
# So cover *every* place, with three fills, and write down two things: how far the answer falls, and how far its best *rival* rises.


# %% tags=["exercise"] id="04.5" minutes=8 difficulty=3
def scan(ask, image, places, side, filling, answer):
    """Cover each place (top, left) with a patch of the filling, a picture like the
    image: fall of the answer's logit, rise of the best other one. ask: from images
    (N, H, W, C) to logits (N, K). -> (places, 2)"""
    covered = np.stack([image] * len(places))
    for picture, (top, left) in zip(covered, places):
        patch = np.s_[top : top + side, left : left + side]
        picture[patch] = filling[patch]
    before, after = ask(image[None])[0], ask(covered)
    rival = np.delete(after, answer, axis=1).max(axis=1)
    rise = rival - np.delete(before, answer).max()
    return np.stack([before[answer] - after[:, answer], rise], axis=1)


scan = check("04.5", scan)

# %%
steps = range(0, 224 - 64 + 1, STEP)
places = [(top, left) for top in steps for left in steps]
logits = vgg.logits(astronaut[None])[0]
ahead = logits.max() - np.sort(logits)[-2]
found = {}
for fill in FILLS:
    filling = filling_of(astronaut, fill, 64)
    found[fill] = scan(vgg.logits, astronaut, places, 64, filling, logits.argmax())
    print(f"fill {fill}: the answer leads by {ahead:.1f}. The three largest falls:")
    for place in np.argsort(-found[fill][:, 0])[:3]:
        fall, rise = found[fill][place]
        flips = "the answer FLIPS" if fall + rise > ahead else "it stays"
        print(f"   {places[place]}: falls {fall:.2f}, rival rises {rise:+.2f}, {flips}")

# %%
plot.grid(
    [
        each[:, column].reshape(len(steps), -1)
        for column in (0, 1)
        for each in found.values()
    ],
    [f"fill {fill}: {what}" for what in ("fall", "rival's rise") for fill in FILLS],
    title="Astronaut: a patch of 64 pixels at every place",
    columns=len(FILLS),
    alt=(
        "Maps of 6 by 6 places. With each fill the answer falls most at the collar, and"
        " much in the upper right corner; the rival falls at the collar, rises there."
    ),
)

# %% [markdown]
# The collar is the place (96, 64). The corner at the top right, (0, 128) and (0, 160), shows a space shuttle. **Judge:** at which of the
# two, `"collar"` or `"corner"`, does the answer's logit fall most? At which does the answer flip, with the mean colour? And whose doing is
# that, compared with the other place: the `"answer"`'s own fall, or the `"rival"`'s rise?

# %% tags=["exercise"] id="04.6" minutes=3 difficulty=2
verdict = {"falls most": "collar", "flips": "corner", "because of": "rival"}
verdict = check("04.6", verdict)

# %% [markdown]
# Had we looked at the answers alone, we would have called the collar unimportant. A patch on it costs more than .75 in every
# colour that we drew, but there *clothing*, the rival, never rises by .5; in the corner it does so in every colour, and that, not a
# larger fall, turns the answer.
# <!-- tried: tests/lessons/test_lesson_04.py::test_the_collar_carries_most_and_the_corner_turns_the_answer_by_its_rival | a patch of 64 in a drawn colour at eight places; in the lesson three fills at 36 | collar .9 to 1.5, its rival -.7 to +.3; corner .4 to 1.3, its rival +.7 to +1.4 | six other places: none falls as far as the collar | 1 photo; 3 fills, 17 colours; 1 new colour in the test -->
# Does that prove the brass? No. The corner carries nearly as much, a blurred patch 32 pixels higher flips the answer, too, and *why* a collar
# speaks for an instrument remains our story. Lesson 05 makes a method of this test.
#
# **Second, a convincing map for something that is not there.** Ask for the cat in the coffee cup.

# %%
cup = np.stack([pictures["coffee"]] * 2)
for_cat, for_drink = grad_cam(vgg, cup, [cat, drink])
plot.overlay(cup[0], for_cat, title="The coffee cup, explained for 'cat'")

# %% [markdown]
# Every one of our photos has a map for each of the 12 classes, and so has a picture of noise.
# <!-- tried: tests/lessons/test_lesson_04.py::test_every_class_has_a_map_in_every_photo_and_in_noise | block5_conv3, maps that are not empty | 168 of 168, and 12 of 12 for noise | a plain grey picture: 9 of 12 | 14 photos, 12 classes; drawn ones in the test -->
# So *that* there is a map says nothing. The ReLU keeps whatever is positive, the picture is coloured from zero to *its own* largest value, and a
# whisper looks like a shout. Ask how loud it is:

# %%
print(f"largest: for 'cat' {for_cat.max():.3f}, for the drink {for_drink.max():.3f}")
print(f"probability of 'cat': {vgg(cup[:1])[0, cat]:.5f}")

# %% [markdown] tags=["teaching"]
# **Show the astronaut without its title** and ask the class what the network said. Then let them tell the story of the ring, and
# write down before the scan which place will cost most, and where the answer will flip.
#
# **For the advanced:** why does *clothing* fall, too, when the collar is covered?

# %% [markdown]
# ## Summary
#
# - Grad-CAM: the mean gradient of a logit is a channel's weight; weigh, add, cut off below zero.
# - It gives a map at any layer of any convolutional network with gradients. In early layers the mean gradient says little.
# - On a network with global average pooling it is CAM, up to the number of cells and the ReLU. We proved it and measured it.
# - Where dense layers follow, the mean hides where the evidence is. HiResCAM multiplies cell by cell, and sums to the logit wherever
#   nothing but the last layer adds a constant.
# - There is a map of everything. Its peak is a hypothesis: cover it, cover other places too, with several fills, and watch the rival.
#
# **Next**, lesson 05: no gradients at all. Cover a part of the picture and see what the network says.
#
# **To read on:** Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra (2017), *Grad-CAM*. Chattopadhay, Sarkar, Howlader and
# Balasubramanian (2018), *Grad-CAM++*. Draelos and Carin (2020), *Use HiResCAM instead of Grad-CAM for faithful explanations of
# convolutional neural networks*. Jiang, Zhang, Hou, Cheng and Wei (2021), *LayerCAM*. Lerma and Lucas (2022), *Grad-CAM++ is equivalent to
# Grad-CAM with positive gradients*. Adebayo, Gilmer, Muelly, Goodfellow, Hardt and Kim (2018), *Sanity checks for saliency maps*.
