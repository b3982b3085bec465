"""An ordinary network and an interpretable one, alike in all else: built, trained and measured the same way."""

from dataclasses import dataclass

import numpy as np

from xailab._tensorflow import keras
from xailab.filters import InterpretableConv2D
from xailab.instability import controls, crowding, dead_share, location_instability

layers = keras.layers
KINDS = ("ordinary", "masks only", "filter loss", "filter loss with labels")


@dataclass(frozen=True)
class Twin:
    """A network in three views that share their weights.

    trained: [pictures, labels] -> logits, the one to compile and fit. predicts: pictures -> logits.
    maps: pictures -> the maps of its top convolution, (N, n, n, filters). tops: its two top layers.
    """

    trained: keras.Model
    predicts: keras.Model
    maps: keras.Model
    tops: tuple


def small_base(size=64, widths=(16, 32)):
    """The lower layers of a small network: pictures (size, size, 3) -> maps; each width is a convolution and a pooling."""
    picture = maps = keras.Input((size, size, 3))
    for width in widths:
        maps = layers.Conv2D(width, 3, padding="same", activation="relu", kernel_initializer="he_normal")(maps)
        maps = layers.MaxPooling2D()(maps)
    return keras.Model(picture, maps, name="base")


def twin(base, categories, kind, *, filters=32, loss_weight=3e-4, beta=4.0, dropout=0.3):
    """Put two top convolutions and a head of 64 hidden units on a base.

    base: keras.Model, pictures -> square maps. categories: how many there are; the classes are 0, none of them, to K.
    kind: one of KINDS; but for the ordinary one, both top convolutions are interpretable. filters: of each of them.
    loss_weight, beta: as in InterpretableConv2D. dropout: share of the pooled maps' cells that the head does not see.
    Returns Twin. Raises ValueError for another kind. Zhang, Wu, Zhu (2018), section 3. Lesson 07.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}: one of {', '.join(map(repr, KINDS))} was expected.")
    labelled, init = kind == "filter loss with labels", {"kernel_initializer": "he_normal"}
    if kind == "ordinary":
        tops = [layers.Conv2D(filters, 3, padding="same", activation="relu", **init) for _ in range(2)]
    else:
        weight = 0.0 if kind == "masks only" else loss_weight
        known = categories if labelled else None
        tops = [
            InterpretableConv2D(filters, 3, loss_weight=weight, categories=known, beta=beta, **init) for _ in range(2)
        ]
    head = [layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(dropout)]
    head += [layers.Dense(64, activation="relu"), layers.Dense(categories + 1, name="logits")]
    picture, label = keras.Input(base.input_shape[1:]), keras.Input((), dtype="int32")

    def through(labels):
        maps = base(picture)
        for top in tops:
            maps = top(maps, labels=labels) if labelled else top(maps)
        logits = maps
        for layer in head:
            logits = layer(logits)
        return maps, logits

    _, trained = through(label)
    maps, predicted = through(None)
    return Twin(
        keras.Model([picture, label], trained), keras.Model(picture, predicted), keras.Model(picture, maps), tuple(tops)
    )


def prepare(pictures):
    """uint8 pictures as the networks take them: float32 from -1 to 1."""
    return pictures.astype(np.float32) / 127.5 - 1


def train(network, pictures, labels, *, epochs, rate=1e-3, batch=64, callbacks=()):
    """Train a Twin with Adam.

    pictures: float (N, H, W, 3). labels: int (N,). rate: learning rate, or a Keras schedule of it. batch: pictures a
    step. Returns Keras's History. Lesson 07.
    """
    network.trained.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return network.trained.fit(
        [pictures, labels], labels, batch_size=batch, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )


def measure(network, pictures, labels, landmarks, *, top=100):
    """Accuracy, location instability and its controls of a Twin on pictures it has not seen.

    pictures: float (N, H, W, 3). labels: int (N,), 0 for none of the categories. landmarks: float (N, K, 2), x and y in pixels.
    top: as in location_instability. With several categories, a filter is measured on the pictures of the one that
    activates it most, on average. Returns a dict: "accuracy", "instability" and "dead" (floats), "parts" (the instability
    against each part), "crowding" (filters at each part), and the three controls. Lesson 07.
    """
    logits, maps = (model.predict(pictures, batch_size=64, verbose=0) for model in (network.predicts, network.maps))
    size, shown = pictures.shape[1:3], np.unique(labels[labels > 0])
    own = shown[np.stack([maps[labels == label].mean(axis=(0, 1, 2)) for label in shown]).argmax(axis=0)]
    spread, crowd = np.zeros((maps.shape[-1], landmarks.shape[1])), np.zeros(landmarks.shape[1], int)
    for label in np.unique(own):
        theirs, where = maps[labels == label][..., own == label], landmarks[labels == label]
        spread[own == label] = location_instability(theirs, where, size, top=top)
        crowd += crowding(theirs, where, size)
    return {
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "instability": float(spread.mean()),
        "parts": spread.mean(axis=0).tolist(),
        "crowding": crowd.tolist(),
        "dead": dead_share(maps[labels > 0]),
        **controls(landmarks[labels > 0], size),
    }
