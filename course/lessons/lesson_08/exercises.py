"""Exercises of lesson 08, transfer learning chosen by Grad-CAM."""

import numpy as np

from course.student.exercises import Exercise, Mistake

AHEAD = {"block 1": "some", "block 5": "much"}
SOFTER = {"others taken for foliage": "many", "the map shows": "nothing"}


def choose_block(features, labels, folds, fit):
    return 1 + int(np.argmax([_right(each, labels, folds, fit) for each in features]))


def _right(features, labels, folds, fit):
    """Share right when each fold is answered by a probe that has not seen it."""
    said = np.zeros(len(labels), int)
    for fold in np.unique(folds):
        held = folds == fold
        said[held] = fit(features[~held], labels[~held]).predict(features[held])
    return np.mean(said == labels)


class Neighbours:
    """A probe that answers with the label of the nearest row it has learnt from: quick, and always right about those."""

    def __init__(self, features, labels):
        self.features, self.labels = features, labels

    def predict(self, features):
        distances = np.linalg.norm(np.asarray(features)[:, None] - self.features, axis=-1)
        return self.labels[distances.argmin(axis=1)]


def learns(names, first):
    return [name == "output" or int(name[5]) >= first for name in names]


def stamp_table(plain, stamped, labels, suspect):
    own = labels == suspect
    return [[np.mean(said[group] == suspect) for said in (plain, stamped)] for group in (own, ~own)]


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


def _blocks(draw, best, count=3):
    """Features of `count` blocks for 30 rows of three classes: one block knows the classes, the others are noise.
    Returns (features, labels, folds, fit)."""
    labels = np.tile([0, 1, 2], 10)
    features = [draw.normal(size=(30, 3)) for _ in range(count)]
    features[best - 1] += 3 * np.eye(3)[labels]
    return features, labels, np.arange(30) // 6, Neighbours


def _four_blocks(draw):
    return [_blocks(draw, best, 4) for best in draw.permutation([2, 3, 4])[:2].tolist()]


_LAYERS = tuple(f"block{b}_conv{c}" for b in range(1, 6) for c in (1, 2)) + ("block5_pool", "output")


def _answers(draw, *counts):
    """Answers without and with a stamp: the stamp draws many towards the suspect, class 1."""
    cases = []
    for count in counts:
        labels = np.arange(count) % 4
        plain = np.where(draw.random(count) < 0.7, labels, draw.integers(0, 4, count))
        cases.append((plain, np.where(draw.random(count) < 0.4, 1, plain), labels, 1))
    return cases


