"""Exercises of lesson 05, occlusion."""

import numpy as np

from course.student.exercises import Exercise, Mistake
from xailab.arithmetic import output_size


def occlusion_map(score, image, patch, value):
    return _map(score, image, patch, value, lambda before, after: before - after)


def reach(first, last, cells, layers):
    return _reach(first, last, cells, layers)


def _reach(first, last, cells, layers, pad=True, widen=True, step=True, inside=True):
    """The window behind layers, and what it becomes when one thing is forgotten."""
    for kernel, stride, padding in layers:
        before = padding if pad else 0
        moves = stride if step else 1
        grow = kernel - 1 if widen else 0
        first, last = -(-(first + before - grow) // moves), (last + before) // moves
        cells = output_size(cells, kernel, stride=stride, padding=padding)
        if inside:
            first, last = max(first, 0), min(last, cells - 1)
    return first, last


def _map(score, image, patch, value, compare, uncover=True):
    falls = np.zeros((image.shape[0] // patch, image.shape[1] // patch))
    before, covered = score(image), image.copy()
    for row, column in np.ndindex(falls.shape):
        covered = image.copy() if uncover else covered
        covered[row * patch : (row + 1) * patch, column * patch : (column + 1) * patch] = value
        falls[row, column] = compare(before, score(covered))
    return falls


def _images(draw, *settings):
    """A score that weighs every pixel, and looks at one pair of them; an image, a patch and a value as set."""
    cases = []
    for shape, patch, value in settings:
        weights = draw.normal(size=shape)
        cases.append(
            (
                lambda x, w=weights: float((w * x).sum() + 5 * np.sum(x[0, 0] * x[-1, -1])),
                draw.random(shape),
                patch,
                value,
            )
        )
    return cases


def _changes(draw):
    """A change amid the cells before padded layers, and one at their left end, where windows begin outside of the map.

    Every window overlaps the next one, so that some cell of each map sees the change."""
    cases = []
    for first, padded in ((int(draw.integers(20, 30)), True), (0, False)):
        layers = [
            (kernel, stride, kernel // 2 if padded else 0)
            for kernel, stride in zip(draw.integers(3, 6, 3).tolist(), draw.permutation([1, 2, 2]).tolist())
        ]
        cases.append((first, first + int(draw.integers(10)), int(draw.integers(50, 90)), layers))
    return cases


def conclude(plain, watched, covered, patched):
    if watched == plain:
        return "no symptom"
    if patched != plain:
        return "no test"
    return "holds" if covered == plain else "refuted"


def _labels(draw):
    """One photo for each of the four conclusions, with labels that are drawn, in an order that is drawn."""
    words = [f"{word} {number}" for word in ("jar", "owl", "bus") for number in draw.choice(1000, 3, replace=False)]
    a, b, c, d = draw.permutation(words)[:4].tolist()
    cases = [(a, b, a, a), (a, b, c, a), (a, b, c, d), (a, a, b, c)]
    return [cases[index] for index in draw.permutation(4)]


def _kinds(*shares):
    return dict(zip(("salad, no plate", "salad on a plate", "pizza, no plate", "pizza on a plate"), shares))


def effects(bare, rim, table, both):
    bare, rim, table, both = (np.mean(logits) for logits in (bare, rim, table, both))
    return [[rim - bare, both - table], [table - bare, both - rim]]


def _four(draw):
    """Logits of four kinds, in which rim and table do not quite add up."""
    return [tuple(draw.normal(mean, 1, count) for mean in (-5, -3, -1, 2)) for count in (7, 12)]


EXERCISES = [
    Exercise(
        id="05.1",
        title="the map, patch by patch",
        reference=occlusion_map,
        cases=lambda: _images(
            np.random.default_rng(3),
            ((6, 8), 2, 0.5),
            ((9, 6), 3, 0.0),
            ((4, 6, 3), 2, np.array([0.1, 0.5, 2.0])),
        ),
        hidden=lambda draw: _images(
            draw, ((8, 6), 2, draw.random()), ((6, 9), 3, draw.random()), ((8, 4, 3), 4, draw.random(3))
        ),
        hints=(
            "One loop over rows of patches, one over columns. In it: copy, cover, ask, subtract.",
            "covered = image.copy() inside the loop, and a slice of `patch` rows and columns set to `value`.",
            "The map holds the fall: the score of the image, asked once, minus the score of the covered copy. The patch in row r begins "
            "at the pixel r times patch.",
        ),
        insight="A heat map from forward passes alone. It would work for any function of an image, a network or not.",
        mistakes=(
            Mistake(
                "never uncovered",
                lambda *given: _map(*given, lambda before, after: before - after, uncover=False),
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
            Mistake(
                "absolute value",
                lambda *given: _map(*given, lambda before, after: abs(before - after)),
                "You took the absolute value. Then evidence against the class looks like evidence for it: keep the sign.",
            ),
            Mistake(
                "cut off below zero",
                lambda *given: _map(*given, lambda before, after: max(before - after, 0.0)),
                "You cut off what is negative. A place that speaks against the class would look like one that does not matter.",
            ),
        ),
    ),
    Exercise(
        id="05.2",
        title="the window that a patch can reach",
        reference=reach,
        cases=[
            (96, 127, 224, [(3, 1, 1), (3, 1, 1), (2, 2, 0)]),
            (0, 4, 20, [(5, 1, 0), (3, 2, 1), (2, 2, 0)]),
            (10, 10, 29, [(3, 2, 0), (5, 1, 2)]),
            (24, 28, 29, [(3, 2, 1), (3, 2, 1)]),
            (5, 9, 16, [(4, 3, 2)]),
        ],
        hidden=_changes,
        hints=(
            "One layer first: cell i sees the cells i * stride - padding to i * stride - padding + kernel - 1 of the map before.",
            "It sees a changed cell if its window ends at `first` or later, and begins at `last` or earlier. Solve both for i; the first "
            "is rounded up, the second down. Then cut off what is no cell, and go on to the next layer.",
            "-(-a // b) rounds a / b up. output_size gives the number of cells of the next map; the last of them has that number less 1.",
        ),
        insight="The window grows by kernel - 1 with every layer and shrinks with every stride: the receptive field, seen from the other side.",
        mistakes=(
            Mistake(
                "forgot the kernel",
                lambda *given: _reach(*given, widen=False),
                "Your window does not grow. A window of 3 cells already meets the change when its last cell does: it begins kernel - 1 cells earlier.",
            ),
            Mistake(
                "forgot the stride",
                lambda *given: _reach(*given, step=False),
                "Right for stride 1. With stride 2 window i begins at 2 i, so cell numbers are halved.",
            ),
            Mistake(
                "forgot the padding",
                lambda *given: _reach(*given, pad=False),
                "You count without the padding. It moves every cell back by `padding`.",
            ),
            Mistake(
                "beyond the border",
                lambda *given: _reach(*given, inside=False),
                "Your window goes beyond the map: no cell is left of 0 or right of cells - 1, after every layer.",
            ),
        ),
    ),
    Exercise(
        id="05.3",
        title="a test and its control",
        reference=conclude,
        cases=lambda: [
            ("daisy", "clock", "daisy", "daisy"),
            ("cup", "cup", "cup", "cup"),
            ("palace", "clock", "beacon", "monastery"),
            ("sled", "clock", "helmet", "sled"),
            ("tree", "clock", "tree", "bush"),
            ("cat", "cat", "dog", "dog"),
            ("palace", "clock", "monastery", "monastery"),
            ("bus", "clock", "bus", "clock"),
        ],
        hidden=_labels,
        hints=(
            "Three questions, one after the other. Did the watch change the label at all? Did the patch by itself? Did covering the "
            "watch bring the label back?",
            "Where the patch alone changes the label, a label that does not come back is no news: then it is 'no test', whatever "
            "`covered` says.",
            "Compare three labels with `plain`: first `watched`, then `patched`, then `covered`. The first that decides ends it.",
        ),
        insight="The control comes before the verdict: a test that could not succeed refutes nothing.",
        mistakes=(
            Mistake(
                "without the control",
                lambda plain, watched, covered, patched: (
                    "no symptom" if watched == plain else "holds" if covered == plain else "refuted"
                ),
                "You did not ask what the patch does by itself. If it changes the label without any watch, the test could not succeed.",
            ),
            Mistake(
                "no symptom forgotten",
                lambda plain, watched, covered, patched: (
                    "no test" if patched != plain else "holds" if covered == plain else "refuted"
                ),
                "Where the watch did not change the label there is nothing to explain: 'no symptom'.",
            ),
            Mistake(
                "upside down",
                lambda *four: {"holds": "refuted", "refuted": "holds"}.get(conclude(*four), conclude(*four)),
                "If the label comes back when the watch is covered, the hypothesis holds.",
            ),
            Mistake(
                "control against the watch",
                lambda plain, watched, covered, patched: (
                    "no symptom"
                    if watched == plain
                    else "no test"
                    if patched == watched
                    else "holds"
                    if covered == plain
                    else "refuted"
                ),
                "The patch alone need not give the watch's label to spoil the test: any other label than the photo's own does.",
            ),
        ),
    ),
    Exercise(
        id="05.4",
        title="what the hypothesis forbids",
        reference={"salad, no plate": 1, "salad on a plate": 0, "pizza, no plate": 0, "pizza on a plate": 1},
        hints=(
            "If the rim alone decides, what lies on the plate makes no difference: only ask whether there is a rim.",
            "With a rim the network says pizza, without one salad. For which of the four kinds is that right?",
            "The table holds shares of *right* answers. A salad that is called pizza is wrong, and so is a pizza that is called salad.",
        ),
        insight="Now the hypothesis can fail: it forbids that a pizza without a plate is called pizza. Look whether the table obeys.",
        mistakes=(
            Mistake(
                "a list",
                [1, 0, 0, 1],
                "The right numbers. Say which kind each belongs to: a dictionary from the four names in `unseen`.",
            ),
            Mistake(
                "a network that knows both",
                _kinds(1, 1, 1, 1),
                "That is a network which knows salads and pizzas. What does one say that knows rims only?",
            ),
            Mistake(
                "pizzas are safe",
                _kinds(1, 0, 1, 1),
                "You say that pizzas without a plate are recognised. By what, if the rim alone decides?",
            ),
            Mistake(
                "guessing without a rim",
                _kinds(0.5, 0, 0.5, 1),
                "Without a rim such a network does not guess: in training whatever had no rim was a salad.",
            ),
            Mistake(
                "shares of the answer pizza",
                _kinds(0, 1, 0, 1),
                "Those are the shares that are called pizza. The table shows the shares that are right.",
            ),
        ),
    ),
    Exercise(
        id="05.5",
        title="added, and taken",
        reference=effects,
        cases=lambda: _four(np.random.default_rng(1008)),
        hidden=_four,
        hints=(
            "Four mean logits first. Then each effect is a difference of two of them.",
            "To add the rim, begin with bare pictures. To take it, begin with those that have both: what is left is the table.",
            "Row by row: the rim added is rim against bare, the rim taken is both against table. For the table the other way round.",
        ),
        insight="If the two columns agree, the parts add up. Where taking shows less than adding, the parts hide each other.",
        mistakes=(
            Mistake(
                "taken from the wrong one",
                lambda bare, rim, table, both: [
                    [np.mean(rim) - np.mean(bare), np.mean(both) - np.mean(rim)],
                    [np.mean(table) - np.mean(bare), np.mean(both) - np.mean(table)],
                ],
                "You took the other part. Without the rim, `table` is what is left of `both`.",
            ),
            Mistake(
                "falls with the wrong sign",
                lambda *four: np.array(effects(*four)) * [1, -1],
                "The second column has the wrong sign: what is taken makes the logit *fall*, from both to what is left.",
            ),
            Mistake(
                "added to each other",
                lambda bare, rim, table, both: [
                    [np.mean(both) - np.mean(table), np.mean(both) - np.mean(table)],
                    [np.mean(both) - np.mean(rim), np.mean(both) - np.mean(rim)],
                ],
                "Your first column begins with pictures that have the other part. Adding was asked for on bare ones.",
            ),
            Mistake(
                "columns and rows",
                lambda *four: np.transpose(effects(*four)),
                "Rows and columns are exchanged: one row for the rim, one for the table.",
            ),
        ),
    ),
]
