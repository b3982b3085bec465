# %% [markdown]
# # 02 · Two hundred million weights, and where did the *where* go? Global average pooling
# **You will** find out where LeNet-5 keeps its 200 million weights · replace them by a mean · predict what the mean forgets, and see what is still there
#
# **Needs** lesson 01 · **Reading** 43 min · **Computing** 5 s

# %% [markdown]
# ## The question
#
# A thesis on explainable classification starts with LeNet-5, the network that read handwritten digits on bank
# cheques in the 1990s. Its pictures are larger than digits, 224 x 403 pixels in colour, in 11 classes, and the network grows to
# 200,432,331 weights: more than VGG16 has. Which layer needs them? And what would we lose if we took it away?

# %%
import numpy as np

from xailab import plot
from xailab.arithmetic import conv2d, global_average_pool, output_size
from course import check
from xailab.data import mnist
from course.lessons.lesson_02.exercises import M1, M2, M3

# %% [markdown]
# ## The picture
#
# Lesson 01 gave us all we need: sizes and weights of every layer, without building it. Each entry is (name, kind, window,
# stride, filters).

# %%
# NBVAL_CHECK_OUTPUT
lenet5 = [
    ("C1", "conv", 5, 1, 6),
    ("S2", "pool", 2, 1, 6),
    ("C3", "conv", 5, 1, 16),
    ("S4", "pool", 2, 2, 16),
    ("C5", "conv", 5, 1, 120),
]
height, width, channels = 224, 403, 3
counts = {}
for name, kind, window, stride, filters in lenet5:
    height, width = (
        output_size(side, window, stride=stride) for side in (height, width)
    )
    counts[name] = (window * window * channels + 1) * filters if kind == "conv" else 0
    channels = filters
    print(f"{name}  {kind}  ({height}, {width}, {channels})  {counts[name]:>7,}")
flat = height * width * channels
print(f"flatten  {flat:,}")

# %% [markdown]
# Up to here 50,992 weights, and a stack of 120 maps of 103 x 193 cells. Then the maps are **flattened**: all 2,385,480 numbers
# in one row, each connected to each of the 84 units of the layer F6.


# %% tags=["exercise"] id="02.1" minutes=4 difficulty=1
def dense_weights(inputs, outputs):
    """Weights and biases of a fully connected layer.
    Two whole numbers -> a whole number"""
    return inputs * outputs + outputs


dense_weights = check("02.1", dense_weights)

# %%
# NBVAL_CHECK_OUTPUT
counts["F6"], counts["output"] = dense_weights(flat, 84), dense_weights(84, 11)
print(
    f"F6 {counts['F6']:,} · output {counts['output']:,} · total"
    f" {sum(counts.values()):,}"
)

# %%
plot.bars(
    counts.keys(),
    counts.values(),
    title="Where LeNet-5 keeps its weights",
    xlabel="weights and biases",
)

# %% [markdown]
# Where are the other bars? They are there, too short to see: 99.97 % of the network sits in one layer.
# <!-- tried: tests/lessons/test_lesson_02.py::test_f6_holds_nearly_all_of_lenet5 | counted | exact | with pooled maps F6 would hold 16 % | 1 architecture -->
# That layer has a weight for *filter 17 at row 40, column 112*, and another one for *filter 17 at row 40, column 113*. It has to
# learn a thing anew at every place.
#
# Is this LeNet-5's fault? In part it is a slip of the thesis: its S2 moves by 1 pixel, where LeNet-5 moves by 2. With stride 2 in
# S2, F6 would have 45.9 million weights, and still 99.9 % of all.
# <!-- tried: tests/lessons/test_lesson_02.py::test_with_stride_2_in_s2_f6_has_46_million | counted | exact | with stride 1: 200.4 million | 1 architecture -->
#
# VGG16 suffers from it, too, in a milder form. It came second to GoogLeNet in the ImageNet challenge of 2014, and first in
# localization, with 3 x 3 filters throughout: 13 convolutional layers with 14.7 million weights, and three dense layers with
# 123.6 million.

