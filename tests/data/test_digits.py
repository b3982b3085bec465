import numpy as np
import pytest

from xailab import data


def test_there_are_500_digits_of_each_class():
    images, labels = data.mnist()
    assert images.shape == (5000, 28, 28) and images.dtype == np.uint8 and images.max() == 255
    assert np.bincount(labels).tolist() == [500] * 10


def test_digits_are_white_on_black_and_upright():
    images, labels = data.mnist()
    assert images[:, 0].mean() < 1  # the upper border is black
    sevens = images[labels == 7].mean(axis=0)
    assert sevens[5:10, 5:23].mean() > 1.5 * sevens[20:25, 5:23].mean()  # a seven has its roof at the top


def test_the_full_set_that_cannot_be_had_is_said_so(monkeypatch):
    from xailab._tensorflow import keras

    def refuse():
        raise OSError("connection refused")

    monkeypatch.setattr(keras.datasets.mnist, "load_data", refuse)
    with pytest.raises(OSError, match=r"could not be downloaded \(connection refused\).*use mnist\(\)"):
        data.mnist(full=True)


def test_the_full_set_is_training_and_test_digits_together(monkeypatch):
    from xailab._tensorflow import keras

    parts = (
        (np.zeros((6, 28, 28), np.uint8), np.arange(6, dtype=np.uint8)),
        (np.ones((2, 28, 28), np.uint8), np.array([7, 8], np.uint8)),
    )
    monkeypatch.setattr(keras.datasets.mnist, "load_data", lambda: parts)
    images, labels = data.mnist(full=True)
    assert images.shape == (8, 28, 28) and labels.tolist() == [0, 1, 2, 3, 4, 5, 7, 8] and labels.dtype == np.int64
