"""A training that can be watched while it runs."""

import time

from IPython import get_ipython
from IPython.display import display

from xailab.plot.charts import curves

_SECONDS = 1  # at least, between two drawings: drawing takes time from training


def growing(names, *, title, ylabel, alt=None):
    """A Keras callback that draws the curves of a training as it goes on, for the list `callbacks` of `fit`.

    names: {key of Keras' log: name of its curve}, such as {"accuracy": "share right"}. title, ylabel, alt: as of curves.
    Returns a keras.callbacks.Callback; in a notebook one figure stands below the cell and grows with every epoch, at most
    once a second, in a script nothing is drawn. Raises ValueError after the first epoch for a key that the log lacks.
    Lesson 03.
    """
    from xailab._tensorflow import keras

    log, shown = {name: [] for name in names.values()}, {"at": -_SECONDS}

    def note(epoch, logs):
        if unknown := sorted(names.keys() - logs.keys()):
            raise ValueError(f"the log of this training has no {', '.join(unknown)}: it has {', '.join(logs)}.")
        for key, name in names.items():
            log[name].append(float(logs[key]))
        if time.monotonic() - shown["at"] >= _SECONDS:
            draw()

    def draw(_=None):
        if get_ipython() is None or not any(log.values()):
            return
        figure = curves(log, title=title, ylabel=ylabel, alt=alt)
        if "handle" in shown:
            shown["handle"].update(figure)
        else:
            shown["handle"] = display(figure, display_id=True)
        shown["at"] = time.monotonic()

    return keras.callbacks.LambdaCallback(on_epoch_end=note, on_train_end=draw)
