"""Exercises of lesson 08, transfer learning chosen by Grad-CAM."""

import numpy as np

from xailab.course.exercises import Exercise, Mistake


def momentum_step(point, velocity, slope, rate, momentum):
    velocity = momentum * velocity - rate * slope
    return point + velocity, velocity


def trained_weights(first, head):
    blocks = [38_720, 221_440, 1_475_328, 5_899_776, 7_079_424]
    return sum(blocks[first - 1 :]) + head


def scores(tp, fp, fn, tn):
    precision, recall = tp / (tp + fp), tp / (tp + fn)
    return (tp + tn) / (tp + fp + fn + tn), precision, recall, 2 * precision * recall / (precision + recall)


def heat_share(heatmap, mask):
    total = heatmap.sum()
    return heatmap[mask].sum() / total if total > 0 else 0.0


def _with(change):
    """The scores with one of them wrong: change(tp, fp, fn, tn) names the positions it replaces."""

    def wrong(tp, fp, fn, tn):
        right = list(scores(tp, fp, fn, tn))
        for position, value in change(tp, fp, fn, tn).items():
            right[position] = value
        return tuple(right)

    return wrong


def _steps():
    draw = np.random.default_rng(8)
    return [(draw.normal(size=2), draw.normal(size=2), draw.normal(size=2), 0.1, 0.9) for _ in range(3)]


def _maps():
    draw = np.random.default_rng(9)
    left = np.zeros((6, 8), bool)
    left[:, :3] = True
    corner = np.zeros((5, 9), bool)
    corner[3:, 6:] = True
    return [(draw.random(mask.shape) ** 2, mask) for mask in (left, corner)] + [(np.zeros((4, 4)), np.eye(4) > 0)]


