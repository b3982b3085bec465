"""Exercises of lesson 05, occlusion."""

import numpy as np

from xailab.course.exercises import Exercise, Mistake


def fall(before, after):
    return before - after


def occlusion_map(score, image, patch, value):
    return _map(score, image, patch, value, fall)


def positions(pixels, patch, stride):
    return (-(-(pixels - patch) // stride) + 1) ** 2


def changed(size, kernel, stride):
    return (size + kernel - 2) // stride + 1


def _map(score, image, patch, value, compare, uncover=True):
    falls = np.zeros((image.shape[0] // patch, image.shape[1] // patch))
    before, covered = score(image), image.copy()
    for row, column in np.ndindex(falls.shape):
        covered = image.copy() if uncover else covered
        covered[row * patch : (row + 1) * patch, column * patch : (column + 1) * patch] = value
        falls[row, column] = compare(before, score(covered))
    return falls


def _images():
    """A score that weighs every pixel, and looks at one pair of them."""
    draw = np.random.default_rng(3)
    cases = []
    for shape, patch, value in (((6, 8), 2, 0.5), ((9, 6), 3, 0.0)):
        weights = draw.normal(size=shape)
        cases.append(
            (lambda x, w=weights: float((w * x).sum() + 5 * x[0, 0] * x[-1, -1]), draw.random(shape), patch, value)
        )
    return cases


EXERCISES = [
    Exercise(
        id="05.1",
        title="which way is evidence",
        reference=fall,
        cases=[(5.0, 2.0), (1.5, 4.0), (-3.0, -7.5)],
        hints=(
            "If the score gets worse when the ear is covered, does the ear speak for the cat or against it?",
            "Evidence for the class is positive where the score is smaller after covering.",
            "before - after",
        ),
        insight="A fall is evidence for the class, a rise evidence against it: the same sign as in CAM.",
        mistakes=(
            Mistake(
                "upside down",
                lambda before, after: after - before,
                "Your sign is upside down: a place that the cat needs would be negative. Take the logit before minus the logit after.",
            ),
            Mistake(
                "absolute value",
                lambda before, after: abs(before - after),
                "You took the absolute value. Then evidence against the class looks like evidence for it: keep the sign.",
            ),
            Mistake(
                "cut off below zero",
                lambda before, after: max(before - after, 0.0),
                "You cut off what is negative. A place that speaks against the class would look like one that does not matter.",
            ),
        ),
    ),
    Exercise(
        id="05.2",
        title="the map, patch by patch",
        reference=occlusion_map,
        cases=_images,
        hints=(
            "One loop over rows of patches, one over columns. In it: copy, cover, ask, subtract.",
            "covered = image.copy() inside the loop, and a slice of `patch` rows and columns set to `value`.",
            "falls[row, column] = score(image) - score(covered)",
        ),
        insight="A heat map from forward passes alone. It would work for any function of an image, a network or not.",
        mistakes=(
            Mistake(
                "never uncovered",
                lambda *given: _map(*given, fall, uncover=False),
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
        ),
    ),
    Exercise(
        id="05.3",
        title="how many forward passes",
        reference=positions,
        cases=[(224, 32, 16), (224, 64, 32), (30, 7, 4), (28, 8, 8), (10, 10, 3)],
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
        id="05.4",
        title="how far a patch reaches",
        reference=changed,
        cases=[(32, 3, 1), (36, 2, 2), (5, 5, 1), (7, 3, 2), (1, 1, 1)],
        hints=(
            "First stride 1: a window of 3 touches a changed cell with its first, second or third cell.",
            "With stride 1, size + kernel - 1 windows touch them. Of so many neighbours, a stride of 2 keeps every other one.",
            "(size + kernel - 2) // stride + 1",
        ),
        insight="The window grows by kernel - 1 with every layer and shrinks with every stride: the receptive field, seen from behind.",
        mistakes=(
            Mistake(
                "shrunk instead of grown",
                lambda size, kernel, stride: max((size - kernel) // stride + 1, 0),
                "That is how many windows lie wholly inside. Those that touch only one changed cell change as well.",
            ),
            Mistake(
                "forgot the stride",
                lambda size, kernel, stride: size + kernel - 1,
                "Right for stride 1. A larger stride skips windows.",
            ),
            Mistake(
                "best alignment",
                lambda size, kernel, stride: max((size + kernel - 1) // stride, 1),
                "Nearly: that is the best alignment, not the worst. Round up.",
            ),
        ),
    ),
]
