"""A training draws its curves while it runs, into one output."""

import numpy as np
import pytest

from xailab import plot
from xailab._tensorflow import keras
from xailab.plot import live


@pytest.fixture
def shown(monkeypatch):
    """What a notebook would show: a list of figures, and of how each came there."""
    found = []

    class Handle:
        def update(self, figure):
            found.append(("again", figure))

    def display(figure, display_id):
        found.append(("new", figure))
        return Handle()

    monkeypatch.setattr(live, "get_ipython", lambda: "a notebook")
    monkeypatch.setattr(live, "display", display)
    return found


def train(callback, epochs):
    model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse")
    points = np.ones((8, 2), "float32")
    return model.fit(points, points[:, :1], epochs=epochs, verbose=0, callbacks=[callback]).history["loss"]


def test_one_figure_grows_and_ends_with_the_whole_training(shown, monkeypatch):
    monkeypatch.setattr(live, "_SECONDS", 0)
    losses = train(plot.growing({"loss": "squared error"}, title="Learning", ylabel="error"), 3)
    assert [how for how, _ in shown] == ["new", "again", "again", "again"]
    lengths = [len(figure.axes[0].lines[0].get_ydata()) for _, figure in shown]
    assert lengths == [1, 2, 3, 3] and shown[-1][1].axes[0].lines[0].get_ydata().tolist() == losses
    assert "squared error from" in shown[-1][1].alt


def test_a_quick_training_is_drawn_at_its_start_and_end_only(shown, monkeypatch):
    monkeypatch.setattr(live, "_SECONDS", 3600)
    train(plot.growing({"loss": "error"}, title="Learning", ylabel="error"), 5)
    assert [how for how, _ in shown] == ["new", "again"]


def test_a_script_draws_nothing_and_a_key_that_the_log_lacks_is_named(monkeypatch):
    monkeypatch.setattr(live, "get_ipython", lambda: None)
    assert len(train(plot.growing({"loss": "error"}, title="Learning", ylabel="error"), 2)) == 2
    with pytest.raises(ValueError, match="no acuracy: it has loss"):
        train(plot.growing({"acuracy": "share right"}, title="Learning", ylabel="share"), 1)
