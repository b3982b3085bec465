"""The figure of lesson 01: a filter that slides."""

import numpy as np
from matplotlib.colors import CenteredNorm, Normalize
from matplotlib.patches import Rectangle

from course.student.controls import Interactive, Slider, choice
from xailab import plot
from xailab.arithmetic import conv2d
from xailab.data import mnist

KERNELS = {
    "vertical edge": [[1, 0, -1], [1, 0, -1], [1, 0, -1]],
    "horizontal edge": [[1, 1, 1], [0, 0, 0], [-1, -1, -1]],
    "sharpen": [[0, -1, 0], [-1, 5, -1], [0, -1, 0]],
    "sum of all nine": [[1, 1, 1], [1, 1, 1], [1, 1, 1]],
}
_SIDE = 12


def small_digit():
    """A seven of MNIST on 12 x 12 cells, whole numbers from 0 to 9."""
    digits, labels = mnist()
    seven = digits[labels == 7][0][2:26, 2:26].astype(float)
    return (seven.reshape(_SIDE, 2, _SIDE, 2).mean(axis=(1, 3)) / 255 * 9).round().astype(int)


def step(picture, kernel, row, column):
    """One step of a convolution: the window's products, their sum, and the output as far as it is known.

    picture: (H, W). kernel: (kh, kw). row, column: of the window's upper left cell.
    Returns (products (kh, kw), sum, output float (H', W') with NaN where the window has not been). Lesson 01.
    """
    kernel = np.asarray(kernel)
    window = picture[row : row + kernel.shape[0], column : column + kernel.shape[1]]
    products = window * kernel
    output = conv2d(picture[..., None], kernel[..., None, None])[..., 0].astype(float)
    output.ravel()[row * output.shape[1] + column + 1 :] = np.nan
    return products, products.sum(), output


def filter_step(kernel, row, column):
    """Lesson 01's figure: picture with the window, filter, products, and the output so far. Returns a Figure."""
    picture, weights = small_digit(), np.array(KERNELS[kernel])
    products, total, output = step(picture, weights, row, column)
    alt = (
        f"The filter '{kernel}' at row {row}, column {column}: nine products, "
        f"{', '.join(map(str, products.ravel()))}; their sum, {total}, is the output's new cell."
    )
    figure = plot.new_figure(f"The nine products add up to {total}", 9.2, 3.4, alt)
    panels = figure.subplots(1, 4, width_ratios=[3, 1.4, 1.4, 3])
    strongest = np.abs(conv2d(picture[..., None], weights[..., None, None])).max()
    shown = (
        ("picture", picture, {"cmap": "gray", "norm": Normalize(0, 9)}),
        ("filter", weights, {"cmap": "coolwarm", "norm": CenteredNorm(0, np.abs(weights).max())}),
        ("products", products, {"cmap": "coolwarm", "norm": CenteredNorm(0, 9 * np.abs(weights).max())}),
        ("output so far", output, {"cmap": "coolwarm", "norm": CenteredNorm(0, strongest)}),
    )
    for axes, (name, values, scale) in zip(panels, shown):
        drawn = axes.imshow(values, **scale)
        axes.set_title(name, fontsize=9)
        axes.set(xticks=[], yticks=[])
        if name == "output so far":
            figure.colorbar(drawn, ax=axes, shrink=0.7, label="sum of products")
        else:
            plot.write_numbers(axes, values, drawn)
    panels[0].add_patch(Rectangle((column - 0.5, row - 0.5), 3, 3, fill=False, ec="#ffb000", lw=3))
    panels[3].add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, ec="#b5731a", lw=3))
    return figure


def slide_the_filter():
    """Slide a filter over a picture and watch each product. Returns an Interactive. Lesson 01."""
    places = list(range(_SIDE - 2))
    controls = {
        "kernel": choice("filter", list(KERNELS)),
        "row": Slider("row", places, 4),
        "column": Slider("column", places, 5),
    }
    return Interactive(filter_step, "Slide the filter", controls)
