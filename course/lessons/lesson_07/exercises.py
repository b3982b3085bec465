"""Exercises of lesson 07, the interpretable CNN."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def template(n, row, column):
    i, j = np.mgrid[:n, :n]
    return np.maximum(1 - 4 * (np.abs(i - row) + np.abs(j - column)) / n, -1)


def likelihood(scores):
    exponentials = np.exp(scores - scores.max(axis=0))
    return exponentials / exponentials.sum(axis=0)


def filter_loss(p):
    return -np.mean(np.sum(p * np.log(p / p.mean(axis=1, keepdims=True)), axis=0))


def masked(feature_map):
    row, column = np.unravel_index(np.argmax(feature_map), feature_map.shape)
    return np.maximum(feature_map * template(len(feature_map), row, column), 0)


INFORMATION = {
    "ideal": "most",
    "two places at a time": "some",
    "noise": "some",
    "always the same place": "none",
}
WITH_A_LARGE_WEIGHT = {"accuracy": "falls to chance", "instability": "rises"}


def on_parts(overlaps):
    return np.nanmean(np.where(np.isnan(overlaps), np.nan, overlaps > 0.2), axis=0)


def instability(filter_places, part_places, diagonal):
    distances = np.linalg.norm(filter_places - part_places, axis=1)
    return np.std(distances, ddof=1) / diagonal


def _distance(n, row, column, kind):
    i, j = np.mgrid[:n, :n]
    down, across = np.abs(i - row), np.abs(j - column)
    return {"city": down + across, "straight": np.hypot(down, across), "chess": np.maximum(down, across)}[kind]


def _naive(scores):
    with np.errstate(over="ignore", invalid="ignore"):
        return np.nan_to_num(np.exp(scores) / np.exp(scores).sum(axis=0))


def _tables(draw, *shapes):
    return [(likelihood(draw.normal(size=shape) * 2),) for shape in shapes]


def _maps():
    draw = np.random.default_rng(8)
    lecture = np.array([[2, 1, 0, 1], [3, 7, 19, 11], [0, 5, 14, 5], [0, 1, 2, 1]], float)
    return [(lecture,), (np.maximum(draw.normal(size=(6, 6)), 0),), (np.maximum(draw.normal(size=(9, 9)), 0),)]


def _peaks(draw):
    """Maps whose strongest cell lies at the upper or lower border, far from their centre of mass."""
    cases = []
    for n in (5, 8, 11):
        feature_map = draw.random((n, n))
        feature_map[draw.choice([0, n - 1]), draw.integers(n)] += 1
        cases.append((feature_map,))
    return cases


def _places(draw, diagonal, *counts):
    return [(draw.uniform(0, 60, (n, 2)), draw.uniform(0, 60, (n, 2)), diagonal) for n in counts]


def _overlaps(draw, *shapes):
    tables = [draw.uniform(0, 0.45, shape) for shape in shapes]
    for table in tables:
        table[draw.choice(len(table), 3, replace=False), :, 1] = np.nan  # pictures that do not show the second part
    return [(table,) for table in tables]


def _centred_mask(feature_map):
    weights = feature_map / feature_map.sum()
    row, column = (int(round(float((weights * axis).sum()))) for axis in np.mgrid[: len(weights), : len(weights)])
    return np.maximum(feature_map * template(len(feature_map), row, column), 0)


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
            "np.maximum(1 - 4 * (np.abs(i - row) + np.abs(j - column)) / n, -1)",
        ),
        insight="A pyramid with square blocks: highest at its cell, zero after n / 4 steps, and nowhere below -1.",
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
        title="how likely a picture is, given a template",
        reference=likelihood,
        cases=[
            (np.random.default_rng(1).normal(size=(5, 10)),),
            (np.random.default_rng(2).normal(size=(8, 17)) * 900,),
            (np.random.default_rng(3).normal(size=(4, 5)) * 3,),
        ],
        hidden=lambda draw: [
            (draw.normal(size=(6, 9)) * 2,),
            (draw.normal(size=(9, 7)) * 1500,),
            (draw.normal(size=(3, 12)),),
        ],
        hints=(
            "p(x|T) is a distribution over pictures. Along which axis must it sum to 1?",
            "Z_T is the sum over the pictures, axis 0. And exp(900) is too large for a computer: what may you subtract?",
            "e = np.exp(scores - scores.max(axis=0)), then e / e.sum(axis=0)",
        ),
        insight="A softmax over the pictures, one for each template. Subtracting the largest score changes nothing but saves it from overflow.",
        mistakes=(
            Mistake(
                "over the templates",
                lambda s: likelihood(s.T).T,
                "Your columns do not sum to 1: you normalised over the templates. Z_T sums over the pictures.",
            ),
            Mistake(
                "overflow",
                _naive,
                "Large scores overflow in exp. Subtract the largest score of each template first; it cancels.",
            ),
            Mistake(
                "over everything",
                lambda s: np.exp(s - s.max()) / np.exp(s - s.max()).sum(),
                "You divided by one sum over everything. Each template has its own Z_T.",
            ),
            Mistake(
                "not normalised",
                lambda s: np.exp(s - s.max(axis=0)),
                "The division by Z_T is missing.",
            ),
        ),
    ),
    Exercise(
        id="07.3",
        title="the filter loss",
        reference=filter_loss,
        cases=lambda: _tables(np.random.default_rng(7), (6, 17), (10, 5), (3, 10)),
        hidden=lambda draw: _tables(draw, (5, 8), (12, 3)),
        hints=(
            "All templates are equally probable beforehand: p(T) = 1 / number of templates, so a sum with p(T) is a mean.",
            "p(x) is the mean of p(x|T) over the templates, axis 1.",
            "-np.mean(np.sum(p * np.log(p / p.mean(axis=1, keepdims=True)), axis=0))",
        ),
        insight="Minus the mutual information: the loss is low when the map tells which template fits, and zero when it tells nothing.",
        mistakes=(
            Mistake(
                "the sign",
                lambda p: -filter_loss(p),
                "That is the mutual information itself. A loss should fall when the information grows.",
            ),
            Mistake(
                "forgot p(T)",
                lambda p: filter_loss(p) * p.shape[1],
                "You summed over the templates. Each counts with p(T) = 1 / number of templates.",
            ),
            Mistake(
                "not relative to p(x)",
                lambda p: -np.mean(np.sum(p * np.log(p), axis=0)),
                "That is an entropy: the division by p(x) in the logarithm is missing.",
            ),
            Mistake(
                "p(x) uniform",
                lambda p: -np.mean(np.sum(p * np.log(p * len(p)), axis=0)),
                "You took p(x) as 1/N. It is the mean of p(x|T) over the templates.",
            ),
        ),
    ),
    Exercise(
        id="07.4",
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
                "It always says the same. Who hears it does not learn which picture it was.",
            ),
            Mistake(
                "two places tell most",
                {**INFORMATION, "ideal": "some", "two places at a time": "most"},
                "More places do not tell more: with two, one does not know which of both templates it was.",
            ),
        ),
    ),
    Exercise(
        id="07.5",
        title="the mask",
        reference=masked,
        cases=_maps,
        hidden=_peaks,
        hints=(
            "np.unravel_index(np.argmax(feature_map), feature_map.shape) is the strongest cell.",
            "Take the template of that cell, multiply cell by cell, and keep what is positive.",
            "np.maximum(feature_map * template(len(feature_map), row, column), 0)",
        ),
        insight="What a filter says far from its strongest cell does not reach the next layer: one filter, one place.",
        mistakes=(
            Mistake(
                "not cut off",
                lambda m: m * template(len(m), *np.unravel_index(np.argmax(m), m.shape)),
                "Far cells are negative now. The mask is followed by a ReLU.",
            ),
            Mistake(
                "centre of mass",
                _centred_mask,
                "Your mask sits at the centre of mass. The paper takes the strongest cell (the authors' program does it your way).",
            ),
            Mistake(
                "only the strongest cell",
                lambda m: np.where(m == m.max(), m, 0),
                "You kept one cell. The template keeps its neighbourhood, weaker with the distance.",
            ),
            Mistake(
                "the mask alone",
                lambda m: np.maximum(template(len(m), *np.unravel_index(np.argmax(m), m.shape)), 0),
                "That is the mask. Multiply the map with it.",
            ),
        ),
    ),
    Exercise(
        id="07.6",
        title="location instability",
        reference=instability,
        cases=lambda: _places(np.random.default_rng(9), 64 * np.sqrt(2), 5, 12),
        hidden=lambda draw: _places(draw, float(np.hypot(60, 80)), 7, 20),
        hints=(
            "One distance a picture, from the filter's place to the part: np.linalg.norm(…, axis=1).",
            "How much do these distances vary? It is a sample of pictures, so ddof=1.",
            "np.std(np.linalg.norm(filter_places - part_places, axis=1), ddof=1) / diagonal",
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
                "Nearly: for a sample, divide by N - 1 (ddof=1), as the authors do.",
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
        id="07.7",
        title="how often a filter is found on a part",
        reference=on_parts,
        cases=lambda: _overlaps(np.random.default_rng(10), (8, 5, 3), (15, 5, 3)),
        hidden=lambda draw: _overlaps(draw, (10, 4, 2), (7, 3, 4)),
        hints=(
            "First decide in each picture whether the overlap exceeds 0.2; only then take the mean over the pictures.",
            "NaN > 0.2 is False: a picture that does not show the part would count as a miss. Put NaN back before the mean.",
            "np.nanmean(np.where(np.isnan(overlaps), np.nan, overlaps > 0.2), axis=0)",
        ),
        insight="The largest value of a filter names its part, and the mean of these largest values is the paper's part interpretability.",
        mistakes=(
            Mistake(
                "pictures without the part count",
                lambda overlaps: np.mean(overlaps > 0.2, axis=0),
                "Pictures that do not show the part count as misses in your mean: NaN > 0.2 is False.",
            ),
            Mistake(
                "the mean overlap",
                lambda overlaps: np.nanmean(overlaps, axis=0),
                "That is the mean overlap. Asked is in how many of the pictures it exceeds 0.2.",
            ),
            Mistake(
                "the mean first",
                lambda overlaps: (np.nanmean(overlaps, axis=0) > 0.2).astype(float),
                "You took the mean first, and compared then. Compare in each picture: how often is asked, not whether.",
            ),
            Mistake(
                "the threshold of Bau and others",
                lambda overlaps: np.nanmean(np.where(np.isnan(overlaps), np.nan, overlaps > 0.04), axis=0),
                "0.04 is the threshold of Bau and others, for colours and textures. For parts, the paper asks for more than 0.2.",
            ),
        ),
    ),
    Exercise(
        id="07.8",
        title="a prediction: the loss without labels, at a large weight",
        reference=WITH_A_LARGE_WEIGHT,
        hints=(
            "Which maps please equation 1? Exercise 07.4 had an answer.",
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
]
