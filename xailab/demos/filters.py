"""Figures of lessons 07 and 10: a template that moves over a filter's map, and two filters that go together or not."""

from functools import cache

import numpy as np
from matplotlib.patches import Rectangle

from xailab import plot
from xailab._tensorflow import keras
from xailab.data import mnist
from xailab.demos.controls import Interactive, Slider
from xailab.demos.networks import digit_reader
from xailab.filters import filter_loss, masks, templates

CELLS, PICTURES = 8, 16
_STRENGTH = 100.0  # of all that a filter says in one picture


def filter_maps(second):
    """The maps of one filter in 16 pictures: a peak at the part, wherever it is, and a second one elsewhere.

    second: share of the activation that the second peak takes from the first. Returns float (16, 8, 8, 1). Lesson 07.
    """
    places = np.random.default_rng(7).integers(1, CELLS - 1, (PICTURES, 2, 2))
    places[0] = (2, 2), (5, 6)
    cells = np.stack(np.indices((CELLS, CELLS)), axis=-1)
    peaks = np.exp(-np.linalg.norm(cells[None, None] - places[:, :, None, None], axis=-1))
    return _STRENGTH * np.einsum("nphw,p->nhw", peaks, [1 - second, second])[..., None]


def template_scores(second, row, column):
    """What a template says of the first map, and the loss of all 16.

    Returns (tr(x T) of the first picture, p(x|T) of it among the 16, loss in nats). Zhang, Wu, Zhu (2018), equations 1
    and 2. Lesson 07.
    """
    maps = filter_maps(second)
    scores = maps.reshape(PICTURES, -1) @ templates(CELLS)[row * CELLS + column]
    likelihood = np.exp(scores - scores.max())
    return scores[0], likelihood[0] / likelihood.sum(), float(filter_loss(maps)[0])


def template_figure(second, row, column):
    """Lesson 07's figure: map, template, their product, and the mask the layer would lay over the map. Returns a Figure."""
    score, likelihood, loss = template_scores(second, row, column)
    seen = filter_maps(second)[0, ..., 0]
    template = templates(CELLS, tau=1.0)[row * CELLS + column].reshape(CELLS, CELLS)
    mask = np.asarray(masks(filter_maps(second)[:1]))[0, ..., 0]
    title = f"tr(x·T) = {score:.2f}, p(x|T) = {likelihood:.2f}; the filter's loss over 16 pictures is {loss:.2f}"
    figure = plot.new_figure(title, 9.2, 2.9, f"{title}. The template has its peak at row {row}, column {column}.")
    panels = figure.subplots(1, 4)
    shown = {
        "map x of one picture": seen,
        "template T": template,
        "x·T, cell by cell": seen * template,
        "map under its mask": seen * mask,
    }
    for axes, (name, values) in zip(panels, shown.items()):
        drawn = axes.imshow(values, **plot.colours(values))
        axes.set_title(name, fontsize=9)
        axes.set(xticks=[], yticks=[])
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec="#ffb000", lw=2))
        figure.colorbar(drawn, ax=axes, shrink=0.6, location="bottom")
    return figure


def move_the_template():
    """Move a template over a map, and give the filter a second thing to look at. Returns an Interactive. Lesson 07."""
    controls = {
        "row": Slider("template, row", list(range(CELLS)), 2),
        "column": Slider("template, column", list(range(CELLS)), 2),
        "second": Slider("share of a second peak", [0, 0.1, 0.2, 0.3, 0.4, 0.5], 0),
    }
    return Interactive(template_figure, "Move the template", controls)


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
