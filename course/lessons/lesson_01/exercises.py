"""Exercises of lesson 01, convolution arithmetic, and the talk's picture that they use."""

import numpy as np

from course.student.exercises import Exercise, Mistake
from xailab.arithmetic import conv2d as reference_conv2d
from xailab.arithmetic import output_size as reference_output_size
from xailab.arithmetic import receptive_field as reference_receptive_field

# The talk's picture, zero padding included, and its one filter: red, green, blue.
PHOTO = np.stack(
    [
        np.pad(
            [
                [156, 155, 156, 158, 158],
                [153, 154, 157, 159, 159],
                [149, 151, 155, 158, 159],
                [146, 146, 149, 153, 158],
                [145, 143, 143, 148, 158],
            ],
            [(1, 0), (1, 0)],
        ),
        np.pad(
            [
                [167, 166, 167, 169, 169],
                [164, 165, 168, 170, 170],
                [160, 162, 166, 169, 170],
                [156, 156, 159, 163, 168],
                [155, 153, 153, 158, 168],
            ],
            [(1, 0), (1, 0)],
        ),
        np.pad(
            [
                [163, 162, 163, 165, 165],
                [160, 161, 164, 166, 166],
                [156, 158, 162, 165, 166],
                [155, 155, 158, 162, 167],
                [154, 152, 152, 157, 167],
            ],
            [(1, 0), (1, 0)],
        ),
    ],
    axis=-1,
)
FILTER = np.stack(
    [
        [[-1, -1, 1], [0, 1, -1], [0, 1, 1]],
        [[1, 0, 0], [1, -1, -1], [1, 0, -1]],
        [[0, 1, 1], [0, 1, 0], [1, -1, 1]],
    ],
    axis=-1,
)[..., None]


def one_number(patch, kernel, bias):
    return float(np.sum(patch * kernel) + bias)


def _flipped(patch, kernel, bias):
    return one_number(patch, kernel[::-1, ::-1], bias)


def _averaged(patch, kernel, bias):
    return float(np.sum(patch * kernel, axis=(0, 1)).mean() + bias)


def _bias_a_channel(patch, kernel, bias):
    return float(np.sum(np.sum(patch * kernel, axis=(0, 1)) + bias))


def _patches(draw, whole, broken):
    """A patch and a filter of whole numbers, both of one shape, and a pair of broken ones, both of another shape."""
    return [
        (draw.integers(-9, 9, whole), draw.integers(-2, 3, whole), 2),
        (draw.normal(size=broken), draw.normal(size=broken), -0.5),
    ]


def convolve(image, kernel, bias):
    return reference_conv2d(image, kernel[..., None], bias)[..., 0]


def _images(draw, *settings):
    """Images and filters of these shapes, with these biases."""
    return [(draw.normal(size=image), draw.normal(size=kernel), bias) for image, kernel, bias in settings]


def positions(n, kernel, stride, padding):
    return reference_output_size(n, kernel, stride=stride, padding=padding)


