# %% [markdown]
# # 01 · What does a filter compute? Convolution arithmetic
# **You will** compute a convolution by hand and by machine · find two slips on a printed slide · predict the size, the weights and the view of any layer
#
# **Needs** lesson 00 · **Reading** 65 min · **Computing** 10 s

# %% [markdown]
# ## The question
#
# A network looks at a photograph and says "cat". Before we ask *where did it look?*, we ask something humbler. What the network
# adds up in the end are numbers that convolutions produced, many thousands of them: what is **one** of those numbers?
#
# We start with a corner of a real picture, small enough to do on paper.

# %%
import numpy as np

from xailab import plot
from xailab.arithmetic import conv2d, pool2d, receptive_field
from course import check
from xailab.data import photos
from course.lessons.lesson_01.exercises import FILTER, PHOTO

PHOTO.shape, FILTER.shape

# %% [markdown]
# `PHOTO` has 6 rows, 6 columns and 3 channels: red, green, blue. Its first row and column are zeros, put there so that the
# filter can also be centred on the outermost pixels. That is **zero padding**. `FILTER` is one filter: 3 x 3 weights
# *per channel*.

# %%
plot.grid(
    [PHOTO[..., 0], PHOTO[..., 1], PHOTO[..., 2]],
    ["red", "green", "blue"],
    title="The corner of a photograph, channel by channel",
    numbers=True,
    alt=(
        "Three 6 by 6 tables of pixel values, red, green and blue; first row and column"
        " are zero, the rest lies between 143 and 170."
    ),
)

# %%
plot.grid(
    [FILTER[..., 0, 0], FILTER[..., 1, 0], FILTER[..., 2, 0]],
    ["for red", "for green", "for blue"],
    title="One filter: a slice of weights for each channel",
    numbers=True,
    alt=(
        "Three 3 by 3 tables of weights -1, 0 and 1: the slices of one filter for red,"
        " green and blue."
    ),
)

# %% [markdown]
# ## The idea
#
# Lay the filter on the top-left 3 x 3 patch. Multiply each weight by the pixel under it. Add everything up.

# %%
# NBVAL_CHECK_OUTPUT
patch = PHOTO[:3, :3]
for channel, name in enumerate(["red", "green", "blue"]):
    print(name, int(np.sum(patch[..., channel] * FILTER[..., channel, 0])))

# %% [markdown]
# Three channels, three sums: 308, -498 and 164.
# <!-- tried: tests/lessons/test_lesson_01.py::test_the_lecture_example_gives_minus_25 | the lecture's numbers | exact | the filter turned by 180 degrees: -151, 164, 323 | 3 channels -->
# The filter still gives **one** number here: the three are added, and the
# filter's bias, 1, on top:
#
# $$308 - 498 + 164 + 1 = -25$$
#
# In general, for a filter $w$ with bias $b$, at row $y$ and column $x$:
#
# $$z_{y,x} = b + \sum_{i}\sum_{j}\sum_{c} w_{i,j,c}\; x_{y+i,\;x+j,\;c}$$
#
# ## Your turn: one number


# %% tags=["exercise"] id="01.1" minutes=6 difficulty=1
def one_number(patch, kernel, bias):
    """What a filter gives at one position.
    (kh, kw, C), (kh, kw, C), number -> number"""
    return np.sum(patch * kernel) + bias


one_number = check("01.1", one_number)

# %%
# NBVAL_CHECK_OUTPUT
print(one_number(PHOTO[:3, :3], FILTER[..., 0], bias=1))

# %% [markdown] tags=["teaching"]
# **Ask before running the cell:** how many numbers does a 3 x 3 filter give at one position of an RGB picture? Half the class
# says three. The -25 settles it: channels are added.
#
# **Ask:** what would a filter be that looks at one channel only? (Zeros in the slices of the others.)

# %% [markdown]
# ## Slide it
#
# Now move the window one pixel to the right, and again, and then to the next row. Every position gives one number; together
# they are a **feature map**.


