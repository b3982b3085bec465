"""Exercises of lesson 03, class activation maps on MNIST."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def class_maps(features, weights, targets):
    cells = features.shape[1] * features.shape[2]
    return np.einsum("nhwk,kn->nhw", features, weights[:, np.asarray(targets)]) / cells


def share_at_top(maps, middles):
    return np.mean(_peak_rows(maps) < middles)


def _peak_rows(maps):
    """The pixel row on which the highest cell of each map is centred. (N, H, W) -> (N,)"""
    return 4 * maps.max(axis=2).argmax(axis=1) + 1.5


def without_ink(maps, pictures):
    return np.where(_sees(pictures, *maps.shape[1:]), 0, maps).sum(axis=(1, 2))


def _sees(pictures, height, width, before=3, window=10):
    """Whether the window of each cell holds ink. (N, 4 H, 4 W) -> bool (N, H, W)"""
    padded = np.pad(pictures, ((0, 0), (before, window), (before, window)))
    seen = np.zeros((len(pictures), height, width), bool)
    for i, j in np.ndindex(height, width):
        seen[:, i, j] = padded[:, 4 * i : 4 * i + window, 4 * j : 4 * j + window].any(axis=(1, 2))
    return seen


def cover_test(score, photo, box, fills):
    return np.array([score(_covered(photo, box, fill)) - score(photo) for fill in fills])


def _covered(photo, box, fill):
    top, bottom, left, right = box
    covered = photo.copy()
    covered[top:bottom, left:right] = fill
    return covered


def _all_but(photo, box, fill):
    top, bottom, left, right = box
    covered = np.full_like(photo, fill)
    covered[top:bottom, left:right] = photo[top:bottom, left:right]
    return covered


def _features(draw, *shapes):
    return [(np.maximum(draw.normal(size=maps), 0), draw.normal(size=weights)) for maps, weights in shapes]


def _batches(draw):
    """Two batches; each asks for every class at least once."""
    return [
        (features, weights, draw.permutation(np.arange(len(features)) % weights.shape[1]))
        for features, weights in _features(draw, ((5, 4, 6, 3), (3, 3)), ((4, 6, 2, 8), (8, 4)))
    ]


def _peaks(draw, *counts):
    """Maps of 7 x 7 cells and middles of ink between pixel rows 15 and 17: rows 0 to 3 are above them, rows 0 to 2 above 13.5.

    8 of 12 peaks are above the middle, 5 above the picture's, 2 lowest cells, 10 columns of peaks; more maps are peaks above.
    """
    cases = []
    for more in counts:
        rows = [0, 1, 2, 1, 0, 3, 3, 3, 4, 5, 6, 5] + [0] * more
        columns = [0, 1, 2, 3, 3, 2, 1, 0, 1, 2, 4, 6] + [0] * more
        lows = [6, 5, 4, 6, 5, 4, 6, 5, 0, 1, 6, 4] + [6] * more
        maps = draw.normal(size=(len(rows), 7, 7))
        maps[range(len(rows)), lows, draw.integers(7, size=len(rows))] = -9
        maps[range(len(rows)), rows, columns] = draw.uniform(5, 8, len(rows))
        cases.append((draw.permutation(maps), draw.uniform(15, 17, len(rows)).round(1)))
    return cases


def _drawings(draw, *counts):
    """Maps of 7 x 7 cells, and pictures of 28 x 28 pixels, black but for one or two small spots."""
    cases = []
    for count in counts:
        pictures = np.zeros((count, 28, 28))
        for picture, (row, column) in zip(pictures, draw.integers(1, 24, (count, 2))):
            picture[row : row + 3, column : column + 2] = draw.uniform(0.1, 1)
        pictures[0] = 0
        cases.append((draw.normal(size=(count, 7, 7)), pictures))
    return cases


def _photos(draw, *settings):
    """A score that weighs every number of a photo, and looks at one pair of them; a photo, a box and fills as set."""
    cases = []
    for shape, box, fills in settings:
        weights = draw.normal(size=(*shape, 3))
        cases.append(
            (
                lambda x, w=weights: float((w * x).sum() / 100 + x[0, 0, 0] * x[-1, -1, -1] / 500),
                draw.integers(20, 250, (*shape, 3)).astype(float),
                box,
                fills,
            )
        )
    return cases


EXERCISES = [
    Exercise(
        id="03.1",
        title="class activation maps of a batch",
        reference=class_maps,
        cases=lambda: [
            (*maps_and_weights, np.array(targets))
            for maps_and_weights, targets in zip(
                _features(np.random.default_rng(5), ((4, 7, 7, 64), (64, 2)), ((3, 3, 5, 4), (4, 3))),
                ([1, 0, 0, 1], [2, 0, 1]),
            )
        ],
        hidden=_batches,
        hints=(
            "For one image: exchange the two sums. Weigh the channels first, and do not pool.",
            "image @ weights[:, target] keeps the positions. What is missing for its sum, not its mean, to be the logit?",
            "Go through images and targets together with zip, collect one map for each, np.stack them, and divide once.",
        ),
        insight="The shares of a map add up to its logit. That is book-keeping: it says where the score comes from, not why a cell is high.",
        mistakes=(
            Mistake(
                "mean instead of sum",
                lambda f, w, t: class_maps(f, w, t) * f.shape[1] * f.shape[2],
                "Nearly: the mean of each map is the logit. Divide by the number of cells, then the sum is.",
            ),
            Mistake(
                "cut off below zero",
                lambda f, w, t: np.maximum(class_maps(f, w, t), 0),
                "You put a ReLU after it. Without the negative cells the sum is no longer the logit.",
            ),
            Mistake(
                "forgot the weights",
                lambda f, w, t: f.sum(axis=-1) / f[0, ..., 0].size,
                "You added the channels unweighted: the same picture for every class.",
            ),
            Mistake(
                "divided by the channels",
                lambda f, w, t: np.einsum("nhwk,kn->nhw", f, w[:, t]) / f.shape[-1],
                "You divided by the number of channels. It is the positions that the mean ran over.",
            ),
            Mistake(
                "divided by the batch as well",
                lambda f, w, t: class_maps(f, w, t) / len(f),
                "You divided by the number of images, too. Images do not touch each other.",
            ),
            Mistake(
                "one class for all",
                lambda f, w, t: class_maps(f, w, np.full(len(f), t[0])),
                "All images got the first one's class. Each has a target of its own.",
            ),
            Mistake(
                "every class of every image",
                lambda f, w, t: f @ w / (f.shape[1] * f.shape[2]),
                "These are the maps of all classes. Choose each image's own: its column of the weights.",
            ),
        ),
    ),
    Exercise(
        id="03.2",
        title="a statistic for a story",
        reference=share_at_top,
        cases=lambda: _peaks(np.random.default_rng(7), 0, 3),
        hidden=lambda draw: _peaks(draw, 1, 4),
        hints=(
            "First find the row of each map's highest cell: one number from 0 to 6 for each map.",
            "maps.max(axis=2) is the highest value of each row; argmax along what is left gives the row.",
            "Turn the rows into pixels, 4 rows + 1.5, compare them with middles, and take the mean of what is true.",
        ),
        insight="A number for a story. What it means is seen only beside the same number where the story is false.",
        mistakes=(
            Mistake(
                "the lowest cell",
                lambda maps, middles: share_at_top(-maps, middles),
                "You looked for the lowest cell. Red is high: what speaks for the class.",
            ),
            Mistake(
                "the middle of the picture",
                lambda maps, middles: np.mean(_peak_rows(maps) < 13.5),
                "You compared with the middle of the picture. Each digit has a middle of its own, in middles.",
            ),
            Mistake(
                "the lower half",
                lambda maps, middles: 1 - share_at_top(maps, middles),
                "That is the share below the middle. Rows are counted from the top: above means a smaller number.",
            ),
            Mistake(
                "columns for rows",
                lambda maps, middles: share_at_top(maps.transpose(0, 2, 1), middles),
                "You took the column of the highest cell. Above and below are rows.",
            ),
            Mistake(
                "cells for pixels",
                lambda maps, middles: np.mean(maps.max(axis=2).argmax(axis=1) < middles),
                "You compared rows of cells with rows of pixels. Cell row r is centred on pixel row 4 r + 1.5.",
            ),
        ),
    ),
    Exercise(
        id="03.3",
        title="what is said where nothing is drawn",
        reference=without_ink,
        cases=lambda: _drawings(np.random.default_rng(8), 4, 3),
        hidden=lambda draw: _drawings(draw, 5, 6),
        hints=(
            "Pad each picture with black so that no window sticks out; then go through the 49 cells with two loops.",
            "In a picture padded by 3, cell (i, j) sees padded[4 * i : 4 * i + 10, 4 * j : 4 * j + 10].",
            "Begin with a total of 0 for each picture; where .any() finds no ink in a window, add the map's value there.",
        ),
        insight="What these cells say, they say of every picture: it comes from the biases of the convolutions, not from the digit.",
        mistakes=(
            Mistake(
                "the cells with ink",
                lambda maps, pictures: maps.sum(axis=(1, 2)) - without_ink(maps, pictures),
                "That is what the cells say that do see ink. Asked for is the rest.",
            ),
            Mistake(
                "its own pixels only",
                lambda maps, pictures: np.where(_sees(pictures, 7, 7, 0, 4), 0, maps).sum(axis=(1, 2)),
                "You looked at a cell's own 4 x 4 pixels. It sees 10 x 10, three more on each side.",
            ),
            Mistake(
                "the window begins too late",
                lambda maps, pictures: np.where(_sees(pictures, 7, 7, 0), 0, maps).sum(axis=(1, 2)),
                "Your windows begin at pixel 4 i. They begin three pixels earlier: that is what the padding is for.",
            ),
            Mistake(
                "without the signs",
                lambda maps, pictures: without_ink(np.abs(maps), pictures),
                "You took the absolute values. What speaks against a class counts with its sign.",
            ),
        ),
    ),
    Exercise(
        id="03.4",
        title="a cover test",
        reference=cover_test,
        cases=lambda: _photos(
            np.random.default_rng(9), ((9, 7), (1, 4, 2, 6), (0, 128, 255)), ((6, 8), (2, 6, 0, 3), (40, 200))
        ),
        hidden=lambda draw: _photos(
            draw, ((8, 8), (0, 5, 3, 7), (10, 90, 170, 250)), ((5, 11), (1, 3, 4, 10), (0, 255))
        ),
        hints=(
            "For each fill: a copy of the photo, the box painted over in the copy, and its score less that of the photo.",
            "copy = photo.copy(), and then copy[top:bottom, left:right] = fill: the photo itself has to stay as it is.",
            "Collect score(copy) - score(photo) for every fill in a list and return it as an array.",
        ),
        insight="A map gives a hypothesis, the cover test tries it; with several fills, since each fill is a thing that the network sees.",
        mistakes=(
            Mistake(
                "the wrong sign",
                lambda score, photo, box, fills: -cover_test(score, photo, box, fills),
                "You have the fall. Asked for is the change: after minus before, so that a fall is negative.",
            ),
            Mistake(
                "the score itself",
                lambda score, photo, box, fills: cover_test(score, photo, box, fills) + score(photo),
                "These are the scores of the covered photos. Take off the score of the photo as it is.",
            ),
            Mistake(
                "all but the box",
                lambda score, photo, box, fills: np.array(
                    [score(_all_but(photo, box, f)) - score(photo) for f in fills]
                ),
                "You covered everything but the box. Cover the box.",
            ),
            Mistake(
                "only the first fill",
                lambda score, photo, box, fills: np.repeat(cover_test(score, photo, box, fills[:1]), len(fills)),
                "All your numbers are those of the first fill. Paint each one.",
            ),
        ),
    ),
]
