"""The figure of lesson 10: two filters that go together, or not."""

from functools import cache

import numpy as np

from course.lessons.networks import digit_reader
from course.student.controls import Interactive, Slider
from xailab import plot
from xailab._tensorflow import keras
from xailab.data import mnist


@cache
def responses():
    """How strongly each filter of the digit network's second layer fires at 500 digits.

    Returns (means over the map float (500, 64), digits int (500,)). Lesson 10.
    """
    digits, labels = mnist()
    images = (digits[::10, ..., None] / 255).astype(np.float32)
    network = digit_reader()
    maps = keras.Model(network.inputs[0], network.get_layer("conv2").output)(images, training=False)
    return np.asarray(maps).mean(axis=(1, 2)), labels[::10]


def pair_figure(one, other):
    """Lesson 10's figure: how two filters fire at 500 digits, and their correlation. Returns a Figure."""
    means, digits = responses()
    pair = means[:, [one, other]]
    if (pair.std(axis=0) == 0).any():
        silent = one if pair[:, 0].std() == 0 else other
        raise ValueError(f"filter {silent} answers every digit alike, so it has no correlation: choose another one.")
    correlation = np.corrcoef(pair.T)[0, 1]
    return plot.scatter(
        {"digits": pair},
        digits,
        title=f"Filters {one} and {other} over 500 digits: correlation {correlation:.2f}",
        label="digit",
        xlabel=f"filter {one}, mean activation",
        ylabel=f"filter {other}, mean activation",
        marks="0123456789",
        alt=f"500 digits by the mean activation of filter {one} and of filter {other}; correlation {correlation:.2f}.",
    )


def compare_two_filters():
    """Two filters of a network and how they go together. Returns an Interactive. Lesson 10."""
    means, _ = responses()
    alive = np.flatnonzero(means.std(axis=0) > 0).tolist()
    controls = {"one": Slider("filter", alive, alive[0]), "other": Slider("with filter", alive, alive[1])}
    return Interactive(pair_figure, "Two filters, one correlation", controls)