# %%
# NBVAL_CHECK_OUTPUT
filters = [3, 64, 64, 128, 128, 256, 256, 256, 512, 512, 512, 512, 512, 512]
convolutions = sum(
    (9 * before + 1) * after for before, after in zip(filters, filters[1:])
)
dense = (
    dense_weights(7 * 7 * 512, 4096)
    + dense_weights(4096, 4096)
    + dense_weights(4096, 1000)
)
print(
    f"convolutions {convolutions:,} · dense {dense:,} · total {convolutions + dense:,}"
)

# %% [markdown]
# ## The idea
#
# Why should it matter *where* filter 17 fires? Take its mean over all positions, one number per channel, and connect only
# those. That is **global average pooling**, GAP:
#
# $$F_k = \frac{1}{HW} \sum_{y}\sum_{x} f_k(x, y)$$


# %% tags=["exercise"] id="02.2" minutes=5 difficulty=1
def pool(maps):
    """Mean of each channel over all positions. (H, W, C) -> (C,)"""
    return maps.mean(axis=(0, 1))


pool = check("02.2", pool)

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"F6 on 120 means instead of {flat:,} cells: {dense_weights(120, 84):,} weights"
    f" instead of {counts['F6']:,}"
)

# %% [markdown]
# 10,164 instead of 200,380,404: one twenty-thousandth.
# <!-- tried: tests/lessons/test_lesson_02.py::test_pooling_would_leave_one_twenty_thousandth | counted | exact | of the 45.9 million with stride 2: one in 4,519 | 1 architecture -->
# Besides, the network now takes pictures of any size, since a mean is a
# mean. And it need not learn things anew for each place. Let us test that.
#
# **Move it yourself.** Which slider makes the fully connected heads grow fastest, and which one leaves the pooled head as it is?

# %%
from course import demo

demo("02")

# %% [markdown]
# ## A test: move the digit
#
# Four hand-made edge filters and a ReLU stand in for a network. The digit has a black margin of 6 pixels, so that nothing is
# lost when it moves.

# %%
images, labels = mnist()
digit = np.pad(images[labels == 7][3] / 255, 6)
sobel = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
filters = np.stack([sobel, -sobel, sobel.T, -sobel.T], axis=-1)[:, :, None]


def maps_of(picture):
    return np.maximum(conv2d(picture[..., None], filters, padding="same"), 0)


plot.grid(
    [digit, np.roll(digit, 5, axis=1), *np.moveaxis(maps_of(digit), -1, 0) / 4],
    [
        "digit",
        "shifted by 5",
        "right edges",
        "left edges",
        "lower edges",
        "upper edges",
    ],
    title="A seven, the same shifted, and its four maps",
    alt=(
        "A handwritten 7, the same 5 pixels further right, and four maps that light up"
        " at its right, left, lower and upper edges."
    ),
)

# %% [markdown]
# **Predict,** before you run anything below. What happens to the four means when the digit is shifted by 5 pixels? When it
# is turned upside down, by 180 degrees? By a quarter turn? When it lies in a picture twice as wide and twice as high, black
# around it? For each of the four, write one of these:
#
# - `"the same"`: all four means stay as they are.
# - `"exchanged"`: the left and right edges exchange their means with the top and bottom edges.
# - `"a quarter"`: all four means are a quarter of what they were.

# %% tags=["exercise"] id="02.3" minutes=5 difficulty=2
predictions = {
    "shifted": "the same",
    "upside down": "the same",
    "quarter turn": "exchanged",
    "larger picture": "a quarter",
}

predictions = check("02.3", predictions)

