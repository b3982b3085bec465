"""Exercises of lesson 11, judging explanations."""

import numpy as np
from scipy.stats import t as student

from xailab.course.exercises import Exercise, Mistake


def delete(image, heatmap, share):
    highest = np.argsort(-np.asarray(heatmap), axis=None)[: round(share * np.size(heatmap))]
    changed = np.array(image, float)
    changed.reshape(-1, changed.shape[-1])[highest] = np.mean(image, axis=(0, 1))
    return changed


def overlap(marked, truth):
    return np.sum(marked & truth) / np.sum(marked | truth)


def likeness(one, other):
    return np.corrcoef(_ranks(one), _ranks(other))[0, 1]


def forgetting(likenesses, maps):
    empty = np.ptp(maps, axis=(1, 2)) == 0
    return np.mean(likenesses[~empty]), np.mean(empty)


def half_width(values):
    return student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))


def nearest_part(heatmap, landmarks):
    return np.argmin(_distances(_highest(heatmap), landmarks))


def _highest(heatmap):
    return np.unravel_index(np.argmax(heatmap), np.shape(heatmap))


def _distances(place, landmarks):
    row, column = place
    return np.hypot(landmarks[:, 0] - column, landmarks[:, 1] - row)


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


def _pictures():
    draw = np.random.default_rng(10)
    return [
        (draw.random((*size, 3)), draw.permutation(size[0] * size[1]).reshape(size) ** 2.0, share)
        for size, share in (((6, 8), 0.25), ((5, 4), 0.5), ((10, 10), 0.03))
    ]


def _masks():
    draw = np.random.default_rng(11)
    return [(draw.random((9, 12)) < one, draw.random((9, 12)) < other) for one, other in ((0.3, 0.5), (0.6, 0.2))]


def _maps():
    draw = np.random.default_rng(12)
    cases = []
    for size in ((6, 7), (12, 5)):
        heatmap = draw.normal(size=size)
        cases += [(heatmap, np.exp(2 * heatmap) + draw.random(size)), (heatmap, draw.normal(size=size) - heatmap)]
    return cases


def _maps_and_empty_ones():
    """Likenesses, NaN for empty maps as a correlation gives it, and maps of which some are constant, not all of them at zero."""
    draw, cases = np.random.default_rng(13), []
    for count, empty, constant in ((6, [1, 4], 0.0), (5, [0], 0.7), (4, [], 0.0)):
        maps, likenesses = draw.normal(size=(count, 5, 6)), draw.uniform(-1, 1, count)
        maps[empty], likenesses[empty] = constant, np.nan
        cases.append((likenesses, maps))
    return cases


def _maps_with_landmarks():
    """Maps whose highest, lowest and largest pixels are nearest to different landmarks."""
    landmarks = np.array([[2.0, 9.0], [9.0, 2.0], [2.5, 1.5], [10.0, 10.5]])
    cases = []
    for highest, lowest, value in (
        ((9, 1), (1, 3), -2),
        ((1, 10), (11, 11), -1.2),
        ((10, 9), (10, 2), -2),
        ((2, 2), (3, 9), -1.2),
        ((6, 10), (0, 1), -2),  # the nearest one by steps along rows and columns is another one
    ):
        heatmap = np.random.default_rng(10).uniform(-1, 1, (12, 13))
        heatmap[highest], heatmap[lowest] = 1.5, value
        cases.append((heatmap, landmarks))
    return cases


def _centre(heatmap):
    weights = np.abs(heatmap) / np.abs(heatmap).sum()
    return [np.sum(weights * index) for index in np.indices(heatmap.shape)]


