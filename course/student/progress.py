"""One quiet line that says how far a training or a prediction of Keras has come."""

from tqdm.auto import tqdm

from xailab._tensorflow import keras


class Progress(keras.callbacks.Callback):
    """A bar that counts the epochs of model.fit with their loss, or the batches of model.predict, and goes when done.

    title: what is done, in front of the bar. Pass it as callbacks=[Progress("…")] with verbose=0. An interrupted training
    leaves the weights as they are at that moment. Lesson 08.
    """

    def __init__(self, title):
        super().__init__()
        self.title = title

    def _open(self, unit):
        total = self.params["epochs" if unit == "epoch" else "steps"]
        self.bar = tqdm(total=total, desc=self.title, unit=unit, leave=False)

    def on_train_begin(self, logs=None):
        self._open("epoch")

    def on_epoch_end(self, epoch, logs=None):
        self.bar.set_postfix({name: f"{value:.3f}" for name, value in (logs or {}).items()}, refresh=False)
        self.bar.update()

    def on_train_end(self, logs=None):
        self.bar.close()

    def on_predict_begin(self, logs=None):
        self._open("batch")

    def on_predict_batch_end(self, batch, logs=None):
        self.bar.update()

    def on_predict_end(self, logs=None):
        self.bar.close()
