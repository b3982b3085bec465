"""Exercises of lesson 08, transfer learning chosen by Grad-CAM."""

import numpy as np

from course.student.exercises import Exercise, Mistake

BEST_BLOCK = 4


def first_block(shares, enough):
    first = 6
    while first > 1 and shares[first - 2] > enough:
        first -= 1
    return first


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


def _maps(draw, *masks):
    """A map for each mask, and one without heat."""
    return [(draw.random(mask.shape) ** 2, mask) for mask in masks] + [(np.zeros((4, 4)), np.eye(4) > 0)]


def _left_and_corner():
    left = np.zeros((6, 8), bool)
    left[:, :3] = True
    corner = np.zeros((5, 9), bool)
    corner[3:, 6:] = True
    return _maps(np.random.default_rng(9), left, corner)


def _drawn_masks(draw):
    """Masks of 2 to 20 cells that lie anywhere."""
    return _maps(
        draw,
        *(
            draw.permutation(np.arange(height * width) < draw.integers(2, 21)).reshape(height, width)
            for height, width in ((7, 5), (4, 9))
        ),
    )


def _walks(draw):
    """Ways back that stop at three different blocks: at one with exactly `enough`, at two with less.

    All other blocks have more, and block 1 has most of all, unless the way stops there."""
    cases = []
    for stop, lack in zip(draw.permutation(5)[:3], (0, 0.02, 0.1)):
        enough = float(draw.uniform(0.5, 0.7))
        shares = np.sort(draw.uniform(enough + 0.01, 0.95, 5))[::-1]
        shares[stop] = enough - lack
        cases.append((tuple(shares.tolist()), enough))
    return cases


EXERCISES = [
    Exercise(
        id="08.1",
        title="behind which block to read",
        reference=BEST_BLOCK,
        hints=(
            "Early blocks see edges and colours, late ones the parts of dogs and ships. What is a material made of?",
            "It is neither the first block nor the last.",
            "best_block = 4, less than two points before block 3",
        ),
        insight="The habit of reading behind the last block costs more than six points here: a surface is told by its pattern, which block 5 has left behind.",
        mistakes=(
            Mistake(
                "the habit",
                5,
                "That is the habit. The last block has learnt most about the classes it was trained on: are they yours?",
            ),
            Mistake("nearly", 3, "You are within two points: block 3 comes second."),
            Mistake(
                "edges are enough",
                1,
                "Edges alone get six in ten right, far more than chance. The blocks behind add much to it.",
            ),
            Mistake("textures", 2, "Block 2 gets nearly nine in ten right, and there is still more to be had."),
        ),
    ),
    Exercise(
        id="08.2",
        title="accuracy, precision, recall, F1",
        reference=scores,
        cases=[(4, 3, 6, 97), (90, 10, 30, 70), (1, 1, 2, 16)],
        hidden=lambda draw: [tuple(draw.permutation(np.arange(1, 200))[:4].tolist()) for _ in range(3)],
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
        cases=_left_and_corner,
        hidden=_drawn_masks,
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
        title="which blocks learn again",
        reference=first_block,
        cases=[
            ((0.50, 0.49, 0.53, 0.67, 0.84), 0.6),
            ((0.50, 0.70, 0.53, 0.67, 0.84), 0.6),
            ((0.50, 0.49, 0.53, 0.54, 0.58), 0.6),
            ((0.70, 0.71, 0.72, 0.73, 0.74), 0.6),
            ((0.50, 0.49, 0.60, 0.67, 0.84), 0.6),
            ((0.50, 0.55, 0.80, 0.90, 0.60), 0.7),
        ],
        hidden=_walks,
        hints=(
            "Start behind the last block, at 6, and walk back as long as the block before has enough.",
            "The share of block number b is shares[b - 1]; stop at 1, for no block lies before it.",
            "first = 6; while first > 1 and shares[first - 2] > enough: first -= 1; return first",
        ),
        insight="The answer is a border, not a selection: what lies behind a block that learns gets other input and must be free to follow.",
        mistakes=(
            Mistake(
                "the first block that has enough",
                lambda shares, enough: next((b for b in range(1, 6) if shares[b - 1] > enough), 6),
                "You took the first block that has enough, whatever comes behind it. Go back from the end: a block that fails stops you.",
            ),
            Mistake(
                "the block with most heat",
                lambda shares, enough: 1 + int(np.argmax(shares)),
                "You took the block with the largest share. The rule asks how far back the blocks have enough.",
            ),
            Mistake(
                "enough is enough",
                lambda shares, enough: first_block(shares, enough - 1e-9),
                "A block with exactly `enough` was counted. The rule asks for more than that.",
            ),
            Mistake(
                "off by one",
                lambda shares, enough: first_block(shares, enough) - 1,
                "You are one block too early: that one is where the walk stopped, and it stays frozen.",
            ),
            Mistake(
                "how many",
                lambda shares, enough: 6 - first_block(shares, enough),
                "You counted how many blocks learn. The answer is the number of the first one.",
            ),
        ),
    ),
]
