"""Train lesson 03's networks from five seeds, say where their maps lie, and write the figures to a file.

    python datasets/train_digits.py [FIGURES.json]

Each seed draws anew which digits are held out, the first weights and the order. "pair" is the network that knows sevens
from nines: its errors, and what its contrast maps (why nine, why not seven) say of held-out nines and, as a control, of
sevens. "ten, field 10" is the same network with ten classes: what it takes an empty picture for, and what the cells that see
no ink say. Then it gets a third layer of 3 x 3 windows, which widens its field from 10 to 18 pixels, or one of 1 x 1 windows
and as many weights, which does not. Seeds that the file holds already are not trained again. About ten minutes of one core.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from course.lessons.lesson_03.exercises import share_at_top, without_ink
from results import add_missing, read_results
from xailab._tensorflow import keras
from xailab.data import mnist
from xailab.models import gap_cnn

SEEDS = range(5)
THIRD_LAYERS = {"field 18": (64, 3), "field 10, as many weights": (576, 1)}  # filters, window


def split(count, seed):
    """Places of the digits to train on (four fifths) and of those held out, as the lesson draws them."""
    return np.split(np.random.default_rng(seed).permutation(count), [count * 4 // 5])


def fit(network, images, labels, epochs):
    """Train on cross-entropy with Nadam, its steps falling from 0.005 to nothing, as the lesson does."""
    network.compile(
        keras.optimizers.Nadam(keras.optimizers.schedules.CosineDecay(5e-3, epochs * len(images) // 32)),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        steps_per_execution=25,
    )
    network.fit(images, labels, batch_size=32, epochs=epochs, verbose=0)


def vary(images, copies, turn, shift, zoom):
    """The images, and behind them copies - 1 versions of all: turned, shifted and scaled at random, by these shares at most."""
    layers = [
        keras.layers.RandomRotation(turn, fill_mode="constant"),
        keras.layers.RandomTranslation(shift, shift, fill_mode="constant"),
        keras.layers.RandomZoom(zoom, zoom, fill_mode="constant"),
    ]
    varied = keras.Sequential(layers)
    return np.concatenate([images] + [np.array(varied(images, training=True)) for _ in range(copies - 1)])


def sevens_and_nines():
    """Images float32 (N, 28, 28, 1) from 0 to 1 and classes (N,): 0 is a seven, 1 is a nine."""
    digits, labels = mnist()
    images = np.concatenate([digits[labels == 7], digits[labels == 9]])[..., None]
    return (images / 255).astype("float32"), np.repeat([0, 1], [np.sum(labels == 7), np.sum(labels == 9)])


def train_pair(seed, *, copies=12, epochs=10):
    """A network that knows sevens from nines, and the held-out images and classes."""
    keras.utils.set_random_seed(seed)
    images, truth = sevens_and_nines()
    network = gap_cnn()
    train, held_out = split(len(images), seed)
    fit(network, vary(images[train], copies, 0.03, 0.05, 0.1), np.tile(truth[train], copies), epochs)
    return network, images[held_out], truth[held_out]


def cell_maps(network, images):
    """The class activation map of every class, cell by cell: (N, 28, 28, 1) -> (classes, N, 7, 7)."""
    features = keras.Model(network.inputs[0], network.get_layer("pool2").output).predict(images, verbose=0)
    return np.einsum("nhwk,kc->cnhw", features, network.layers[-1].kernel.numpy()) / 49


def readings(network, images, truth):
    """What the lesson says of a network's contrast maps, nine less seven, each for held-out nines and sevens (N, 28, 28, 1).

    "at the top" is the share of digits whose highest cell is above the middle row of their ink. "loop" and "roof" are
    mean sums of cells: of the loop's left side and inside, where a nine has its closing stroke, and of the row of its roof.
    """
    maps = cell_maps(network, images)
    contrasts = maps[1] - maps[0]
    inked = [np.flatnonzero((picture > 0.3).any(axis=1)) for picture in images[..., 0]]
    middles = np.array([(rows[0] + rows[-1]) / 2 for rows in inked])
    said = network.predict(images, verbose=0).argmax(axis=1)
    found = {"errors": int((said != truth).sum()), "held out": len(truth)}
    for name, of in {"nines": truth == 1, "sevens": truth == 0}.items():
        found[f"{name} at the top"] = round(float(share_at_top(contrasts[of], middles[of])), 3)
        found[f"{name}, loop"] = round(float(contrasts[of][:, 2:5, 1:4].sum(axis=(1, 2)).mean()), 2)
        found[f"{name}, roof"] = round(float(contrasts[of][:, 1].sum(axis=1).mean()), 2)
    return found


def empty_readings(network, images, truth):
    """What the lesson says of a network of ten classes and of an empty picture, and of the red in held-out fours.

    "answer" and "probability" are the network's for a black picture. "blank red of 1" is the part of what speaks for a 1
    in all fours that cells say whose window holds no ink, "blank red of 4" that of the 4. "1 leads" is the share of fours
    in which more speaks for the 1 than for any other digit, "1 leads with ink" that share without those cells.
    """
    logits = network(np.zeros((1, 28, 28, 1), np.float32)).numpy()[0].astype(float)
    probabilities = np.exp(logits - logits.max()) / np.exp(logits - logits.max()).sum()
    fours = images[truth == 4]
    red = cell_maps(network, fours).clip(0)
    everywhere, blank = red.sum(axis=(2, 3)), np.array([without_ink(maps, fours[..., 0]) for maps in red])
    return {
        "answer": int(logits.argmax()),
        "probability": round(float(probabilities.max()), 3),
        "blank red of 1": round(float(blank[1].sum() / everywhere[1].sum()), 3),
        "blank red of 4": round(float(blank[4].sum() / everywhere[4].sum()), 3),
        "1 leads": round(float((everywhere.argmax(axis=0) == 1).mean()), 3),
        "1 leads with ink": round(float(((everywhere - blank).argmax(axis=0) == 1).mean()), 3),
    }


def train_ten(seed, third=None, *, epochs=15):
    """A network of ten classes, and the held-out images and classes. third: filters and window of one layer more."""
    keras.utils.set_random_seed(seed)
    digits, labels = mnist()
    digits = (digits[..., None] / 255).astype("float32")
    network = gap_cnn(classes=10)
    if third:
        filters, window = third
        layer = keras.layers.Conv2D(filters, window, padding="same", activation="relu")
        maps = layer(network.get_layer("pool2").output)
        means = keras.layers.GlobalAveragePooling2D()(maps)
        network = keras.Model(network.inputs, keras.layers.Dense(10, use_bias=False)(means))
    train, held_out = split(len(digits), seed)
    fit(network, digits[train], labels[train], epochs)
    return network, digits[held_out], labels[held_out]


def accuracy(network, images, labels):
    """How many weights a network has, and what share of held-out digits it gets right."""
    right = network.evaluate(images, labels, verbose=0)[1]
    return {"weights": network.count_params(), "held out": round(float(right), 4)}


def main():
    """Train what the file lacks, and write it after each network."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=Path(__file__).with_name("cam_digits.json"))
    file = parser.parse_args().file
    figures = read_results(file, command="python datasets/train_digits.py")

    def plain(seed):
        trained = train_ten(seed)
        return accuracy(*trained) | empty_readings(*trained)

    parts = {"pair": lambda seed: readings(*train_pair(seed)), "ten, field 10": plain}
    for name, third in THIRD_LAYERS.items():
        parts[f"ten, {name}"] = lambda seed, third=third: accuracy(*train_ten(seed, third))
    for name, train in parts.items():
        part = figures.setdefault(name, {})
        add_missing(file, figures, part, {str(seed): partial(train, seed) for seed in SEEDS})


if __name__ == "__main__":
    main()