# %%
# NBVAL_CHECK_OUTPUT
pictures = {
    "as it is": digit,
    "shifted": np.roll(digit, 5, axis=1),
    "upside down": np.rot90(digit, 2),
    "quarter turn": np.rot90(digit),
    "larger picture": np.pad(digit, [side // 2 for side in digit.shape]),
}
for name, picture in pictures.items():
    print(f"{name:<15}", *(f"{mean:.4f}" for mean in pool(maps_of(picture))))

# %% [markdown]
# The shift is forgotten, as promised. So is the turn by 180 degrees: along a row a digit gets as much brighter as it gets
# darker again, so a left edge and a right edge have the same mean.
# <!-- tried: tests/lessons/test_lesson_02.py::test_the_means_of_moved_digits_are_as_predicted | 100 digits drawn anew, tolerance 1e-9 | 100 of 100 | random filters, turned by 180 degrees: 0 of 100 | 100 digits -->
# To these four means a nine upside down, which you would read as a six, is still that nine. How much does the flattened
# version notice? We compare the maps before and after a shift by their cosine, which is 1 for *the same up to a factor*.


# %%
def cosine(a, b):
    return float(a.ravel() @ b.ravel() / np.linalg.norm(a) / np.linalg.norm(b))


before, shifts = maps_of(digit), range(6)
after = [maps_of(np.roll(digit, shift, axis=1)) for shift in shifts]
plot.curves(
    {
        "flattened": [cosine(before, maps) for maps in after],
        "global average pooling": [cosine(pool(before), pool(maps)) for maps in after],
        "global max pooling": [
            cosine(before.max(axis=(0, 1)), maps.max(axis=(0, 1))) for maps in after
        ],
    },
    title="How alike are a digit and the same digit shifted?",
    xlabel="shift in pixels",
    first=0,
    ylabel="cosine similarity",
)

# %%
# NBVAL_CHECK_OUTPUT
print(
    f"shift of 5 pixels: flattened {cosine(before, after[5]):.2f}, pooled"
    f" {cosine(pool(before), pool(after[5])):.2f}"
)

# %% [markdown]
# The flattened maps of the shifted seven have little in common with those of the first: their cosine is .04, and of a hundred
# digits drawn at random none has more than .5.
# <!-- tried: tests/lessons/test_lesson_02.py::test_flattened_maps_of_a_digit_shifted_by_five_pixels_have_little_in_common | 100 digits drawn anew | highest .41 of 700 | not shifted: 1; pooled: 1 | 100 digits -->
# The pooled ones are the same, and so are the largest values.
# <!-- tried: tests/lessons/test_lesson_02.py::test_means_and_largest_values_of_shifted_digits_are_the_same | 100 digits, shifts of 1 to 5 pixels | 500 of 500 | shifted out of the picture: 0 to 10 of 100 | 100 digits -->
# Max pooling asks *is it there?*, average pooling *how much of it is there?* That second question has a consequence for
# explanations: to raise a mean, all of an object's parts help, not only the most telling one.
#
# ## What can go wrong
#
# **The mean forgets the where.** Cut the maps into cells and shuffle them: every mean stays the same.
# <!-- tried: tests/lessons/test_lesson_02.py::test_shuffled_cells_have_the_same_means | 100 digits, tolerance 1e-9 | 100 of 100 | numbers shuffled between the maps: 0 of 100 | 100 digits -->

# %%
# NBVAL_CHECK_OUTPUT
shuffled = (
    np.random.default_rng(0).permutation(before.reshape(-1, 4)).reshape(before.shape)
)
print(np.allclose(pool(before), pool(shuffled)))

# %% [markdown]
# So a GAP network cannot distinguish a face from a face with its parts exchanged, if its filters see only parts. And yet nothing
# is lost for us who explain: **the maps are still there**, one step before the mean. That is the whole trick of the next lesson.
#
# **A real network shifts less cleanly.** Here every filter looks at every pixel. After a max pooling of stride 2, only a shift by
# 2, 4, ... pixels leaves the means alone; by 1 or 3 pixels, other numbers meet in a window, and the means change.
# <!-- tried: tests/lessons/test_lesson_02.py::test_after_a_pooling_of_stride_2_only_even_shifts_change_nothing | 100 digits, shifts of 1 to 4 pixels | odd: 2 to 26 % | even shifts: 0 | 100 digits -->
#
# **A mean is diluted.** You saw it above: in a picture twice as wide and twice as high, the same object raises the mean a quarter
# as much.
# <!-- tried: tests/lessons/test_lesson_02.py::test_in_a_larger_picture_the_means_are_a_quarter | 100 digits, tolerance 1e-9 | 100 of 100 | their sums: the same in 100 of 100 | 100 digits -->
# GAP takes pictures of any size; that does not make its scores comparable between them.
#
# ## Weigh the maps
#
# After the mean comes one weight per channel and class. The score is $S = \sum_k w_k F_k$. Here are three maps of the
# lecture, and three weights.

# %%
plot.grid(
    [M1, M2, M3],
    ["M1", "M2", "M3"],
    title="Three maps",
    numbers=True,
    alt=(
        "Three 3 by 3 tables. M1: 1 0 9, 3 2 7, 4 3 2. M2: 0 0 7, 5 2 1, 2 2 1. M3: 3 3"
        " 0, 5 2 1, 5 0 9."
    ),
)


# %% tags=["exercise"] id="02.4" minutes=6 difficulty=2
def weighted_map(maps, weights):
    """Multiply each channel by its weight and add the channels.
    (H, W, C), (C,) -> (H, W)"""
    return maps @ weights


weighted_map = check("02.4", weighted_map)

# %%
maps, weights = np.stack([M1, M2, M3], axis=-1), np.array([1, -2, 0.5])
plot.grid(
    [weighted_map(maps, weights)],
    title="1 M1 - 2 M2 + 0.5 M3",
    numbers=True,
    alt=(
        "The weighted sum of the three maps, a 3 by 3 table: 2.5 1.5 -5, -4.5 -1 5.5,"
        " 2.5 -1 4.5."
    ),
)

# %% [markdown]
# Read it cell by cell. The top right corner speaks loudly in M1 (9) and in M2 (7), but M2 counts *against* the class, twice: the
# corner ends at -5. A cell is not evidence because it is bright in some map; its weight decides for whom it speaks.
#
# Now compare two orders of doing things: **pool, then weigh**, which is what the network computes, and **weigh, then pool**.

# %%
# NBVAL_CHECK_OUTPUT
print("pool, then weigh:", round(float(pool(maps) @ weights), 4))
print("weigh, then pool:", round(float(weighted_map(maps, weights).mean()), 4))
print("and with the package:", np.allclose(global_average_pool(maps), pool(maps)))

# %% [markdown]
# The same number, because sums may be exchanged:
# <!-- tried: tests/lessons/test_lesson_02.py::test_pool_then_weigh_is_weigh_then_pool | random maps and weights, tolerance 1e-9 | 100 of 100 | with a ReLU before the mean: 0 of 100 | 100 stacks of maps -->
#
# $$\sum_k w_k \sum_{x,y} f_k(x,y) = \sum_{x,y} \sum_k w_k f_k(x,y)$$
#
# On the left stands the score (times the number of positions), on the right a sum over *positions*. What is summed there is a picture.
#
# ## Summary
#
# - LeNet-5 on 224 x 403 pixels has 200,432,331 weights, 200,380,404 of them in F6, after the flattened maps.
# - Global average pooling leaves one number per channel: F6 would need 10,164 weights, and a shifted picture gives the same
#   numbers.
# - The mean forgets where; the maps before it do not. Because sums may be exchanged, the score *is* the mean of a map.
#
# **Next**, lesson 03: train such a network and read the picture off its weights.
#
# **To read on:** LeCun, Bottou, Bengio and Haffner (1998), *Gradient-based learning applied to document recognition*. Lin,
# Chen and Yan (2014), *Network in network*. Simonyan and Zisserman (2015), *Very deep convolutional networks for large-scale
# image recognition*.

# %% [markdown] tags=["teaching"]
# **Ask:** the network of this lesson's shift test gives exactly the same means for a shifted digit. Would it for a digit that
# is shifted partly out of the picture? (No: the padding of 6 pixels is what makes the test clean.)
#
# **Ask:** which tasks need the *where* in the score itself? (Counting left and right, reading order, chess positions.)
#
# **Ask:** where would 200 million weights have come in handy? (With 200 million pictures. The thesis has far fewer: the layer
# memorises the training pictures.)
#
# **Common confusion:** "GAP throws the maps away." It throws the positions away, in one number per channel; the maps stay in
# memory, and CAM reads them there.
