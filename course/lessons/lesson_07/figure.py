"""The figure of lesson 07: a template that moves over a filter's map."""

import numpy as np
from matplotlib.patches import Rectangle

from course.student.controls import Interactive, Slider
from xailab import plot
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
