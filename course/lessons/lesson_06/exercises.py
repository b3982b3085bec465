"""Exercises of lesson 06, LIME."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def nearness(distance, width):
    return np.sqrt(np.exp(-(distance**2) / width**2))


PREDICTED = {
    "all 13 columns": "hardly better",
    "half the width": "hardly better",
    "around the row": "much better",
}

FIRST = {
    "honest model, LIME": "proline",
    "sly model, LIME": "magnesium",
    "sly model, real bottles": "proline",
}


def lime_weights(ask, photo, segments, switches):
    return _loop(ask, photo, segments, switches, _bell)


def hide(photo, segments, shown):
    return _hide(photo, segments, ~shown, lambda pixels: pixels.mean(axis=0))


def _hide(photo, segments, covered, colour):
    hidden = photo.copy()
    for segment in np.flatnonzero(covered):
        inside = segments == segment
        hidden[inside] = colour(photo[inside])
    return hidden


def _bell(share):
    return nearness(1 - np.sqrt(share), 0.25)


def _loop(ask, photo, segments, switches, weigh, turned=False):
    from sklearn.linear_model import Ridge

    answers = ask(np.stack([hide(photo, segments, ~shown if turned else shown) for shown in switches]))
    return Ridge(alpha=1.0).fit(switches, answers, sample_weight=weigh(switches.mean(axis=1))).coef_


QUARTERS = np.arange(8)[:, None] // 4 * 2 + np.arange(6) // 3


def _pieces(draw, height, width, count):
    """Segments of a photo, (height, width), numbered from 0, equally large but for one pixel."""
    return draw.permutation(np.arange(height * width) % count).reshape(height, width)


def _loops(draw, segments, samples):
    cases = []
    for _ in range(2):
        photo, filters = draw.uniform(0, 255, (*segments.shape, 3)), draw.normal(size=(*segments.shape, 3)) / 255

        def ask(photos, filters=filters):
            return np.tanh((photos * filters).sum(axis=(1, 2, 3)) / 4)

        cases.append((ask, photo, segments, draw.random((samples, segments.max() + 1)) < 0.6))
    return cases


def _drawn_loops(draw):
    """Two photos more. No sample hides everything: the angle to nothing is not defined."""
    cases = _loops(draw, _pieces(draw, 6, 9, 5), 40)
    for *_, switches in cases:
        switches[:, 0] |= ~switches.any(axis=1)
    return cases


def _photos():
    draw = np.random.default_rng(6)
    photos = draw.integers(0, 256, (2, 8, 6, 3), dtype=np.uint8)
    return [(photo, QUARTERS, np.array(shown)) for photo, shown in zip(photos, ([1, 0, 0, 1], [0, 1, 1, 1]))] + [
        (photos[0].astype(float), QUARTERS, np.array([False, False, True, True]))
    ]


def _drawn_photos(draw):
    """Photos of broken numbers, so that no mean colour is rounded, and segments of which some are shown."""
    return [
        (
            draw.uniform(0, 255, (height, width, 3)),
            _pieces(draw, height, width, count),
            draw.permutation(np.arange(count) < draw.integers(1, count)),
        )
        for height, width, count in ((6, 7, 5), (9, 4, 3), (5, 10, 8))
    ]


def _cases_hide():
    return [(photo, segments, shown.astype(bool)) for photo, segments, shown in _photos()]


EXERCISES = [
    Exercise(
        id="06.1",
        title="how near is near",
        reference=nearness,
        cases=[(np.array([0.0, 0.5, 1.0, 2.0]), 0.7), (np.array([0.25, 3.0]), 2.0)],
        hidden=lambda draw: [(draw.uniform(0, 2, count), float(draw.uniform(0.5, 0.9))) for count in (3, 6, 9)],
        hints=(
            "At distance 0 the weight is 1; far away it is nearly 0. Three functions, one inside the other.",
            "Square the distance, divide by the squared width, take the exponential of minus that, then the root.",
            "From the inside out: the squared ratio, its negative, the exponential, the root.",
        ),
        insight="A bell around the input: its width decides what counts as local.",
        mistakes=(
            Mistake(
                "forgot the root",
                lambda distance, width: np.exp(-(distance**2) / width**2),
                "The root is missing. The bell is a little wider with it.",
            ),
            Mistake(
                "forgot the square",
                lambda distance, width: np.sqrt(np.exp(-distance / width)),
                "Square the distance and the width: yours has a peak at the input where a bell is flat.",
            ),
            Mistake(
                "width not squared",
                lambda distance, width: np.sqrt(np.exp(-(distance**2) / width)),
                "The width is squared as well, or its unit would not be that of the distance.",
            ),
            Mistake(
                "grows with distance",
                lambda distance, width: np.sqrt(np.exp(distance**2 / width**2)),
                "Your weight grows with the distance: a minus sign is missing in the exponent.",
            ),
        ),
    ),
    Exercise(
        id="06.2",
        title="the wine that agrees in nothing",
        reference=float(np.sqrt(np.exp(-1 / 0.75**2))),
        tolerance=5e-3,  # two decimals, as the next cell prints them
        hints=(
            "Every column left its quarter: thirteen zeros against thirteen ones. How far is that?",
            "The distance is the root of 13, the width 0.75 times as much.",
            "The ratio of distance and width is 1 over 0.75, whatever the number of columns. Ask nearness.",
        ),
        insight="The number of columns cancels: whatever the table, the farthest sample keeps the same weight.",
        mistakes=(
            Mistake(
                "distance 13",
                float(np.sqrt(np.exp(-13 / 0.75**2))),
                "The distance is the root of 13: thirteen differences of 1, squared, added, and the root of it.",
            ),
            Mistake(
                "distance 1",
                float(np.sqrt(np.exp(-1 / (0.75**2 * 13)))),
                "That is a wine that differs in one column. Here all thirteen differ.",
            ),
            Mistake(
                "without the root", float(np.exp(-1 / 0.75**2)), "The root over the bell is missing: call nearness."
            ),
        ),
    ),
    Exercise(
        id="06.3",
        title="which remedy helps",
        reference=PREDICTED,
        hints=(
            "The bell is so wide that it hardly weighs. Half as wide, what does the farthest sample count? And how many are near?",
            "A bell can only weigh samples that were drawn. In how many of them have most columns left their quarter?",
            "Only one of the three changes which samples there are.",
        ),
        insight="A weight cannot bring near what was drawn far away: first draw samples near the row, then weigh them.",
        mistakes=(
            Mistake(
                "the width is to blame",
                {**PREDICTED, "half the width": "much better"},
                "Look at the width again: if nearly all samples are far away, a narrower bell weighs far ones against far ones.",
            ),
            Mistake(
                "the columns are to blame",
                {**PREDICTED, "all 13 columns": "much better"},
                "Look at the columns again: K-Lasso chose the four that say most. What could the other nine add?",
            ),
            Mistake(
                "samples do not matter",
                {**PREDICTED, "around the row": "hardly better"},
                "Look at the samples again: with most columns unchanged, the model has less room to bend.",
            ),
            Mistake(
                "a narrow bell is worse",
                {**PREDICTED, "half the width": "worse"},
                "Look at the width again: far samples count a little less, which does the fit no harm.",
            ),
        ),
    ),
    Exercise(
        id="06.4",
        title="hide some superpixels",
        reference=hide,
        tolerance=5e-3,  # a rounded mean colour is as good as a truncated one or a broken one
        cases=_cases_hide,
        hidden=_drawn_photos,
        hints=(
            "Start from a copy. Go through the segments that are not shown, and find the pixels of each.",
            "inside = segments == segment marks them; photo[inside] is a list of colours, and its mean over axis 0 is one colour.",
            "A loop over np.flatnonzero(~shown), and in it one assignment: the pixels of the segment get their mean colour.",
        ),
        insight="A photo has become a row of zeros and ones that a line can be fitted to.",
        mistakes=(
            Mistake(
                "the other way round",
                lambda photo, segments, shown: hide(photo, segments, ~shown),
                "You hid the segments that are to be shown.",
            ),
            Mistake(
                "black",
                lambda photo, segments, shown: _hide(photo, segments, ~shown, lambda pixels: 0),
                "You painted them black. Black edges are something new for the network to see: take the segment's mean colour.",
            ),
            Mistake(
                "one grey",
                lambda photo, segments, shown: _hide(photo, segments, ~shown, lambda pixels: pixels.mean()),
                "You took one mean over all channels, a grey. Average over the pixels only: axis=0.",
            ),
            Mistake(
                "mean of the photo",
                lambda photo, segments, shown: _hide(photo, segments, ~shown, lambda pixels: photo.mean(axis=(0, 1))),
                "That is the mean colour of the photo. Each segment gets its own.",
            ),
        ),
    ),
    Exercise(
        id="06.5",
        title="LIME's loop",
        reference=lime_weights,
        cases=lambda: _loops(np.random.default_rng(8), QUARTERS, 30),
        hidden=_drawn_loops,
        hints=(
            "Four steps: hide pieces for each row of switches, ask about all photos at once, weigh, fit a line from switches to answers.",
            "The distance of a row is 1 - np.sqrt(switches.mean(axis=1)); nearness turns it into sample_weight.",
            "Ridge fits from the rows of switches to the answers, with sample_weight; its coef_ are the weights.",
        ),
        insight="The line never saw a pixel: it knows which pieces were shown, and what the model said. That is the interpretable representation.",
        mistakes=(
            Mistake(
                "all samples alike",
                lambda ask, photo, segments, z: _loop(ask, photo, segments, z, lambda share: np.ones(len(share))),
                "All your samples count alike. Pass nearness of their distance as sample_weight.",
            ),
            Mistake(
                "nearness of the share",
                lambda ask, photo, segments, z: _loop(ask, photo, segments, z, lambda share: nearness(share, 0.25)),
                "You took the share of ones for the distance: then the photos with most hidden count most.",
            ),
            Mistake(
                "share for cosine",
                lambda ask, photo, segments, z: _loop(ask, photo, segments, z, lambda share: nearness(1 - share, 0.25)),
                "The cosine is the *root* of the share of ones.",
            ),
            Mistake(
                "hid what is shown",
                lambda ask, photo, segments, z: _loop(ask, photo, segments, z, _bell, turned=True),
                "You hid the pieces that are to be shown.",
            ),
            Mistake(
                "difference to the photo",
                lambda ask, photo, segments, z: -lime_weights(ask, photo, segments, z),
                "Your signs are turned: a piece that raises the answer has a positive weight.",
            ),
        ),
    ),
    Exercise(
        id="06.6",
        title="which samples",
        reference=FIRST,
        hints=(
            "Which rows does LIME ask about: wines, or rows whose columns come from different wines?",
            "The guard tells the two apart. What does the sly model answer where the guard sees a sample of LIME's?",
            "To LIME the sly model shows its other face, and to real bottles its true one.",
        ),
        insight="An explanation knows only the inputs that it asked about. Choose them as you would choose witnesses.",
        mistakes=(
            Mistake(
                "LIME cannot be fooled",
                {**FIRST, "sly model, LIME": "proline"},
                "Look at the sly model again: nearly all of LIME's samples fail the guard, and there it answers by magnesium.",
            ),
            Mistake(
                "real bottles are fooled as well",
                {**FIRST, "sly model, real bottles": "magnesium"},
                "Look at the real bottles again: they pass the guard, so the sly model answers them by proline.",
            ),
            Mistake(
                "the honest one is suspected",
                {**FIRST, "honest model, LIME": "magnesium"},
                "Look at the honest model again: it has no guard, and proline is all it looks at, wherever it is asked.",
            ),
        ),
    ),
]
