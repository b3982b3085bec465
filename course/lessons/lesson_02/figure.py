"""The figure of lesson 02: what a fully connected layer costs."""

from matplotlib.ticker import MaxNLocator

from course.student.controls import Interactive, Slider
from xailab import plot


def weights_of_heads(side, channels, hidden, classes):
    """How many weights and biases three ways from the last maps to the classes take.

    side: of the maps, in cells. channels: number of maps. hidden: units of a hidden layer. classes: outputs.
    Returns {way: number}. Lesson 02.
    """
    inputs = side * side * channels
    return {
        "flatten, hidden layer, classes": inputs * hidden + hidden + hidden * classes + classes,
        "flatten, classes": inputs * classes + classes,
        "global average pooling, classes": channels * classes + classes,
    }


def heads(side, channels, hidden, classes):
    """Lesson 02's figure: the weights of three heads as bars. Returns a Figure."""
    counts = weights_of_heads(side, channels, hidden, classes)
    dense, *_, pooled = counts.values()
    figure = plot.bars(
        counts,
        counts.values(),
        title=f"{channels} maps of {side} x {side} cells: pooling takes {dense / pooled:,.0f} times fewer weights",
        xlabel="weights and biases",
    )
    figure.axes[0].xaxis.set_major_locator(MaxNLocator(4))
    return figure


def count_the_weights():
    """Fully connected against global average pooling, weights counted at each move. Returns an Interactive. Lesson 02."""
    controls = {
        "side": Slider("side of the maps", [1, 3, 7, 14, 28, 56], 7),
        "channels": Slider("number of maps", [16, 32, 64, 128, 256, 512], 512),
        "hidden": Slider("hidden units", [16, 64, 256, 1024, 4096], 4096),
        "classes": Slider("classes", [2, 10, 100, 1000], 1000),
    }
    return Interactive(heads, "What does the way to the classes cost?", controls)