# %% tags=["exercise"] id="01.2" minutes=10 difficulty=2
def convolve(image, kernel, bias):
    """Slide one filter over an image, without padding.
    (H, W, C), (kh, kw, C), number -> (H - kh + 1, W - kw + 1)"""
    rows, columns = kernel.shape[:2]
    result = np.zeros((image.shape[0] - rows + 1, image.shape[1] - columns + 1))
    for y in range(result.shape[0]):
        for x in range(result.shape[1]):
            result[y, x] = np.sum(image[y : y + rows, x : x + columns] * kernel) + bias
    return result


convolve = check("01.2", convolve)

# %%
plot.grid(
    [convolve(PHOTO, FILTER[..., 0], 1)],
    title="The feature map: one number per position, -25 in the corner",
    numbers=True,
    alt=(
        "A 4 by 4 table of numbers, the first one -25: what the filter gives at each of"
        " its 16 positions."
    ),
)

# %% [markdown]
# The course's `conv2d` does the same for many filters at once and without loops. It is what the other lessons use, and a
# test compares it with Keras for every stride, padding and dilation.

# %%
# NBVAL_CHECK_OUTPUT
feature_map = conv2d(PHOTO, FILTER, bias=1)
print(
    feature_map.shape,
    np.array_equal(feature_map[..., 0], convolve(PHOTO, FILTER[..., 0], 1)),
)

# %% [markdown]
# **What can go wrong.** In mathematics, *convolution* turns the kernel by 180 degrees first. Networks do not: what they call
# convolution is called cross-correlation elsewhere. A network learns its weights, so it does not care; you should, when you
# compare numbers with `scipy.signal.convolve2d`.
#
# **Move it yourself.** Slide the filter: where does the vertical edge filter give a large positive number, where a negative one,
# and where zero? The first picture below stands still; to move it, run the cell.

# %%
from course import demo

demo("01")

# %% [markdown]
# ## A filter on a photograph
#
# Hand-made filters have long been used to find edges. Weights that are positive on the left and negative on the right give
# large numbers where a picture goes from bright to dark.

# %%
cup = photos()["coffee"]
grey = cup.mean(axis=-1, keepdims=True) / 255
vertical = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])[..., None, None]
edges = conv2d(
    grey, np.concatenate([vertical, vertical.transpose(1, 0, 2, 3)], axis=-1)
)
plot.grid(
    [cup, *np.clip(np.moveaxis(edges, -1, 0), -1, 1)],
    ["photo", "left-right edges", "top-bottom edges"],
    title="Two edge filters (Sobel) on a coffee cup, cut off at -1 and 1",
    alt=(
        "The photo of a coffee cup and two maps of it: the first shows the left and"
        " right rims of cup and saucer, the second the upper and lower ones; red is"
        " bright-to-dark, blue dark-to-bright."
    ),
)

# %% [markdown]
# Red and blue are opposite signs. Most networks put a **ReLU** after a convolution, $\max(z, 0)$, and so keep one sign. The other
# one needs a filter of its own. That is one reason why layers have many filters. Each makes a map, of an edge here and often of
# several things at once deeper down (lesson 07), and a layer's output is the stack of these maps, its **channels**. The next layer's filters read them all, as ours read red, green and blue.
#
# ## Find the slips
#
# Here is a map after a ReLU, as a lecture prints it, and two filters that are slid over it.

# %%
after_relu = np.array([[2, 1, 0, 1], [3, 7, 19, 11], [0, 5, 14, 5], [0, 1, 2, 1]])
filter_a = np.array([[1, 0], [0, 5]])
filter_b = np.array([[0, 2], [1, 1]])
plot.grid(
    [after_relu, filter_a, filter_b],
    ["map", "filter a", "filter b"],
    title="A map after ReLU and two filters",
    numbers=True,
    alt=(
        "Three tables. Map: 2 1 0 1, 3 7 19 11, 0 5 14 5, 0 1 2 1. Filter a: 1 0, 0 5."
        " Filter b: 0 2, 1 1."
    ),
)

# %% [markdown]
# And this is what the slide prints below them.

# %%
slide = {
    "a": np.array([[37, 96, 55], [28, 77, 46], [5, 15, 19]]),
    "b": np.array([[12, 26, 32], [19, 57, 41], [11, 31, 12]]),
}
plot.grid(
    slide.values(),
    ["map * a", "map * b"],
    title="What the slide prints",
    numbers=True,
    alt=(
        "Two 3 by 3 tables. For filter a: 37 96 55, 28 77 46, 5 15 19. For filter b: 12"
        " 26 32, 19 57 41, 11 31 12."
    ),
)