def _windows(draw):
    """Windows over a padded side: the first takes every position, the others leave 1 and 2 pixels at its end."""
    cases = []
    for stride, left, steps in zip((1, 2, 3), (0, 1, 2), draw.permutation(np.arange(5, 60)).tolist()):
        kernel = int(draw.integers(3, 8))
        padding = int(draw.integers(1, kernel // 2 + 1))
        cases.append((stride * steps + left + kernel - 2 * padding, kernel, stride, padding))
    return cases


def parameters(kernel, channels, filters):
    return (kernel * kernel * channels + 1) * filters


def field_size(layers):
    return reference_receptive_field(layers).size


def _stacks(draw):
    """Two to five layers each, windows of 2 to 5 cells and strides of 1 to 3; the first stride is 2."""
    cases = []
    for depth in (2, 4, 5):
        layers = draw.integers((2, 1), (6, 4), (depth, 2))
        layers[0, 1] = 2
        cases.append(([tuple(layer) for layer in layers.tolist()],))
    return cases


VGG_START = [(3, 1), (3, 1), (2, 2), (3, 1), (3, 1), (2, 2)]

EXERCISES = [
    Exercise(
        id="01.1",
        title="one number of a convolution",
        reference=one_number,
        cases=lambda: [
            (PHOTO[:3, :3], FILTER[..., 0], 1),
            *_patches(np.random.default_rng(1), (3, 3, 3), (2, 2, 4)),
        ],
        hidden=lambda draw: _patches(draw, (4, 4, 2), (3, 5, 3)),
        hints=(
            "Each weight has one partner in the patch, at the same row, column and channel.",
            "patch * kernel multiplies partners; all products are added, those of the three channels too.",
            "One line will do: the sum of all products, and after it the bias, once.",
        ),
        insight="A filter gives one number per position, however many channels it reads: the channels are added, never kept apart.",
        mistakes=(
            Mistake(
                "forgot the bias",
                lambda p, k, b: one_number(p, k, 0),
                "The bias is missing: it is added once, at the end.",
            ),
            Mistake(
                "flipped kernel",
                _flipped,
                "You turned the kernel by 180 degrees. That is the convolution of mathematics; networks lay the kernel on as it is.",
            ),
            Mistake(
                "averaged over channels",
                _averaged,
                "You averaged over the channels. A filter adds them: 308 - 498 + 164, not a third of it.",
            ),
            Mistake(
                "bias in every channel",
                _bias_a_channel,
                "You added the bias once for each channel. A filter has one bias, added at the end.",
            ),
        ),
    ),
    Exercise(
        id="01.2",
        title="a whole convolution",
        reference=convolve,
        cases=lambda: [
            (PHOTO, FILTER[..., 0], 1),
            *_images(np.random.default_rng(2), ((6, 4, 2), (3, 2, 2), 0.5), ((5, 5, 1), (1, 3, 1), 0)),
        ],
        hidden=lambda draw: _images(draw, ((7, 5, 3), (3, 3, 3), -1.5), ((4, 6, 2), (2, 1, 2), 2)),
        hints=(
            "The result has H - kh + 1 rows and W - kw + 1 columns: make it with np.zeros and fill it in two loops.",
            "At row y and column x the patch is image[y : y + kh, x : x + kw].",
            "Inside the loops does what you wrote in exercise 01.1, with this patch, and its number goes to result[y, x].",
        ),
        insight="Two loops and exercise 01.1 inside: that is all a convolutional layer does, once for each of its filters.",
        mistakes=(
            Mistake(
                "flipped kernel",
                lambda i, k, b: convolve(i, k[::-1, ::-1], b),
                "You turned the kernel by 180 degrees; networks lay it on as it is.",
            ),
            Mistake(
                "padded the image",
                lambda i, k, b: reference_conv2d(i, k[..., None], b, padding="same")[..., 0],
                "Your result is as large as the image: you padded it. Here the window stays inside.",
            ),
            Mistake(
                "one row short",
                lambda i, k, b: convolve(i, k, b)[:-1, :-1],
                "The last row and column are missing: range stops before its end, so it has to go to H - kh + 1.",
            ),
            Mistake(
                "forgot the bias",
                lambda i, k, b: convolve(i, k, 0),
                "The bias is missing: it is added at every position.",
            ),
        ),
    ),
    Exercise(
        id="01.3",
        title="the slide's two slips",
        reference={("a", 1, 2): (46, 44), ("b", 2, 2): (12, 13)},
        hints=(
            "Let the computer find them: where do the slide and your convolve, or conv2d, differ?",
            'right = conv2d(after_relu[..., None], filter_a[..., None, None])[..., 0], and np.argwhere(slide["a"] != right).',
            "Both are in the last column: filter a's in the middle row, filter b's in the bottom row.",
        ),
        insight="Slides are wrong more often than code that is tested. A number you recompute is a number you may trust.",
        mistakes=(
            Mistake(
                "counted from one",
                {("a", 2, 3): (46, 44), ("b", 3, 3): (12, 13)},
                "You counted rows and columns from 1. Python counts from 0.",
            ),
            Mistake(
                "right and wrong exchanged",
                {("a", 1, 2): (44, 46), ("b", 2, 2): (13, 12)},
                "You have the pairs the wrong way round: first what the slide prints, then what is right.",
            ),
            Mistake(
                "column before row",
                {("a", 2, 1): (46, 44), ("b", 2, 2): (12, 13)},
                "You wrote (column, row). An array is addressed by its row first.",
            ),
            Mistake(
                "only one of two",
                {("a", 1, 2): (46, 44)},
                "One found. The other is in the table of filter b.",
            ),
        ),
    ),
    Exercise(
        id="01.4",
        title="how many positions",
        reference=positions,
        cases=[(224, 5, 1, 0), (28, 3, 1, 1), (224, 7, 2, 3), (7, 3, 2, 0), (8, 3, 2, 0), (215, 2, 2, 0)],
        hidden=_windows,
        hints=(
            "Padding makes the side longer by 2p. How far can the window's first cell move before its last cell leaves?",
            "It can move n + 2p - k pixels, in steps of s.",
            "Count the whole steps with //, and do not forget the position that it starts from.",
        ),
        insight="The floor means that with a stride the last pixels may never be looked at: 8 pixels, window 3, step 2 leave one out.",
        mistakes=(
            Mistake(
                "forgot the first position",
                lambda n, k, s, p: (n + 2 * p - k) // s,
                "One too few: you counted the steps. The position before the first step counts, too.",
            ),
            Mistake(
                "padding counted once",
                lambda n, k, s, p: (n + p - k) // s + 1,
                "You counted the padding once. There are p zeros at both ends.",
            ),
            Mistake(
                "rounded up",
                lambda n, k, s, p: -(-(n + 2 * p - k) // s) + 1,
                "You rounded up. A window that would stick out over the end is not taken: round down.",
            ),
            Mistake(
                "divided without rounding",
                lambda n, k, s, p: (n + 2 * p - k) / s + 1,
                "You used /, which leaves fractions. Use //: half a position does not exist.",
            ),
        ),
    ),
    Exercise(
        id="01.5",
        title="the weights of a layer",
        reference=parameters,
        cases=[(5, 3, 6), (5, 6, 16), (3, 1, 32), (3, 512, 512)],
        hidden=lambda draw: [tuple(layer) for layer in draw.integers(2, (9, 300, 300), (3, 3)).tolist()],
        hints=(
            "Count one filter first: how many weights does it lay on the patch?",
            "One filter is as deep as its input: kernel * kernel * channels weights, and one bias.",
            "Multiply what one filter has, its bias included, by the number of filters.",
        ),
        insight="The size of the picture does not occur: the same few weights are used at every position.",
        mistakes=(
            Mistake("forgot the biases", lambda k, c, f: k * k * c * f, "The biases are missing: one for each filter."),
            Mistake(
                "flat filters",
                lambda k, c, f: (k * k + 1) * f,
                "You counted flat filters. Each filter has a slice for every channel it reads.",
            ),
            Mistake(
                "bias in every channel",
                lambda k, c, f: (k * k + 1) * c * f,
                "You gave each channel a bias of its own. A filter has one.",
            ),
        ),
    ),
    Exercise(
        id="01.6",
        title="what a cell sees",
        reference=field_size,
        cases=[
            ([(3, 1)],),
            ([(3, 1), (3, 1)],),
            ([(3, 1), (2, 2), (3, 1)],),
            (VGG_START,),
            ([(5, 2), (3, 2), (3, 1)],),
        ],
        hidden=_stacks,
        hints=(
            "Keep two numbers while you walk through the layers: the size seen so far, and the step between neighbouring cells in pixels.",
            "A window of k cells adds k - 1 steps to the size; a stride multiplies the step for all layers after it.",
            "Begin with size 1 and step 1. In each layer first let the size grow, with the step so far; only then multiply the step.",
        ),
        insight="Small windows add up: six layers of VGG16, none wider than 3, already see 16 pixels.",
        mistakes=(
            Mistake(
                "forgot the steps",
                lambda layers: 1 + sum(k - 1 for k, s in layers),
                "You added k - 1 pixels for every layer. Behind a stride, neighbouring cells are several pixels apart.",
            ),
            Mistake(
                "stride taken too early",
                lambda layers: _stride_first(layers),
                "You multiplied the step before using it. A layer's own stride counts for the layers after it.",
            ),
            Mistake(
                "added whole windows",
                lambda layers: _whole_windows(layers),
                "You added k steps. The first cell of the window is already counted, so it is k - 1.",
            ),
        ),
    ),
]


def _stride_first(layers):
    size, step = 1, 1
    for kernel, stride in layers:
        step *= stride
        size += (kernel - 1) * step
    return size


def _whole_windows(layers):
    size, step = 1, 1
    for kernel, stride in layers:
        size += kernel * step
        step *= stride
    return size
