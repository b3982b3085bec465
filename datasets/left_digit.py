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
    with that digit black, "sum left", "sum right": mean sums of HiResCAM's halves, and of each method and of random maps
    {"peaks": share of the maps with their peak on the right digit, "disagrees": share whose larger half is not the one whose
    blackout costs more}}.
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
            layers.Dense(64, activation="relu", use_bias=False, name="F6"),
            layers.Dense(10, name="output"),
        ]
    )
    reader.compile(keras.optimizers.Adam(2e-3), keras.losses.SparseCategoricalCrossentropy(from_logits=True))
    reader.fit(side_by_side(*learn), classes[learn[0]], epochs=epochs, batch_size=64, verbose=0)

    def logits(pictures):
        return reader.predict(pictures, verbose=0)

    before, falls = logits(counters), []
    for columns in (slice(28), slice(28, None)):
        dark = counters.copy()
        dark[:, :, columns] = 0
        falls.append((before - logits(dark))[np.arange(len(tens)), tens])
    maps = {method.__name__: method(reader, counters, tens) for method in (grad_cam, hires_cam)}
    maps["random"] = draw.random(maps["grad_cam"].shape)
    sums = {name: (each[:, :, :28].sum(axis=(1, 2)), each[:, :, 28:].sum(axis=(1, 2))) for name, each in maps.items()}
    results = {"accuracy": float((before.argmax(axis=1) == tens).mean())}
    for what, (left, right) in {"fall": falls, "sum": sums["hires_cam"]}.items():
        results |= {f"{what} left": float(left.mean()), f"{what} right": float(right.mean())}
    for name, each in maps.items():
        left, right = sums[name]
        results[name] = {
            "peaks": float((each.max(axis=1).argmax(axis=1) >= 28).mean()),
            "disagrees": float(((left > right) != (falls[0] > falls[1])).mean()),
        }
    return results


def main():
    """Add the trainings that are missing."""
    found = read_results(RESULTS, command="python datasets/left_digit.py", seeds={})
    add_missing(RESULTS, found, found["seeds"], {str(seed): partial(trial, seed) for seed in range(5)})


if __name__ == "__main__":
    main()
