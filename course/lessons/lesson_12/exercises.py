"""Exercises of lesson 12, the inspection project."""

import numpy as np

from course.student.exercises import Exercise, Mistake


def share_of_heat(heatmaps, masks):
    positive = np.maximum(heatmaps, 0)
    return np.sum(positive * masks, axis=(1, 2)) / np.sum(positive, axis=(1, 2))


def by_the_mark_alone(cracked, marked):
    return np.max(_table(cracked, marked), axis=1).sum() / len(cracked)


def flips(without, with_mark):
    before, after = np.argmax(without, axis=1), np.argmax(with_mark, axis=1)
    return np.sum((before == 0) & (after == 1)), np.sum((before == 1) & (after == 0))


def cost(probabilities, cracked, threshold, miss, alarm):
    stopped = np.asarray(probabilities) >= threshold
    missed, alarms = np.sum(~stopped & (cracked == 1)), np.sum(stopped & (cracked == 0))
    return 1000 * (missed * miss + alarms * alarm) / len(cracked)


def regression_map(maps, weights):
    height, width, _ = np.shape(maps)
    return maps @ weights / (height * width)


def _table(cracked, marked):
    """How many parts are (unmarked, marked) by (sound, cracked)."""
    return np.array([[np.sum((marked == mark) & (cracked == state)) for state in (0, 1)] for mark in (0, 1)])


def _maps_and_masks(draw, *settings):
    """Maps of a shape, and masks that cover about a share of them."""
    return [(draw.normal(size=shape), draw.random(shape) < share) for shape, share in settings]


def _lines(draw, count, more):
    """Cracked and marked: tied, independent, tied the other way round; and, among `more` parts, rarely cracked."""
    cracked, cases = draw.integers(0, 2, count), []
    for marked in (
        cracked.copy(),
        draw.integers(0, 2, count),
        np.where(draw.random(count) < 0.1, cracked, 1 - cracked),
    ):
        cases.append((cracked, marked))
    rare = (draw.random(more) < 0.15).astype(int)
    return [*cases, (rare, draw.integers(0, 2, more))]


def _two_answers(draw, *settings):
    """Logits of so many parts without the mark, and with it: it pushes towards cracked, or away from it."""
    cases = []
    for count, push in settings:
        without = draw.normal(size=(count, 2))
        cases.append((without, without + draw.normal(0, 0.8, (count, 2)) + [0, push]))
    return cases


def _judged(draw, *settings):
    """Probabilities, one of them just at the threshold, and other costs each time."""
    cases = []
    for count, threshold, miss, alarm in settings:
        probabilities, cracked = draw.random(count), draw.integers(0, 2, count)
        probabilities[0], cracked[0] = threshold, 1
        cases.append((probabilities, cracked, threshold, miss, alarm))
    return cases


def _channels(draw, *shapes):
    return [(draw.random(shape), draw.normal(size=shape[-1])) for shape in shapes]


