# %% [markdown]
# # 04 · Any network, any layer: Grad-CAM on VGG16
# **You will** write Grad-CAM in a few lines · follow it through all 13 layers of VGG16 · prove that it is CAM where CAM exists · meet two photos on which it misleads
#
# **Needs** lessons 02, 03 · **Reading** 65 min · **Computing** 35 s

# %% [markdown]
# ## The question
#
# CAM was exact, but choosy: global average pooling, one linear layer, nothing else. Hardly any network of 2014 looks like
# that, and you cannot retrain every network you are asked about. Is there a map for *any* convolutional network, at *any* of
# its layers?
#
# We ask VGG16, trained on ImageNet: thirteen convolutions of 3 x 3 in five blocks. So that the lesson runs without a network
# connection, its convolutions come with the course and end in a head of twelve everyday classes that we trained: global average
# pooling and one linear layer.

# %%
import numpy as np

from xailab import plot
from xailab.cam import (
    cam,
    grad_cam,
    grad_cam_layers,
    grad_cam_plus_plus,
    guided_backprop,
)
from xailab.course.check import check
from xailab.data import photos
from xailab.models import efficientnet_lite0, vgg16_gap, vgg16_head

import keras  # behind xailab, which keeps TensorFlow's start-up lines out of the lesson
import tensorflow as tf

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
# $A^k$ are the maps of the layer we look at, $Z$ the number of their cells. First, what exactly is $S_c$?


# %% tags=["exercise"] id="04.1" minutes=4 difficulty=1
def target_score(logits, target):
    """The number to differentiate for one class. (classes,), class -> number"""
    return logits[target]


target_score = check("04.1", target_score)

# %% [markdown]
# ## By hand
#
# One model with two outputs, the maps and the logits; one gradient.

# %%
photo, cat = pictures["cat"], vgg.labels.index("cat")
network = vgg.model
both = keras.Model(
    network.inputs[0], [network.get_layer("block5_conv3").output, network.outputs[0]]
)
with tf.GradientTape() as tape:
    maps, logits = both(vgg.preprocess(photo[None]))
    score = target_score(logits[0], cat)
gradients = tape.gradient(score, maps)[0].numpy()
maps = maps[0].numpy()
maps.shape, gradients.shape


# %% tags=["exercise"] id="04.2" minutes=5 difficulty=1
def channel_weights(gradients):
    """Equation 1: one weight a channel. (H, W, K) -> (K,)"""
    return np.mean(gradients, axis=(0, 1))


channel_weights = check("04.2", channel_weights)


# %% tags=["exercise"] id="04.3" minutes=8 difficulty=2
def grad_cam_map(maps, gradients):
    """Equation 2: the weighted sum of the channels, what is below zero cut off.
    (H, W, K), (H, W, K) -> (H, W)"""
    return np.maximum(maps @ channel_weights(gradients), 0)


grad_cam_map = check("04.3", grad_cam_map)

# %%
by_hand = grad_cam_map(maps, gradients)
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
# Read it from left to right. The first block knows edges: its map is fine and has little to do with cats. Later maps are
# coarser and surer of the object. Early layers are general, late layers are specific; lesson 08 will use this to decide which
# blocks to train again. And mind the little numbers: each panel has its own scale.
#
# **What can go wrong.** Early maps look sharp, and sharp looks convincing. But equation 1 gives a channel *one* weight for
# the whole picture, although in an early layer the same edge speaks for the cat here and against it there. The mean then
# says little. The map is reliable where the gradient hardly depends on the position, which is to say: late.

# %% [markdown] tags=["teaching"]
# **Ask before showing the strip:** in which layer will the map be sharpest, and in which most right? Collect votes.
#
# **Ask:** why is there a ReLU in equation 2 and none in CAM? (Grad-CAM wants regions that speak for the class; CAM wants the
# sum to be the logit. Without the ReLU, Grad-CAM would show evidence against the class as well.)

# %% [markdown]
# ## Where CAM exists, Grad-CAM is CAM
#
# Our head is global average pooling and a linear layer, so CAM exists, at the layer that is pooled, `block5_pool`. Write the
# logit in terms of a single cell: $S_c = b_c + \sum_k w_k^c \frac{1}{Z}\sum_{i,j} A^k_{ij}$. Then
#
# $$\frac{\partial S_c}{\partial A^k_{ij}} = \frac{w_k^c}{Z} \quad\text{at every position, so}\quad \alpha_k^c = \frac{w_k^c}{Z}.$$
#
# By which factor must Grad-CAM's map be multiplied to give CAM's map $\sum_k w_k^c A^k$, for a layer of that height and width?


