"""Exercises of lesson 10, a network as a whole."""

from itertools import permutations

import numpy as np

from course.student.exercises import Exercise, Mistake


def quarter_shares(ask):
    shares = np.zeros(4)
    for order in permutations(range(4)):
        shown = np.zeros(4, bool)
        before = ask(shown.reshape(2, 2))
        for quarter in order:
            shown[quarter] = True
            after = ask(shown.reshape(2, 2))
            shares[quarter] += (after - before) / 24
            before = after
    return shares.reshape(2, 2)


def perplexity(distances, sigma):
    weights = np.exp(-(distances**2) / (2 * sigma**2))
    shares = weights / weights.sum()
    return 2 ** -np.sum(shares * np.log2(shares))


PREDICTIONS = {
    "pixels": "vaguer groups",
    "another seed": "the same groups",
    "perplexity 3": "crumbs",
    "noise, perplexity 3": "crumbs",
    "planted cluster": "one clump in a cloud",
}


def kept(true, shown):
    return np.mean([np.isin(two, one).mean() for one, two in zip(true, shown)])


def _neighbourhoods(draw, *sizes):
    """Neighbours of points: where they live, and on a map that keeps some of them, in another order."""
    cases = []
    for points, k in sizes:
        true = np.array([draw.permutation(points)[:k] for _ in range(points)])
        shown = np.array(
            [draw.permutation(list(dict.fromkeys([*row[: k // 2], *draw.permutation(points)]))[:k]) for row in true]
        )
        cases.append((true, shown))
    return cases


def activation_correlation(maps):
    cells = maps.reshape(-1, maps.shape[-1])
    cells = (cells - cells.mean(axis=0)) / cells.std(axis=0)
    return cells.T @ cells / len(cells)


CHOICES = {
    "You may only ask the model, not open it. Why this photo?": frozenset(
        {"LIME", "occlusion sensitivity", "occlusion", "Shapley values"}
    ),
    "The network ends in pooling and one linear layer. Why, exactly?": "CAM",
    "A model of a table: what would this patient get with less weight?": "ICE",
    "A model of a table with inputs that go together: the mean effect?": "ALE",
    "No model yet: which of 30 measurements shall we take?": "MRMR",
}


def _chosen(place, method):
    """The right choices but for one."""
    return {**CHOICES, list(CHOICES)[place]: method}


def _logits():
    """Two networks that see quarters together: the first likes the upper half, the second a diagonal."""
    upper = lambda shown: 3.0 * shown[0, 0] + 1.0 * shown[0, 1] + 4.0 * (shown[0, 0] and shown[0, 1]) - shown[1, 0] + 2  # noqa: E731
    diagonal = lambda shown: 5.0 * (shown[0, 0] and shown[1, 1]) + 2.0 * (shown.sum() > 2) + 0.5 * shown[1, 0]  # noqa: E731
    return [(upper,), (diagonal,)]


def _drawn_logits(draw):
    """Two networks with a logit of its own for each of the 16 pictures."""
    cases = []
    for _ in range(2):
        logits = draw.normal(size=(2, 2, 2, 2))
        cases.append((lambda shown, logits=logits: float(logits[tuple(np.ravel(shown).astype(int))]),))
    return cases


def _on(*quarters):
    shown = np.zeros(4, bool)
    shown[list(quarters)] = True
    return shown.reshape(2, 2)


def _each(share):
    """One number per quarter."""
    return np.array([share(quarter) for quarter in range(4)]).reshape(2, 2)


def _neighbours():
    draw = np.random.default_rng(14)
    return [(np.full(8, 2.0), 0.7), (draw.uniform(1, 4, 12), 1.5), (draw.uniform(1, 4, 12), 0.6)]


def _shares(distances, sigma, two=2.0):
    weights = np.exp(-(distances**2) / (two * sigma**2))
    return weights / weights.sum()


def _maps(draw, *shapes):
    cases = []
    for count, height, width, filters in shapes:
        maps = draw.gamma(1.0, 1.0, (count, height, width, filters)) * np.arange(1, filters + 1)
        maps[..., 1] += 0.6 * maps[..., 0]
        maps += draw.gamma(1.0, 1.0, (count, 1, 1, filters))  # some pictures are brighter than others
        cases.append((maps,))
    return cases


def _table_of(cells):
    return cells.T @ cells / len(cells)


EXERCISES = [
    Exercise(
        id="10.1",
        title="Shapley values of four quarters",
        reference=quarter_shares,
        cases=_logits,
        hidden=_drawn_logits,
        hints=(
            "It is lesson 09's quiz with four players: let the quarters come in, in each of the 24 orders.",
            "Start from a picture with nothing shown. When a quarter comes in, credit it with what the logit rises by.",
            "Keep the logit from before each step; the rise over it, divided by 24, goes to the quarter that came in.",
        ),
        insight="The four shares sum to the logit of the photo minus that of the empty one, whatever the network does.",
        mistakes=(
            Mistake(
                "each quarter alone",
                lambda ask: _each(lambda q: ask(_on(q)) - ask(_on())),
                "This is what each quarter is worth alone. What two of them show only together, nobody is credited with.",
            ),
            Mistake(
                "each quarter covered",
                lambda ask: _each(lambda q: ask(_on(0, 1, 2, 3)) - ask(_on(*({0, 1, 2, 3} - {q})))),
                "This is occlusion: what is lost when one quarter is covered. The shares need not sum to anything.",
            ),
            Mistake(
                "one order only",
                lambda ask: _each(lambda q: ask(_on(*range(q + 1))) - ask(_on(*range(q)))),
                "You let them come in one order only. The share is the mean over all 24.",
            ),
            Mistake(
                "not divided",
                lambda ask: 24 * quarter_shares(ask),
                "You summed over 24 orders. The share is the mean.",
            ),
            Mistake(
                "credited with the whole logit",
                lambda ask: quarter_shares(ask) + ask(_on()) / 4,
                "Your shares sum to the logit itself. Subtract what the empty picture gets: nobody has earned that.",
            ),
        ),
    ),
    Exercise(
        id="10.2",
        title="how many neighbours count for a point",
        reference=perplexity,
        cases=_neighbours,
        hidden=lambda draw: [(draw.uniform(1, 4, count), float(draw.uniform(0.6, 1.6))) for count in (6, 9, 15)],
        hints=(
            "First the probabilities: np.exp of minus the squared distances over 2 sigma squared, divided by their sum.",
            "Their entropy in bits is minus the sum of p times log2(p).",
            "The perplexity is 2 to the power of that entropy.",
        ),
        insight="Eight neighbours at one distance give exactly 8, whatever sigma is: it counts neighbours, weighted by how near they are.",
        mistakes=(
            Mistake(
                "the entropy itself",
                lambda d, s: np.log2(perplexity(d, s)),
                "That is the entropy, in bits. The perplexity is 2 to that power.",
            ),
            Mistake(
                "natural logarithm with base 2",
                lambda d, s: 2 ** -np.sum(_shares(d, s) * np.log(_shares(d, s))),
                "You mixed the natural logarithm with the base 2. Take log2 and 2, or log and e.",
            ),
            Mistake(
                "not normalised",
                lambda d, s: 2 ** -np.sum(np.exp(-(d**2) / (2 * s**2)) * np.log2(np.exp(-(d**2) / (2 * s**2)))),
                "Your probabilities do not sum to 1: divide by their sum first.",
            ),
            Mistake(
                "without the 2 below",
                lambda d, s: 2 ** -np.sum(_shares(d, s, 1.0) * np.log2(_shares(d, s, 1.0))),
                "The exponent has 2 sigma squared below, not sigma squared.",
            ),
            Mistake(
                "distances not squared",
                lambda d, s: 2 ** -np.sum(_shares(np.sqrt(d), s) * np.log2(_shares(np.sqrt(d), s))),
                "The bell falls with the *squared* distance.",
            ),
        ),
    ),
    Exercise(
        id="10.3",
        title="six maps, before you look",
        reference=PREDICTIONS,
        hints=(
            "t-SNE tries to keep neighbours. What are the neighbours of a digit among pixels? And with only three that count?",
            "The start is random, the aim is not. And a method that keeps three neighbours finds three for every point.",
            "Two of the five are crumbs, and what is planted comes up.",
        ),
        insight="A small perplexity makes crumbs of anything. So a map with groups proves nothing before you have seen one of noise.",
        mistakes=(
            Mistake(
                "noise is one cloud",
                {**PREDICTIONS, "noise, perplexity 3": "one even cloud"},
                "Look at the noise again: each point has three nearest neighbours there too, and t-SNE pulls them together.",
            ),
            Mistake(
                "the planted is lost",
                {**PREDICTIONS, "planted cluster": "one even cloud"},
                "Look at the planted points again: a shift of 0.6 is small in one dimension, and there are 84 of them.",
            ),
            Mistake(
                "the seed decides",
                {**PREDICTIONS, "another seed": "vaguer groups"},
                "Look at the seed again: it chooses where the points start. Which of them are neighbours stays the same.",
            ),
            Mistake(
                "pixels say nothing",
                {**PREDICTIONS, "pixels": "one even cloud"},
                "Look at the pixels again: two zeros share many white pixels, so even raw digits have like neighbours.",
            ),
            Mistake(
                "pixels say as much",
                {**PREDICTIONS, "pixels": "the same groups"},
                "Look at the pixels again: a four and a nine share many of them. The network had to learn the difference.",
            ),
            Mistake(
                "fewer neighbours, same picture",
                {**PREDICTIONS, "perplexity 3": "the same groups"},
                "Look at perplexity 3 again: a group of thirty is nothing to a point for which three count.",
            ),
        ),
    ),
    Exercise(
        id="10.4",
        title="which neighbours are kept",
        reference=kept,
        cases=lambda: _neighbourhoods(np.random.default_rng(16), (12, 4), (15, 5)),
        hidden=lambda draw: _neighbourhoods(draw, (14, 5), (18, 6), (11, 4)),
        hints=(
            "One point at a time: two short lists of numbers. How many are in both?",
            "The order does not count. np.isin says for each number of one list whether the other has it.",
            "The mean of np.isin is the share of one point; the mean over all points is asked for.",
        ),
        insight="A number for what the eye believes. And as any number it needs a control: what does noise keep?",
        mistakes=(
            Mistake(
                "in the same order",
                lambda true, shown: np.mean(true == shown),
                "You compared first with first and second with second. A neighbour is kept in whichever place it comes.",
            ),
            Mistake(
                "shared by either",
                lambda true, shown: np.mean([len({*a} & {*b}) / len({*a} | {*b}) for a, b in zip(true, shown)]),
                "You divided by all numbers that occur in either list. Divide by k, the neighbours that there are to keep.",
            ),
            Mistake(
                "counted",
                lambda true, shown: kept(true, shown) * true.shape[1],
                "That is how many a point keeps on the mean. Their share is asked for.",
            ),
            Mistake(
                "of all points at once",
                lambda true, shown: np.isin(shown, true).mean(),
                "You looked for each number among the neighbours of *all* points. Compare the two lists of one point.",
            ),
        ),
    ),
    Exercise(
        id="10.5",
        title="which filters go together",
        reference=activation_correlation,
        cases=lambda: _maps(np.random.default_rng(15), (5, 4, 6, 3), (7, 4, 6, 4)),
        hidden=lambda draw: _maps(draw, (6, 3, 5, 5), (4, 5, 2, 2)),
        hints=(
            "One row per cell of each picture, one column per filter: maps.reshape(-1, K).",
            "Take each column's mean off and divide by its standard deviation.",
            "With columns of mean 0 and deviation 1, the correlations are the mean products of columns: one matrix product.",
        ),
        insight="It is np.corrcoef over the cells. No label was needed, only pictures that set the filters to work.",
        mistakes=(
            Mistake(
                "covariance",
                lambda m: np.cov(m.reshape(-1, m.shape[-1]).T, bias=True),
                "That is the covariance: a strong filter counts more than a weak one. Divide by the standard deviations.",
            ),
            Mistake(
                "cosine",
                lambda m: _table_of(m.reshape(-1, m.shape[-1]) / np.sqrt((m**2).mean(axis=(0, 1, 2)))),
                "You did not take the means off. Maps behind a ReLU are never negative, so that all of them look alike.",
            ),
            Mistake(
                "pooled first",
                lambda m: np.corrcoef(m.mean(axis=(1, 2)).T),
                "You averaged each map first. That asks which filters answer to the same pictures, not at the same places.",
            ),
            Mistake(
                "means of each picture",
                lambda m: np.corrcoef((m - m.mean(axis=(1, 2), keepdims=True)).reshape(-1, m.shape[-1]).T),
                "You took each picture's own mean off. Take one mean per filter, over all pictures and cells.",
            ),
            Mistake(
                "summed, not averaged",
                lambda m: activation_correlation(m) * np.prod(m.shape[:3]),
                "The diagonal should be 1: divide by the number of cells.",
            ),
        ),
    ),
    Exercise(
        id="10.6",
        title="choose by the question",
        reference=CHOICES,
        hints=(
            "Go through the columns: is one case asked about, or all? May the model be opened? Is there a model?",
            "One photo and a closed model; one photo and an open one; one row; all rows near the rows there are; no model at all.",
            "For the first, any row that asks questions about one picture; for the others the column of answers has the words of the question.",
        ),
        insight="The question chooses the method. LIME, occlusion and Shapley values would all do for the first one, each at its price.",
        mistakes=(
            Mistake(
                "Grad-CAM for a closed model",
                _chosen(0, "Grad-CAM"),
                "Grad-CAM needs gradients, so the model must be opened.",
            ),
            Mistake(
                "Grad-CAM where CAM is exact",
                _chosen(1, "Grad-CAM"),
                "Behind pooling and one linear layer, Grad-CAM is CAM up to a factor. Which row says 'exactly'?",
            ),
            Mistake(
                "the mean for one patient",
                _chosen(2, "PDP"),
                "A PDP is the mean over all patients. The question is about this one.",
            ),
            Mistake(
                "PDP where inputs go together",
                _chosen(3, "PDP"),
                "A PDP asks about patients that cannot be when inputs go together. Which row stays near the rows there are?",
            ),
            Mistake(
                "importance without a model",
                _chosen(4, "predictor importance"),
                "Importance is a model's, and there is none yet.",
            ),
        ),
    ),
]
