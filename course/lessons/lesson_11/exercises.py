"""Exercises of lesson 11, judging explanations."""

import numpy as np

from course.student.exercises import Exercise, Mistake
from xailab.evaluate import mean_and_interval, mean_difference


def delete(image, heatmap, share):
    highest = np.argsort(-np.asarray(heatmap), axis=None)[: round(share * np.size(heatmap))]
    changed = np.array(image, float)
    changed.reshape(-1, changed.shape[-1])[highest] = np.mean(image, axis=(0, 1))
    return changed


def two_orders(heatmap):
    heatmap = np.asarray(heatmap)
    from_above = _places(heatmap.ravel()).reshape(heatmap.shape)
    from_below = _places(heatmap.ravel()[::-1])[::-1].reshape(heatmap.shape)
    return from_above, from_below


def _places(values):
    """How late each value goes, counted from the end: the highest goes first and has the largest number."""
    places = np.empty(len(values), int)
    places[np.argsort(-values, kind="stable")] = np.arange(len(values))[::-1]
    return places


def forgetting(likenesses, maps):
    empty = np.ptp(maps, axis=(1, 2)) == 0
    return np.mean(likenesses[~empty]), np.mean(empty)


def above_the_bar(twins, shuffled):
    known = ~np.isnan(shuffled)
    mean, half = mean_difference(twins[known], shuffled[known])
    return mean - half


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


def _with_ties(draw, *sizes):
    """Maps with a few steps, as of patches and of a ReLU; every step is there more than once."""
    return [
        (draw.permutation(np.arange(np.prod(size)) % 4).reshape(size) / 4 + float(draw.random()),) for size in sizes
    ]


def _maps_and_empty_ones(draw, size, *settings):
    """Likenesses, 0 for empty maps as many programs write it, and maps of which some are constant, not all of them at zero."""
    cases = []
    for count, empty, constant in settings:
        maps, likenesses = draw.normal(size=(count, *size)), draw.uniform(-1, 1, count)
        maps[empty], likenesses[empty] = constant, 0
        cases.append((likenesses, maps))
    return cases