EXERCISES = [
    Exercise(
        id="12.1",
        title="how much of the heat lies there",
        reference=share_of_heat,
        cases=lambda: _maps_and_masks(np.random.default_rng(120), ((3, 6, 8), 0.2), ((1, 6, 8), 0.5), ((5, 6, 8), 0.1)),
        hidden=lambda draw: _maps_and_masks(draw, ((4, 7, 5), 0.3), ((2, 4, 9), 0.4)),
        hints=(
            "Evidence for the class is what is above zero. What do you do with the rest?",
            "positive = np.maximum(heatmaps, 0); then sums over height and width, axis=(1, 2).",
            "np.sum(positive * masks, axis=(1, 2)) / np.sum(positive, axis=(1, 2))",
        ),
        insight="Compare it with the share of the pixels: what covers little of the picture and takes much of the heat counts.",
        mistakes=(
            Mistake(
                "with the negative values",
                lambda heatmaps, masks: np.sum(heatmaps * masks, axis=(1, 2)) / np.sum(heatmaps, axis=(1, 2)),
                "You added the negative values, too. They speak against the class, and a sum near zero makes any share.",
            ),
            Mistake(
                "absolute values",
                lambda heatmaps, masks: (
                    np.sum(np.abs(heatmaps) * masks, axis=(1, 2)) / np.sum(np.abs(heatmaps), axis=(1, 2))
                ),
                "You counted evidence against the class as heat. Only what is above zero speaks for it.",
            ),
            Mistake(
                "mean in the mask",
                lambda heatmaps, masks: (
                    np.sum(np.maximum(heatmaps, 0) * masks, axis=(1, 2)) / np.sum(masks, axis=(1, 2))
                ),
                "You divided by the pixels of the mask. A share has all of the heat below the line.",
            ),
            Mistake(
                "one share for all",
                lambda heatmaps, masks: np.full(
                    len(heatmaps), np.sum(np.maximum(heatmaps, 0) * masks) / np.sum(np.maximum(heatmaps, 0))
                ),
                "You added all maps together. Each map has a share of its own: sum over axis=(1, 2).",
            ),
        ),
    ),
    Exercise(
        id="12.2",
        title="how good is the mark alone",
        reference=by_the_mark_alone,
        cases=lambda: _lines(np.random.default_rng(121), 40, 50),
        hidden=lambda draw: _lines(draw, 33, 57),
        hints=(
            "A rule that looks at the mark only has one answer for parts with it, and one for parts without it. Which ones?",
            "For parts with the mark the best answer is what most of them are; the same for parts without it.",
            "counts = [[np.sum((marked == m) & (cracked == c)) for c in (0, 1)] for m in (0, 1)], then the largest of each row.",
        ),
        insight="Do this for everything that you can name in the pictures before you train: it takes no network at all.",
        mistakes=(
            Mistake(
                "marked means cracked",
                lambda cracked, marked: np.mean(np.asarray(cracked) == marked),
                "You fixed the rule as 'marked is cracked'. Where the mark is on the sound parts, the other rule is the better one.",
            ),
            Mistake(
                "a number of parts",
                lambda cracked, marked: by_the_mark_alone(cracked, marked) * len(cracked),
                "You counted the parts. The share is that count over all parts.",
            ),
            Mistake(
                "the largest of each column",
                lambda cracked, marked: np.max(_table(cracked, marked), axis=0).sum() / len(cracked),
                "You took the best mark for each state. The rule sees the mark and has to say the state.",
            ),
            Mistake(
                "one of the two rules",
                lambda cracked, marked: max(np.mean(cracked == marked), np.mean(cracked != marked)),
                "Two rules are missing: where nearly all parts are sound, the best answer may be 'sound' with and without a mark.",
            ),
        ),
    ),
    Exercise(
        id="12.3",
        title="count the answers that change",
        reference=flips,
        cases=lambda: _two_answers(np.random.default_rng(122), (30, 1.0), (25, -0.5), (12, 2.0)),
        hidden=lambda draw: _two_answers(draw, (40, 1.5), (20, -1.0), (16, 0.5)),
        hints=(
            "What does the network answer for each part, and what for the same part with the mark?",
            "Answers are logits.argmax(axis=1): 0 is sound, 1 is cracked. A change has a direction.",
            "np.sum((before == 0) & (after == 1)), np.sum((before == 1) & (after == 0))",
        ),
        insight="Nothing but the mark differs within a pair. So what changes, changes because of the mark.",
        mistakes=(
            Mistake(
                "other way round",
                lambda without, with_mark: flips(with_mark, without),
                "Your two counts stand the other way round: first sound to cracked, then cracked to sound.",
            ),
            Mistake(
                "answers, not changes",
                lambda without, with_mark: (np.sum(_answers(with_mark) == 1), np.sum(_answers(with_mark) == 0)),
                "You counted the answers with the mark. A part that was cracked before has not changed.",
            ),
            Mistake(
                "both directions together",
                lambda without, with_mark: (np.sum(_answers(without) != _answers(with_mark)),) * 2,
                "You counted the changes of both directions together. They mean different things: alarms, and cracks that are hidden.",
            ),
            Mistake(
                "a share",
                lambda without, with_mark: tuple(count / len(without) for count in flips(without, with_mark)),
                "You gave shares. Two counts were asked for.",
            ),
        ),
    ),
    Exercise(
        id="12.4",
        title="what mistakes cost",
        reference=cost,
        cases=lambda: _judged(np.random.default_rng(123), (40, 0.5, 100, 1), (25, 0.25, 20, 3), (60, 0.75, 500, 10)),
        hidden=lambda draw: _judged(
            draw,
            (45, float(draw.uniform(0.1, 0.3)), int(draw.integers(20, 200)), int(draw.integers(1, 10))),
            (35, float(draw.uniform(0.7, 0.9)), int(draw.integers(20, 200)), int(draw.integers(1, 10))),
        ),
        hints=(
            "There are two kinds of mistakes. Count each, and mind which parts are stopped.",
            "stopped = probabilities >= threshold. Missed: not stopped, but cracked. Alarm: stopped, but sound.",
            "1000 * (missed * miss + alarms * alarm) / len(cracked)",
        ),
        insight="The threshold is a decision about money and safety, not about the network. Leave it to nobody by default.",
        mistakes=(
            Mistake(
                "costs exchanged",
                lambda probabilities, cracked, threshold, miss, alarm: cost(
                    probabilities, cracked, threshold, alarm, miss
                ),
                "You exchanged the two costs: a missed crack is a cracked part that was not stopped.",
            ),
            Mistake(
                "not per 1,000",
                lambda *given: cost(*given) * len(given[1]) / 1000,
                "That is the cost of all parts of the test. Per 1,000 parts: times 1000, over their number.",
            ),
            Mistake(
                "per part",
                lambda *given: cost(*given) / 1000,
                "That is the cost per part. The manager counts in thousands.",
            ),
            Mistake(
                "at the threshold it passes",
                lambda probabilities, cracked, threshold, miss, alarm: cost(
                    probabilities, cracked, np.nextafter(threshold, 2), miss, alarm
                ),
                "You let a part pass whose probability is just the threshold. It is stopped from there on: >=.",
            ),
        ),
    ),
    Exercise(
        id="12.5",
        title="a map of a number",
        reference=regression_map,
        cases=lambda: _channels(np.random.default_rng(124), (4, 6, 5), (3, 3, 8)),
        hidden=lambda draw: [
            (maps, weights - weights.mean())  # so that some are negative, and some cells of the map
            for maps, weights in _channels(draw, (5, 3, 4), (2, 7, 6))
        ],
        hints=(
            "The number is a weighted sum of channel means, and a bias. A mean is a sum over the cells; which part of it is a cell's?",
            "Weigh the channels as the number does: maps @ weights. Then the sum of the map must be the number, less the bias.",
            "maps @ weights / (height * width)",
        ),
        insight="Nothing in CAM needs classes. Whatever is linear behind a mean can be shared out over the picture.",
        mistakes=(
            Mistake(
                "not over the cells",
                lambda maps, weights: maps @ weights,
                "Your map sums to the number of cells times the number. The pooling takes a mean: divide by height * width.",
            ),
            Mistake(
                "with a ReLU",
                lambda maps, weights: np.maximum(regression_map(maps, weights), 0),
                "You cut the negative cells off. They make the number smaller, and without them the sum is another number.",
            ),
            Mistake(
                "mean over the channels",
                lambda maps, weights: regression_map(maps, weights) / len(weights),
                "You also divided by the number of channels. The last layer adds its channels; only the cells are averaged.",
            ),
            Mistake(
                "absolute weights",
                lambda maps, weights: regression_map(maps, np.abs(weights)),
                "You dropped the signs of the weights. A channel with a negative weight makes the number smaller.",
            ),
        ),
    ),
    Exercise(
        id="12.6",
        title="which sentence may stand",
        reference="B",
        hints=(
            "For each sentence: which of your measurements would have come out otherwise if it were false?",
            "Look at the missed cracks, at the beams that you have never had, and at what a map can show.",
            "Three of them say more than was measured: all cracks, proof, and certainty. One names its limits.",
        ),
        insight="It is the dullest of the four, and the only one that a bad week on the line will not refute.",
        mistakes=(
            Mistake(
                "A", "A", "A map shows evidence that is there, on the pictures you looked at. It proves no 'only'."
            ),
            Mistake(
                "C", "C", "The share of right answers is not the certainty of one answer; nobody has compared the two."
            ),
            Mistake(
                "D",
                "D",
                "Nobody has sorted the cracks that were found and missed by their depth. What was not measured may not stand.",
            ),
        ),
    ),
]


def _answers(logits):
    return np.argmax(logits, axis=1)
