"""Lesson 04's reader of the left one of two digits, trained five times: where do Grad-CAM and HiResCAM put the evidence?

    python datasets/left_digit.py

writes datasets/left_digit.json, a training at a time; those that are in it are not done again. 10 seconds each.
"""

from functools import partial
from pathlib import Path

import numpy as np

from results import add_missing, read_results
from xailab._tensorflow import keras
from xailab.cam import grad_cam, hires_cam
from xailab.data import mnist

RESULTS = Path(__file__).with_suffix(".json")
layers = keras.layers


def trial(seed, pairs=4000, epochs=4):
    """Train and explain as lesson 04 does, from another seed.

    pairs: of digits to train on. Returns {"accuracy", "fall left", "fall right": mean fall of the right answer's logit
    with that digit black, and of each method {"empty": share of maps, "heat": mean share of heat on the right digit,
    "peaks": share of peaks there, both of the maps that are not empty}}.
    """
    digits, classes = mnist()
    draw = np.random.default_rng(seed)
    order = draw.permutation(len(digits))
    learn, prove = draw.choice(order[:4000], (2, pairs)), draw.choice(order[4000:], (2, 400))

    def side_by_side(left, right):
        return np.concatenate([digits[left], digits[right]], axis=2)[..., None] / 255

    counters, tens = side_by_side(*prove), classes[prove[0]]
    keras.utils.set_random_seed(seed)
    reader = keras.Sequential(
        [
            keras.Input((28, 56, 1)),
            layers.Conv2D(16, 5, activation="relu", name="C1"),
            layers.MaxPooling2D(2, name="S2"),
            layers.Conv2D(32, 5, activation="relu", name="C3"),
            layers.MaxPooling2D(2, name="S4"),
            layers.Flatten(name="flatten"),
            layers.Dense(10, name="output"),
        ]
    )
    reader.compile(keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    reader.fit(side_by_side(*learn), classes[learn[0]], epochs=epochs, batch_size=64, verbose=0)

    def logits(pictures):
        return reader.predict(pictures, verbose=0)

    before, results = logits(counters), {}
    results["accuracy"] = float((before.argmax(axis=1) == tens).mean())
    for side, columns in (("left", slice(28)), ("right", slice(28, None))):
        dark = counters.copy()
        dark[:, :, columns] = 0
        results[f"fall {side}"] = float((before - logits(dark))[np.arange(len(tens)), tens].mean())
    for method in (grad_cam, hires_cam):
        heat = np.maximum(method(reader, counters, tens), 0)
        filled = heat[heat.max(axis=(1, 2)) > 0]
        results[method.__name__] = {
            "empty": 1 - len(filled) / len(heat),
            "heat": float((filled[:, :, 28:].sum(axis=(1, 2)) / filled.sum(axis=(1, 2))).mean()),
            "peaks": float((filled.max(axis=1).argmax(axis=1) >= 28).mean()),
        }
    return results


def main():
    """Add the trainings that are missing."""
    found = read_results(RESULTS, command="python datasets/left_digit.py", seeds={})
    add_missing(RESULTS, found, found["seeds"], {str(seed): partial(trial, seed) for seed in range(5)})


if __name__ == "__main__":
    main()