def _networks(draw, *settings):
    """Likenesses to a twin's maps and to a shuffled network's, which go up and down together, for so many networks; NaN for some."""
    cases = []
    for count, unknown in settings:
        twins = draw.uniform(0.3, 0.9, count)
        shuffled = twins - draw.uniform(0, 0.4, count)
        shuffled[unknown] = np.nan
        cases.append((twins, shuffled))
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
        title="one map, two orders",
        reference=two_orders,
        cases=lambda: _with_ties(np.random.default_rng(12), (4, 5), (3, 6)),
        hidden=lambda draw: _with_ties(draw, (5, 4), (3, 8)),
        hints=(
            "Where the map differs from pixel to pixel, both orders must be its own. Only equal pixels may change places.",
            "np.argsort(-values, kind='stable') lists who goes first, and keeps equal ones as they stand. For the other order hand in the values backwards.",
            "What argsort lists has to become a number at each pixel: make an empty array, and write n - 1, n - 2, ... into the places of that list.",
        ),
        insight="Two maps that agree wherever the first one says anything. A measure that tells them apart measures what nobody said.",
        mistakes=(
            Mistake(
                "upside down",
                lambda heatmap: (two_orders(heatmap)[0], two_orders(-np.asarray(heatmap))[0]),
                "Your second order turns the whole map upside down. What is higher goes first in both; only equal pixels change places.",
            ),
            Mistake(
                "the list instead of the places",
                lambda heatmap: (
                    np.argsort(-np.ravel(heatmap), kind="stable").reshape(np.shape(heatmap)),
                    np.argsort(-np.ravel(heatmap)[::-1], kind="stable").reshape(np.shape(heatmap)),
                ),
                "argsort lists which pixel goes first, second, and so on. A map needs a number at each pixel: write them into the places of that list.",
            ),
            Mistake(
                "first is lowest",
                lambda heatmap: tuple(np.size(heatmap) - 1 - order for order in two_orders(heatmap)),
                "Your first to go has the smallest number. Deletion begins with the highest: give that one n - 1.",
            ),
            Mistake(
                "the same twice",
                lambda heatmap: (two_orders(heatmap)[0],) * 2,
                "Both of your orders break ties alike. In the second one the lower right of equal pixels goes first.",
            ),
        ),
    ),
    Exercise(
        id="11.3",
        title="what is empty has not passed",
        reference=forgetting,
        cases=lambda: _maps_and_empty_ones(
            np.random.default_rng(13), (5, 6), (6, [1, 4], 0.0), (5, [0], 0.7), (4, [], 0.0), (6, [2, 3, 5], 0.5)
        ),
        hidden=lambda draw: _maps_and_empty_ones(
            draw,
            (4, 7),
            (7, draw.permutation(7)[:2].tolist(), 0.0),
            (9, draw.permutation(9)[:4].tolist(), float(draw.integers(1, 8)) / 8),
            (8, draw.permutation(8)[:3].tolist(), float(draw.choice([0.1, 0.4, 0.7, 0.9, 1.3]))),
        ),
        hints=(
            "Two questions, one after the other: which maps say nothing, and how alike are the others?",
            "A map says nothing if all its pixels have one value, zero or not: its largest value is its smallest. np.ptp is the distance of the two.",
            "One mean goes over the likenesses of the maps that are not empty, the other one over the answers to 'is it empty?', yes being 1.",
        ),
        insight="Two numbers, because these are two findings: how alike the maps are that speak, and how many do not.",
        mistakes=(
            Mistake(
                "empty counts as zero",
                lambda likenesses, maps: (np.mean(likenesses), forgetting(likenesses, maps)[1]),
                "You counted each empty map as likeness 0. A perfect pass, for a map that only its ReLU has silenced.",
            ),
            Mistake(
                "share of those that speak",
                lambda likenesses, maps: (forgetting(likenesses, maps)[0], 1 - forgetting(likenesses, maps)[1]),
                "Your share is that of the maps that say something. The empty ones were asked for.",
            ),
            Mistake(
                "only zero is empty",
                lambda likenesses, maps: (
                    np.mean(likenesses[(maps != 0).any(axis=(1, 2))]),
                    np.mean((maps == 0).all(axis=(1, 2))),
                ),
                "A map is empty when it is the same everywhere, at 0.5 as well as at 0: it puts no pixel before another.",
            ),
            Mistake(
                "std == 0",
                lambda likenesses, maps: (
                    np.mean(likenesses[np.std(maps, axis=(1, 2)) != 0]),
                    np.mean(np.std(maps, axis=(1, 2)) == 0),
                ),
                "The computed standard deviation of a map that is 0.7 everywhere is not 0 but 1e-16, since the mean of many 0.7 is rounded. "
                "Largest minus smallest, np.ptp, is exactly 0.",
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
        title="a bar that is a control",
        reference=above_the_bar,
        cases=lambda: _networks(np.random.default_rng(14), (5, []), (6, [2]), (5, [0, 3])),
        hidden=lambda draw: _networks(draw, (7, [int(draw.integers(7))]), (5, [])),
        hints=(
            "Each network has two numbers of its own. What would their difference be for an edge detector?",
            "mean_difference(values, others) gives the mean of the differences and half of its interval. What does the lower end look like?",
            "Leave out, in both, the networks where `shuffled` is NaN, and take the mean difference less the half.",
        ),
        insight="The bar is not a matter of taste: a map that is as much like a heap of random weights as like a twin shows nothing learned.",
        mistakes=(
            Mistake(
                "the mean alone",
                lambda twins, shuffled: np.nanmean(twins - shuffled),
                "That is the mean difference. With five networks it may be chance: take half of the interval off.",
            ),
            Mistake(
                "the upper end",
                lambda twins, shuffled: 2 * np.nanmean(twins - shuffled) - above_the_bar(twins, shuffled),
                "That is the upper end of the interval. A method is above the bar if even the lower end is.",
            ),
            Mistake(
                "empty counts as zero",
                lambda twins, shuffled: above_the_bar(twins, np.nan_to_num(shuffled)),
                "You wrote 0 where all maps of a shuffled network are empty. Leave that network out: empty is not unlike.",
            ),
            Mistake(
                "two intervals instead of pairs",
                lambda twins, shuffled: (lambda one, two: one[0] - one[1] - two[0] - two[1])(
                    mean_and_interval(twins[~np.isnan(shuffled)]), mean_and_interval(shuffled[~np.isnan(shuffled)])
                ),
                "You compared two intervals. Both numbers belong to one network: take its difference first, then the interval.",
            ),
        ),
    ),
    Exercise(
        id="11.5",
        title="missing, compared with what",
        reference={"shows the arrow": "arrowed", "control": "bare"},
        hints=(
            "The map adds up to the logit minus the mean logit of the background. Where do the two pictures differ, in which case?",
            "An arrow can only be missing in comparison with pictures that have one.",
            "A control is the same map where the claim ought to be false: with beams that lack the arrow, too.",
        ),
        insight="Missing is always missing compared with something. A map without a reference cannot show it; one with a reference can.",
        mistakes=(
            Mistake(
                "exchanged",
                {"shows the arrow": "bare", "control": "arrowed"},
                "Beams without an arrow do not differ from this one in the arrow, so no map against them can show it. You have the two exchanged.",
            ),
            Mistake(
                "grey shows it",
                {"shows the arrow": "grey", "control": "bare"},
                "A grey picture has no arrow either. Against it the whole beam is what differs.",
            ),
            Mistake(
                "grey as a control",
                {"shows the arrow": "arrowed", "control": "grey"},
                "Against a grey picture everything differs, the beam, the clamp and the light. A control differs in one thing: it lacks the arrow.",
            ),
        ),
    ),
]
