"""Exercises of lesson 05, occlusion."""

import numpy as np

from course.student.exercises import Exercise, Mistake
from xailab.arithmetic import output_size


def occlusion_map(score, image, patch, value):
    return _map(score, image, patch, value, lambda before, after: before - after)


def positions(pixels, patch, stride):
    return (-(-(pixels - patch) // stride) + 1) ** 2


def reach(first, last, cells, layers):
    return _reach(first, last, cells, layers)


def _reach(first, last, cells, layers, pad=True, widen=True, step=True, inside=True):
    """The window behind layers, and what it becomes when one thing is forgotten."""
    for kernel, stride, padding in layers:
        before = padding if pad else 0
        moves = stride if step else 1
        grow = kernel - 1 if widen else 0
        first, last = -(-(first + before - grow) // moves), (last + before) // moves
        cells = output_size(cells, kernel, stride=stride, padding=padding)
        if inside:
            first, last = max(first, 0), min(last, cells - 1)
    return first, last


def _map(score, image, patch, value, compare, uncover=True):
    falls = np.zeros((image.shape[0] // patch, image.shape[1] // patch))
    before, covered = score(image), image.copy()
    for row, column in np.ndindex(falls.shape):
        covered = image.copy() if uncover else covered
        covered[row * patch : (row + 1) * patch, column * patch : (column + 1) * patch] = value
        falls[row, column] = compare(before, score(covered))
    return falls


def _images(draw, *settings):
    """A score that weighs every pixel, and looks at one pair of them; an image, a patch and a value as set."""
    cases = []
    for shape, patch, value in settings:
        weights = draw.normal(size=shape)
        cases.append(
            (
                lambda x, w=weights: float((w * x).sum() + 5 * np.sum(x[0, 0] * x[-1, -1])),
                draw.random(shape),
                patch,
                value,
            )
        )
    return cases


def _strides(draw):
    """Patches that end at the border by themselves, that leave one pixel there, and that leave as many as they can."""
    cases = []
    for left, steps in zip((0, 1, -1), draw.permutation(np.arange(2, 12)).tolist()):
        patch = int(draw.integers(4, 40))
        stride = int(draw.integers(3, patch + 1))
        cases.append((patch + stride * steps + left % stride, patch, stride))
    return cases


def _changes(draw):
    """A change amid the cells before padded layers, and one at their left end, where windows begin outside of the map.

    Every window overlaps the next one, so that some cell of each map sees the change."""
    cases = []
    for first, padded in ((int(draw.integers(20, 30)), True), (0, False)):
        layers = [
            (kernel, stride, kernel // 2 if padded else 0)
            for kernel, stride in zip(draw.integers(3, 6, 3).tolist(), draw.permutation([1, 2, 2]).tolist())
        ]
        cases.append((first, first + int(draw.integers(10)), int(draw.integers(50, 90)), layers))
    return cases


EXERCISES = [
    Exercise(
        id="05.1",
        title="the map, patch by patch",
        reference=occlusion_map,
        cases=lambda: _images(
            np.random.default_rng(3),
            ((6, 8), 2, 0.5),
            ((9, 6), 3, 0.0),
            ((4, 6, 3), 2, np.array([0.1, 0.5, 2.0])),
        ),
        hidden=lambda draw: _images(
            draw, ((8, 6), 2, draw.random()), ((6, 9), 3, draw.random()), ((8, 4, 3), 4, draw.random(3))
        ),
        hints=(
            "One loop over rows of patches, one over columns. In it: copy, cover, ask, subtract.",
            "covered = image.copy() inside the loop, and a slice of `patch` rows and columns set to `value`.",
            "falls[row, column] = score(image) - score(covered)",
        ),
        insight="A heat map from forward passes alone. It would work for any function of an image, a network or not.",
        mistakes=(
            Mistake(
                "never uncovered",
                lambda *given: _map(*given, lambda before, after: before - after, uncover=False),
                "The patches stay: each one is added to those before it. Copy the image anew inside the loop.",
            ),
            Mistake(
                "upside down",
                lambda *given: _map(*given, lambda before, after: after - before),
                "Your map is upside down: take the score of the image minus the score of the covered image.",
            ),
            Mistake(
                "score instead of fall",
                lambda *given: _map(*given, lambda before, after: after),
                "You wrote down the score of the covered image. The map holds the fall: subtract it from the score of the image.",
            ),
            Mistake(
                "always black",
                lambda score, image, patch, value: occlusion_map(score, image, patch, value + 1),
                "Your patch is not filled with `value`. Look at what you assign to the slice.",
            ),
            Mistake(
                "absolute value",
                lambda *given: _map(*given, lambda before, after: abs(before - after)),
                "You took the absolute value. Then evidence against the class looks like evidence for it: keep the sign.",
            ),
            Mistake(
                "cut off below zero",
                lambda *given: _map(*given, lambda before, after: max(before - after, 0.0)),
                "You cut off what is negative. A place that speaks against the class would look like one that does not matter.",
            ),
        ),
    ),
    Exercise(
        id="05.2",
        title="how many forward passes",
        reference=positions,
        cases=[(224, 32, 16), (224, 64, 32), (30, 7, 4), (28, 8, 8), (10, 10, 3)],
        hidden=_strides,
        hints=(
            "How many steps of `stride` are there between the first patch and the last one? And how many patches?",
            "pixels - patch is the way to go; divide by the stride and round up, add the first patch. Then both sides.",
            "(-(-(pixels - patch) // stride) + 1) ** 2",
        ),
        insight="Halve the stride and you pay four times as much: that is the price of a finer map.",
        mistakes=(
            Mistake(
                "fence posts",
                lambda pixels, patch, stride: (-(-(pixels - patch) // stride)) ** 2,
                "You counted the steps between patches. There is one patch more than steps.",
            ),
            Mistake(
                "one side only",
                lambda pixels, patch, stride: -(-(pixels - patch) // stride) + 1,
                "That is one row of patches. The image has as many rows as columns.",
            ),
            Mistake(
                "nothing at the border",
                lambda pixels, patch, stride: ((pixels - patch) // stride + 1) ** 2,
                "You left the border uncovered where the stride does not end there: round up, not down.",
            ),
        ),
    ),
    Exercise(
        id="05.3",
        title="the window that a patch can reach",
        reference=reach,
        cases=[
            (96, 127, 224, [(3, 1, 1), (3, 1, 1), (2, 2, 0)]),
            (0, 4, 20, [(5, 1, 0), (3, 2, 1), (2, 2, 0)]),
            (10, 10, 29, [(3, 2, 0), (5, 1, 2)]),
            (24, 28, 29, [(3, 2, 1), (3, 2, 1)]),
            (5, 9, 16, [(4, 3, 2)]),
        ],
        hidden=_changes,
        hints=(
            "One layer first: cell i sees the cells i * stride - padding to i * stride - padding + kernel - 1 of the map before.",
            "It sees a changed cell if its window ends at `first` or later, and begins at `last` or earlier. Solve both for i; the first "
            "is rounded up, the second down. Then cut off what is no cell, and go on to the next layer.",
            "first = max(-(-(first + padding - kernel + 1) // stride), 0); last = min((last + padding) // stride, cells - 1)",
        ),
        insight="The window grows by kernel - 1 with every layer and shrinks with every stride: the receptive field, seen from the other side.",
        mistakes=(
            Mistake(
                "forgot the kernel",
                lambda *given: _reach(*given, widen=False),
                "Your window does not grow. A window of 3 cells already meets the change when its last cell does: it begins kernel - 1 cells earlier.",
            ),
            Mistake(
                "forgot the stride",
                lambda *given: _reach(*given, step=False),
                "Right for stride 1. With stride 2 window i begins at 2 i, so cell numbers are halved.",
            ),
            Mistake(
                "forgot the padding",
                lambda *given: _reach(*given, pad=False),
                "You count without the padding. It moves every cell back by `padding`.",
            ),
            Mistake(
                "beyond the border",
                lambda *given: _reach(*given, inside=False),
                "Your window goes beyond the map: no cell is left of 0 or right of cells - 1, after every layer.",
            ),
        ),
    ),
    Exercise(
        id="05.4",
        title="what the hypothesis forbids",
        reference=[1, 0, 0, 1],
        hints=(
            "If the rim alone decides, what lies on the plate makes no difference: only ask whether there is a rim.",
            "With a rim the network says pizza, without one salad. For which of the four kinds is that right?",
            "Salad, no rim: right. Salad with a rim: wrong. Pizza, no rim: wrong. Pizza with a rim: right.",
        ),
        insight="Now the hypothesis can fail: it forbids that a pizza without a plate is called pizza. Look whether the table obeys.",
        mistakes=(
            Mistake(
                "a network that knows both",
                [1, 1, 1, 1],
                "That is a network which knows salads and pizzas. What does one say that knows rims only?",
            ),
            Mistake(
                "pizzas are safe",
                [1, 0, 1, 1],
                "Your third number says that pizzas without a plate are recognised. By what, if the rim alone decides?",
            ),
            Mistake(
                "guessing without a rim",
                [0.5, 0, 0.5, 1],
                "Without a rim such a network does not guess: in training whatever had no rim was a salad.",
            ),
            Mistake(
                "shares of the answer pizza",
                [0, 1, 0, 1],
                "Those are the shares that are called pizza. The table shows the shares that are right.",
            ),
        ),
    ),
]
