"""Teach LeNet-5 the digits 5 to 9 when it knows 0 to 4, in three ways, over five seeds, and write the figures to a file.

    python datasets/learn_without_forgetting.py [FIGURES.json]

Li and Hoiem (2016): the network has learnt an old task and is to learn a new one, from pictures of the new task alone.
Feature extraction trains a new head, fine-tuning the convolutions as well; Learning without Forgetting also asks that
the old head go on answering as it did before. Each seed draws anew which digits are trained on, the
first weights and the order. Seeds that the file holds already are not run again. About three minutes.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from results import add_missing, read_results
from xailab._tensorflow import keras
from xailab.data import mnist
from xailab.models import lenet5

SEEDS = range(5)
PER_CLASS, EPOCHS, RATE = 100, 20, 1e-3  # digits of each class to train on; 100 others of each class are held out
TEMPERATURE, WEIGHT = 2.0, 1.0  # the paper's T and lambda_o


def digits(seed, per_class=PER_CLASS):
    """Old and new task: ((train images, labels), (test images, labels)) each, labels 0 to 4, images (N, 28, 28, 1)."""
    images, labels = mnist()
    draw = np.random.default_rng(seed)
    places = [draw.permutation(np.flatnonzero(labels == digit)) for digit in range(10)]

    def task(first):
        parts = (slice(per_class), slice(-100, None))
        chosen = [np.concatenate([places[digit][part] for digit in range(first, first + 5)]) for part in parts]
        return [((images[each, :, :, None] / 255).astype("float32"), labels[each] - first) for each in chosen]

    return task(0), task(5)


def distillation(old_answers, logits):
    """How far answers have moved from the old ones: cross-entropy of softened probabilities. Li, Hoiem (2016), eq. 2."""
    soft, softened = keras.ops.softmax(old_answers / TEMPERATURE), keras.ops.log_softmax(logits / TEMPERATURE)
    return -keras.ops.sum(soft * softened, axis=-1)


def two_heads(network):
    """LeNet-5 with a second output layer of five classes: images -> (old logits, new logits), both heads and all layers."""
    shared = network.get_layer("F6").output
    new = keras.layers.Dense(5, name="new")(shared)
    return keras.Model(network.inputs, {"old": network.outputs[0], "new": new})


def fit(network, images, targets, losses, weights, epochs):
    """Train with Adam."""
    network.compile(keras.optimizers.Adam(RATE), losses, loss_weights=weights, steps_per_execution=8)
    network.fit(images, targets, batch_size=32, epochs=epochs, verbose=0)


def right(network, task):
    """Share right on the held-out digits of the (old, new) task, each asked of its own head."""
    found = []
    for name, (images, labels) in zip(("old", "new"), task):
        found.append(round(float((network.predict(images, verbose=0)[name].argmax(axis=1) == labels).mean()), 4))
    return found


def run(seed, *, per_class=PER_CLASS, epochs=EPOCHS):
    """Shares right on (old, new) digits: before, and after each way to learn the new ones."""
    (old, old_test), (new, new_test) = digits(seed, per_class)
    tests = (old_test, new_test)
    cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    keras.utils.set_random_seed(seed)
    lenet = lenet5((28, 28, 1), classes=5, activation="relu")
    fit(lenet, *old, cross_entropy, None, epochs)
    network = two_heads(lenet)
    before, found = network.get_weights(), {"before": right(network, tests)}
    answers = network.predict(new[0], verbose=0)["old"]  # the old head's answers to the new digits, kept
    nothing = np.zeros((len(new[0]), 5), "float32")
    for name, weight in {"feature extraction": 0, "fine-tuning": 0, "learning without forgetting": WEIGHT}.items():
        network.set_weights(before)
        for layer in network.layers:
            layer.trainable = name != "feature extraction" or layer.name == "new"
        targets = {"old": answers if weight else nothing, "new": new[1]}
        losses = {"old": distillation, "new": cross_entropy}
        keras.utils.set_random_seed(seed)
        fit(network, new[0], targets, losses, {"old": float(weight), "new": 1.0}, epochs)
        found[name] = right(network, tests)
    return found


def table(runs):
    """The figures as lesson 08 shows them, in Markdown."""
    lines = [
        "| way to learn 5 to 9 | old digits right, five seeds | mean | new digits right, five seeds | mean |",
        "|---|---|---|---|---|",
    ]
    for name in runs[0]:
        cells = [name]
        for shares in 100 * np.array([run[name] for run in runs]).T:
            cells += [" · ".join(f"{share:.1f}" for share in shares), f"{shares.mean():.1f} %"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def main(arguments=None):
    """Run the seeds that the file lacks, write it in one step after each and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(__file__).with_name("learn_without_forgetting.json")
    parser.add_argument("figures", nargs="?", type=Path, default=default)
    target = parser.parse_args(arguments).figures
    figures = read_results(target, command="python datasets/learn_without_forgetting.py", runs={})
    runs = figures["runs"]
    add_missing(target, figures, runs, {str(seed): partial(run, seed) for seed in SEEDS})
    print(table([runs[str(seed)] for seed in SEEDS]))


if __name__ == "__main__":
    main()