# %% tags=["exercise"] id="04.4" minutes=6 difficulty=2
def factor(height, width):
    """What Grad-CAM at the pooled layer must be multiplied by to give sum_k w_k A^k.
    Two whole numbers -> number"""
    return height * width


factor = check("04.4", factor)

# %% [markdown]
# That was the proof. Now the measurement.

# %%
# NBVAL_CHECK_OUTPUT
pooled = keras.Model(
    network.inputs[0], [network.get_layer("block5_pool").output, network.outputs[0]]
)
with tf.GradientTape() as tape:
    cells, logits = pooled(vgg.preprocess(photo[None]))
    score = logits[0, cat]
alphas = channel_weights(tape.gradient(score, cells)[0].numpy())
weights = network.get_layer("output").kernel.numpy()[:, cat]
print(
    "weights agree up to the factor",
    factor(7, 7),
    ":",
    np.allclose(alphas * factor(7, 7), weights, atol=1e-6),
)

# %%
# NBVAL_CHECK_OUTPUT
logit, bias = (
    vgg.logits(photo[None])[0, cat],
    network.get_layer("output").bias.numpy()[cat],
)
print(
    "the CAM sums to the logit minus the bias:",
    np.isclose(cam(vgg, photo[None], cat).sum(), logit - bias, atol=1e-4),
)

# %%
plot.grid(
    [
        cam(vgg, palace[None], building)[0] * 224 * 224,
        grad_cam(vgg, palace[None], building, layer="block5_pool")[0] * 49,
    ],
    ["CAM", "49 x Grad-CAM at block5_pool"],
    title="'Building', by CAM and by Grad-CAM: the same but for the ReLU",
    columns=2,
    alt=(
        "CAM and Grad-CAM of the palace side by side: the same red regions; where CAM"
        " is below zero, Grad-CAM is zero."
    ),
)

# %% [markdown]
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
# Guided backpropagation draws nearly the same cat whatever you ask for. It looks like an explanation; it is closer to an edge
# detector. Lesson 11 makes a test of this.
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
# None of our twelve classes is right, so the network picks one, and Grad-CAM shows where it found it: at the metal ring of the
# suit, and a brass instrument has rings as well. The map is right about the network and tells nothing about the astronaut. A
# neat spot in the middle of a picture is *not* a sign that the answer is right. What misleads here is our habit of reading
# "where" as "therefore".
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
# There is always a map. The ReLU keeps whatever is positive, the picture is coloured from zero to *its own* largest value, and a
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
# **For the advanced:** Draelos and Carin (2020) show pictures in which Grad-CAM marks places that the score does not depend on
# at all, because the mean of the gradients hides their signs. On a GAP head at the pooled layer this cannot happen; why?

# %% [markdown]
# ## A thousand classes
#
# The same functions on another network: EfficientNet-Lite0, small enough for a telephone, with the 1,000 classes of ImageNet.
# Nothing is new, apart from the words.

# %%
lite = efficientnet_lite0()
for name in ("cat", "coffee", "palace", "hopper"):
    print(
        f"{name:<8}"
        + " · ".join(
            f"{label} {probability:.2f}"
            for label, probability in lite.top(pictures[name], 3)
        )
    )

# %%
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
# And one photo, two classes. What makes the officer's portrait a *military uniform*, and what a *mortarboard*?

# %%
hopper = pictures["hopper"]
questions = ["military uniform", "mortarboard", "bow tie"]
answers = grad_cam(
    lite,
    np.repeat(hopper[None], 3, axis=0),
    [lite.labels.index(question) for question in questions],
)
plot.grid(
    [hopper, *answers],
    ["photo", *questions],
    title="One photo, three questions, one scale",
    columns=4,
    cmap="inferno",
)

# %% [markdown]
# ## Summary
#
# - Grad-CAM: the mean gradient of a logit is a channel's weight; weigh, add, cut off below zero.
# - It works at any layer of any convolutional network. Late layers are coarse and specific, early ones sharp and general.
# - On a network with global average pooling it is CAM, up to the number of cells and the ReLU. We proved it and measured it.
# - There is a map for every class in every picture. It says where, not whether. Look at the score and the scale first.
#
# **Next**, lesson 05: no gradients at all. Cover a part of the picture and see what the network says.
#
# **To read on:** Selvaraju, Cogswell, Das, Vedantam, Parikh and Batra (2017), *Grad-CAM*. Chattopadhay, Sarkar, Howlader and
# Balasubramanian (2018), *Grad-CAM++*. Springenberg, Dosovitskiy, Brox and Riedmiller (2015), *Striving for simplicity*.
# Draelos and Carin (2020), *Use HiResCAM instead of Grad-CAM for faithful explanations of convolutional neural networks*.
