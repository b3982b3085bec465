"""Exercises of lesson 07, the interpretable CNN."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def template(n, row, column):
    i, j = np.mgrid[:n, :n]
    return np.maximum(1 - 4 * (np.abs(i - row) + np.abs(j - column)) / n, -1)


INFORMATION = {
    "ideal": "most",
    "two places at a time": "some",
    "noise": "some",
    "always the same place": "none",
}
WITH_A_LARGE_WEIGHT = {"accuracy": "falls to chance", "instability": "rises"}


def instability(filter_places, part_places, diagonal):
    distances = np.linalg.norm(filter_places - part_places, axis=1)
    return np.std(distances, ddof=1) / diagonal


def score_of_a_place(place, landmarks, diagonal):
    return np.mean([instability(place[None], landmarks[:, part], diagonal) for part in range(landmarks.shape[1])])


def compare_pairs(ours, theirs):
    differences = np.asarray(ours) - np.asarray(theirs)
    return np.sum(differences > 0), np.median(differences), np.mean(differences)


def _distance(n, row, column, kind):
    i, j = np.mgrid[:n, :n]
    down, across = np.abs(i - row), np.abs(j - column)
    return {"city": down + across, "straight": np.hypot(down, across), "chess": np.maximum(down, across)}[kind]


def _places(draw, diagonal, *counts):
    return [(draw.uniform(0, 60, (n, 2)), draw.uniform(0, 60, (n, 2)), diagonal) for n in counts]


def _parts(draw, *shapes):
    """A place, and landmarks of parts that are spread unevenly, in pictures of 64 x 64."""
    return [
        (
            draw.uniform(0, 63, 2),
            draw.normal(32, 1 + 4 * np.arange(parts)[:, None] + np.zeros(2), (pictures, parts, 2)),
            90.5,
        )
        for pictures, parts in shapes
    ]


def _pairs(draw, *counts):
    """Measures of two networks seed by seed: ours a little ahead in most, and far behind in one."""
    cases = []
    for count in counts:
        theirs = draw.uniform(0.5, 0.9, count)
        ours = theirs + draw.uniform(-0.02, 0.06, count)
        ours[draw.integers(count)] -= 0.5
        cases.append((ours, theirs))
    return cases


EXERCISES = [
    Exercise(
        id="07.1",
        title="a template",
        reference=template,
        cases=[(4, 1, 2), (6, 0, 5), (14, 7, 7)],
        hidden=lambda draw: [(n, *draw.permutation(n)[:2].tolist()) for n in draw.integers(5, 16, 3).tolist()],
        hints=(
            "np.mgrid[:n, :n] gives the row and the column of every cell.",
            "The distance is that of a city with square blocks: steps up or down plus steps left or right.",
            "One less four times the distance by n, with np.maximum to stop at -1.",
        ),
        insight="A pyramid: highest at its cell, zero after n / 4 steps along rows and columns, so that its contours are diamonds, and nowhere below -1.",
        mistakes=(
            Mistake(
                "straight distance",
                lambda n, r, c: np.maximum(1 - 4 * _distance(n, r, c, "straight") / n, -1),
                "You took the straight distance. The paper's norm is the sum of the steps along rows and columns.",
            ),
            Mistake(
                "no floor",
                lambda n, r, c: 1 - 4 * _distance(n, r, c, "city") / n,
                "Far cells fall below -1. The template stops there.",
            ),
            Mistake(
                "forgot the 4",
                lambda n, r, c: np.maximum(1 - _distance(n, r, c, "city") / n, -1),
                "The factor beta = 4 is missing: the template would cover the whole map.",
            ),
            Mistake(
                "rows and columns exchanged",
                lambda n, r, c: template(n, c, r),
                "Row and column are exchanged: the row counts from the top and comes first.",
            ),
        ),
    ),
    Exercise(
        id="07.2",
        title="a prediction: what four filters tell",
        reference=INFORMATION,
        hints=(
            "The question is not whether a map is beautiful, but whether one could tell the template from it.",
            "A map that is the same in all pictures tells nothing. A map that differs in every picture tells something.",
            "Random maps differ from picture to picture, and each happens to fit some template better than the others.",
        ),
        insight="Maps that differ from picture to picture tell something, whatever they show: even noise. Maps that never change tell nothing.",
        mistakes=(
            Mistake(
                "noise tells nothing",
                {**INFORMATION, "noise": "none"},
                "To a person, noise tells nothing. But it differs from picture to picture, and each picture fits another template by chance.",
            ),
            Mistake(
                "two places tell nothing",
                {**INFORMATION, "two places at a time": "none"},
                "Two places leave a doubt between two templates, but they exclude the fifteen others.",
            ),
            Mistake(
                "a steady filter tells something",
                {**INFORMATION, "always the same place": "some"},
                "It always says the same, so nothing is learnt about the picture.",
            ),
            Mistake(
                "two places tell most",
                {**INFORMATION, "ideal": "some", "two places at a time": "most"},
                "More places do not tell more: with two, one does not know which of both templates it was.",
            ),
        ),
    ),
    Exercise(
        id="07.3",
        title="location instability",
        reference=instability,
        cases=lambda: _places(np.random.default_rng(9), 64 * np.sqrt(2), 5, 12),
        hidden=lambda draw: _places(draw, float(np.hypot(60, 80)), 7, 20),
        hints=(
            "One distance a picture, from the filter's place to the part: np.linalg.norm(…, axis=1).",
            "How much do these distances vary? It is a sample of pictures, so ddof=1.",
            "np.std of the distances, with ddof=1, divided by the diagonal.",
        ),
        insight="Not how far the filter is from the part, but how much that changes. A filter on the head has a steady distance to the head, and a fairly steady one to the tail.",
        mistakes=(
            Mistake(
                "the mean distance",
                lambda f, p, d: np.mean(np.linalg.norm(f - p, axis=1)) / d,
                "That is how far the filter is from the part. Asked is how much that distance varies.",
            ),
            Mistake(
                "ddof=0",
                lambda f, p, d: np.std(np.linalg.norm(f - p, axis=1)) / d,
                "Nearly: the text asks for the variance of a sample, divided by N - 1 (ddof=1).",
            ),
            Mistake(
                "not relative to the diagonal",
                lambda f, p, d: np.std(np.linalg.norm(f - p, axis=1), ddof=1),
                "It is in pixels: divide by the diagonal, so that pictures of any size can be compared.",
            ),
            Mistake(
                "how much the filter moves",
                lambda f, p, d: np.linalg.norm(np.std(f, axis=0, ddof=1)) / d,
                "You measured how much the filter's place varies. It may move, if the part moves with it.",
            ),
        ),
    ),
    Exercise(
        id="07.4",
        title="the control: what any place would score",
        reference=score_of_a_place,
        cases=lambda: _parts(np.random.default_rng(4), (6, 3), (15, 2)),
        hidden=lambda draw: _parts(draw, (9, 4), (20, 3)),
        hints=(
            "One part at a time: you have a function for that, of the last exercise.",
            "landmarks[:, k] are the places of part k in all pictures; place[None] has the shape that instability expects.",
            "Take the instability of each part, and then the mean of these.",
        ),
        insight="A filter that watches nothing has a score, too. Only what lies below the best of these has been earned by watching.",
        mistakes=(
            Mistake(
                "all parts in one heap",
                lambda place, marks, d: np.std(np.linalg.norm(marks - place, axis=-1), ddof=1) / d,
                "You took one spread over all parts together. That parts lie at different distances is no instability: one part at a time, then the mean.",
            ),
            Mistake(
                "the first part only",
                lambda place, marks, d: instability(place[None], marks[:, 0], d),
                "That is the first part alone.",
            ),
            Mistake(
                "how far, not how steady",
                lambda place, marks, d: np.mean(np.linalg.norm(marks - place, axis=-1)) / d,
                "That is how far the place is from the parts. Asked is how much each of these distances varies.",
            ),
            Mistake(
                "variances",
                lambda place, marks, d: np.mean(
                    [instability(place[None], marks[:, k], d) ** 2 for k in range(marks.shape[1])]
                ),
                "You averaged variances. The measure is the root, for each part.",
            ),
        ),
    ),
    Exercise(
        id="07.5",
        title="a prediction: the loss without labels, at a large weight",
        reference=WITH_A_LARGE_WEIGHT,
        hints=(
            "Which maps please equation 1? Exercise 07.2 had an answer.",
            "The lowest loss asks for maps as different from picture to picture as templates are. It does not ask for a fox.",
            "A weight that makes the network obey this loss leaves nothing for the labels.",
        ),
        insight="The loss rewards maps that differ from picture to picture. To differ, a filter need not look at the fox.",
        mistakes=(
            Mistake(
                "as advertised",
                {"accuracy": "stays", "instability": "falls"},
                "That is what the loss is made for. But remember the imagined noise: what else lowers it?",
            ),
            Mistake(
                "a price for steadiness",
                {"accuracy": "falls to chance", "instability": "falls"},
                "It does cost the accuracy. But a filter that obeys the loss need not sit on a part: remember the noise.",
            ),
            Mistake(
                "a loss that does nothing",
                {"accuracy": "stays", "instability": "stays"},
                "That is right for a small weight. At a large one, the loss is obeyed at the cost of the task.",
            ),
            Mistake(
                "only the places suffer",
                {"accuracy": "stays", "instability": "rises"},
                "The maps are all that the head of the network sees: if they obey another loss, the task suffers too.",
            ),
        ),
    ),
    Exercise(
        id="07.6",
        title="networks seed by seed",
        reference=compare_pairs,
        cases=lambda: _pairs(np.random.default_rng(6), 5, 8),
        hidden=lambda draw: _pairs(draw, 5, 7, 10),
        hints=(
            "Subtract pair by pair before you summarise anything.",
            "How many differences are above 0? What is their median, what their mean?",
            "The count of ours - theirs > 0, then np.median and np.mean of the same differences.",
        ),
        insight="Where mean and median disagree, one pair decides the mean: look at it before you say who is better.",
        mistakes=(
            Mistake(
                "sorted first",
                lambda ours, theirs: compare_pairs(np.sort(ours), np.sort(theirs)),
                "You sorted, so that the best is compared with the best. A pair has the same seed: leave the order as it is.",
            ),
            Mistake(
                "a difference of medians",
                lambda ours, theirs: (
                    compare_pairs(ours, theirs)[0],
                    np.median(ours) - np.median(theirs),
                    np.mean(ours) - np.mean(theirs),
                ),
                "Your second number is the difference of two medians. Take the median of the differences.",
            ),
            Mistake(
                "the other way round",
                lambda ours, theirs: compare_pairs(theirs, ours),
                "You subtracted ours from theirs.",
            ),
            Mistake(
                "a share",
                lambda ours, theirs: (compare_pairs(ours, theirs)[0] / len(ours), *compare_pairs(ours, theirs)[1:]),
                "The first number is how many pairs, not which share of them.",
            ),
        ),
    ),
]
