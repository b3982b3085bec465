"""The figure of lesson 03: a digit that is drawn, its ten logits and its map."""

import numpy as np

from course.lessons.networks import digit_reader
from course.student.controls import DrawingBoard, Interactive, ink
from xailab import plot
from xailab.cam import cam


def centred(picture):
    """A drawn digit laid with its centre of mass in the middle, as MNIST has its digits. (28, 28) -> (28, 28)"""
    if not picture.any():
        return picture
    rows, columns = np.indices(picture.shape)
    weight = picture.sum()
    down, right = (int(round(13.5 - (axis * picture).sum() / weight)) for axis in (rows, columns))
    padded = np.pad(picture, 28)
    return padded[28 - down : 56 - down, 28 - right : 56 - right]


def read_digit(picture):
    """The ten logits of a drawn digit and the class activation map of the highest one.

    picture: float (28, 28), ink 1 on 0. Returns (logits (10,), map (28, 28)). Lesson 03.
    """
    images = centred(picture)[None, ..., None].astype(np.float32)
    logits = np.asarray(digit_reader()(images, training=False))[0]
    return logits, cam(digit_reader(), images, int(logits.argmax()))[0]


def digit_figure(board):
    """Lesson 03's figure: the drawn digit, its map and the ten logits. Returns a Figure."""
    picture = ink(board)
    logits, heatmap = read_digit(picture)
    read = int(logits.argmax())
    title = f"Read as {read}; the map sums to its logit, {heatmap.sum():.2f}" if picture.any() else "Draw a digit"
    written = ", ".join(f"{digit} {logit:.1f}" for digit, logit in enumerate(logits))
    figure = plot.new_figure(title, 6.6, 2.9, f"{title}. The ten logits: {written}.")
    seen, why, bars = figure.subplots(1, 3, width_ratios=[1, 1.25, 1.2])
    seen.imshow(centred(picture), cmap="gray", vmin=0, vmax=1)
    seen.set_title("what the network sees", fontsize=9)
    drawn = why.imshow(heatmap, **plot.colours(heatmap))
    why.contour(centred(picture), [0.5], colors="black", linewidths=1) if picture.max() > 0.5 else None
    why.set_title(f"why {read}? shares of the logit", fontsize=9)
    figure.colorbar(drawn, ax=why, shrink=0.7, location="bottom")
    bars.barh(range(10), logits, color=["#b5731a" if digit == read else "#31688e" for digit in range(10)])
    bars.set(yticks=range(10), xlabel="logit")
    bars.invert_yaxis()
    for axes in (seen, why):
        axes.set(xticks=[], yticks=[])
    return figure


def first_digit():
    """A two, as a hand might draw it, in the form of a board's value."""
    picture = np.zeros((28, 28))
    way = [(8, 9), (6, 12), (6, 16), (9, 18), (13, 16), (17, 12), (21, 8), (21, 13), (21, 19)]
    rows, columns = np.indices(picture.shape)
    for (y, x), (to_y, to_x) in zip(way, way[1:]):
        for part in np.linspace(0, 1, 12):
            away = np.hypot(rows - y - part * (to_y - y), columns - x - part * (to_x - x))
            picture = np.maximum(picture, np.clip(1.9 - away, 0, 1))
    return (picture * 255).astype(np.uint8).tobytes().hex()


def draw_a_digit():
    """Draw a digit; its ten logits and its map follow. Returns an Interactive. Lesson 03."""
    label = "Board to draw a digit on: arrow keys move, with Shift they draw, the space bar makes a dot"
    return Interactive(digit_figure, "Draw a digit", {"board": DrawingBoard(label=label, value=first_digit())})
