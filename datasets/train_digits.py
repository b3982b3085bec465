"""Train lesson 03's networks from five seeds, say where their maps lie, and write the figures to a file.

    python datasets/train_digits.py [FIGURES.json]

Each seed draws anew which digits are held out, the first weights and the order. "pair" is the network that knows sevens
from nines: its errors, and where the contrast map (why nine, why not seven) of each held-out digit is strongest. "ten" is
the same network with ten classes, then with a third layer of 3 x 3 windows, which widens its field from 10 to 18 pixels,
then with a third layer of 1 x 1 windows and as many weights, which does not. Seeds that the file holds already are not
trained again. About ten minutes of one core.
"""

import argparse
from functools import partial
from pathlib import Path

import numpy as np

from results import add_missing, read_results
from xailab._tensorflow import keras
from xailab.cam import cam
from xailab.data import mnist
from xailab.models import gap_cnn

SEEDS = range(5)
THIRD_LAYERS = {"field 10": None, "field 18": (64, 3), "field 10, as many weights": (576, 1)}  # filters, window


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


def readings(network, images, truth):
    """What the lesson says of a network's contrast maps, as shares of the held-out digits (N, 28, 28, 1).

    The box around a digit's ink is cut at its middle row and column. A seven speaks where its map is lowest, a nine where
    it is highest. "below" is the lower half's share of the map without its signs; "ink below" is that of the ink.
    """
    contrasts = cam(network, images, 1) - cam(network, images, 0)
    places, below, ink_below = [], [], []
    for picture, contrast, nine in zip(images[..., 0], contrasts, truth):
        rows, columns = np.nonzero(picture > 0.3)
        middle_row, middle_column = (rows.min() + rows.max()) / 2, (columns.min() + columns.max()) / 2
        cells = contrast.reshape(7, 4, 7, 4).mean(axis=(1, 3)) * (1 if nine else -1)
        row, column = np.array(np.unravel_index(cells.argmax(), cells.shape)) * 4 + 1.5
        places.append((row < middle_row, column < middle_column))
        lower = np.arange(28) > middle_row
        below.append(np.abs(contrast[lower]).sum() / np.abs(contrast).sum())
        ink_below.append(picture[lower].sum() / picture.sum())
    upper, left = np.array(places).T
    said = network.predict(images, verbose=0).argmax(axis=1)
    return {
        "errors": int((said != truth).sum()),
        "held out": len(truth),
        "sevens strongest at the upper left": round(float((upper & left)[truth == 0].mean()), 3),
        "sevens strongest at the upper right": round(float((upper & ~left)[truth == 0].mean()), 3),
        "nines strongest at the upper left": round(float((upper & left)[truth == 1].mean()), 3),
        "nines strongest at the upper right": round(float((upper & ~left)[truth == 1].mean()), 3),
        "map below": round(float(np.mean(below)), 3),
        "ink below": round(float(np.mean(ink_below)), 3),
    }


def train_ten(seed, third=None, *, epochs=15):
    """Accuracies of the network of ten classes: {"train", "held out"}. third: filters and window of one layer more."""
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
    accuracies = {
        name: network.evaluate(digits[part], labels[part], verbose=0)[1]
        for name, part in {"train": train, "held out": held_out}.items()
    }
    return {"weights": network.count_params()} | {name: round(float(share), 4) for name, share in accuracies.items()}


def main():
    """Train what the file lacks, and write it after each network."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("file", nargs="?", type=Path, default=Path(__file__).with_name("cam_digits.json"))
    file = parser.parse_args().file
    figures = read_results(file, command="python datasets/train_digits.py")

    def readings_of_pair(seed):
        return readings(*train_pair(seed))

    parts = {"pair": readings_of_pair}
    parts |= {f"ten, {name}": partial(train_ten, third=third) for name, third in THIRD_LAYERS.items()}
    for name, train in parts.items():
        part = figures.setdefault(name, {})
        add_missing(file, figures, part, {str(seed): partial(train, seed) for seed in SEEDS})


if __name__ == "__main__":
    main()