EXERCISES = [
    Exercise(
        id="08.1",
        title="a step with momentum",
        reference=momentum_step,
        cases=_steps,
        hints=(
            "The point no longer follows the slope itself; it follows a velocity that remembers the slopes of before.",
            "Keep a share of the old velocity, and pull it downhill by rate times slope. Then move the point by the new velocity.",
            "velocity = momentum * velocity - rate * slope; return point + velocity, velocity",
        ),
        insight="In a long valley the slopes across it cancel in the velocity, those along it add up: at 0.9, to as much as ten steps' worth.",
        mistakes=(
            Mistake(
                "uphill",
                lambda p, v, s, r, m: (p + m * v + r * s, m * v + r * s),
                "You added the slope. It points uphill; the loss should fall.",
            ),
            Mistake(
                "the old velocity moves the point",
                lambda p, v, s, r, m: (p + v, m * v - r * s),
                "You moved the point by the old velocity. Renew the velocity first, then move.",
            ),
            Mistake(
                "no memory",
                lambda p, v, s, r, m: (p - r * s, -r * s),
                "That is plain gradient descent: the old velocity is forgotten.",
            ),
            Mistake(
                "the slope without the rate",
                lambda p, v, s, r, m: (p + m * v - s, m * v - s),
                "The learning rate is missing in front of the slope.",
            ),
            Mistake(
                "a weighted mean",
                lambda p, v, s, r, m: (p + m * v - (1 - m) * r * s, m * v - (1 - m) * r * s),
                "You took a weighted mean of velocity and slope, as Adam does. Here the slope comes in whole: no factor 1 - momentum.",
            ),
        ),
    ),
    Exercise(
        id="08.2",
        title="accuracy, precision, recall, F1",
        reference=scores,
        cases=[(4, 3, 6, 97), (90, 10, 30, 70), (1, 1, 2, 16)],
        hints=(
            "Accuracy asks about all pictures. Precision and recall ask about the positive ones, said to be or truly.",
            "Precision divides the hits by all that were said to be positive, recall by all that truly are.",
            "precision = tp / (tp + fp); recall = tp / (tp + fn); f1 = 2 * precision * recall / (precision + recall)",
        ),
        insight="Each leaves something out: precision what was missed, recall the false alarms, accuracy which of the two it was. F1 is near the lower of precision and recall.",
        mistakes=(
            Mistake(
                "precision and recall exchanged",
                _with(lambda tp, fp, fn, tn: {1: tp / (tp + fn), 2: tp / (tp + fp)}),
                "Precision and recall have changed places. Precision: of those *said* to be positive, how many are?",
            ),
            Mistake(
                "F1 as the plain mean",
                _with(lambda tp, fp, fn, tn: {3: (tp / (tp + fp) + tp / (tp + fn)) / 2}),
                "Your F1 is the arithmetic mean. F1 is the harmonic one, which a single bad value pulls down.",
            ),
            Mistake(
                "accuracy without the true negatives",
                _with(lambda tp, fp, fn, tn: {0: tp / (tp + fp + fn + tn)}),
                "Your accuracy leaves out the true negatives: those are right answers, too.",
            ),
            Mistake(
                "specificity for recall",
                _with(lambda tp, fp, fn, tn: {2: tn / (tn + fp)}),
                "Your recall is the recall of the *negative* class. Divide the hits by all that truly are positive.",
            ),
        ),
    ),
    Exercise(
        id="08.3",
        title="how much of the heat is inside",
        reference=heat_share,
        cases=_maps,
        hints=(
            "A share: the heat inside divided by all the heat there is.",
            "heatmap[mask] holds the values inside the mask. What if the whole map is zero?",
            "total = heatmap.sum(); return heatmap[mask].sum() / total if total > 0 else 0.0",
        ),
        insight="One number for a picture of which we know the truth, so that a hundred maps can be judged without looking at one.",
        mistakes=(
            Mistake(
                "mean inside over mean everywhere",
                lambda h, m: h[m].mean() / h.mean() if h.sum() > 0 else 0.0,
                "You compared means: that tells how much hotter it is inside. The share compares sums.",
            ),
            Mistake(
                "inside against outside",
                lambda h, m: h[m].sum() / h[~m].sum() if h.sum() > 0 else 0.0,
                "You divided by the heat outside. A share divides by all of it, and never exceeds 1.",
            ),
            Mistake(
                "a share of the area",
                lambda h, m: (h[m] > h.mean()).sum() / m.sum() if h.sum() > 0 else 0.0,
                "You counted pixels. Add up their heat: a bright pixel weighs more than a dim one.",
            ),
            Mistake(
                "the outside",
                lambda h, m: h[~m].sum() / h.sum() if h.sum() > 0 else 0.0,
                "That is the share outside the mask.",
            ),
        ),
    ),
    Exercise(
        id="08.4",
        title="what fine-tuning trains",
        reference=trained_weights,
        cases=[(5, 5_643), (4, 5_643), (1, 5_643), (2, 12_312)],
        hints=(
            "Training starts at a block and goes on to the end of the network: what lies before is frozen.",
            "Add the blocks from `first` to the last, and the head. The first block is number 1, but has index 0.",
            "return sum(BLOCKS[first - 1:]) + head",
        ),
        insight="88 % of the convolutions' weights lie in the last two blocks. Leaving the first three alone saves time, more than weights.",
        mistakes=(
            Mistake(
                "the frozen ones",
                lambda first, head: sum([38_720, 221_440, 1_475_328, 5_899_776, 7_079_424][: first - 1]) + head,
                "You added the blocks *before* `first`: those are frozen.",
            ),
            Mistake(
                "off by one",
                lambda first, head: sum([38_720, 221_440, 1_475_328, 5_899_776, 7_079_424][first:]) + head,
                "One block is missing: block 1 has index 0.",
            ),
            Mistake(
                "without the head",
                lambda first, head: sum([38_720, 221_440, 1_475_328, 5_899_776, 7_079_424][first - 1 :]),
                "The head is trained as well.",
            ),
            Mistake(
                "one block only",
                lambda first, head: [38_720, 221_440, 1_475_328, 5_899_776, 7_079_424][first - 1] + head,
                "You counted one block. All blocks from `first` to the end are trained.",
            ),
        ),
    ),
]
