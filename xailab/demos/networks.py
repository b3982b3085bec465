"""What several interactive figures ask: the network that reads drawn digits, and the one that knows photographs, each loaded once."""

from contextlib import redirect_stdout
from functools import cache
from io import StringIO
from pathlib import Path

import numpy as np

from xailab._tensorflow import keras
from xailab.data import photos
from xailab.models import efficientnet_lite0, vgg16_gap

layers = keras.layers


@cache
def digit_reader():
    """The trained digit network, loaded once."""
    return digit_network()


@cache
def photo_classifier():
    """EfficientNet-Lite0, 10 ms per photo, loaded once."""
    with redirect_stdout(StringIO()):  # where the weights were found is not for the audience
        return efficientnet_lite0()


@cache
def vgg16():
    """VGG16 with twelve everyday classes, loaded once."""
    with redirect_stdout(StringIO()):
        return vgg16_gap()


@cache
def photographs():
    """The course's nine photographs, {name: uint8 (224, 224, 3)}, read once."""
    return photos()


def digit_network(weights="auto"):
    """Build the network that reads drawn digits: lesson 03's, with ten classes and a third layer.

    weights: "auto" for the trained ones, None for random ones. Returns a keras.Model from (N, 28, 28, 1), ink 1 on 0, to
    logits (N, 10). datasets/train_drawn_digits.py trained it. Zhou et al. (2016), section 2. Lesson 03.
    """
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
            layers.MaxPooling2D(2, name="pool1"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(2, name="pool2"),
            layers.Conv2D(64, 3, padding="same", activation="relu", name="conv3"),
            layers.GlobalAveragePooling2D(name="gap"),
            layers.Dense(10, use_bias=False, name="output"),
        ],
        name="digit_network",
    )
    if weights == "auto":
        with np.load(Path(__file__).with_name("digits.npz")) as kept:
            network.set_weights([kept[name].astype(np.float32) for name in kept.files])
    return network