EXERCISES = [
    Exercise(
        id="08.1",
        title="a prediction: trained filters beside random ones",
        reference=AHEAD,
        hints=(
            "What does a first layer see: edges and spots, or dogs? How much training does an edge need?",
            "A random filter of 3 x 3 cells is some kind of edge or spot. Thirteen layers of them are no good at anything in particular.",
            "The distance grows with depth, and it is not nothing even at the start.",
        ),
        insight="So a probe that does well is no proof of learning by itself: ask what the same network does untrained.",
        mistakes=(
            Mistake(
                "training is everything",
                {"block 1": "much", "block 5": "much"},
                "Random filters are edges and spots too, and after one block that is nearly all one has: the distance is smaller there.",
            ),
            Mistake(
                "edges are edges",
                {"block 1": "hardly", "block 5": "much"},
                "Close: but the trained first block is ahead by more than 5 points in most seeds.",
            ),
            Mistake(
                "the last layers do not fit",
                {"block 1": "some", "block 5": "some"},
                "The last block is less fit for gravel than the one before, and still far better than a random one.",
            ),
            Mistake(
                "the wrong way round",
                {"block 1": "much", "block 5": "some"},
                "It is the other way round: the first block owes least to its training.",
            ),
        ),
    ),
    Exercise(
        id="08.2",
        title="a block chosen by cross-validation",
        reference=choose_block,
        cases=lambda: [_blocks(np.random.default_rng(seed), best) for seed, best in ((1, 1), (2, 2), (5, 3))],
        hidden=_four_blocks,
        hints=(
            "For each fold: which rows are held out, and from which rows may the probe learn?",
            "held = folds == fold; the probe learns from the rows ~held, and answers the rows held.",
            "Count over all folds how many answers agree with the labels, for each block; then take the first block with the largest share, and remember that blocks count from 1.",
        ),
        insight="No row was answered by a probe that had learnt from it, and no test patch was touched: the test still counts.",
        mistakes=(
            Mistake(
                "right where it has learnt",
                lambda features, labels, folds, fit: (
                    1 + int(np.argmax([np.mean(fit(each, labels).predict(each) == labels) for each in features]))
                ),
                "You asked each probe about the rows that it has learnt from. There it may well be right about all, whatever the block.",
            ),
            Mistake(
                "counted from 0",
                lambda *given: choose_block(*given) - 1,
                "Blocks count from 1, np.argmax from 0.",
            ),
            Mistake(
                "the habit",
                lambda features, labels, folds, fit: len(features),
                "That is always the last block: the habit, not a choice.",
            ),
            Mistake(
                "the worst one",
                lambda features, *given: 1 + int(np.argmin([_right(each, *given) for each in features])),
                "You took the block with the smallest share. Is it errors that you counted?",
            ),
        ),
    ),
    Exercise(
        id="08.3",
        title="accuracy, precision, recall, F1",
        reference=scores,
        cases=[(4, 3, 6, 97), (90, 10, 30, 70), (1, 1, 2, 16)],
        hidden=lambda draw: [tuple(draw.permutation(np.arange(1, 200))[:4].tolist()) for _ in range(3)],
        hints=(
            "Accuracy asks about all pictures. Precision and recall ask about the positive ones, said to be or truly.",
            "Precision divides the hits by all that were said to be positive, recall by all that truly are.",
            "F1 is the harmonic mean: twice the product of precision and recall, divided by their sum.",
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
        id="08.4",
        title="how much of the heat is inside",
        reference=heat_share,
        cases=_left_and_corner,
        hidden=_drawn_masks,
        hints=(
            "A share: the heat inside divided by all the heat there is.",
            "heatmap[mask] holds the values inside the mask. What if the whole map is zero?",
            "Sum the map inside and divide by the sum of the whole map; return 0 before you divide, if that sum is 0.",
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
        id="08.5",
        title="which layers learn again",
        reference=learns,
        cases=[(_LAYERS, 4), (_LAYERS, 1), (_LAYERS, 6), (("output", "block3_pool", "block2_conv1"), 3)],
        hidden=lambda draw: [
            (tuple(draw.permutation(_LAYERS).tolist()), first) for first in draw.permutation([2, 3, 5]).tolist()
        ],
        hints=(
            "The block's number is the sixth letter of its layer's name, name[5].",
            "A block that learns passes something new to all that follow it: they must be free to follow. What has no number?",
            "True for the head; for all others, whether their number is at least `first`.",
        ),
        insight="A border, not a selection: what follows a block that learns gets other input and must be free to adapt to it.",
        mistakes=(
            Mistake(
                "the frozen ones",
                lambda names, first: [not on for on in learns(names, first)],
                "That is True where a layer is frozen. Keras' switch says whether it *learns*.",
            ),
            Mistake(
                "one block alone",
                lambda names, first: [name == "output" or int(name[5]) == first for name in names],
                "Only one block learns in yours. What follows it gets other input now, and must learn as well.",
            ),
            Mistake(
                "the head forgotten",
                lambda names, first: [name != "output" and int(name[5]) >= first for name in names],
                "Your head is frozen. It has to follow what the blocks before it learn.",
            ),
            Mistake(
                "off by one",
                lambda names, first: learns(names, first + 1),
                "Block `first` itself learns, too.",
            ),
        ),
    ),
    Exercise(
        id="08.6",
        title="with and without the stamp, foliage and others",
        reference=stamp_table,
        cases=lambda: _answers(np.random.default_rng(3), 24, 41),
        hidden=lambda draw: _answers(draw, 33, 60),
        hints=(
            "Two groups of patches, by their labels; two answers for each, without and with the stamp.",
            "Of a group: np.mean(answers[group] == suspect). The others are ~own.",
            "First row: the suspect's own patches, without and with. Second row: all others, without and with.",
        ),
        insight="Each of the four can clear the stamp. Only together do they convict it: its own lost without it, others won by it.",
        mistakes=(
            Mistake(
                "right answers among the others",
                lambda plain, stamped, labels, suspect: [
                    stamp_table(plain, stamped, labels, suspect)[0],
                    [np.mean(said[labels != suspect] == labels[labels != suspect]) for said in (plain, stamped)],
                ],
                "Your second row counts right answers. The question is how many of the others are called the suspect.",
            ),
            Mistake(
                "rows and columns exchanged",
                lambda *given: np.transpose(stamp_table(*given)),
                "Rows and columns are exchanged: a row is a group of patches, a column is without or with the stamp.",
            ),
            Mistake(
                "shares of all patches",
                lambda plain, stamped, labels, suspect: [
                    [np.mean((said == suspect) & (group == (labels == suspect))) for said in (plain, stamped)]
                    for group in (True, False)
                ],
                "You divided by all patches. Divide by those of the group.",
            ),
            Mistake(
                "with before without",
                lambda plain, stamped, labels, suspect: stamp_table(stamped, plain, labels, suspect),
                "First without the stamp, then with it.",
            ),
        ),
    ),
    Exercise(
        id="08.7",
        title="a prediction: a softer camera",
        reference=SOFTER,
        hints=(
            "What tells the head which patches are foliage: their leaves, or that all ten are soft?",
            "The blur is in every cell of the picture. Where would a map put its heat?",
            "The answer is fooled as by the stamp; the map has no place to show.",
        ),
        insight="A map answers where. A shortcut that is everywhere has no where: it takes a test in which only that one thing changes.",
        mistakes=(
            Mistake(
                "what cannot be seen does no harm",
                {"others taken for foliage": "few", "the map shows": "nothing"},
                "That nothing is to be seen does not mean that nothing is used: wait for the test patches.",
            ),
            Mistake(
                "the map finds every shortcut",
                {"others taken for foliage": "many", "the map shows": "place"},
                "Which place? The blur is the same everywhere.",
            ),
            Mistake(
                "a place that does no harm",
                {"others taken for foliage": "few", "the map shows": "place"},
                "Both the other way round: the blur is everywhere, and the head makes use of it.",
            ),
        ),
    ),
]
