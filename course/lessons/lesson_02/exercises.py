"""Exercises of lesson 02, global average pooling."""

import numpy as np

from course.student.exercises import Exercise, Mistake
from xailab.arithmetic import global_average_pool

# The talk's three maps, to be weighed and added.
M1, M2, M3 = (
    np.array([[1, 0, 9], [3, 2, 7], [4, 3, 2]]),
    np.array([[0, 0, 7], [5, 2, 1], [2, 2, 1]]),
    np.array([[3, 3, 0], [5, 2, 1], [5, 0, 9]]),
)


def dense_weights(inputs, outputs):
    return inputs * outputs + outputs


def _map_stacks(draw, *shapes):
    return [(draw.normal(size=shape),) for shape in shapes]


def weighted_map(maps, weights):
    return maps @ weights


def _weighted(draw, *shapes):
    return [(draw.normal(size=shape), draw.normal(size=shape[-1])) for shape in shapes]


PREDICTIONS = {
    "shifted": "the same",
    "upside down": "the same",
    "quarter turn": "exchanged",
    "larger picture": "a quarter",
}

EXERCISES = [
    Exercise(
        id="02.1",
        title="the weights of a dense layer",
        reference=dense_weights,
        cases=[(2385480, 84), (84, 11), (120, 84), (64, 2), (25088, 4096)],
        hidden=lambda draw: [tuple(layer) for layer in draw.integers((1000, 2), (5000, 900), (3, 2)).tolist()],
        hints=(
            "Every output is connected to every input, and each connection has a weight.",
            "Besides its connections, each output has one bias.",
            "Count the connections as a product, and then add as many biases as there are outputs.",
        ),
        insight="The product is what hurts: two million inputs and 84 outputs make 200 million weights.",
        mistakes=(
            Mistake("forgot the biases", lambda i, o: i * o, "The biases are missing: one for each output."),
            Mistake(
                "bias for each input",
                lambda i, o: i * o + i,
                "You gave each input a bias. The biases belong to the outputs.",
            ),
            Mistake("one bias in all", lambda i, o: i * o + 1, "You counted one bias in all. Each output has its own."),
        ),
    ),
    Exercise(
        id="02.2",
        title="global average pooling",
        reference=global_average_pool,
        cases=lambda: [
            (np.stack([M1, M2, M3], axis=-1),),
            *_map_stacks(np.random.default_rng(3), (4, 7, 5), (2, 3, 1)),
        ],
        hidden=lambda draw: _map_stacks(draw, (3, 6, 4), (5, 2, 7)),
        hints=(
            "One number is left for each channel: which axes have to go?",
            "The maps are (height, width, channels): average over the first two axes.",
            "NumPy's mean takes several axes at once, as a tuple in axis: those of rows and columns.",
        ),
        insight="As many numbers as channels, whatever the size of the picture. A filter's number says how much, no longer where.",
        mistakes=(
            Mistake(
                "averaged over the channels",
                lambda m: m.mean(axis=-1),
                "You averaged over the channels and kept the positions. It is the other way round.",
            ),
            Mistake(
                "summed",
                lambda m: m.sum(axis=(0, 1)),
                "You added up. Divide by the number of positions: the mean does not grow with the picture.",
            ),
            Mistake(
                "took the maximum",
                lambda m: m.max(axis=(0, 1)),
                "That is global max pooling: one strong cell decides. Here all positions count alike.",
            ),
            Mistake(
                "averaged everything",
                lambda m: m.mean(),
                "You averaged over everything, channels included. Each channel keeps a number of its own.",
            ),
        ),
    ),
    Exercise(
        id="02.3",
        title="what the mean forgets",
        reference=PREDICTIONS,
        hints=(
            "A mean asks how much there is of an edge in the whole picture, not where it is.",
            "Turned upside down, a left edge becomes a right edge. Does a digit have more of the one than of the other?",
            "Two of the four leave the means alone. A quarter turn makes upright edges lie down; four times the area dilutes.",
        ),
        insight="Means forget more than the place: with filters that see little, half a turn passes unnoticed. The larger frame does not.",
        mistakes=(
            Mistake(
                "half a turn exchanges",
                {**PREDICTIONS, "upside down": "exchanged"},
                "Look at upside down again: an upright edge is still upright. What becomes of a left one?",
            ),
            Mistake(
                "a quarter turn is forgotten",
                {**PREDICTIONS, "quarter turn": "the same"},
                "Look at the quarter turn again: an upright edge now lies, and another filter sees it.",
            ),
            Mistake(
                "no dilution",
                {**PREDICTIONS, "larger picture": "the same"},
                "Look at the larger picture again: the sum stays, and it is divided by four times as many positions.",
            ),
            Mistake(
                "the shift matters",
                {**PREDICTIONS, "shifted": "exchanged"},
                "Look at the shift again: every filter finds the same edges, five pixels further.",
            ),
        ),
    ),
    Exercise(
        id="02.4",
        title="weigh the channels and add",
        reference=weighted_map,
        cases=lambda: [
            (np.stack([M1, M2, M3], axis=-1), np.array([1.0, -2.0, 0.5])),
            *_weighted(np.random.default_rng(4), (4, 5, 6)),
        ],
        hidden=lambda draw: _weighted(draw, (3, 7, 4), (6, 2, 5)),
        hints=(
            "Each channel is multiplied by its own weight; then the channels are added.",
            "Positions stay: the result has the maps' height and width.",
            "The weights fit onto the last axis of the maps: multiply, and add along that axis. The operator @ does both.",
        ),
        insight="This is a class activation map. You have written the heart of lesson 03.",
        mistakes=(
            Mistake("forgot the weights", lambda m, w: m.sum(axis=-1), "You added the channels without their weights."),
            Mistake(
                "averaged over channels",
                lambda m, w: (m * w).mean(axis=-1),
                "You averaged over the channels. The weighted channels are added.",
            ),
            Mistake(
                "pooled first",
                lambda m, w: m.mean(axis=(0, 1)) @ w,
                "You pooled first: that gives the score, one number. Here the positions stay.",
            ),
            Mistake(
                "cut off below zero",
                lambda m, w: np.maximum(m @ w, 0),
                "You put a ReLU after it. CAM keeps the sign: negative cells speak against the class.",
            ),
        ),
    ),
]
