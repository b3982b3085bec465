"""An ordinary network and an interpretable one, alike in all else: built, trained and measured the same way."""

from dataclasses import dataclass

import numpy as np

from xailab._tensorflow import keras
from xailab.filters import InterpretableConv2D, filter_loss
from xailab.instability import controls, crowding, dead_share, location_instability

layers = keras.layers
KINDS = ("ordinary", "masks only", "filter loss", "filter loss with labels")


@dataclass(frozen=True)
class Twin:
    """A network in four views that share their weights.

    trained: [pictures, labels] -> logits, the one to compile and fit. predicts: pictures -> logits.
    maps: pictures -> the maps of its top convolution, (N, n, n, filters), behind their masks if it has masks.
    below: pictures -> what the top convolution takes. tops: its two top layers.
    """

    trained: keras.Model
    predicts: keras.Model
    maps: keras.Model
    below: keras.Model
    tops: tuple


def small_base(size=64, widths=(16, 32)):
    """The lower layers of a small network: pictures (size, size, 3) -> maps; each width is a convolution and a pooling."""
    picture = maps = keras.Input((size, size, 3))
    for width in widths:
        maps = layers.Conv2D(width, 3, padding="same", activation="relu", kernel_initializer="he_normal")(maps)
        maps = layers.MaxPooling2D()(maps)
    return keras.Model(picture, maps, name="base")


def twin(base, categories, kind, *, filters=32, loss_weight=3e-4, scaled=False, beta=4.0, dropout=0.3):
    """Put two top convolutions and a head of 64 hidden units on a base.

    base: keras.Model, pictures -> square maps. categories: how many there are; the classes are 0, none of them, to K.
    kind: one of KINDS; but for the ordinary one, both top convolutions are interpretable. filters: of each of them.
    loss_weight, scaled, beta: as in InterpretableConv2D. dropout: share of the pooled maps' cells that the head does not see.
    Returns Twin. Raises ValueError for another kind. Zhang, Wu, Zhu (2018), section 3. Lesson 07.
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}: one of {', '.join(map(repr, KINDS))} was expected.")
    labelled, init = kind == "filter loss with labels", {"kernel_initializer": "he_normal"}
    if kind == "ordinary":
        tops = [layers.Conv2D(filters, 3, padding="same", activation="relu", **init) for _ in range(2)]
    else:
        init |= {"loss_weight": 0.0 if kind == "masks only" else loss_weight, "scaled": scaled, "beta": beta}
        tops = [InterpretableConv2D(filters, 3, categories=categories if labelled else None, **init) for _ in range(2)]
    head = [layers.MaxPooling2D(), layers.Flatten(), layers.Dropout(dropout)]
    head += [layers.Dense(64, activation="relu"), layers.Dense(categories + 1, name="logits")]
    picture, label = keras.Input(base.input_shape[1:]), keras.Input((), dtype="int32")

    def through(labels):
        stages = [base(picture)]
        for top in tops:
            stages.append(top(stages[-1], labels=labels) if labelled else top(stages[-1]))
        for layer in head:
            stages.append(layer(stages[-1]))
        return stages

    *_, trained = through(label)
    _, below, maps, *_, predicted = through(None)
    views = (keras.Model(picture, view) for view in (predicted, maps, below))
    return Twin(keras.Model([picture, label], trained), *views, tuple(tops))


def prepare(pictures):
    """uint8 pictures as the networks take them: float32 from -1 to 1."""
    return pictures.astype(np.float32) / 127.5 - 1


def train(network, pictures, labels, *, epochs, rate=1e-3, batch=64, callbacks=()):
    """Train a Twin with Adam.

    pictures: float (N, H, W, 3). labels: int (N,). rate: learning rate, or a Keras schedule of it. batch: pictures
    per step. Returns Keras's History. Lesson 07.
    """
    network.trained.compile(
        keras.optimizers.Adam(rate),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
    )
    return network.trained.fit(
        [pictures, labels], labels, batch_size=batch, epochs=epochs, verbose=0, callbacks=list(callbacks)
    )


def watch(network, pictures):
    """A Keras callback that keeps a network's maps while it trains, in its list `maps`.

    network: Twin. pictures: float (N, H, W, 3). maps: of the top convolution, float (N, n, n, filters) each: now, before the
    training, and after every epoch. Lesson 07.
    """
    callback = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: look())
    callback.maps = []

    def look():
        callback.maps.append(network.maps(pictures).numpy())

    look()
    return callback


def top_losses(network, pictures, *, batch=64):
    """The filter loss of each filter of the top convolution, whether it was trained with it or not.

    network: Twin. pictures: float (N, H, W, 3), at least one batch; a last one that is not full is left out, for the lowest
    loss that is possible depends on the number of pictures, -log(64) for 64. Returns float (filters,) in nats, the mean over
    the batches, of the maps before their masks.
    Raises ValueError for fewer pictures than a batch. Zhang, Wu, Zhu (2018), equations 1 and 2. Lesson 07.
    """
    if len(pictures) < batch:
        raise ValueError(f"{len(pictures)} pictures were given: at least one batch of {batch} was expected.")
    below = network.below.predict(pictures, batch_size=batch, verbose=0)
    batches = np.split(below, range(batch, len(below), batch))[: len(below) // batch]
    return np.mean([filter_loss(keras.layers.Conv2D.call(network.tops[-1], each).numpy()) for each in batches], axis=0)


def measure(network, pictures, labels, landmarks, *, top=100):
    """Accuracy, location instability and its controls of a Twin on pictures it has not seen.

    pictures: float (N, H, W, 3). labels: int (N,), 0 for none of the categories. landmarks: float (N, K, 2), x and y in pixels.
    top: as in location_instability. With several categories, a filter is measured on the one on which it is steadiest, as in
    the paper, and counted at the parts of the one that activates it most, on average.
    Returns a dict: "accuracy", "instability" and "dead" (floats), "parts" (the instability against each part), "crowding"
    (filters nearest to each part), and the three controls. Zhang, Wu, Zhu (2018), section 5.2.2. Lesson 07.
    """
    logits, maps = (model.predict(pictures, batch_size=64, verbose=0) for model in (network.predicts, network.maps))
    size, shown = pictures.shape[1:3], np.unique(labels[labels > 0])
    spreads = np.stack(
        [location_instability(maps[labels == label], landmarks[labels == label], size, top=top) for label in shown]
    )
    spread = spreads[spreads.mean(axis=2).argmin(axis=0), np.arange(maps.shape[-1])]
    own, crowd = categories(maps, labels), np.zeros(landmarks.shape[1], int)
    for label in np.unique(own):
        crowd += crowding(maps[labels == label][..., own == label], landmarks[labels == label], size)
    return {
        "accuracy": float((logits.argmax(axis=1) == labels).mean()),
        "instability": float(spread.mean()),
        "parts": spread.mean(axis=0).tolist(),
        "crowding": crowd.tolist(),
        "dead": dead_share(maps[labels > 0]),
        **controls(landmarks[labels > 0], size),
    }


def categories(maps, labels):
    """The category that each filter belongs to: the one whose pictures activate it most, on average.

    maps: (N, n, n, C). labels: int (N,), 0 for none of the categories. Returns int (C,), labels above 0.
    Zhang, Wu, Zhu (2018), section 3.1. Lesson 07.
    """
    shown = np.unique(labels[labels > 0])
    return shown[np.stack([maps[labels == label].mean(axis=(0, 1, 2)) for label in shown]).argmax(axis=0)]
