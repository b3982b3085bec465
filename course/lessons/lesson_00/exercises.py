"""Exercises of lesson 00: how an exercise works, the most probable classes, the map of methods."""

import numpy as np

from course.student.exercises import Exercise, Mistake

METHODS = {
    "regression": ("intrinsic", "global", "specific"),
    "CAM": ("post-hoc", "local", "specific"),
    "occlusion": ("post-hoc", "local", "agnostic"),
    "PDP": ("post-hoc", "global", "agnostic"),
    "ICE": ("post-hoc", "local", "agnostic"),
}


def top_classes(probabilities, labels, k):
    return [labels[index] for index in np.argsort(probabilities)[::-1][:k]]


def _score_cards():
    labels = ("cat", "cup", "palace", "rocket", "shoe")
    return [
        (np.array([0.1, 0.5, 0.05, 0.3, 0.05001]), labels, 1),
        (np.array([0.1, 0.5, 0.05, 0.3, 0.05001]), labels, 3),
        (np.array([0.02, 0.03, 0.2, 0.15, 0.6]), labels, 2),
    ]


def _drawn_cards(draw):
    """Shares that sum to one, their names, and how many are asked for: more than one, and not all."""
    names = ["anchor", "bee", "canoe", "drum", "eagle", "fig", "gong", "hammer", "iron", "jeep"]
    return [
        (draw.dirichlet(np.ones(count)), tuple(draw.permutation(names)[:count].tolist()), int(draw.integers(2, count)))
        for count in (4, 7, 9)
    ]


EXERCISES = [
    Exercise(
        id="00.1",
        title="the numbers in a photo",
        reference=224 * 224 * 3,
        hints=(
            "A colour photo is an array: rows, columns, and what else?",
            "Every pixel has three numbers: red, green, blue.",
            "Multiply the three sides of the array: rows, columns, and colours.",
        ),
        insight="That is all the network gets. An explanation says which of these 150,528 numbers mattered.",
        mistakes=(
            Mistake(
                "forgot the colours", 224 * 224, "You counted the pixels. Each has three numbers: red, green, blue."
            ),
            Mistake("one side only", 224 * 3, "You counted one row. There are 224 of them."),
            Mistake(
                "values counted, too",
                224 * 224 * 3 * 256,
                "You counted the values a number can take, too. How many numbers are there?",
            ),
        ),
    ),
    Exercise(
        id="00.2",
        title="the most probable classes",
        reference=top_classes,
        cases=_score_cards,
        hidden=_drawn_cards,
        hints=(
            "np.argsort gives the places of the values, from the smallest to the largest.",
            "Turn it round with [::-1], keep the first k, and look up their names.",
            "Go through the first k places in a list, and for each of them take the name that labels has there.",
        ),
        insight="A network does not say 'cup'. It gives every name it knows a share; the list is our reading of it.",
        mistakes=(
            Mistake(
                "least probable first",
                lambda p, labels, k: [labels[i] for i in np.argsort(p)[:k]],
                "These are the least probable classes: argsort begins with the smallest.",
            ),
            Mistake(
                "right ones, wrong order",
                lambda p, labels, k: [labels[i] for i in np.argsort(p)[-k:]],
                "The right classes, but the most probable one comes last. Turn the list round.",
            ),
            Mistake(
                "places instead of names",
                lambda p, labels, k: list(np.argsort(p)[::-1][:k]),
                "These are the places of the classes. Look up their names in labels.",
            ),
            Mistake(
                "shares instead of names",
                lambda p, labels, k: list(np.sort(p)[::-1][:k]),
                "These are the shares. Asked for are the names they belong to.",
            ),
        ),
    ),
    Exercise(
        id="00.3",
        title="five methods on the map",
        reference=METHODS,
        hints=(
            "For each method ask three things: does the model explain itself? One prediction or the whole model? Must you look inside?",
            "Which of them would work for a model behind a web page? Which draw something for one photo, or for one case?",
            "Coefficients are the model, so they are specific to it; CAM reads weights; the others only ask. A mean over all cases is global.",
        ),
        insight="PDP is the mean of the ICE curves: the same computation moves from local to global when you average it.",
        mistakes=(
            Mistake(
                "CAM as agnostic",
                {**METHODS, "CAM": ("post-hoc", "local", "agnostic")},
                "Look at CAM again: whatever reads a network's maps and weights has to know its insides.",
            ),
            Mistake(
                "CAM as intrinsic",
                {**METHODS, "CAM": ("intrinsic", "local", "specific")},
                "Look at CAM again: you may argue so, its map is in the network all the time. Here it counts as post-hoc: it is read off afterwards.",
            ),
            Mistake(
                "ICE as global",
                {**METHODS, "ICE": ("post-hoc", "global", "agnostic")},
                "Look at ICE again: its I stands for individual. It draws one curve for one case.",
            ),
            Mistake(
                "occlusion as specific",
                {**METHODS, "occlusion": ("post-hoc", "local", "specific")},
                "Look at occlusion again: it covers a part of the photo and asks for the score. Does it need to look inside? (A slide of the lectures calls it specific, as you do; we disagree.)",
            ),
            Mistake(
                "regression as post-hoc",
                {**METHODS, "regression": ("post-hoc", "global", "specific")},
                "Look at regression again: its coefficients are the model. Nothing has to be added afterwards.",
            ),
        ),
    ),
]
