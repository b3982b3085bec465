"""Lesson 05's salads and pizzas over five seeds: what each set of training pictures makes of the four kinds of new ones.

    python datasets/salad_or_pizza.py

writes datasets/salad_or_pizza.json, a seed at a time; seeds that are in it are not computed again. Half a minute per seed.
"""

from functools import partial
from pathlib import Path

import numpy as np
from sklearn.linear_model import LogisticRegression

from results import add_missing, read_results
from xailab._tensorflow import keras
from xailab.data import materials, on_plate
from xailab.models import efficientnet_lite0

RESULTS = Path(__file__).with_suffix(".json")
PARTS = {"bare": (False, False), "rim": (True, False), "table": (False, True), "both": (True, True)}  # rim, table
KINDS = ("salad, no plate", "salad on a plate", "pizza, no plate", "pizza on a plate")


def trial(seed, train=40, new=40):
    """Train and test as lesson 05 does, on pictures cut with another seed.

    train, new: pictures per kind; a quarter of train is added in each remedy. Returns {training set: {"right": shares of
    the four KINDS, "logit": their mean logits, positive for pizza, "parts": for the new salads of the second kind as they are
    and with the PARTS of a plate [share called pizza, mean logit]}}, in the order of the lesson; the last set is fair, of
    pictures without any plate.
    """
    lite = efficientnet_lite0()
    features = keras.Model(lite.model.inputs[0], lite.model.layers[-1].input)

    def pooled(pictures):
        return features.predict(np.asarray(lite.preprocess(pictures)), verbose=0)

    extra = train // 4
    learn, prove = materials((224, 224), train=train + extra, test=2 * new, seed=seed)
    grass, gravel, new_grass, new_gravel = (
        part.images[part.labels == part.names.index(name)] for part in (learn, prove) for name in ("grass", "gravel")
    )
    unseen = [new_grass[:new], on_plate(new_grass[new:]), new_gravel[:new], on_plate(new_gravel[new:])]
    unseen = [pooled(pictures) for pictures in unseen]
    parts = {name: pooled(on_plate(new_grass[new:], 0, *drawn)) for name, drawn in PARTS.items()}
    salads, pizzas = pooled(grass[:train]), pooled(on_plate(gravel[:train]))
    same = pooled(grass[train:]), pooled(on_plate(gravel[train:], seed=1))
    other = pooled(on_plate(grass[train:], seed=1)), pooled(gravel[train:])
    results = {}
    for name, more_salads, more_pizzas in (
        ("as collected", salads[:0], pizzas[:0]),
        ("more of the same", *same),
        ("salads on plates", other[0], pizzas[:0]),
        ("salads on plates, pizzas without", *other),
        ("fair", salads[:0], pooled(gravel[:train])),
    ):
        plated = pizzas if name != "fair" else pizzas[:0]
        shown = [salads, more_salads, plated, more_pizzas]
        answers = np.repeat([0, 1], [len(salads) + len(more_salads), len(plated) + len(more_pizzas)])
        line = LogisticRegression(C=0.1, max_iter=1000).fit(np.concatenate(shown), answers)
        logits = [line.decision_function(each) for each in unseen]
        results[name] = {
            "right": [round(float(((each > 0) == (kind > 1)).mean()), 3) for kind, each in enumerate(logits)],
            "logit": [round(float(each.mean()), 2) for each in logits],
            "parts": {
                part: [round(float((found > 0).mean()), 3), round(float(found.mean()), 2)]
                for part, found in ((part, line.decision_function(each)) for part, each in parts.items())
            },
        }
    return results


def main():
    """Add the seeds that are missing."""
    found = read_results(RESULTS, command="python datasets/salad_or_pizza.py", kinds=KINDS, seeds={})
    add_missing(RESULTS, found, found["seeds"], {str(seed): partial(trial, seed) for seed in range(5)})


if __name__ == "__main__":
    main()
