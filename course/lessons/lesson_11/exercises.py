"""Exercises of lesson 11, judging explanations."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def delete(image, heatmap, share):
    highest = np.argsort(-np.asarray(heatmap), axis=None)[: round(share * np.size(heatmap))]
    changed = np.array(image, float)
    changed.reshape(-1, changed.shape[-1])[highest] = np.mean(image, axis=(0, 1))
    return changed


def likeness(one, other):
    return np.corrcoef(_ranks(one), _ranks(other))[0, 1]


def forgetting(likenesses, maps):
    empty = np.ptp(maps, axis=(1, 2)) == 0
    return np.mean(likenesses[~empty]), np.mean(empty)


def _ranks(heatmap):
    return np.argsort(np.argsort(np.ravel(heatmap)))


def _delete_like(order=lambda heatmap: -heatmap, colour=lambda image: np.mean(image, axis=(0, 1))):
    """Deletion with another order, or another colour."""

    def wrong(image, heatmap, share):
        chosen = np.argsort(order(heatmap), axis=None)[: round(share * heatmap.size)]
        changed = np.array(image, float)
        changed.reshape(-1, changed.shape[-1])[chosen] = colour(image)
        return changed

    return wrong


def _by_height(image, heatmap, share):
    changed = np.array(image, float)
    changed[heatmap >= (1 - share) * heatmap.max()] = np.mean(image, axis=(0, 1))
    return changed


def _pictures(draw, *settings):
    """Images of a size with so many channels, maps in which no value comes twice, and shares."""
    return [
        (draw.random((*size, channels)), draw.permutation(size[0] * size[1]).reshape(size) ** 2.0, share)
        for size, channels, share in settings
    ]


def _eighths(draw):
    """Shares that are a whole number of pixels, whatever way it is rounded."""
    sizes = (((4, 8), 3), ((8, 5), 4), ((6, 4), 3))
    return _pictures(
        draw, *((*size, share / 8) for size, share in zip(sizes, draw.permutation(np.arange(1, 8)).tolist()))
    )


def _maps(draw, *sizes):
    cases = []
    for size in sizes:
        heatmap = draw.normal(size=size)
        cases += [(heatmap, np.exp(2 * heatmap) + draw.random(size)), (heatmap, draw.normal(size=size) - heatmap)]
    return cases


def _maps_and_empty_ones(draw, size, *settings):
    """Likenesses, NaN for empty maps as a correlation gives it, and maps of which some are constant, not all of them at zero."""
    cases = []
    for count, empty, constant in settings:
        maps, likenesses = draw.normal(size=(count, *size)), draw.uniform(-1, 1, count)
        maps[empty], likenesses[empty] = constant, np.nan
        cases.append((likenesses, maps))
    return cases


EXERCISES = [
    Exercise(
        id="11.1",
        title="delete what a map marks",
        reference=delete,
        cases=lambda: _pictures(np.random.default_rng(10), ((6, 8), 3, 0.25), ((5, 4), 3, 0.5), ((10, 10), 3, 0.03)),
        hidden=_eighths,
        hints=(
            "How many pixels are the share? Which ones does the map put first?",
            "np.argsort(-heatmap, axis=None) lists the pixels' flat positions, the highest first.",
            "changed = image.copy(); changed.reshape(-1, image.shape[-1])[highest] = image.mean(axis=(0, 1))",
        ),
        insight="That is the whole of a deletion test: take away what the map calls evidence, and ask the network again.",
        mistakes=(
            Mistake(
                "lowest first",
                _delete_like(order=lambda heatmap: heatmap),
                "You took the lowest pixels away. The evidence is where the map is highest.",
            ),
            Mistake(
                "black",
                _delete_like(colour=lambda image: 0.0),
                "You painted the pixels black. A black spot may be evidence itself, of a crack for instance; take the image's mean colour.",
            ),
            Mistake(
                "one grey for all channels",
                _delete_like(colour=lambda image: np.mean(image)),
                "You took the mean over the channels as well. Each channel has its own mean: image.mean(axis=(0, 1)).",
            ),
            Mistake(
                "share of the height, not of the pixels",
                _by_height,
                "You cut at a share of the map's largest value. The share is one of the pixels, so that every map deletes equally many.",
            ),
        ),
    ),
    Exercise(
        id="11.2",
        title="rank correlation",
        reference=likeness,
        cases=lambda: _maps(np.random.default_rng(12), (6, 7), (12, 5)),
        hidden=lambda draw: _maps(draw, (5, 9), (8, 7)),
        hints=(
            "Replace each value by its place in the order, from the smallest to the largest.",
            "np.argsort gives the order, not the places. Applied twice it gives the places.",
            "np.corrcoef(places(one), places(other))[0, 1] with places(a) = np.argsort(np.argsort(a.ravel()))",
        ),
        insight="Ranks ask which pixel comes before which, and nothing else: a map may be stretched without becoming another map.",
        mistakes=(
            Mistake(
                "of the values",
                lambda one, other: np.corrcoef(np.ravel(one), np.ravel(other))[0, 1],
                "You correlated the values. A few very high pixels would decide alone; take the ranks first.",
            ),
            Mistake(
                "argsort once",
                lambda one, other: np.corrcoef(np.argsort(np.ravel(one)), np.argsort(np.ravel(other)))[0, 1],
                "One argsort lists which pixel stands at each place. The place of each pixel takes a second argsort.",
            ),
            Mistake(
                "without the sign",
                lambda one, other: abs(likeness(one, other)),
                "You dropped the sign. A map turned upside down is not the same explanation.",
            ),
        ),
    ),
    Exercise(
        id="11.3",
        title="what is empty has not passed",
        reference=forgetting,
        cases=lambda: _maps_and_empty_ones(
            np.random.default_rng(13), (5, 6), (6, [1, 4], 0.0), (5, [0], 0.7), (4, [], 0.0)
        ),
        hidden=lambda draw: _maps_and_empty_ones(
            draw,
            (4, 7),
            (7, draw.permutation(7)[:2].tolist(), 0.0),
            (9, draw.permutation(9)[:4].tolist(), float(draw.integers(1, 8)) / 8),
        ),
        hints=(
            "Two questions, one after the other: which maps say nothing, and how alike are the others?",
            "A map says nothing if all its pixels have one value, zero or not: np.ptp(maps, axis=(1, 2)) == 0.",
            "empty = np.ptp(maps, axis=(1, 2)) == 0, then np.mean(likenesses[~empty]) and np.mean(empty)",
        ),
        insight="Two numbers, because these are two findings: how alike the maps are that speak, and how often there is none.",
        mistakes=(
            Mistake(
                "empty counts as zero",
                lambda likenesses, maps: (np.mean(np.nan_to_num(likenesses)), forgetting(likenesses, maps)[1]),
                "You counted each empty map as likeness 0. A perfect pass, for a map that only its ReLU has silenced.",
            ),
            Mistake(
                "share of those that speak",
                lambda likenesses, maps: (forgetting(likenesses, maps)[0], 1 - forgetting(likenesses, maps)[1]),
                "Your share is that of the maps that say something. The empty ones were asked for.",
            ),
            Mistake(
                "only zero is empty",
                lambda likenesses, maps: (forgetting(likenesses, maps)[0], np.mean((maps == 0).all(axis=(1, 2)))),
                "A map is empty when it is the same everywhere, at 0.7 as well as at 0: it puts no pixel before another.",
            ),
            Mistake(
                "a count instead of a share",
                lambda likenesses, maps: (forgetting(likenesses, maps)[0], forgetting(likenesses, maps)[1] * len(maps)),
                "You counted the empty maps. Their share is the count over the number of maps.",
            ),
        ),
    ),
    Exercise(
        id="11.4",
        title="which map stands still",
        reference="centred blob",
        hints=(
            "What could noise in the picture change in each of the ten?",
            "Three of them never ask the network. One of these three does not even ask the picture.",
            "It is as bright in the middle of a noisy picture as in the middle of any other.",
        ),
        insight="Whoever looks at nothing is not disturbed. A measure that a blob can win is no proof of a good map.",
        mistakes=(
            Mistake("CAM", "CAM", "CAM is steady, but its numbers come from the picture, and the picture has changed."),
            Mistake(
                "edge detector", "edge detector", "The edge detector never asks the network, but noise has edges, too."
            ),
            Mistake(
                "random map",
                "random map",
                "The random map is drawn anew for every picture, and a noisy copy is another picture.",
            ),
        ),
    ),
]
