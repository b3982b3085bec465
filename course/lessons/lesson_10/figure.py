"""The figure of lesson 10: two filters that go together, or not."""

from functools import cache

import numpy as np

from course.lessons.networks import digit_reader
from course.student.controls import Interactive, Slider
from xailab import plot
from xailab._tensorflow import keras
from xailab.data import mnist

SHOWN = 500  # cells; more would hide each other


@cache
def responses():
    """What each filter of the digit network's second layer answers in every cell of 200 digits.

    Returns (cells float32 (200 x 14 x 14, 64), the digit of each cell, the correlation of the filters (64, 64), NaN for a
    filter that always answers alike). Lesson 10.
    """
    digits, labels = mnist()
    images = (digits[::25, ..., None] / 255).astype(np.float32)
    network = digit_reader()
    maps = np.asarray(keras.Model(network.inputs[0], network.get_layer("conv2").output)(images, training=False))
    cells = maps.reshape(-1, maps.shape[-1])
    with np.errstate(invalid="ignore", divide="ignore"):
        correlation = np.corrcoef(cells, rowvar=False)
    return cells, labels[::25].repeat(maps[0, ..., 0].size), correlation


def pair_figure(one, other):
    """Lesson 10's figure: how two filters answer in 500 cells, and their correlation over all. Returns a Figure."""
    cells, digits, correlations = responses()
    pair = cells[:, [one, other]]
    if (pair.std(axis=0) == 0).any():
        silent = one if pair[:, 0].std() == 0 else other
        raise ValueError(f"filter {silent} answers everywhere alike, so it has no correlation: choose another one.")
    some = np.linspace(0, len(cells) - 1, SHOWN).astype(int)
    correlation = correlations[one, other]
    return plot.scatter(
        {"cells": pair[some]},
        digits[some],
        title=f"Filters {one} and {other}, cell by cell over 200 digits: correlation {correlation:.2f}",
        label="digit",
        xlabel=f"filter {one}, activation in a cell",
        ylabel=f"filter {other}, activation in the same cell",
        marks="0123456789",
        alt=f"500 cells by the activation of filter {one} and of filter {other}; correlation {correlation:.2f}.",
    )


def compare_two_filters():
    """Two filters of a network and how they go together. Returns an Interactive. Lesson 10."""
    cells, *_ = responses()
    alive = np.flatnonzero(cells.std(axis=0) > 0).tolist()
    controls = {"one": Slider("filter", alive, alive[0]), "other": Slider("with filter", alive, alive[1])}
    return Interactive(pair_figure, "Two filters, one correlation", controls)