EXERCISES = [
    Exercise(
        id="11.1",
        title="delete what a map marks",
        reference=delete,
        cases=_pictures,
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
        title="intersection over union",
        reference=overlap,
        cases=_masks,
        hints=(
            "Two sets of pixels: those that the map marks, and those of the thing.",
            "Divide the number of pixels in both by the number of pixels in at least one.",
            "np.sum(marked & truth) / np.sum(marked | truth)",
        ),
        insight="1 if the two are the same, 0 if they do not touch; marking too much costs as well as marking too little.",
        mistakes=(
            Mistake(
                "over the truth",
                lambda marked, truth: np.sum(marked & truth) / np.sum(truth),
                "You divided by the thing's pixels: that is the recall, and a map that marks everything would be perfect.",
            ),
            Mistake(
                "over what is marked",
                lambda marked, truth: np.sum(marked & truth) / np.sum(marked),
                "You divided by the marked pixels: that is the precision, and one good pixel would be perfect.",
            ),
            Mistake(
                "over both sizes",
                lambda marked, truth: 2 * np.sum(marked & truth) / (np.sum(marked) + np.sum(truth)),
                "That is Dice's coefficient, a relative: it counts the common pixels twice.",
            ),
            Mistake(
                "over the picture",
                lambda marked, truth: np.sum(marked == truth) / np.size(truth),
                "You counted the pixels on which both agree. Nearly all of a picture is neither crack nor marked, so that every map would do well.",
            ),
        ),
    ),
    Exercise(
        id="11.3",
        title="rank correlation",
        reference=likeness,
        cases=_maps,
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
        id="11.4",
        title="what is empty has not passed",
        reference=forgetting,
        cases=_maps_and_empty_ones,
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
        id="11.5",
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
    Exercise(
        id="11.6",
        title="how sure is a mean",
        reference=half_width,
        cases=[(np.array([0.2, 0.9, 0.4, 0.6, 0.7]),), (np.array([1.0, 0.0, 1.0, 1.0, 0.0, 1.0, 0.0, 1.0]),)],
        hints=(
            "The mean of many pictures varies less than one picture does.",
            "Its standard error is the standard deviation of the pictures over the root of their number.",
            "student.ppf(0.975, len(values) - 1) * np.std(values, ddof=1) / np.sqrt(len(values))",
        ),
        insight="Four times as many pictures halve it. Two methods whose intervals overlap widely have not been told apart.",
        mistakes=(
            Mistake(
                "of the normal distribution",
                lambda values: 1.96 * np.std(values, ddof=1) / np.sqrt(len(values)),
                "1.96 is right for many pictures. With few the spread itself is uncertain, and Student's t is larger.",
            ),
            Mistake(
                "spread of the pictures",
                lambda values: half_width(values) * np.sqrt(len(values)),
                "That is how much single pictures vary. Their mean varies less, by the root of their number.",
            ),
            Mistake(
                "divided by n",
                lambda values: half_width(values) / np.sqrt(len(values)),
                "You divided by the number of pictures; variances add up, so it is the root of the number.",
            ),
            Mistake(
                "ddof=0",
                lambda values: half_width(values) * np.std(values) / np.std(values, ddof=1),
                "np.std divides by n unless told. The mean was taken from the same values, so divide by n - 1: ddof=1.",
            ),
            Mistake(
                "n degrees of freedom",
                lambda values: (
                    half_width(values) * student.ppf(0.975, len(values)) / student.ppf(0.975, len(values) - 1)
                ),
                "Student's t has n - 1 degrees of freedom here: one was spent on the mean.",
            ),
            Mistake(
                "the whole width",
                lambda values: 2 * half_width(values),
                "That is the whole interval, from end to end. Half of it stands behind the plus-minus sign.",
            ),
        ),
    ),
    Exercise(
        id="11.7",
        title="which part does the map point to",
        reference=nearest_part,
        cases=_maps_with_landmarks,
        hints=(
            "Two steps: where is the highest pixel, and which landmark is nearest to it?",
            "np.unravel_index(heatmap.argmax(), heatmap.shape) gives row and column; a landmark is x, y: column and row.",
            "np.argmin(np.hypot(landmarks[:, 0] - column, landmarks[:, 1] - row))",
        ),
        insight="One pixel stands for the whole map: that makes the pointing game easy to play, and easy to win by luck.",
        mistakes=(
            Mistake(
                "x taken for the row",
                lambda heatmap, landmarks: nearest_part(heatmap, landmarks[:, ::-1]),
                "You compared x with the row and y with the column. x counts columns, to the right; y counts rows, downward.",
            ),
            Mistake(
                "lowest pixel",
                lambda heatmap, landmarks: nearest_part(-heatmap, landmarks),
                "You looked for the lowest pixel. The map points to where it is highest.",
            ),
            Mistake(
                "largest without its sign",
                lambda heatmap, landmarks: nearest_part(np.abs(heatmap), landmarks),
                "You dropped the sign: a strongly negative pixel speaks against the class, and the map does not point to it.",
            ),
            Mistake(
                "centre of the map's mass",
                lambda heatmap, landmarks: np.argmin(_distances(_centre(heatmap), landmarks)),
                "You took the map's centre of mass. Of two bright spots it finds the dark middle; take the highest pixel.",
            ),
            Mistake(
                "steps along rows and columns",
                lambda heatmap, landmarks: np.argmin(np.abs(landmarks[:, ::-1] - _highest(heatmap)).sum(axis=1)),
                "You added the steps along rows and columns. The distance is the straight line: the root of the squares' sum.",
            ),
            Mistake(
                "farthest",
                lambda heatmap, landmarks: np.argmax(_distances(_highest(heatmap), landmarks)),
                "That is the landmark farthest away. The nearest one has the smallest distance.",
            ),
        ),
    ),
]