# %% [markdown]
# The first number is right; check it in your head: $2 \cdot 1 + 7 \cdot 5 = 37$. But each table has one number that is wrong.
# <!-- tried: tests/lessons/test_lesson_01.py::test_the_slips_of_exercise_3_are_where_the_slide_differs | both tables recomputed | one slip each | the filters turned by 180 degrees: 9 of 9 and 9 of 9 differ | 18 numbers -->
# Which? Write the answer as `{(filter, row, column): (printed, right), ...}`, the filter as `"a"` or `"b"`, rows and columns
# counted from 0. By hand or by machine: both count.

# %% tags=["exercise"] id="01.3" minutes=6 difficulty=2
slips = {("a", 1, 2): (46, 44), ("b", 2, 2): (12, 13)}
slips = check("01.3", slips)

# %%
# NBVAL_CHECK_OUTPUT
for kernel in (filter_a, filter_b):
    print(conv2d(after_relu[..., None], kernel[..., None, None])[..., 0])

# %% [markdown]
# ## Stride, padding, size
#
# A window need not move pixel by pixel: with **stride** 2 it takes every second position. **Padding** adds $p$ zeros at both
# ends. How many positions are there along a side of $n$ pixels for a window of $k$ cells? The padded side has $n + 2p$ pixels;
# the first cell can move $n + 2p - k$ pixels before the last one leaves; in steps of $s$:
#
# $$n' = \left\lfloor \frac{n + 2p - k}{s} \right\rfloor + 1$$


# %% tags=["exercise"] id="01.4" minutes=6 difficulty=1
def positions(n, kernel, stride, padding):
    """How many positions a window takes along a side of n pixels.
    Four whole numbers -> a whole number"""
    return (n + 2 * padding - kernel) // stride + 1


positions = check("01.4", positions)

# %%
# NBVAL_CHECK_OUTPUT
print("window 5 on 224 pixels:", positions(224, 5, 1, 0))
print("window 3 on 28 pixels with a zero at each end:", positions(28, 3, 1, 1))
print("pooling 2 on 28 pixels:", positions(28, 2, 2, 0))
print(
    "window 3, stride 2 on 8 pixels:",
    positions(8, 3, 2, 0),
    "- the last pixel is never seen",
)

# %% [markdown]
# > **To look up later.** The package's `output_size` knows one thing more, **dilation**: a window with gaps. Its cells are $d$
# > pixels apart, so $k$ of them reach over $d(k-1)+1$ pixels: a wider view at no extra weight. And **what can go wrong**: "same"
# > padding means that the output has $\lceil n / s \rceil$ positions. When an odd number of zeros is needed, TensorFlow puts the
# > extra one at the bottom and right; other frameworks pad both ends alike. Weights carried from one to the other then give shifted
# > maps, without any warning.
#
# ## Pooling
#
# Pooling shrinks a map: of each 2 x 2 window it keeps the largest value, or the mean. Nothing is learned.

# %%
# NBVAL_CHECK_OUTPUT
print(pool2d(after_relu[..., None])[..., 0])
print(pool2d(after_relu[..., None], mode="average")[..., 0])

# %% [markdown]
# The 19 survives max pooling, but it no longer says *which* of four cells it came from. Each pooling costs a heat map half of
# its sharpness: five of them turn the 224 pixels of VGG16 into 7 cells.
# <!-- tried: tests/lessons/test_lesson_01.py::test_five_poolings_turn_224_pixels_into_7_cells | counted | exact | without the poolings: 224 | 1 architecture -->
#
# ## How many weights?
#
# A layer's filters are all it learns. Each lays one weight on every cell of its window, in every channel it reads, and adds one
# bias. How many numbers is that for a whole layer? (Notice what you do *not* need to know.)


# %% tags=["exercise"] id="01.5" minutes=5 difficulty=1
def parameters(kernel, channels, filters):
    """Weights and biases of a layer of square filters.
    Three whole numbers -> a whole number"""
    return (kernel * kernel * channels + 1) * filters


parameters = check("01.5", parameters)

