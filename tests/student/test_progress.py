"""The bar counts what Keras does, and says the loss."""

import numpy as np
import pytest

from course.student import progress
from xailab._tensorflow import keras


@pytest.fixture
def network():
    keras.utils.set_random_seed(0)
    network = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    network.compile("sgd", "mse")
    return network


@pytest.fixture
def bars(monkeypatch):
    """Every bar that is opened, as the words it would show at its end."""
    made = []

    def remember(**options):
        made.append(progress_bar(**options))
        return made[-1]

    progress_bar = progress.tqdm
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(progress, "tqdm", remember)
    return made


def test_a_training_counts_its_epochs_and_shows_the_loss(network, bars):
    network.fit(np.ones((8, 3)), np.ones(8), epochs=4, verbose=0, callbacks=[progress.Progress("head")])
    (bar,) = bars
    assert (bar.n, bar.total, bar.unit) == (4, 4, "epoch")
    assert bar.desc.startswith("head") and bar.postfix.startswith("loss=")
    assert bar.disable  # closed


def test_a_prediction_counts_its_batches_and_one_callback_serves_twice(network, bars):
    line = progress.Progress("block 1")
    for _ in range(2):
        network.predict(np.ones((10, 3)), batch_size=4, verbose=0, callbacks=[line])
    assert [(bar.n, bar.total, bar.unit) for bar in bars] == [(3, 3, "batch")] * 2