# %%
# NBVAL_CHECK_OUTPUT
print(
    "LeNet-5, C1:",
    parameters(5, 3, 6),
    "· C3:",
    parameters(5, 6, 16),
    "· C5:",
    parameters(5, 16, 120),
)
print(
    "the GAP network of lesson 03:", parameters(3, 1, 32), "and", parameters(3, 32, 64)
)

# %% [markdown]
# ## What does a cell see?
#
# After a 3 x 3 convolution one cell sees 3 pixels along a side. After a second one it sees 5: each of the three cells in its
# window sees 3 pixels, and they overlap. After a stride of 2, neighbouring cells are 2 pixels apart, and every further window
# reaches twice as far. So walk through the layers with two numbers, the size $r$ and the step $j$ in pixels:
#
# $$r \leftarrow r + (k - 1)\, j \qquad\text{then}\qquad j \leftarrow j \cdot s$$


# %% tags=["exercise"] id="01.6" minutes=10 difficulty=3
def field_size(layers):
    """Pixels along a side that one cell sees.
    [(kernel, stride), ...] -> a whole number"""
    size, step = 1, 1
    for kernel, stride in layers:
        size += (kernel - 1) * step
        step *= stride
    return size


field_size = check("01.6", field_size)

# %% [markdown]
# Now all of VGG16: thirteen convolutions of 3 x 3, five poolings.

# %%
layers, names, sizes = [], [], []
for block, convolutions in enumerate([2, 2, 3, 3, 3], start=1):
    for number in range(convolutions):
        layers.append((3, 1))
        names.append(f"block{block}_conv{number + 1}")
        sizes.append(field_size(layers))
    layers.append((2, 2))
plot.bars(
    names,
    sizes,
    title="What one cell of each VGG16 layer sees of the 224 pixels",
    xlabel="pixels along a side",
)

# %%
# NBVAL_CHECK_OUTPUT
same = [(kernel, stride, 1 if kernel == 3 else 0) for kernel, stride in layers]
print(receptive_field(same[:-1]), "for block5_conv3")
print(receptive_field(same), "after the last pooling")

# %% [markdown]
# Read the second line aloud: a cell of the last map sees 212 pixels of 224, neighbouring cells are centred 32 pixels apart,
# the first on pixel 15.5.
# <!-- tried: tests/lessons/test_lesson_01.py::test_a_cell_of_vgg16s_last_map_sees_212_pixels_32_apart | computed from the layers, and by painting: which pixels reach a cell | exact | one pixel further: nothing changes | 1 architecture -->
# That is not the whole picture for every cell: the windows at the border stick out. The middle cell sees 90 % of the picture, the one
# in the corner 30 %.
# <!-- tried: tests/lessons/test_lesson_01.py::test_the_corner_cell_sees_a_third_of_the_picture | counted | 90 and 30 % | after block 4: 20 and 7 % | 49 cells -->
# Remember this when a heat map looks like a soft blob. The blob is not the network's opinion about
# the edge of an object; it is a 7 x 7 grid, blown up. What the formula gives is the *largest* region that can matter. Luo and
# others (2016, see below) found that in trained networks the middle of it matters most.
#
# ## Summary
#
# - A filter gives one number per position: products over its window and **all channels**, added, plus one bias.
# - $n' = \lfloor (n + 2p - k)/s \rfloor + 1$ positions; $(k^2 C_{in} + 1)\, C_{out}$ weights, whatever the size of the picture.
# - Receptive fields grow by $(k-1)$ times the step. In VGG16's last map the cells are 32 pixels apart: that is the
#   sharpness a heat map can have there.
#
# **Next**, lesson 02: what happens to the *where* when maps are turned into class scores.
#
# **To read on:** Dumoulin and Visin (2016), *A guide to convolution arithmetic for deep learning*. Araujo, Norris and Sim
# (2019), *Computing receptive fields of convolutional neural networks*. Luo, Li, Urtasun and Zemel (2016), *Understanding the
# effective receptive field in deep convolutional neural networks*.

# %% [markdown] tags=["teaching"]
# **Ask:** A middle cell of VGG16's last map sees 90 % of the picture. Why is Grad-CAM still able to say *where*?
# (The cells are centred at different places, and the effective field is much smaller than the theoretical one.)
#
# **Live demo:** change one pixel of `PHOTO` and ask which cells of the map change.
